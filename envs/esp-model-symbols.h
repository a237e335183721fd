/* What an expression about a model may name: its joints, its sensors, actions, and the time.
 *
 *   time                       seconds since the episode began
 *   J, J_dot                   position and velocity of a slide or hinge joint called J
 *   J_qw J_qx J_qy J_qz        orientation of a ball or free joint, a unit quaternion
 *   J_x J_y J_z                position of a free joint, J_x_dot J_y_dot J_z_dot its velocity
 *   J_wx J_wy J_wz             angular velocity of a ball or free joint, in its own frame
 *   S                          a sensor of one number called S
 *   S_x S_y S_z                a sensor of three numbers
 *   S_w S_x S_y S_z            a sensor of four, a quaternion
 *   S_1 S_2 …                  a sensor of any other length
 *   A                          the action A as it was applied in the last step, 0 before the first
 *
 * Characters of the model's names that are no letters, digits or `_` become `_`, and a name that begins with
 * a digit gets a `_` before it. What has no name in the model cannot be named here either.
 */

#pragma once

#include <mujoco/mujoco.h>

#include "esp-expression.h"
#include "esp-formula.h"

G_BEGIN_DECLS

/**
 * EspSymbolKind:
 * @ESP_SYMBOL_TIME: the time
 * @ESP_SYMBOL_POSITION: one of the nq positions
 * @ESP_SYMBOL_VELOCITY: one of the nv velocities
 * @ESP_SYMBOL_SENSOR: one of the nsensordata sensor values
 * @ESP_SYMBOL_ACTION: one of the nu controls
 */
typedef enum
{
  ESP_SYMBOL_TIME,
  ESP_SYMBOL_POSITION,
  ESP_SYMBOL_VELOCITY,
  ESP_SYMBOL_SENSOR,
  ESP_SYMBOL_ACTION,
} EspSymbolKind;

/**
 * EspModelSymbols:
 *
 * The symbols of one model; immutable after the last esp_model_symbols_add_action().
 */
typedef struct _EspModelSymbols EspModelSymbols;

/* Returns the symbols of @model, without actions. Free with esp_model_symbols_free(). */
EspModelSymbols *esp_model_symbols_new (const mjModel *model);

void esp_model_symbols_free (EspModelSymbols *symbols);

/* Adds the action @name, which sets the control @actuator. */
void esp_model_symbols_add_action (EspModelSymbols *symbols, const char *name, int actuator);

/* Returns the number of symbols. */
size_t esp_model_symbols_get_n (const EspModelSymbols *symbols);

/* Returns the symbols as variables of a formula, owned by @symbols. */
EspSymbols esp_model_symbols_get (const EspModelSymbols *symbols);

/* Returns whether a position or velocity of a joint is called @name, and which one. */
gboolean esp_model_symbols_find_joint (const EspModelSymbols *symbols,
                                       const char *name,
                                       EspSymbolKind *kind,
                                       int *index);

/* Returns the expression @text over the symbols, or only over those of joints. Fails as esp_formula_parse(),
 * and with ESP_ERROR_USAGE for a name that several things have. */
EspExpression *esp_model_symbols_parse (const EspModelSymbols *symbols,
                                        const char *text,
                                        gboolean joints_only,
                                        GError **error);

/* Writes the values[n] of the symbols in @data, sensors as they were last computed. No allocation. */
void esp_model_symbols_read (const EspModelSymbols *symbols, const mjData *data, double *values);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspModelSymbols, esp_model_symbols_free)

G_END_DECLS
