/* Environments of one's own, from a file.
 *
 * Wherever an environment is named, the path of a JSON file may stand. It describes the task; an MJCF model,
 * which MuJoCo steps and which is also the picture, lies in the same folder or below it:
 *
 *   {
 *     "name": "my-robot",            lower-case letters, digits, dashes; not that of another environment
 *     "title": "My robot",           optional: the name in the window
 *     "description": "Stand up",     one sentence on the task
 *     "model": "my-robot.xml",       path below the folder of this file
 *     "observations": [              1 to 64, each with
 *       { "name": "angle",             an identifier, the name in formulas
 *         "unicode": "θ",              optional: the name as shown in text
 *         "latex": "\\theta",          optional: the name as typeset
 *         "description": "lean",       optional: a few words
 *         "unit": "rad",               optional
 *         "low": -1, "high": 1,        optional: limits, for the reader; nothing is clipped
 *         "expression": "hip - 0.1" }  optional: what it is; by default what is called so in the model
 *     ],
 *     "actions": [                   1 to 16, each with the same texts and
 *       { "name": "torque",
 *         "actuator": "motor",         optional: the actuator of the model that it sets; by default its name
 *         "low": -1, "high": 1 }       limits; by default the actuator's ctrlrange
 *     ],
 *     "reward": "upright_z - 0.01 * torque^2",
 *     "termination": "0.5 - height", optional: the episode ends where this is greater than 0
 *     "reset": {                     optional: how episodes begin; by default as the model is at rest
 *       "keyframe": "home",            optional: a keyframe of the model to begin with
 *       "positions": { "uniform": 0.01 },   optional: noise on every position of a joint,
 *       "velocities": { "normal": 0.1 },    optional: and on every velocity
 *       "joints": {                    optional: single ones; they are set last, in this order
 *         "hip": { "value": "0.5 * knee", "uniform": 0.2 },
 *         "hip_dot": { "normal": 0 }
 *       }
 *     },
 *     "max_steps": 1000,             optional (1000): an episode is truncated after so many steps
 *     "frame_skip": 5                optional (1): simulation steps of the model in one step
 *   }
 *
 * Expressions are texts in the language of formulas (esp-formula.h), or numbers. They may name the joints,
 * sensors and actions of the model, and the time (see esp-model-symbols.h for the names), as they are after
 * the step: sensors are computed for the state that the step ended in. The expressions of a reset may name
 * joints only, as far as they are set by then. `uniform` is the half-width of the noise, `normal` its
 * standard deviation. Actuators that no action sets stay at 0. What is unknown or out of range is refused by
 * name.
 *
 * A step whose simulation blows up, or after which an observation, the reward or the termination is not a
 * finite number, is undone; it earns 0 and terminates the episode.
 *
 * Files come from strangers. The model's XML is read before MuJoCo does: includes and assets must lie in the
 * folder of the JSON file, sizes have limits, plugins are refused, and muscles must give their `lengthrange`.
 * Then the environment is checked: it must do some hundred steps with random actions without a blow-up or a
 * number that is not finite. Where a checker is set, that happens there first (the program's runs a process
 * of its own under limits of time and memory).
 *
 * A file is loaded once. Its definition stays as it was then, also if the file changes, to the end of the
 * process; instances share it. It is found again by its path or its name.
 */

#pragma once

#include "esp-environment.h"

G_BEGIN_DECLS

/**
 * EspEnvironmentChecker:
 * @path: the JSON file
 * @digest: to be set to the digest of the files that were checked, which will be g_free()d
 * @error: the reason for which they are refused
 *
 * Does what esp_environment_check_file() does, somewhere safe. Any thread, one call at a time.
 */
typedef gboolean (*EspEnvironmentChecker) (const char *path, char **digest, GError **error);

/* Sets who checks files before they are loaded; NULL (the default) is esp_environment_check_file() itself. To
 * be called before the first environment is made. */
void esp_environment_set_checker (EspEnvironmentChecker checker);

/* Loads the JSON file @path by itself and tries it out: rest, some resets, some hundred steps with random
 * actions. Returns the digest of all its files in @digest (g_free() it; may be NULL). Fails with a sentence
 * that begins with the file's name. Takes a few seconds at most, unless the model keeps MuJoCo busy in a
 * single step. Any thread. */
gboolean esp_environment_check_file (const char *path, char **digest, GError **error);

G_END_DECLS
