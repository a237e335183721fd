/* Studies: which runs a question needs, and what is measured of them.
 *
 * A study is a JSON object in resources/studies/NAME.json or in a file of the user's: environments × variants
 * × seeds, where a variant is a recipe with fields that differ. resources/handbook/studies.md describes it.
 */

#pragma once

#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

/* What a file may ask for. */
#define ESP_STUDY_MAX_ENVIRONMENTS 64
#define ESP_STUDY_MAX_VARIANTS     1000
#define ESP_STUDY_MAX_ASSIGNMENTS  64
#define ESP_STUDY_MAX_RUNS         100000
#define ESP_STUDY_MAX_NAME         120 /* characters of a variant's name */
#define ESP_STUDY_MAX_SCALE        100.0

/**
 * EspStudyMeasure:
 * @ESP_STUDY_RETURNS: return, reading length, live paths and time of each variant
 * @ESP_STUDY_EFFICIENCY: how soon each variant comes near the bar, and the area under its learning curve
 * @ESP_STUDY_LENGTH: the best return of formulas up to each reading length
 * @ESP_STUDY_PATTERNS: what recurs in the formulas of different runs
 * @ESP_STUDY_INSERTION: which arrangements hold known formulas; there are no runs
 *
 * What the table of a study tells.
 */
typedef enum
{
  ESP_STUDY_RETURNS,
  ESP_STUDY_EFFICIENCY,
  ESP_STUDY_LENGTH,
  ESP_STUDY_PATTERNS,
  ESP_STUDY_INSERTION,
} EspStudyMeasure;

/**
 * EspStudyEnvironment:
 * @name: as on the command line
 * @scale: which share of a recipe's steps its runs take
 */
typedef struct
{
  char *name;
  double scale;
} EspStudyEnvironment;

/**
 * EspStudyVariant:
 * @name: in the table
 * @recipe: name or file of the recipe that it begins with
 * @assignments: what differs, of `field=value`; NULL-terminated
 */
typedef struct
{
  char *name;
  char *recipe;
  char **assignments;
} EspStudyVariant;

/**
 * EspStudy:
 * @name: of the study, or of its file without folder and ending
 * @description: one sentence
 * @environments: of EspStudyEnvironment
 * @variants: of EspStudyVariant
 * @seeds: of uint64_t
 */
typedef struct
{
  char *name;
  char *description;
  EspStudyMeasure measure;
  GArray *environments;
  GArray *variants;
  GArray *seeds;
} EspStudy;

/* Returns the study @name: one of those that ship, or a file (anything with a `/` or ending in `.json`),
 * whose recipes' files are looked for beside it. Fails with ESP_ERROR_USAGE where there is none, and as
 * esp_study_new_from_json() and esp_json_load() do. */
EspStudy *esp_study_load (const char *name, GError **error);

/* Returns the study that the JSON object @text describes, called @name in messages; files of recipes that it
 * names are looked for in @folder (may be NULL). Fails with ESP_ERROR_SYNTAX, ESP_ERROR_RANGE or
 * ESP_ERROR_USAGE. */
EspStudy *esp_study_new_from_json (
  const char *name, const char *folder, const char *text, gsize length, GError **error);
void esp_study_free (EspStudy *study);

/* Puts the environments @names, separated by commas, in place of the study's; those that it has keep their
 * scale. Whether they exist is not looked at yet. Fails with ESP_ERROR_USAGE where there are too many, none,
 * or one twice. */
gboolean esp_study_choose_environments (EspStudy *study, const char *names, GError **error);

/* Replaces the seeds by those that @text means. Fails with ESP_ERROR_USAGE where one is there twice, and as
 * esp_options_parse_seeds() does. */
gboolean esp_study_set_seeds (EspStudy *study, const char *text, GError **error);

/* Puts spaces in place of control characters in the UTF-8 @text, and returns it. */
char *esp_study_clean (char *text);

/* Returns the names of the studies that ship, sorted, NULL-terminated; g_strfreev() it. */
char **esp_study_list (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspStudy, esp_study_free)

G_END_DECLS
