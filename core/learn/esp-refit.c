#include "esp-refit.h"

#include <math.h>
#include <string.h>

#include "esp-adam.h"
#include "esp-memory.h"
#include "esp-program-gradient.h"

/* Each number moves by about this share of itself in a step at first, and by nothing in the end. */
#define RATE 0.003

/* Numbers smaller than this move as if they were as large. */
#define SMALLEST 1e-3

/* How often on the way the return is measured: the critics lead the right way for a while, not for ever. */
#define MEASUREMENTS 4

struct _EspRefit
{
  EspFormula *formula;
  const EspSac *sac;
  size_t n_samples;
  size_t n_constants;

  double *storage;
  double *variables; /* [n_observations][n] */
  double *results;   /* [n_actions][n] */
  double *slopes;    /* [n_actions][n] of the loss by the results */
  double *workspace;
  float *single_storage;
  float *input; /* [n_observations + n_actions][n] */
  float *activations[ESP_N_CRITICS];
  float *mlp_workspace;
  float *d_input; /* [n_actions][n] */
  float *ones;    /* [n] */
  uint32_t *chosen;
  bool *counted; /* [n] whether all actions of a sample are numbers */
};

static size_t
count_doubles (const EspProgram *program)
{
  return MAX (esp_program_get_workspace_size (program), esp_program_get_gradient_workspace_size (program))
           / sizeof (double)
         + 1;
}

static size_t
round_up (size_t n)
{
  return (n + 15) / 16 * 16;
}

EspRefit *
esp_refit_new (EspFormula *formula, const EspSac *sac, size_t n_samples)
{
  EspRefit *refit = g_new0 (EspRefit, 1);
  const EspProgram *program = esp_formula_get_program (formula);
  size_t n_observations = sac->policy.n_observations, n_actions = sac->policy.n_actions;
  size_t n_activations = round_up (esp_mlp_activations_size (&sac->critic, n_samples));
  size_t n_columns = round_up (n_samples);
  double *place;
  float *single;

  refit->formula = esp_formula_ref (formula);
  refit->sac = sac;
  refit->n_samples = n_samples;
  refit->n_constants = esp_program_get_n_constants (program);

  refit->storage = place = esp_new_doubles ((n_observations + 2 * n_actions) * n_columns
                                            + count_doubles (program));
  refit->variables = place;
  refit->results = place += n_observations * n_columns;
  refit->slopes = place += n_actions * n_columns;
  refit->workspace = place + n_actions * n_columns;

  refit->single_storage = single = esp_new_floats ((n_observations + 2 * n_actions + 1) * n_columns
                                                   + ESP_N_CRITICS * n_activations
                                                   + esp_mlp_workspace_size (&sac->critic, n_samples));
  refit->input = single;
  refit->d_input = single += (n_observations + n_actions) * n_columns;
  refit->ones = single += n_actions * n_columns;
  refit->activations[0] = single += n_columns;
  refit->activations[1] = single += n_activations;
  refit->mlp_workspace = single + n_activations;
  refit->chosen = g_new (uint32_t, n_samples);
  refit->counted = g_new (bool, n_samples);
  for (size_t i = 0; i < n_samples; i++)
    refit->ones[i] = 1.0f;

  return refit;
}

void
esp_refit_free (EspRefit *refit)
{
  if (refit == NULL)
    return;

  esp_formula_unref (refit->formula);
  esp_free_aligned (refit->storage);
  esp_free_aligned (refit->single_storage);
  g_free (refit->chosen);
  g_free (refit->counted);
  g_free (refit);
}

