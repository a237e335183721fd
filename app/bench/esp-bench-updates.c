#include "esp-bench-updates.h"

#include <math.h>

#define WARM_UP 3 /* updates */

static const char *const phase_names[ESP_N_PHASES] = {
  [ESP_PHASE_OTHER] = "other",
  [ESP_PHASE_SAMPLING] = "replay sampling",
  [ESP_PHASE_NOISE] = "noise",
  [ESP_PHASE_MASKS] = "masks",
  [ESP_PHASE_SYMBOLIC_FORWARD] = "symbolic forward",
  [ESP_PHASE_SYMBOLIC_BACKWARD] = "symbolic backward",
  [ESP_PHASE_NETWORK] = "policy network",
  [ESP_PHASE_SQUASH] = "tanh-Gaussian",
  [ESP_PHASE_TARGETS] = "targets",
  [ESP_PHASE_CRITICS] = "critic",
  [ESP_PHASE_ACTOR] = "actor",
  [ESP_PHASE_ADAM] = "Adam",
  [ESP_PHASE_POLYAK] = "soft target update",
  [ESP_PHASE_ACTION] = "action",
  [ESP_PHASE_ENVIRONMENT] = "environment",
  [ESP_PHASE_STORING] = "replay storing",
};

const char *
esp_phase_get_name (EspPhase phase)
{
  return phase_names[phase];
}

static void
update_subject (void *data)
{
  esp_subject_update (data);
}

/* Lets numbers below 1e-38 count as 0, or not: the moments of Adam come to such numbers wherever a unit is
 * dead, and the processor takes a hundred times as long over each. Returns how it was before. */
static unsigned
flush_small_numbers (unsigned how)
{
#if defined(__SSE__)
  unsigned before = __builtin_ia32_stmxcsr ();

  __builtin_ia32_ldmxcsr (how);
  return before;
#else
  return how;
#endif
}

#define FLUSHED 0x9fc0 /* MXCSR: no exceptions, flush to zero, denormals are zeros */

static void
update_floor (void *data)
{
  EspFloor *floor = data;
  unsigned before = flush_small_numbers (FLUSHED);
  EspSacSchedule schedule = esp_workload_get_schedule (floor->n_weights);

  if (floor->loops)
    esp_floor_draw (floor);
  esp_floor_update (floor, &schedule);
  flush_small_numbers (before);
}

/* What takes turns in a round. */
enum
{
  FLOOR_A,
  FLOOR_B,
  LEARNER,
  ONE_STREAM, /* for two workers: floor B and the learner on one */
  ONE_WORKER,
  N_ENTRANTS,
};

typedef struct
{
  EspFloor *floors[2][2]; /* A and B, of each stream */
  EspSubject *learner;
  EspSubject *single; /* the learner with one worker */
  size_t n_streams;
} Entrants;

static bool
takes_part (const Entrants *entrants, size_t entrant)
{
  switch (entrant)
    {
    case LEARNER:
      return entrants->learner != NULL;
    case ONE_STREAM:
      return entrants->n_streams > 1;
    case ONE_WORKER:
      return entrants->single != NULL;
    default:
      return true;
    }
}

/* Returns the rate of one turn. */
static double
take_turn (Entrants *entrants, size_t entrant, double seconds)
{
  bool by_wall = entrants->n_streams > 1;
  bool loops = entrant != FLOOR_A;
  void *streams[] = { entrants->floors[loops][0], entrants->floors[loops][1] };

  switch (entrant)
    {
    case FLOOR_A:
    case FLOOR_B:
      return by_wall ? esp_measure_pair (update_floor, streams, seconds)
                     : esp_measure_rate (update_floor, streams[0], seconds, false);
    case ONE_STREAM:
      return esp_measure_rate (update_floor, streams[0], seconds, true);
    case ONE_WORKER:
      return esp_measure_rate (update_subject, entrants->single, seconds, true);
    default:
      return esp_measure_rate (update_subject, entrants->learner, seconds, by_wall);
    }
}

