#include "esp-network-insert.h"

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-graph.h"
#include "esp-interval.h"
#include "esp-print.h"

/* Places that are tried before the search for an assignment gives up; real networks need a few hundred. */
#define MAX_TRIES 200000

/* The action's scale may have been rounded on the way through text and simplification. */
#define SCALE_TOLERANCE 1e-12

/* The smallest round argument whose tanh is 1 in double precision. */
#define SATURATED 20.0

/* Characters of a term that a message shows. */
#define MAX_SHOWN 60

/* A term of a sum: a weight and a feature, by its number among all. */
typedef struct
{
  guint feature;
  double weight;
} Term;

/* bias + Σ weight · feature; terms are in the order of the features. */
typedef struct
{
  double bias;
  GArray *terms;
} Sum;

/* An observation or an operation that needs an operator. */
typedef struct
{
  EspExpression *expression;
  bool is_input;
  size_t input;
  EspOperator operator_;
  Sum *arguments[ESP_MAX_OPERANDS];
  /* the first and the last layer in which it can stand, the layer and the operator that it has */
  size_t earliest, latest, layer, slot;
} Feature;

typedef struct
{
  const EspArrangement *arrangement;
  const EspSymbols *symbols;
  const EspInterval *box; /* what the observations can be */
  /* of Feature, arguments before what reads them; and from an expression to its number */
  GArray *features;
  GHashTable *numbers;
  size_t n_tries;
} Insertion;

static Sum *
sum_new (double bias)
{
  Sum *sum = g_new (Sum, 1);

  *sum = (Sum){ bias, g_array_new (FALSE, FALSE, sizeof (Term)) };
  return sum;
}

static void
sum_free (Sum *sum)
{
  g_array_unref (sum->terms);
  g_free (sum);
}

/* a · @left + b · @right; a term that cancels is gone. */
static Sum *
combine (const Sum *left, double a, const Sum *right, double b)
{
  Sum *sum = sum_new (a * left->bias + b * right->bias);
  guint i = 0, j = 0;

  while (i < left->terms->len || j < right->terms->len)
    {
      const Term *first = i < left->terms->len ? &g_array_index (left->terms, Term, i) : NULL;
      const Term *second = j < right->terms->len ? &g_array_index (right->terms, Term, j) : NULL;
      Term term = { 0, 0 };

      if (first != NULL && (second == NULL || first->feature <= second->feature))
        {
          term = (Term){ first->feature, a * first->weight };
          i++;
        }
      if (second != NULL && (first == NULL || second->feature <= first->feature))
        {
          term.feature = second->feature;
          term.weight += b * second->weight;
          j++;
        }
      if (term.weight != 0)
        g_array_append_val (sum->terms, term);
    }
  return sum;
}

static bool
is_number (const Sum *sum)
{
  return sum->terms->len == 0;
}

static char *
show (const Insertion *insertion, EspExpression *expression)
{
  g_autofree char *text = NULL, *start = NULL;

  if (esp_expression_get_length (expression) > 10000)
    return g_strdup ("…");
  text = esp_expression_to_text (expression, insertion->symbols);
  if (g_utf8_strlen (text, -1) <= MAX_SHOWN)
    return g_steal_pointer (&text);
  start = g_utf8_substring (text, 0, MAX_SHOWN);
  return g_strconcat (start, "…", NULL);
}

static bool
find_operator (EspOperation operation, EspOperator *operator_)
{
  switch (operation)
    {
    case ESP_OPERATION_GUARDED_MULTIPLY:
      *operator_ = ESP_OPERATOR_MULTIPLY;
      return true;
    case ESP_OPERATION_GUARDED_DIVIDE:
      *operator_ = ESP_OPERATOR_DIVIDE;
      return true;
    case ESP_OPERATION_GUARDED_LOG:
      *operator_ = ESP_OPERATOR_LOG;
      return true;
    case ESP_OPERATION_GUARDED_EXP:
      *operator_ = ESP_OPERATOR_EXP;
      return true;
    case ESP_OPERATION_SIN:
      *operator_ = ESP_OPERATOR_SIN;
      return true;
    case ESP_OPERATION_COS:
      *operator_ = ESP_OPERATOR_COS;
      return true;
    case ESP_OPERATION_SOFT_IF:
    case ESP_OPERATION_SIGMOID:
      *operator_ = ESP_OPERATOR_IF_ELSE;
      return true;
    default:
      return false;
    }
}

