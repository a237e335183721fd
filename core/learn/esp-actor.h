/* A policy as it acts: without noise, in double precision, from raw observations to physical actions.
 *
 * This is what is evaluated, kept as a candidate, and followed by the robot. An actor is immutable and
 * counted by references; any thread may use it, several at a time.
 */

#pragma once

#include "esp-mlp.h"
#include "esp-network.h"
#include "esp-recipe.h"

G_BEGIN_DECLS

/**
 * EspActor:
 * @references: private
 * @kind: what it is made of
 * @environment: the environment it acts in
 * @network: of a symbolic policy: the thresholded networks, from which a formula can be extracted; else NULL
 * @shape: of a neural policy: its layers
 * @parameters: of a neural policy: for each layer its weights, [inputs][outputs], and its biases; of an
 *   expression policy its constants, of which @shape has the number; else NULL
 * @formula: of an expression policy: its structure, with the constants as the user wrote them; else NULL
 *
 * The physical action is centre + half · tanh (u), u the output of the network of either kind, or what the
 * formula of an expression policy says.
 */
typedef struct
{
  _Atomic int references;
  EspPolicyKind kind;
  const EspEnvironmentInfo *environment;
  EspNetwork *network;
  EspMlp shape;
  double *parameters;
  EspFormula *formula;
} EspActor;

/* Returns an actor that is @network (referenced). */
EspActor *esp_actor_new_symbolic (EspNetwork *network);

/* Returns an actor with the @parameters of the perceptron @shape, whose first outputs are u of each action,
 * on observations divided by @scales; what else it puts out is left behind. NULL for both makes all zeros,
 * for the caller to fill. */
EspActor *esp_actor_new_neural (const EspEnvironmentInfo *environment,
                                const EspMlp *shape,
                                const float *parameters,
                                const float *scales);

/* Returns an actor that is @formula (referenced) with constants of its own, at first those as written. */
EspActor *esp_actor_new_expression (const EspEnvironmentInfo *environment, EspFormula *formula);

/* Returns the formula of a symbolic or an expression policy, to be unreferenced; NULL for a neural one. That
 * of an expression policy has the same values as the actor, bit by bit. */
EspFormula *esp_actor_get_formula (const EspActor *actor);

EspActor *esp_actor_ref (EspActor *actor);
void esp_actor_unref (EspActor *actor);

/* Returns how many doubles esp_actor_evaluate() needs as @scratch. */
size_t esp_actor_get_scratch_size (const EspActor *actor);

/* Computes the physical @action[n_actions] before clipping for @observation[n_observations]. */
void esp_actor_evaluate (const EspActor *actor, double *scratch, const double *observation, double *action);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspActor, esp_actor_unref)

G_END_DECLS