static void
measure_rates (Entrants *entrants, const EspMeasureOptions *options, EspUpdateResult *result)
{
  size_t n = options->rounds;
  g_autofree double *rates = g_new (double, N_ENTRANTS *n);
  g_autofree double *gains = g_new (double, n), *floor_gains = g_new (double, n);
  double *a = rates + FLOOR_A * n, *b = rates + FLOOR_B * n, *own = rates + LEARNER * n;

  for (size_t i = 0; i < N_ENTRANTS * n; i++)
    rates[i] = NAN;
  for (size_t round = 0; round < n; round++)
    for (size_t i = 0; i < N_ENTRANTS; i++)
      {
        /* to and fro, so that whoever comes first has no advantage */
        size_t entrant = round % 2 == 0 ? i : N_ENTRANTS - 1 - i;

        if (takes_part (entrants, entrant))
          rates[entrant * n + round] = take_turn (entrants, entrant, options->seconds);
      }

  for (size_t i = 0; i < n; i++)
    {
      gains[i] = own[i] / rates[ONE_WORKER * n + i];
      floor_gains[i] = b[i] / rates[ONE_STREAM * n + i];
    }
  result->floor_ratio = esp_median_ratio (b, a, n);
  result->ratio = entrants->learner != NULL ? esp_median_ratio (own, b, n) : NAN;
  result->gain_ratio = entrants->single != NULL ? esp_median_ratio (gains, floor_gains, n) : NAN;
  result->gain = entrants->single != NULL ? esp_median (gains, n) : NAN;
  result->floor_gain = entrants->n_streams > 1 ? esp_median (floor_gains, n) : NAN;
  result->floor_a = esp_median (a, n);
  result->floor_b = esp_median (b, n);
  result->value = entrants->learner != NULL ? esp_median (own, n) : NAN;
}

/* Writes the median of each phase's seconds in one update. */
static void
find_phases (const double *all, size_t rounds, double *seconds)
{
  g_autofree double *one = g_new (double, rounds);

  for (size_t phase = 0; phase < ESP_N_PHASES; phase++)
    {
      for (size_t i = 0; i < rounds; i++)
        one[i] = all[i * ESP_N_PHASES + phase];
      seconds[phase] = esp_median (one, rounds);
    }
}

static void
measure_phases (Entrants *entrants, const EspMeasureOptions *options, EspUpdateResult *result)
{
  size_t n = options->rounds;
  g_autofree double *all = g_new0 (double, 3 * n * ESP_N_PHASES);

  for (size_t round = 0; round < n; round++)
    for (size_t i = FLOOR_A; i <= LEARNER; i++)
      {
        EspPhaseWatch watch;
        double rate, total = 0.0;

        if (!takes_part (entrants, i))
          continue;

        esp_phase_carry (&watch);
        rate = take_turn (entrants, i, options->seconds);
        esp_phase_switch (ESP_PHASE_OTHER);
        esp_phase_carry (NULL);

        for (size_t phase = 0; phase < ESP_N_PHASES; phase++)
          total += watch.seconds[phase];
        for (size_t phase = 0; phase < ESP_N_PHASES; phase++)
          all[(i * n + round) * ESP_N_PHASES + phase] = watch.seconds[phase] / (total * rate);
      }
  find_phases (all + FLOOR_A * n * ESP_N_PHASES, n, result->floor_a_seconds);
  find_phases (all + FLOOR_B * n * ESP_N_PHASES, n, result->floor_b_seconds);
  find_phases (all + LEARNER * n * ESP_N_PHASES, n, result->seconds);
  result->has_phases = true;
}

EspUpdateResult
esp_bench_updates (const EspWorkload *workload, const EspMeasureOptions *options)
{
  EspUpdateResult result = { .workload = workload };
  Entrants entrants = { .n_streams = workload->n_workers };
  g_autoptr (GError) error = NULL;

  for (size_t loops = 0; loops < 2; loops++)
    for (size_t stream = 0; stream < entrants.n_streams; stream++)
      {
        entrants.floors[loops][stream] = esp_workload_get_floor (workload, loops == 1);
        for (size_t i = 0; i < WARM_UP; i++)
          update_floor (entrants.floors[loops][stream]);
      }
  entrants.learner = esp_subject_new (workload, workload->n_workers, &error);
  if (error != NULL)
    result.missing = g_strdup (error->message);
  else if (workload->n_workers > 1)
    entrants.single = esp_subject_new (workload, 1, NULL);
  for (size_t i = 0; i < WARM_UP && entrants.learner != NULL; i++)
    esp_subject_update (entrants.learner);

  measure_rates (&entrants, options, &result);
  if (options->phases && workload->n_workers == 1)
    measure_phases (&entrants, options, &result);

  for (size_t loops = 0; loops < 2; loops++)
    for (size_t stream = 0; stream < entrants.n_streams; stream++)
      esp_floor_free (entrants.floors[loops][stream]);
  esp_subject_free (entrants.learner);
  esp_subject_free (entrants.single);

  return result;
}

void
esp_update_result_clear (EspUpdateResult *result)
{
  g_clear_pointer (&result->missing, g_free);
}