static Sum *
get_feature_sum (Insertion *insertion, const Feature *feature)
{
  Sum *sum = sum_new (0);
  gpointer known = g_hash_table_lookup (insertion->numbers, feature->expression);
  Term term = { 0, 1 };

  if (known == NULL)
    {
      g_array_append_val (insertion->features, *feature);
      known = GUINT_TO_POINTER (insertion->features->len);
      g_hash_table_insert (insertion->numbers, feature->expression, known);
    }
  /* numbers are stored from 1 */
  term.feature = GPOINTER_TO_UINT (known) - 1;
  g_array_append_val (sum->terms, term);
  return sum;
}

/* Returns whether the values of operand @i of @node are all within @low … @high. */
static bool
is_within (const Insertion *insertion, EspExpression *node, size_t i, double low, double high)
{
  EspInterval bounds = esp_expression_bound (esp_expression_get_operand (node, i), insertion->box,
                                             insertion->symbols->n);

  return bounds.low >= low && bounds.high <= high;
}

/* Returns the guarded operation that does what the plain @node does, because its operands stay where the
 * guard leaves them alone; the node's own operation where there is none. A simplifier drops such guards. */
static EspOperation
find_guarded (const Insertion *insertion, EspExpression *node)
{
  EspOperation operation = esp_expression_get_operation (node);

  switch (operation)
    {
    case ESP_OPERATION_MULTIPLY:
      return is_within (insertion, node, 0, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY)
                 && is_within (insertion, node, 1, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY)
               ? ESP_OPERATION_GUARDED_MULTIPLY
               : operation;
    case ESP_OPERATION_DIVIDE:
      return is_within (insertion, node, 1, ESP_GUARD_DIVIDE, HUGE_VAL) ? ESP_OPERATION_GUARDED_DIVIDE
                                                                        : operation;
    case ESP_OPERATION_LOG:
      return is_within (insertion, node, 0, ESP_GUARD_LOG, HUGE_VAL) ? ESP_OPERATION_GUARDED_LOG : operation;
    case ESP_OPERATION_EXP:
      return is_within (insertion, node, 0, ESP_GUARD_EXP_LOW, ESP_GUARD_EXP_HIGH) ? ESP_OPERATION_GUARDED_EXP
                                                                                   : operation;
    default:
      return operation;
    }
}

static Sum *
get_operator_sum (Insertion *insertion,
                  EspExpression *node,
                  EspOperation operation,
                  Sum *const *operands,
                  Sum *one,
                  Sum *zero)
{
  Feature feature = { .expression = node, .arguments = { operands[0], operands[1], operands[2] } };

  find_operator (operation, &feature.operator_);
  /* sigmoid(a) = softif(a, 1, 0) */
  if (operation == ESP_OPERATION_SIGMOID)
    {
      feature.arguments[1] = one;
      feature.arguments[2] = zero;
    }
  return get_feature_sum (insertion, &feature);
}

