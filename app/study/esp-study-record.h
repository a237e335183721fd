/* What is kept of a run of a study: a JSON object on one line of a file of results.
 *
 * Lines of `espalier train --json` are understood as well; what they lack is NULL or NaN.
 */

#pragma once

#include <stdint.h>

#include "esp-json.h"

G_BEGIN_DECLS

/**
 * EspStudyPoint:
 * @step: environment steps until then
 * @mean: return of the policy that would be kept: the formula, or the neural network
 * @masked: of the thresholded network; NaN where there is none, as in the others
 * @sampled: of sampled masks
 * @reading_length: of the longest action's expression
 * @live_paths: of the thresholded network
 *
 * One evaluation during a run.
 */
typedef struct
{
  uint64_t step;
  double mean;
  double masked;
  double sampled;
  double reading_length;
  double live_paths;
} EspStudyPoint;

/**
 * EspStudyFrontEntry:
 * @reading_length: of all actions together
 * @mean: return on the episodes by which it was found
 * @report: return on the report's episodes, which chose nothing; NaN where it was not measured
 * @formula: as text
 *
 * A formula of a run's front.
 */
typedef struct
{
  size_t reading_length;
  double mean;
  double report;
  char *formula;
} EspStudyFrontEntry;

/**
 * EspStudyRecord:
 * @variant: name of the variant, or where there is none of the recipe
 * @recipe: name of the recipe
 * @fingerprint: of all that the run depends on but its seed; NULL in lines of `train`
 * @failure: why there is no result, else NULL; then what follows is empty
 * @formula: what came out; NULL for a neural network
 * @mean: return of the final policy on the report's episodes
 * @deviation: of the returns of those episodes
 * @wall_seconds: that the run took
 * @learning_seconds: of them, those before the final policy was chosen and polished; NaN where that is not
 * known
 * @side_by_side: how many runs shared the machine; 0 where that is not known
 * @lengths: of double, the reading length of each action; empty where there is no formula
 * @live_paths: paths of the thresholded network that connect observations to actions, at the end of learning
 * @paths: that there are in all
 * @curve: of EspStudyPoint, by steps
 * @front: of EspStudyFrontEntry, the shortest first
 *
 * One run that is over.
 */
typedef struct
{
  char *environment;
  char *variant;
  char *recipe;
  char *fingerprint;
  char *failure;
  char *formula;
  uint64_t seed;
  uint64_t steps;
  size_t episodes;
  double mean;
  double deviation;
  double wall_seconds;
  double learning_seconds;
  size_t side_by_side;
  GArray *lengths;
  double live_paths;
  double paths;
  GArray *curve;
  GArray *front;
} EspStudyRecord;

/* Returns an empty record. */
EspStudyRecord *esp_study_record_new (void);
void esp_study_record_free (EspStudyRecord *record);

/* Returns the record in the JSON object @text, called @name in messages, from a stranger. Fails with
 * ESP_ERROR_SYNTAX or ESP_ERROR_RANGE. */
EspStudyRecord *esp_study_record_parse (const char *name, const char *text, gsize length, GError **error);

/* Return the reading length of the longest action, or of all together; NaN where there is no formula. */
double esp_study_record_get_longest (const EspStudyRecord *record);
double esp_study_record_get_total (const EspStudyRecord *record);

/* Appends @record of @study on one line; esp_study_record_parse() reads it back. */
void esp_study_record_append_json (const EspStudyRecord *record, const char *study, GString *text);

/* Appends what `compare` says of a run as well: without curve and front. */
void esp_study_record_append_summary (const EspStudyRecord *record, GString *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspStudyRecord, esp_study_record_free)

G_END_DECLS
