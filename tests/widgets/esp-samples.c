#include "esp-samples.h"

#include <math.h>

#include "esp-network-layout.h"
#include "esp-random.h"

#define N_STEPS   20000
#define N_RECORDS 200

const EspEnvironmentInfo *
esp_sample_environment (const char *name)
{
  size_t n;
  const EspEnvironmentInfo *const *all = esp_environment_list (&n);

  for (size_t i = 0; i < n; i++)
    if (g_str_equal (all[i]->name, name))
      return all[i];
  g_error ("no environment %s", name);
}

/* Keeps one or two paths of each argument of @node, and of what they come from. */
static void
keep_sources (const EspNetworkLayout *layout, size_t node, bool *kept, EspRandom *random)
{
  size_t n_paths = layout->arrangement->n_weights;

  for (size_t argument = 0; argument < 3; argument++)
    for (int i = 0; i < (node == layout->n_nodes - 1 ? 4 : 1); i++)
      {
        size_t first = 0, n = 0, chosen;

        for (size_t p = 0; p < n_paths; p++)
          if (layout->paths[p].target == node && layout->paths[p].argument == argument && n++ == 0)
            first = p;
        if (n == 0)
          continue;
        chosen = first + esp_random_below (random, (uint32_t) n);
        if (kept[chosen])
          continue;
        kept[chosen] = true;
        if (layout->paths[chosen].source >= layout->arrangement->n_inputs)
          keep_sources (layout, layout->paths[chosen].source, kept, random);
      }
}

static EspHistory *
new_history (EspSnapshot *snapshot, double progress, EspRandom *random)
{
  size_t n_records = (size_t) (progress * N_RECORDS);
  size_t n_evaluations = n_records / 10;
  g_autofree EspRecord *records = g_new0 (EspRecord, n_records + 1);
  g_autofree EspEvaluation *evaluations = g_new0 (EspEvaluation, n_evaluations + 1);
  double n_paths = (double) (snapshot->n_actions * snapshot->arrangement->n_weights);

  for (size_t i = 0; i < n_records; i++)
    {
      double t = (double) (i + 1) / N_RECORDS;
      double kept = MAX (1 - t * t * 1.1, 0.03);

      records[i].step = (uint64_t) (t * N_STEPS);
      records[i].episode_return = i < 3 ? NAN
                                        : 1000 / (1 + exp (-14 * (t - 0.35)))
                                            * esp_random_between (random, 0.55, 1);
      records[i].temperature = 1 - 0.8 * t;
      records[i].allowed_paths = kept * n_paths;
      records[i].expected_paths = (kept + 0.05 * t * (1 - t)) * n_paths;
      records[i].histogram[ESP_HISTOGRAM_BINS - 1] = (float) (kept * (1 - 0.3 * t * (1 - t)));
      records[i].histogram[0] = (float) ((1 - kept) * (1 - t * (1 - t)));
      for (int bin = 1; bin < ESP_HISTOGRAM_BINS - 1; bin++)
        records[i].histogram[bin] = (float) (0.04 * t * (1 - t) * esp_random_between (random, 0.5, 1));
    }
  for (size_t i = 0; i < n_evaluations; i++)
    {
      double t = (double) (10 * i + 10) / N_RECORDS;
      EspReturns *returns[3] = { &evaluations[i].sampled, &evaluations[i].masked, &evaluations[i].formula };

      evaluations[i].step = (uint64_t) (t * N_STEPS);
      evaluations[i].live_paths = (size_t) (n_paths * MAX (1 - t * t * 1.1, 0.03));
      evaluations[i].reading_length = 12 * evaluations[i].live_paths;
      for (int series = 0; series < 3; series++)
        {
          double level = 1000 / (1 + exp (-13 * (t - 0.33 - 0.04 * series)));

          level *= esp_random_between (random, 0.93, 1.02);
          returns[series]->mean = MIN (level, 1000);
          returns[series]->deviation = 0.1 * (1000 - returns[series]->mean) + 3;
          returns[series]->episodes = 10;
        }
    }
  return esp_history_new (records, n_records, evaluations, n_evaluations);
}

