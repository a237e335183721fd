/* Floors: what an update of soft actor-critic costs at the least on this machine.
 *
 * Floor A is every matrix product that an update needs, as bare calls of the BLAS, and nothing else. Floor B
 * is the whole update: the same products, and for everything else one plain loop each, compiled as the
 * program's own loops are. It computes what esp_sac_update() does (a test compares both with the same
 * independent numbers), but shares no code with it. Neither has more products than the algorithm needs: the
 * critics' gradient is taken by the actions alone, and first layers pass nothing on.
 *
 * Belongs to one thread; OpenBLAS must be held to one.
 */

#pragma once

#include "esp-floor-network.h"
#include "esp-arrangement.h"
#include "esp-sac.h"

G_BEGIN_DECLS

/**
 * EspFloorPass:
 *
 * The policy on a batch: see EspPolicyPass.
 */
typedef struct
{
  size_t n_masks;
  float *masks, *slopes, *effective; /* [n_masks][n_weights] */
  float *features, *arguments;       /* [n_masks][n_actions][...][n] */
  float *activations;                /* of the ordinary network */
  float *head;                       /* its outputs, [outputs][n] */
  float *mean;                       /* [n_actions][n_masks · n] */
  float *actions;
  float *log_density; /* [n_masks · n] */
} EspFloorPass;

/**
 * EspFloor:
 * @network: the policy's ordinary network: of the deviations, or for a neural policy the whole of it, with
 *   means in the first half of its outputs and deviations in the other
 * @policy: weights, biases, network, probabilities; or the network alone
 *
 * Batch and noise are as in EspSac, but observations are [n][n_observations] where the networks are
 * by_samples.
 */
typedef struct
{
  EspRecipe *recipe;
  EspArrangement *arrangement; /* NULL for a neural policy */
  EspFloorNetwork critic;
  EspFloorNetwork network;
  bool loops;
  size_t n_observations, n_actions, n, n_masks;
  size_t n_weights, n_biases, n_policy;
  float *policy, *policy_gradient, *policy_moments;
  float *critics[ESP_N_CRITICS], *targets[ESP_N_CRITICS], *critic_moments[ESP_N_CRITICS];
  float log_alpha, log_alpha_moments[2];
  uint64_t updates;
  EspBatch batch;
  EspSacNoise noise;

  /* private */
  float *critic_gradient, *input, *d_input, *d_action, *activations[ESP_N_CRITICS], *workspace;
  float *d_output, *target, *d_mean, *d_head, *d_head_by_samples, *network_workspace;
  float *d_features, *d_arguments, *d_weights, *d_biases;
  EspFloorPass next, pass;
  float *replay; /* [n_replay][width] */
  size_t n_replay, width;
  uint32_t counter;
  float *storage;
} EspFloor;

/**
 * EspFloorKind:
 *
 * @loops: floor B, else floor A
 * @neural: the policy is a network of @policy_hidden
 * @by_samples: how matrices lie; with a neural policy only
 */
typedef struct
{
  bool loops;
  bool neural;
  bool by_samples;
} EspFloorKind;

/* Returns a floor of the update that @recipe (referenced) asks for, with parameters drawn at
 * random and a replay of @n_replay random transitions. A neural policy has hidden layers as the critics.
 * The arrangement must be one that esp_arrangement_new() takes. */
EspFloor *esp_floor_new (
  EspRecipe *recipe, EspFloorKind kind, size_t n_observations, size_t n_actions, size_t n_replay);
void esp_floor_free (EspFloor *floor);

/* Draws a batch and the noise of an update; with loops only. */
void esp_floor_draw (EspFloor *floor);

/* Does one update with them. */
void esp_floor_update (EspFloor *floor, const EspSacSchedule *schedule);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspFloor, esp_floor_free)

G_END_DECLS