/* The formula's actions, −1 … 1, as the critics' inputs; leaves their slopes by the formula's values. */
static void
run_formula (EspRefit *refit, const float *observations, const double *constants)
{
  const EspPolicy *policy = &refit->sac->policy;
  size_t n = refit->n_samples, n_observations = policy->n_observations;
  float *actions = refit->input + n_observations * n;

  for (size_t k = 0; k < n_observations; k++)
    for (size_t i = 0; i < n; i++)
      refit->variables[k * n + i] = (double) observations[k * n + i] * (double) policy->scales[k];
  memcpy (refit->input, observations, n_observations * n * sizeof *observations);
  esp_program_evaluate_batch (esp_formula_get_program (refit->formula), constants, refit->variables, n, n,
                              refit->results, n, refit->workspace);

  for (size_t i = 0; i < n; i++)
    refit->counted[i] = true;
  for (size_t a = 0; a < policy->n_actions; a++)
    {
      const EspSignal *signal = &policy->environment->actions[a];
      double centre = 0.5 * (signal->high + signal->low), half = 0.5 * (signal->high - signal->low);

      for (size_t i = 0; i < n; i++)
        {
          double value = refit->results[a * n + i];
          bool is_free = value > signal->low && value < signal->high;

          actions[a * n + i] = is_free                 ? (float) ((value - centre) / half)
                               : value >= signal->high ? 1.0f
                                                       : -1.0f;
          refit->counted[i] &= !isnan (value);
          refit->slopes[a * n + i] = is_free ? 1.0 / half : 0.0;
        }
    }
}

/* Lists the samples in which @critic is the smaller one, and adds up its values. */
static size_t
choose_samples (EspRefit *refit, size_t critic, double *sum)
{
  size_t n = refit->n_samples, n_hidden = refit->sac->critic.n_hidden, n_chosen = 0;
  const float *own = refit->activations[critic] + n_hidden * n;
  const float *other = refit->activations[1 - critic] + n_hidden * n;

  for (size_t i = 0; i < n; i++)
    if (refit->counted[i] && (critic == 0 ? own[i] <= other[i] : own[i] < other[i]))
      {
        refit->chosen[n_chosen++] = (uint32_t) i;
        *sum += (double) own[i];
      }

  return n_chosen;
}

double
esp_refit_differentiate (EspRefit *refit,
                         const float *observations,
                         const double *constants,
                         double *gradient)
{
  const EspSac *sac = refit->sac;
  size_t n = refit->n_samples, n_actions = sac->policy.n_actions, n_counted = 0;
  g_autofree double *d_results = g_new0 (double, n_actions *n);
  double sum = 0.0;

  memset (gradient, 0, refit->n_constants * sizeof *gradient);
  run_formula (refit, observations, constants);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    esp_mlp_forward (&sac->critic, sac->critics[c], refit->input, n, refit->activations[c]);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    {
      size_t n_chosen = choose_samples (refit, c, &sum);

      n_counted += n_chosen;
      if (n_chosen == 0)
        continue;
      esp_mlp_differentiate_inputs (&sac->critic, sac->critics[c], refit->activations[c], n, refit->chosen,
                                    n_chosen, refit->ones, sac->policy.n_observations, refit->mlp_workspace,
                                    refit->d_input);
      for (size_t a = 0; a < n_actions; a++)
        for (size_t i = 0; i < n_chosen; i++)
          {
            size_t place = a * n + refit->chosen[i];

            d_results[place] = (double) refit->d_input[a * n_chosen + i] * refit->slopes[place];
          }
    }
  if (n_counted == 0)
    return NAN;

  for (size_t i = 0; i < n_actions * n; i++)
    d_results[i] /= (double) n_counted;
  esp_program_differentiate_batch (esp_formula_get_program (refit->formula), constants, refit->variables, n,
                                   n, d_results, n, gradient, NULL, 0, refit->workspace);

  return sum / (double) n_counted;
}

/* The ascent under way. */
typedef struct
{
  EspRefit *refit;
  const EspProgram *program;
  size_t n;
  double *sizes;     /* [n] what a number is measured in; 0 for one that stays */
  double *constants; /* [n] */
  double *gradient;  /* [n] */
  float *shares;     /* [n] the numbers, divided by their sizes */
  float *slopes;     /* [n] */
  float *moments;    /* [2][n] */
} Ascent;

static void
ascent_init (Ascent *ascent, EspRefit *refit)
{
  const EspProgram *program = esp_formula_get_program (refit->formula);
  size_t n = esp_program_get_n_constants (program);

  *ascent = (Ascent){ .refit = refit,
                      .program = program,
                      .n = n,
                      .sizes = g_new0 (double, n),
                      .constants = g_memdup2 (esp_program_get_constants (program), n * sizeof (double)),
                      .gradient = g_new0 (double, n),
                      .shares = g_new0 (float, n),
                      .slopes = g_new0 (float, n),
                      .moments = g_new0 (float, 2 * n) };
  for (size_t c = 0; c < n; c++)
    {
      double value = ascent->constants[c];

      if (isfinite (value) && !esp_program_constant_is_exponent (program, c))
        ascent->sizes[c] = fmax (fabs (value), SMALLEST);
    }
}