EspSnapshot *
esp_sample_snapshot (const char *environment, const char *arrangement, double progress)
{
  const EspEnvironmentInfo *info = esp_sample_environment (environment);
  g_autoptr (GError) error = NULL;
  g_autoptr (EspArrangement) layers = esp_arrangement_new (arrangement, info->n_observations, &error);
  g_autoptr (EspNetworkLayout) layout = NULL;
  g_autofree bool *kept = NULL;
  EspSnapshot *snapshot;
  EspRandom random;

  g_assert_no_error (error);
  esp_random_init (&random, 7, 1);
  layout = esp_network_layout_new (layers);
  kept = g_new0 (bool, layers->n_weights);
  keep_sources (layout, layout->n_nodes - 1, kept, &random);

  snapshot = esp_snapshot_new (info, layers);
  snapshot->state = ESP_RUN_TRAINING;
  snapshot->run = 1;
  snapshot->n_steps = N_STEPS;
  snapshot->step = (uint64_t) (progress * N_STEPS);
  snapshot->updates = snapshot->step;
  snapshot->threshold = 0.5;
  snapshot->temperature = 1 - 0.8 * progress;
  for (size_t i = 0; i < snapshot->n_actions * layers->n_weights; i++)
    {
      double survival = esp_random_between (&random, 0, 1);

      snapshot->weights[i] = (float) esp_random_between (&random, -1, 1);
      snapshot->weights[i] *= fabsf (snapshot->weights[i]) * 3;
      /* Half of the paths that go are gone at 70 % of the run, all at its end. */
      snapshot->probabilities[i] = kept[i % layers->n_weights]
                                     ? (float) (1 - 0.1 * progress * survival)
                                     : (float) CLAMP (1 + 6 * (0.35 + 0.45 * survival - progress), 0, 1);
      snapshot->expected_paths += snapshot->probabilities[i];
    }
  snapshot->allowed_paths = 0.9 * snapshot->expected_paths;
  for (size_t i = 0; i < snapshot->n_actions * layers->n_features; i++)
    snapshot->features[i] = esp_random_between (&random, -2, 2);
  for (size_t i = 0; i < snapshot->n_actions; i++)
    snapshot->actions[i] = esp_random_between (&random, -1, 1);
  esp_history_unref (snapshot->history);
  snapshot->history = new_history (snapshot, progress, &random);
  return snapshot;
}

EspFormula *
esp_sample_formula (const char *environment, const char *text)
{
  const EspEnvironmentInfo *info = esp_sample_environment (environment);
  const char *names[ESP_MAX_OBSERVATIONS];
  g_autoptr (GError) error = NULL;
  EspFormula *formula;

  for (size_t i = 0; i < info->n_observations; i++)
    names[i] = info->observations[i].name;
  formula = esp_formula_parse (text, &(EspSymbols){ info->n_observations, names, NULL, NULL },
                               info->n_actions, &error);
  g_assert_no_error (error);
  return formula;
}

EspFormula *
esp_sample_long_formula (const char *environment, size_t n_addends)
{
  const EspEnvironmentInfo *info = esp_sample_environment (environment);
  g_autoptr (GString) text = g_string_new ("2*tanh(0.1");

  for (size_t i = 0; i < n_addends; i++)
    g_string_append_printf (text, " %c %zu.%02zu*%s*sin(1.%zu*%s - 0.5)", i % 3 ? '+' : '-', i % 5,
                            i % 89 + 1, info->observations[i % info->n_observations].name, i % 7 + 1,
                            info->observations[(i + 1) % info->n_observations].name);
  g_string_append_c (text, ')');
  return esp_sample_formula (environment, text->str);
}