/* Returns the sum that @node is, from those of its operands, or NULL when it is none. */
static Sum *
get_sum (Insertion *insertion, EspExpression *node, Sum *const *operands, Sum *one, Sum *zero)
{
  EspOperation operation = esp_expression_get_operation (node);
  Feature feature = { .expression = node };
  double values[ESP_MAX_OPERANDS];
  EspOperator operator_;
  bool is_constant = true;

  if (operation == ESP_OPERATION_CONSTANT)
    return sum_new (esp_expression_get_value (node));
  if (operation == ESP_OPERATION_VARIABLE)
    {
      feature.is_input = true;
      feature.input = esp_expression_get_index (node);
      return get_feature_sum (insertion, &feature);
    }

  for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
    {
      values[k] = operands[k]->bias;
      is_constant = is_constant && is_number (operands[k]);
    }
  if (is_constant)
    return sum_new (esp_operation_evaluate (operation, values));
  if (find_operator (operation, &operator_))
    return get_operator_sum (insertion, node, operation, operands, one, zero);

  switch (operation)
    {
    case ESP_OPERATION_ADD:
      return combine (operands[0], 1, operands[1], 1);
    case ESP_OPERATION_SUBTRACT:
      return combine (operands[0], 1, operands[1], -1);
    case ESP_OPERATION_NEGATE:
      return combine (operands[0], -1, zero, 0);
    case ESP_OPERATION_MULTIPLY:
      if (is_number (operands[0]))
        return combine (operands[1], operands[0]->bias, zero, 0);
      if (is_number (operands[1]))
        return combine (operands[0], operands[1]->bias, zero, 0);
      break;
    case ESP_OPERATION_DIVIDE:
      if (is_number (operands[1]))
        return combine (operands[0], 1 / operands[1]->bias, zero, 0);
      break;
    case ESP_OPERATION_POWER:
      /* a square is the product of a term with itself */
      if (is_number (operands[1]) && operands[1]->bias == 2
          && is_within (insertion, node, 0, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY))
        {
          Sum *both[ESP_MAX_OPERANDS] = { operands[0], operands[0] };

          return get_operator_sum (insertion, node, ESP_OPERATION_GUARDED_MULTIPLY, both, one, zero);
        }
      break;
    default:
      break;
    }

  operation = find_guarded (insertion, node);
  return find_operator (operation, &operator_)
           ? get_operator_sum (insertion, node, operation, operands, one, zero)
           : NULL;
}

/* Returns the argument of the action's tanh with the factor that it has, in `centre + half · tanh (u)`; NULL
 * where the action has another form. A number stands for the argument that gives it. */
static EspExpression *
strip_action (EspExpression *action, double *factor, double *offset)
{
  *factor = 1;
  *offset = 0;
  for (;;)
    {
      EspExpression *a = NULL, *b = NULL;
      double number;
      EspOperation operation = esp_expression_get_operation (action);
      bool is_first;

      if (operation == ESP_OPERATION_TANH)
        return esp_expression_get_operand (action, 0);
      if (operation == ESP_OPERATION_NEGATE)
        {
          *factor = -*factor;
          action = esp_expression_get_operand (action, 0);
          continue;
        }
      if (operation < ESP_OPERATION_ADD || operation > ESP_OPERATION_DIVIDE)
        return NULL;

      a = esp_expression_get_operand (action, 0);
      b = esp_expression_get_operand (action, 1);
      is_first = esp_expression_get_operation (a) == ESP_OPERATION_CONSTANT;
      if (!is_first && esp_expression_get_operation (b) != ESP_OPERATION_CONSTANT)
        return NULL;
      number = esp_expression_get_value (is_first ? a : b);
      if (operation == ESP_OPERATION_DIVIDE && is_first)
        return NULL;
      if (operation == ESP_OPERATION_ADD || operation == ESP_OPERATION_SUBTRACT)
        {
          *offset += *factor * (operation == ESP_OPERATION_SUBTRACT && !is_first ? -number : number);
          if (operation == ESP_OPERATION_SUBTRACT && is_first)
            *factor = -*factor;
        }
      else
        *factor = operation == ESP_OPERATION_MULTIPLY ? *factor * number : *factor / number;
      action = is_first ? b : a;
    }
}

