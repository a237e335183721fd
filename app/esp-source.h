/* Where a policy comes from that the user names: a formula as it is typed, or a file that has one. */

#pragma once

#include "esp-command.h"
#include "esp-formula.h"

G_BEGIN_DECLS

/* What stands for a source in the help of a command. */
#define ESP_SOURCE_PLACEHOLDER "'EXPR; EXPR'|FILE"
#define ESP_SOURCE_DESCRIPTION \
  "one expression per action, in the names that “espalier envs” lists; or a file with that text, with " \
  "what “train --json” or “export --format json” wrote, or a checkpoint, of which it is the formula that " \
  "the run ends as"

/**
 * EspSourcePolicy:
 * @environment: where it acts; static
 * @formula: what it does there, one expression per action
 * @is_file: whether it came from a file
 *
 * A policy that was loaded.
 */
typedef struct
{
  const EspEnvironmentInfo *environment;
  EspFormula *formula;
  bool is_file;
} EspSourcePolicy;

/* Loads the policy in the file @text, or where there is none, the formula that @text is, for the environment
 * @environment or where that is NULL, the one that the file names. Free @policy->formula with
 * esp_formula_unref(). Fails as esp_command_find_environment(), esp_formula_parse(), esp_json_load() and
 * esp_trainer_new_from_checkpoint(), with ESP_ERROR_USAGE where the policy is for another environment or none
 * is named, and with ESP_ERROR_FILE where the file has no formula. For a checkpoint it takes as long as the
 * end of its run. */
gboolean esp_source_load (EspSourcePolicy *policy,
                          const char *text,
                          const char *environment,
                          const EspTaskChoice *choice,
                          GError **error);

G_END_DECLS
