#include "esp-random.h"

#include <assert.h>
#include "esp-simd.h"

#include <Random123/philox.h>

#define TWO_PI 6.283185307179586476925

void
esp_random_init (EspRandom *random, uint64_t seed, uint64_t stream)
{
  *random = (EspRandom){ .seed = seed, .stream = stream, .counter = 0, .used = 4 };
}

uint32_t
esp_random_bits (EspRandom *random)
{
  if (random->used >= 4)
    {
      philox4x32_ctr_t counter = { { (uint32_t) random->counter, (uint32_t) (random->counter >> 32),
                                     (uint32_t) random->stream, (uint32_t) (random->stream >> 32) } };
      philox4x32_key_t key = { { (uint32_t) random->seed, (uint32_t) (random->seed >> 32) } };
      philox4x32_ctr_t block = philox4x32_R (10, counter, key);

      for (int i = 0; i < 4; i++)
        random->block[i] = block.v[i];
      random->counter++;
      random->used = 0;
    }

  return random->block[random->used++];
}

uint32_t
esp_random_below (EspRandom *random, uint32_t bound)
{
  assert (bound > 0);

  /* words below 2^32 mod bound would make the first residues more frequent */
  uint32_t rejected = (uint32_t) (-bound) % bound;
  uint32_t bits;

  do
    bits = esp_random_bits (random);
  while (bits < rejected);

  return bits % bound;
}

double
esp_random_uniform (EspRandom *random)
{
  uint64_t high = esp_random_bits (random) >> 5;
  uint64_t low = esp_random_bits (random) >> 6;

  return (double) (high << 26 | low) * 0x1p-53;
}

double
esp_random_between (EspRandom *random, double low, double high)
{
  return low + (high - low) * esp_random_uniform (random);
}

double
esp_random_normal (EspRandom *random)
{
  /* 1 − u lies in (0, 1], so its logarithm is finite */
  double radius = sqrt (-2.0 * log (1.0 - esp_random_uniform (random)));

  return radius * cos (TWO_PI * esp_random_uniform (random));
}

double
esp_random_logistic (EspRandom *random)
{
  /* the half step keeps u away from 0 and 1 */
  double u = ((double) esp_random_bits (random) + 0.5) * 0x1p-32;

  return log (u) - log1p (-u);
}

bool
esp_random_bernoulli (EspRandom *random, double probability)
{
  return esp_random_uniform (random) < probability;
}

/* The fillers draw a portion of bits, which is a chain, and turn it into numbers, which is not. */
#define PORTION 256

ESP_VECTORISED static void
bits_to_uniform (const uint32_t *restrict bits, size_t n, float *restrict values)
{
  for (size_t i = 0; i < n; i++)
    values[i] = (float) (int32_t) (bits[i] >> 9) * 0x1p-23f + 0x1p-24f;
}

/* The half step keeps u away from 0 and 1. */
ESP_VECTORISED static void
bits_to_logistic (const uint32_t *restrict bits, size_t n, float *restrict values)
{
  for (size_t i = 0; i < n; i++)
    {
      double u = ((double) bits[i] + 0.5) * 0x1p-32;

      values[i] = (float) (log (u) - log1p (-u));
    }
}

/* Box–Muller with two times @n words for two times @n numbers. */
ESP_VECTORISED static void
bits_to_normal (const uint32_t *restrict bits, size_t n, float *restrict first, float *restrict second)
{
  for (size_t i = 0; i < n; i++)
    {
      double radius = sqrt (-2.0 * log (((double) bits[i] + 0.5) * 0x1p-32));
      double angle = ((double) bits[n + i] + 0.5) * (TWO_PI * 0x1p-32);

      first[i] = (float) (radius * cos (angle));
      second[i] = (float) (radius * sin (angle));
    }
}

static void
draw_bits (EspRandom *random, uint32_t *bits, size_t n)
{
  for (size_t i = 0; i < n; i++)
    bits[i] = esp_random_bits (random);
}

void
esp_random_fill_uniform (EspRandom *random, float *values, size_t n)
{
  uint32_t bits[PORTION];

  for (size_t i = 0; i < n; i += PORTION)
    {
      size_t portion = n - i < PORTION ? n - i : PORTION;

      draw_bits (random, bits, portion);
      bits_to_uniform (bits, portion, values + i);
    }
}

void
esp_random_fill_logistic (EspRandom *random, float *values, size_t n)
{
  uint32_t bits[PORTION];

  for (size_t i = 0; i < n; i += PORTION)
    {
      size_t portion = n - i < PORTION ? n - i : PORTION;

      draw_bits (random, bits, portion);
      bits_to_logistic (bits, portion, values + i);
    }
}

void
esp_random_fill_normal (EspRandom *random, float *values, size_t n)
{
  uint32_t bits[2 * PORTION];
  float spare[1];

  for (size_t i = 0; i + 1 < n; i += 2 * PORTION)
    {
      size_t pairs = (n - i < 2 * PORTION ? n - i : 2 * PORTION) / 2;

      draw_bits (random, bits, 2 * pairs);
      bits_to_normal (bits, pairs, values + i, values + i + pairs);
    }
  if (n % 2 == 1)
    {
      draw_bits (random, bits, 2);
      bits_to_normal (bits, 1, values + n - 1, spare);
    }
}
