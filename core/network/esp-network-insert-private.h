/* Putting a formula into a symbolic network, in two parts: esp-network-insert.c reads the formula as sums of
 * features, and esp-network-place.c gives the features their operators. */

#pragma once

#include <stdbool.h>

#include "esp-arrangement.h"
#include "esp-expression.h"
#include "esp-formula.h"
#include "esp-interval.h"

G_BEGIN_DECLS

/* A term of a sum: a weight and a feature, by its number among all. */
typedef struct
{
  guint feature;
  double weight;
} EspTerm;

/* bias + Σ weight · feature; terms are in the order of the features, carriers apart. */
typedef struct
{
  double bias;
  GArray *terms;
} EspSum;

/* An observation or an operation that needs an operator. */
typedef struct
{
  EspExpression *expression;
  bool is_input;
  size_t input;
  EspOperator operator_;
  EspSum *arguments[ESP_MAX_OPERANDS];
  bool needed; /* the output depends on it */
  /* the first layer in which it can stand and the first in which it cannot, the layer and the operator that
   * it has */
  size_t earliest, latest, layer, slot;
  /* what is written as its arguments: those above, but that terms may come by way of carriers */
  const EspSum *placed[ESP_MAX_OPERANDS];
} EspFeature;

/* One action's formula on its way into the network. */
typedef struct
{
  const EspArrangement *arrangement;
  const EspSymbols *symbols;
  const EspInterval *box; /* what the observations can be */
  /* of EspFeature, arguments before what reads them; and from an expression to its number */
  GArray *features;
  GHashTable *numbers;
  GPtrArray *sums; /* that belong to no expression; owned here */
} EspInsertion;

/* Returns a sum without terms, owned by @insertion. */
EspSum *esp_insertion_new_sum (EspInsertion *insertion, double bias);

/* Returns the text of @expression, cut short for a message (g_free()). */
char *esp_insertion_show (const EspInsertion *insertion, EspExpression *expression);

/* Finds an operator for every feature that @output depends on, and what is written as its arguments; appends
 * features that only carry others on where layers see the one before alone. Returns what is written as the
 * output, owned by @insertion, or NULL with ESP_ERROR_USAGE. */
const EspSum *esp_insertion_place (EspInsertion *insertion, EspSum *output, GError **error);

G_END_DECLS
