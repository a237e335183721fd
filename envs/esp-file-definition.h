/* The definition of an environment from a file, read and compiled. The format is described in
 * esp-environment-file.h. Included by the sources of file environments only.
 */

#pragma once

#include <mujoco/mujoco.h>

#include "esp-environment-private.h"
#include "esp-model-symbols.h"

G_BEGIN_DECLS

/**
 * EspResetRule:
 * @kind: ESP_SYMBOL_POSITION or ESP_SYMBOL_VELOCITY
 * @index: which one
 * @value: what it is set to, over the symbols; NULL for the model's own value
 * @noise: the half-width or deviation of what is added, over the symbols; NULL for none
 * @is_normal: whether the noise is normal with this deviation, instead of uniform within ± half-width
 *
 * How one number begins an episode.
 */
typedef struct
{
  EspSymbolKind kind;
  int index;
  EspFormula *value;
  EspFormula *noise;
  bool is_normal;
} EspResetRule;

/**
 * EspFileDefinition:
 * @interface: the functions; its @info is the next field
 * @info: the description
 * @file: the true path of the JSON file
 * @digest: SHA-256 of all files of the definition, hexadecimal
 * @texts: keeps the texts of @info
 * @observations: descriptions, @info points to them
 * @actions: descriptions, @info points to them
 * @actuators: the control that each action sets
 * @model: the compiled model
 * @symbols: what its expressions may name
 * @outputs: the observations, the reward and the termination as one program over @symbols
 * @keyframe: the keyframe in which episodes begin, or −1
 * @rules: how positions and velocities begin, in the order in which they are set (EspResetRule)
 * @frame_skip: simulation steps in one step of the environment
 *
 * Immutable once it is made; instances share it.
 */
typedef struct
{
  EspEnvironmentInterface interface;
  EspEnvironmentInfo info;
  char *file;
  char *digest;
  GStringChunk *texts;
  EspSignal observations[ESP_MAX_OBSERVATIONS];
  EspSignal actions[ESP_MAX_ACTIONS];
  int actuators[ESP_MAX_ACTIONS];
  mjModel *model;
  EspModelSymbols *symbols;
  EspFormula *outputs;
  int keyframe;
  GArray *rules;
  int frame_skip;
} EspFileDefinition;

/* Reads and compiles the JSON file @path; its @interface has only the description. Fails with
 * ESP_ERROR_FILE, ESP_ERROR_SYNTAX, ESP_ERROR_RANGE, ESP_ERROR_USAGE or ESP_ERROR_SYSTEM; the sentence begins
 * with the file's name. Any thread. */
EspFileDefinition *esp_file_definition_load (const char *path, GError **error);

void esp_file_definition_free (EspFileDefinition *definition);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspFileDefinition, esp_file_definition_free)

G_END_DECLS