static bool
refuse_term (const Insertion *insertion, EspExpression *term, GError **error)
{
  g_autofree char *text = show (insertion, term);
  const char *hint = "its operations are sums with weights, pmul, pdiv, plog, pexp, sin, cos and softif";

  switch (esp_expression_get_operation (term))
    {
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_POWER:
      hint = "a product of two terms must be a pmul";
      break;
    case ESP_OPERATION_DIVIDE:
      hint = "a quotient by a term must be a pdiv";
      break;
    case ESP_OPERATION_LOG:
      hint = "a logarithm must be a plog";
      break;
    case ESP_OPERATION_EXP:
      hint = "an exponential must be a pexp";
      break;
    case ESP_OPERATION_TANH:
      hint = "it has tanh around the whole action only";
      break;
    default:
      break;
    }
  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "a symbolic network does not contain “%s”: %s", text, hint);
  return false;
}

/* Finds the features of @expression; @sum is what it is made of, for the caller to free with @sums. */
static bool
find_features (Insertion *insertion, EspExpression *expression, GPtrArray *sums, Sum **sum, GError **error)
{
  Sum *one = sum_new (1), *zero = sum_new (0);
  guint first = sums->len + 2;
  EspGraph graph;
  bool is_found = true;

  g_ptr_array_add (sums, one);
  g_ptr_array_add (sums, zero);
  esp_graph_init (&graph, &expression, 1);
  for (guint i = 0; is_found && i < graph.nodes->len; i++)
    {
      EspExpression *node = g_ptr_array_index (graph.nodes, i);
      Sum *operands[ESP_MAX_OPERANDS] = { NULL };

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        operands[k] = g_ptr_array_index (
          sums, first + esp_graph_get_place (&graph, esp_expression_get_operand (node, k)));
      *sum = get_sum (insertion, node, operands, one, zero);
      if (*sum != NULL)
        g_ptr_array_add (sums, *sum);
      else
        is_found = refuse_term (insertion, node, error);
    }
  esp_graph_clear (&graph);
  return is_found;
}

/* Only features that the output depends on need a place; others were cancelled. */
static void
find_needed (const Insertion *insertion, const Sum *output, bool *needed)
{
  guint n = insertion->features->len;

  for (guint t = 0; t < output->terms->len; t++)
    needed[g_array_index (output->terms, Term, t).feature] = true;
  for (guint i = n; i-- > 0;)
    {
      const Feature *feature = &g_array_index (insertion->features, Feature, i);

      for (size_t k = 0; needed[i] && k < ESP_MAX_OPERANDS && feature->arguments[k] != NULL; k++)
        for (guint t = 0; t < feature->arguments[k]->terms->len; t++)
          needed[g_array_index (feature->arguments[k]->terms, Term, t).feature] = true;
    }
}

static bool
find_ranges (Insertion *insertion, const bool *needed, GError **error)
{
  size_t n_layers = insertion->arrangement->n_layers - 1;
  guint n = insertion->features->len;

  for (guint i = 0; i < n; i++)
    {
      Feature *feature = &g_array_index (insertion->features, Feature, i);

      feature->earliest = 0;
      feature->latest = n_layers;
      for (size_t k = 0; k < ESP_MAX_OPERANDS && feature->arguments[k] != NULL; k++)
        for (guint t = 0; t < feature->arguments[k]->terms->len; t++)
          {
            guint number = g_array_index (feature->arguments[k]->terms, Term, t).feature;
            const Feature *argument = &g_array_index (insertion->features, Feature, number);

            if (!argument->is_input)
              feature->earliest = MAX (feature->earliest, argument->earliest + 1);
          }
    }
  for (guint i = n; i-- > 0;)
    {
      Feature *feature = &g_array_index (insertion->features, Feature, i);

      if (feature->is_input || !needed[i])
        continue;
      if (feature->earliest + 1 > feature->latest)
        {
          g_autofree char *text = show (insertion, feature->expression);

          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                       "“%s” is nested too deeply: the symbolic network has %zu %s of operators", text,
                       n_layers, n_layers == 1 ? "layer" : "layers");
          return false;
        }
      for (size_t k = 0; k < ESP_MAX_OPERANDS && feature->arguments[k] != NULL; k++)
        for (guint t = 0; t < feature->arguments[k]->terms->len; t++)
          {
            guint number = g_array_index (feature->arguments[k]->terms, Term, t).feature;
            Feature *argument = &g_array_index (insertion->features, Feature, number);

            argument->latest = MIN (argument->latest, feature->latest - 1);
          }
    }
  return true;
}

