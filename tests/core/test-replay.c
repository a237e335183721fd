/* The replay: what it keeps, what it forgets, and that every stored transition is as likely as any other. */

#include <math.h>

#include <glib.h>

#include "esp-replay.h"

#define N_OBSERVATIONS 3
#define N_ACTIONS      2

/* Stores transition @i, each of whose numbers says which one it is. */
static void
add (EspReplay *replay, unsigned i)
{
  float base = (float) i * 16.0f;
  float observation[N_OBSERVATIONS] = { base, base + 1, base + 2 };
  float action[N_ACTIONS] = { base + 3, base + 4 };
  float next[N_OBSERVATIONS] = { base + 6, base + 7, base + 8 };

  esp_replay_add (replay, observation, action, base + 5, next, i % 3 == 0);
}

typedef struct
{
  EspBatch batch;
  float *memory;
} Sample;

static void
sample_init (Sample *sample, size_t n)
{
  sample->memory = g_new0 (float, n *(2 * N_OBSERVATIONS + N_ACTIONS + 2));
  sample->batch = (EspBatch){ .n_samples = n };
  sample->batch.observations = sample->memory;
  sample->batch.actions = sample->batch.observations + n * N_OBSERVATIONS;
  sample->batch.rewards = sample->batch.actions + n * N_ACTIONS;
  sample->batch.next_observations = sample->batch.rewards + n;
  sample->batch.terminated = sample->batch.next_observations + n * N_OBSERVATIONS;
}

/* Returns which transition sample @k is, having checked that it is whole. */
static unsigned
identify (const EspBatch *batch, size_t k)
{
  size_t n = batch->n_samples;
  unsigned i = (unsigned) (batch->observations[k] / 16.0f);
  float base = (float) i * 16.0f;

  for (size_t row = 0; row < N_OBSERVATIONS; row++)
    {
      g_assert_cmpfloat (batch->observations[row * n + k], ==, base + (float) row);
      g_assert_cmpfloat (batch->next_observations[row * n + k], ==, base + 6 + (float) row);
    }
  for (size_t row = 0; row < N_ACTIONS; row++)
    g_assert_cmpfloat (batch->actions[row * n + k], ==, base + 3 + (float) row);
  g_assert_cmpfloat (batch->rewards[k], ==, base + 5);
  g_assert_cmpfloat (batch->terminated[k], ==, i % 3 == 0 ? 1 : 0);

  return i;
}

static void
test_keeps_newest (void)
{
  const unsigned capacity = 10;
  EspReplay replay;
  EspRandom random;
  Sample sample;

  esp_random_init (&random, 1, 0);
  sample_init (&sample, 200);
  esp_replay_init (&replay, capacity, N_OBSERVATIONS, N_ACTIONS);
  for (unsigned added = 1; added <= 35; added++)
    {
      bool seen[35] = { false };
      unsigned first = added > capacity ? added - capacity : 0;

      add (&replay, added - 1);
      g_assert_cmpuint (replay.count, ==, MIN (added, capacity));
      g_assert_cmpuint (replay.next, ==, added % capacity);
      esp_replay_sample (&replay, &random, &sample.batch);
      for (size_t k = 0; k < sample.batch.n_samples; k++)
        {
          unsigned i = identify (&sample.batch, k);

          g_assert_cmpuint (i, >=, first);
          g_assert_cmpuint (i, <, added);
          seen[i] = true;
        }
      /* missing one of at most ten in 200 draws has probability 1e-8 */
      for (unsigned i = first; i < added; i++)
        g_assert_true (seen[i]);
    }
  esp_replay_clear (&replay);
  g_free (sample.memory);
}

static void
test_uniform (void)
{
  const unsigned capacity = 50, rounds = 400;
  unsigned counts[50] = { 0 };
  double chi = 0.0, expected;
  EspReplay replay;
  EspRandom random;
  Sample sample;

  esp_random_init (&random, 2, 0);
  sample_init (&sample, 250);
  esp_replay_init (&replay, capacity, N_OBSERVATIONS, N_ACTIONS);
  for (unsigned i = 0; i < capacity; i++)
    add (&replay, i);
  for (unsigned round = 0; round < rounds; round++)
    {
      esp_replay_sample (&replay, &random, &sample.batch);
      for (size_t k = 0; k < sample.batch.n_samples; k++)
        counts[identify (&sample.batch, k)]++;
    }

  expected = (double) (rounds * sample.batch.n_samples) / capacity;
  for (unsigned i = 0; i < capacity; i++)
    chi += (counts[i] - expected) * (counts[i] - expected) / expected;
  /* χ² with 49 degrees of freedom: mean 49, standard deviation √98; five of them either way */
  g_assert_cmpfloat (chi, <, 49 + 5 * sqrt (98));
  g_assert_cmpfloat (chi, >, 49 - 4 * sqrt (98));
  esp_replay_clear (&replay);
  g_free (sample.memory);
}

/* A replay that may hold a million takes memory for what it holds, and loses nothing when it moves. */
static void
test_growth (void)
{
  EspReplay replay;

  esp_replay_init (&replay, 1000000, N_OBSERVATIONS, N_ACTIONS);
  g_assert_cmpuint (replay.allocated, ==, 0);
  for (unsigned i = 0; i < 20000; i++)
    {
      add (&replay, i);
      g_assert_cmpuint (replay.allocated, >=, replay.count);
      g_assert_cmpuint (replay.allocated, <=, MAX (4096, 2 * replay.count));
    }
  for (unsigned i = 0; i < 20000; i++)
    g_assert_cmpfloat (replay.data[i * replay.width], ==, (float) i * 16.0f);
  esp_replay_clear (&replay);

  esp_replay_init (&replay, 5000, N_OBSERVATIONS, N_ACTIONS);
  for (unsigned i = 0; i < 12000; i++)
    add (&replay, i);
  g_assert_cmpuint (replay.allocated, ==, 5000);
  g_assert_cmpuint (replay.count, ==, 5000);
  esp_replay_clear (&replay);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/replay/keeps-newest", test_keeps_newest);
  g_test_add_func ("/replay/uniform", test_uniform);
  g_test_add_func ("/replay/growth", test_growth);
  return g_test_run ();
}
