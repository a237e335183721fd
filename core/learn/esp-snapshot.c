#include "esp-snapshot.h"

#include <stdatomic.h>

EspHistory *
esp_history_new (const EspRecord *records,
                 size_t n_records,
                 const EspEvaluation *evaluations,
                 size_t n_evaluations)
{
  EspHistory *history = g_new0 (EspHistory, 1);

  history->references = 1;
  history->n_records = n_records;
  history->records = g_memdup2 (records, n_records * sizeof *records);
  history->n_evaluations = n_evaluations;
  history->evaluations = g_memdup2 (evaluations, n_evaluations * sizeof *evaluations);

  return history;
}

EspHistory *
esp_history_ref (EspHistory *history)
{
  atomic_fetch_add_explicit (&history->references, 1, memory_order_relaxed);
  return history;
}

void
esp_history_unref (EspHistory *history)
{
  if (history == NULL || atomic_fetch_sub_explicit (&history->references, 1, memory_order_acq_rel) > 1)
    return;

  g_free (history->records);
  g_free (history->evaluations);
  g_free (history);
}

EspSnapshot *
esp_snapshot_new (const EspEnvironmentInfo *environment, EspArrangement *arrangement)
{
  EspSnapshot *snapshot = g_new0 (EspSnapshot, 1);

  snapshot->references = 1;
  snapshot->environment = environment;
  if (arrangement != NULL)
    {
      snapshot->n_actions = environment->n_actions;
      snapshot->arrangement = esp_arrangement_ref (arrangement);
      snapshot->weights = g_new0 (float, environment->n_actions * arrangement->n_weights);
      snapshot->probabilities = g_new0 (float, environment->n_actions * arrangement->n_weights);
      snapshot->biases = g_new0 (float, environment->n_actions * arrangement->n_biases);
      snapshot->features = g_new0 (double, environment->n_actions * arrangement->n_features);
    }
  snapshot->observation = g_new0 (double, environment->n_observations);
  snapshot->actions = g_new0 (double, environment->n_actions);
  snapshot->history = esp_history_new (NULL, 0, NULL, 0);

  return snapshot;
}

EspSnapshot *
esp_snapshot_ref (EspSnapshot *snapshot)
{
  atomic_fetch_add_explicit (&snapshot->references, 1, memory_order_relaxed);
  return snapshot;
}

void
esp_snapshot_unref (EspSnapshot *snapshot)
{
  if (snapshot == NULL || atomic_fetch_sub_explicit (&snapshot->references, 1, memory_order_acq_rel) > 1)
    return;

  g_free (snapshot->message);
  esp_actor_unref (snapshot->actor);
  g_clear_pointer (&snapshot->arrangement, esp_arrangement_unref);
  g_free (snapshot->weights);
  g_free (snapshot->probabilities);
  g_free (snapshot->biases);
  g_free (snapshot->observation);
  g_free (snapshot->features);
  g_free (snapshot->actions);
  esp_archive_unref (snapshot->front);
  esp_history_unref (snapshot->history);
  g_free (snapshot);
}