/* Finds places for the feature @i and all after it; @taken[layer][operator] are in use. Arguments come before
 * what reads them, so every feature only looks back. */
static bool
place_features (
  Insertion *insertion, const bool *needed, guint i, guint *furthest, bool (*taken)[ESP_MAX_LAYER_OPERATORS])
{
  Feature *feature;
  size_t first = 0;

  while (i < insertion->features->len
         && (!needed[i] || g_array_index (insertion->features, Feature, i).is_input))
    i++;
  *furthest = MAX (*furthest, i);
  if (i == insertion->features->len)
    return true;

  feature = &g_array_index (insertion->features, Feature, i);
  for (size_t k = 0; k < ESP_MAX_OPERANDS && feature->arguments[k] != NULL; k++)
    for (guint t = 0; t < feature->arguments[k]->terms->len; t++)
      {
        guint number = g_array_index (feature->arguments[k]->terms, Term, t).feature;
        const Feature *argument = &g_array_index (insertion->features, Feature, number);

        if (!argument->is_input)
          first = MAX (first, argument->layer + 1);
      }
  for (size_t l = first; l < feature->latest; l++)
    {
      const EspLayer *layer = &insertion->arrangement->layers[l];
      size_t slot = 0;

      while (slot < layer->n_operators && (taken[l][slot] || layer->operators[slot] != feature->operator_))
        slot++;
      if (slot == layer->n_operators)
        continue;
      if (insertion->n_tries++ >= MAX_TRIES)
        return false;
      taken[l][slot] = true;
      feature->layer = l;
      feature->slot = slot;
      if (place_features (insertion, needed, i + 1, furthest, taken))
        return true;
      taken[l][slot] = false;
    }
  return false;
}

static void
write_argument (EspNetwork *network,
                size_t action,
                const Insertion *insertion,
                const EspLayer *layer,
                size_t row,
                const Sum *sum)
{
  size_t weights = action * network->arrangement->n_weights + layer->weights + row * layer->n_features;

  network->biases[action * network->arrangement->n_biases + layer->biases + row] = sum->bias;
  for (guint t = 0; t < sum->terms->len; t++)
    {
      const Term *term = &g_array_index (sum->terms, Term, t);
      const Feature *feature = &g_array_index (insertion->features, Feature, term->feature);
      size_t column = feature->is_input
                        ? feature->input
                        : network->arrangement->layers[feature->layer].n_features + feature->slot;

      network->weights[weights + column] = term->weight;
      network->mask[weights + column] = 1;
      network->probabilities[weights + column] = 1;
    }
}

static bool
place_and_write (EspNetwork *network, size_t action, Insertion *insertion, const Sum *output, GError **error)
{
  const EspArrangement *arrangement = network->arrangement;
  g_autofree bool *needed = g_new0 (bool, insertion->features->len + 1);
  bool taken[ESP_MAX_LAYERS + 1][ESP_MAX_LAYER_OPERATORS] = { 0 };
  guint furthest = 0;

  find_needed (insertion, output, needed);
  if (!find_ranges (insertion, needed, error))
    return false;
  if (!place_features (insertion, needed, 0, &furthest, taken))
    {
      const Feature *feature = &g_array_index (insertion->features, Feature, furthest);
      g_autofree char *text = show (insertion, feature->expression);

      g_set_error (
        error, ESP_ERROR, ESP_ERROR_USAGE,
        insertion->n_tries >= MAX_TRIES
          ? "no place was found for “%s”: operator %s, and the search was given up"
          : "there is no place for “%s”: the symbolic network has too few operators %s in the layers "
            "that could hold it",
        text, esp_operator_get_symbol (feature->operator_));
      return false;
    }

  for (guint i = 0; i < insertion->features->len; i++)
    {
      const Feature *feature = &g_array_index (insertion->features, Feature, i);
      const EspLayer *layer = &arrangement->layers[feature->layer];

      if (feature->is_input || !needed[i])
        continue;
      for (size_t k = 0; k < esp_operator_get_n_arguments (feature->operator_); k++)
        write_argument (network, action, insertion, layer, layer->first_argument[feature->slot] + k,
                        feature->arguments[k]);
    }
  write_argument (network, action, insertion, &arrangement->layers[arrangement->n_layers - 1], 0, output);
  return true;
}