static void
ascent_clear (Ascent *ascent)
{
  g_free (ascent->sizes);
  g_free (ascent->constants);
  g_free (ascent->gradient);
  g_free (ascent->shares);
  g_free (ascent->slopes);
  g_free (ascent->moments);
}

/* One step, number @time from 1; returns whether the gradient was finite. The shares are how far each number
 * has gone from where it began, in its size. */
static bool
ascend (Ascent *ascent, const EspBatch *batch, uint64_t time, double rate)
{
  const double *start = esp_program_get_constants (ascent->program);

  esp_refit_differentiate (ascent->refit, batch->observations, ascent->constants, ascent->gradient);
  for (size_t c = 0; c < ascent->n; c++)
    {
      ascent->slopes[c] = (float) (ascent->gradient[c] * ascent->sizes[c]);
      if (!isfinite (ascent->slopes[c]))
        return false;
    }
  /* Adam descends */
  esp_adam_step (ascent->shares, ascent->slopes, ascent->moments, ascent->moments + ascent->n, ascent->n,
                 time, (float) rate, -1.0f);
  for (size_t c = 0; c < ascent->n; c++)
    if (ascent->sizes[c] > 0.0)
      ascent->constants[c] = start[c] + (double) ascent->shares[c] * ascent->sizes[c];

  return true;
}

static double
measure (const EspFormula *formula, const EspRun *run, const EspRefitSettings *settings)
{
  EspReturns returns = esp_evaluate_formula (formula, run->info, ESP_POLISH_SEED, settings->episodes,
                                             settings->pool, settings->cancelled);
  bool cancelled = settings->cancelled != NULL && *settings->cancelled;

  /* a measurement that was cut short may look better than any */
  return isfinite (returns.mean) && !cancelled ? returns.mean : -HUGE_VAL;
}

static void
batch_init (EspBatch *batch, const EspRun *run, size_t n)
{
  size_t n_observations = run->info->n_observations;

  *batch = (EspBatch){ .n_samples = n,
                       .observations = g_new (float, n_observations *n),
                       .actions = g_new (float, run->info->n_actions *n),
                       .rewards = g_new (float, n),
                       .next_observations = g_new (float, n_observations *n),
                       .terminated = g_new (float, n) };
}

static void
batch_clear (EspBatch *batch)
{
  g_free (batch->observations);
  g_free (batch->actions);
  g_free (batch->rewards);
  g_free (batch->next_observations);
  g_free (batch->terminated);
}

EspFormula *
esp_refit_formula (EspFormula *formula, const EspRun *run, const EspRefitSettings *settings)
{
  g_autoptr (EspRefit) refit = NULL;
  size_t n = run->recipe->batch_size;
  EspFormula *best = esp_formula_ref (formula);
  double best_value;
  EspRandom random;
  EspBatch batch;
  Ascent ascent;

  if (settings->updates == 0 || run->replay.count == 0 || run->sac.updates == 0)
    return best;

  best_value = measure (formula, run, settings);
  refit = esp_refit_new (formula, &run->sac, n);
  esp_random_init (&random, run->progress.seed, settings->stream);
  batch_init (&batch, run, n);
  ascent_init (&ascent, refit);
  for (uint64_t time = 1; ascent.n > 0 && time <= settings->updates; time++)
    {
      double left = 1.0 - (double) (time - 1) / (double) settings->updates;
      uint64_t period = (settings->updates + MEASUREMENTS - 1) / MEASUREMENTS;

      if (settings->cancelled != NULL && *settings->cancelled)
        break;
      esp_replay_sample (&run->replay, &random, &batch);
      if (!ascend (&ascent, &batch, time, RATE * left))
        break;
      if (time % period == 0 || time == settings->updates)
        {
          g_autoptr (EspFormula) moved = esp_formula_replace_constants (formula, ascent.constants);
          double value = measure (moved, run, settings);

          if (value > best_value)
            {
              esp_formula_unref (best);
              best = g_steal_pointer (&moved);
              best_value = value;
            }
        }
    }
  ascent_clear (&ascent);
  batch_clear (&batch);

  return best;
}