static bool
insert_action (EspNetwork *network, const EspFormula *formula, size_t action, GError **error)
{
  const EspSignal *signal = &network->environment->actions[action];
  double centre = 0.5 * (signal->high + signal->low), half = 0.5 * (signal->high - signal->low);
  EspExpression *whole = esp_formula_get_expression (formula, action), *argument;
  g_autoptr (GArray) features = g_array_new (FALSE, FALSE, sizeof (Feature));
  g_autoptr (GHashTable) numbers = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) sums = g_ptr_array_new_with_free_func ((GDestroyNotify) sum_free);
  const EspEnvironmentInfo *environment = network->environment;
  EspInterval box[ESP_MAX_OBSERVATIONS];
  Insertion insertion = { .arrangement = network->arrangement,
                          .symbols = esp_formula_get_symbols (formula),
                          .box = box,
                          .features = features,
                          .numbers = numbers };
  double factor, offset;
  Sum *sum = NULL, *output;

  for (size_t i = 0; i < environment->n_observations; i++)
    box[i] = (EspInterval){ environment->observations[i].low, environment->observations[i].high };
  if (esp_expression_get_operation (whole) == ESP_OPERATION_CONSTANT
      && fabs (esp_expression_get_value (whole) - centre) <= half)
    {
      double squashed = (esp_expression_get_value (whole) - centre) / half;

      output = sum_new (fabs (squashed) < 1 ? atanh (squashed) : copysign (SATURATED, squashed));
      g_ptr_array_add (sums, output);
      return place_and_write (network, action, &insertion, output, error);
    }

  argument = strip_action (whole, &factor, &offset);
  if (argument == NULL || fabs (fabs (factor) - half) > SCALE_TOLERANCE * half
      || fabs (offset - centre) > SCALE_TOLERANCE * half)
    {
      g_autofree char *text = show (&insertion, whole);

      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                   "a symbolic network's action %s is %g + %g·tanh(…), which “%s” is not", signal->name,
                   centre, half, text);
      return false;
    }
  if (!find_features (&insertion, argument, sums, &sum, error))
    return false;
  output = combine (sum, factor < 0 ? -1 : 1, sum, 0);
  g_ptr_array_add (sums, output);
  return place_and_write (network, action, &insertion, output, error);
}

EspNetwork *
esp_network_insert (const EspFormula *formula,
                    const EspEnvironmentInfo *environment,
                    EspArrangement *arrangement,
                    GError **error)
{
  g_autoptr (EspNetwork) network = NULL;

  if (esp_formula_get_n_actions (formula) != environment->n_actions
      || esp_formula_get_symbols (formula)->n != environment->n_observations
      || arrangement->n_inputs != environment->n_observations)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                   "the formula is for %zu observations and %zu actions, but %s has %zu and %zu",
                   esp_formula_get_symbols (formula)->n, esp_formula_get_n_actions (formula),
                   environment->name, environment->n_observations, environment->n_actions);
      return NULL;
    }

  network = esp_network_new (environment, arrangement);
  for (size_t a = 0; a < network->n_actions; a++)
    if (!insert_action (network, formula, a, error))
      return NULL;
  return g_steal_pointer (&network);
}
