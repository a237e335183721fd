#include "esp-arrangement.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "esp-error.h"

static const struct
{
  const char *name;
  const char *symbol;
  size_t n_arguments;
} operators[ESP_N_OPERATORS] = {
  [ESP_OPERATOR_MULTIPLY] = { "mul", "×", 2 },
  [ESP_OPERATOR_DIVIDE] = { "div", "÷", 2 },
  [ESP_OPERATOR_LOG] = { "log", "ln", 1 },
  [ESP_OPERATOR_EXP] = { "exp", "eˣ", 1 },
  [ESP_OPERATOR_SIN] = { "sin", "sin", 1 },
  [ESP_OPERATOR_COS] = { "cos", "cos", 1 },
  [ESP_OPERATOR_IDENTITY] = { "id", "id", 1 },
  [ESP_OPERATOR_IF_ELSE] = { "if", "if", 3 },
};

/* The arrangements of the published ESPL code: S0 for single tasks, C0 to C4 for contextual policies,
 * U0 and U1 with the same operators in every layer. In the order in which the code numbers those that are not
 * for single tasks, from 0: C0, C2, C3, C4, C1, U0, U1. */
static const struct
{
  const char *name;
  const char *text;
} published[] = {
  { "S0", "mul*3/div*3/log*2,exp*2,sin*2,cos*2/log*2,exp*2,sin*2,cos*2/mul,div,log,exp/mul,div,log,exp" },
  { "C0", "mul*3/mul*3/div*3/log,exp,sin*3,cos*3/mul,div,log,exp/mul,div,log,exp" },
  { "C1", "mul*3,if/mul*3,if/div*3,if/log,exp,sin*3,cos*3,if/mul,div,log,exp,if" },
  { "C2", "mul*3/mul*3/div*3/log*3,exp*3,sin*3,cos*3/mul,div,log,exp/mul,div,log,exp" },
  { "C3", "mul*3,if/mul*3,if/div*3,if/log*3,exp*3,sin*3,cos*3,if/mul,div,log,exp,if/mul,div,log,exp,if" },
  { "C4", "mul*3/mul*3/div*3/log,exp,sin*3,cos*3/mul,div,log,exp" },
  { "U0", "mul,div,log,exp,sin,cos/mul,div,log,exp,sin,cos/mul,div,log,exp,sin,cos/"
          "mul,div,log,exp,sin,cos/mul,div,log,exp,sin,cos" },
  { "U1", "mul,div,log,exp,sin,cos,if/mul,div,log,exp,sin,cos,if/mul,div,log,exp,sin,cos,if/"
          "mul,div,log,exp,sin,cos,if/mul,div,log,exp,sin,cos,if" },
};

const char *
esp_operator_get_symbol (EspOperator operator_)
{
  return operators[operator_].symbol;
}

size_t
esp_operator_get_n_arguments (EspOperator operator_)
{
  return operators[operator_].n_arguments;
}

/* Appends the operators of one item, `name` or `name*count`, to @layer. */
static gboolean
parse_item (const char *item, EspLayer *layer, GError **error)
{
  const char *star = strchr (item, '*');
  size_t length = star != NULL ? (size_t) (star - item) : strlen (item);
  guint64 count = 1;

  if (star != NULL && !g_ascii_string_to_unsigned (star + 1, 10, 1, ESP_MAX_LAYER_OPERATORS, &count, NULL))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                   "the arrangement has “%s”, whose count is not a number from 1 to %d", item,
                   ESP_MAX_LAYER_OPERATORS);
      return FALSE;
    }

  for (EspOperator i = 0; i < ESP_N_OPERATORS; i++)
    {
      if (strlen (operators[i].name) != length || strncmp (operators[i].name, item, length) != 0)
        continue;

      if (layer->n_operators + count > ESP_MAX_LAYER_OPERATORS)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                       "a layer of the arrangement has more than %d operators", ESP_MAX_LAYER_OPERATORS);
          return FALSE;
        }
      for (guint64 k = 0; k < count; k++)
        {
          layer->operators[layer->n_operators] = i;
          layer->first_argument[layer->n_operators] = layer->n_arguments;
          layer->n_operators++;
          layer->n_arguments += operators[i].n_arguments;
        }
      return TRUE;
    }

  g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX,
               "the arrangement has “%s”, which is none of mul, div, log, exp, sin, cos, id and if", item);
  return FALSE;
}

static gboolean
parse (EspArrangement *arrangement, const char *text, GError **error)
{
  g_auto (GStrv) layers = g_strsplit (text, "/", -1);

  if (g_strv_length (layers) > ESP_MAX_LAYERS)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the arrangement has more than %d layers", ESP_MAX_LAYERS);
      return FALSE;
    }

  for (char **layer = layers; *layer != NULL; layer++)
    {
      g_auto (GStrv) items = g_strsplit (*layer, ",", -1);

      for (char **item = items; *item != NULL; item++)
        if (!parse_item (g_strstrip (*item), &arrangement->layers[arrangement->n_layers], error))
          return FALSE;
      if (arrangement->layers[arrangement->n_layers].n_operators == 0)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                       "the arrangement “%s” has a layer without operators", text);
          return FALSE;
        }
      arrangement->n_layers++;
    }

  return TRUE;
}

const char *const *
esp_arrangement_list (void)
{
  static const char *const names[] = { "S0", "C0", "C1", "C2", "C3", "C4", "U0", "U1", NULL };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == G_N_ELEMENTS (published) + 1);
  return names;
}

static EspArrangement *
arrangement_new (const char *text, size_t n_inputs, bool dense, GError **error)
{
  g_autoptr (EspArrangement) arrangement = g_new0 (EspArrangement, 1);

  arrangement->references = 1;
  arrangement->n_inputs = n_inputs;
  for (size_t i = 0; i < G_N_ELEMENTS (published); i++)
    if (strcmp (text, published[i].name) == 0)
      text = published[i].text;
  if (!parse (arrangement, text, error))
    return NULL;

  /* the output layer */
  arrangement->layers[arrangement->n_layers++].n_arguments = 1;

  arrangement->n_features = n_inputs;
  for (size_t i = 0; i < arrangement->n_layers; i++)
    {
      EspLayer *layer = &arrangement->layers[i];

      layer->n_features = arrangement->n_features;
      layer->first_feature = dense || i == 0 ? 0 : arrangement->layers[i - 1].n_features;
      layer->weights = arrangement->n_weights;
      layer->biases = arrangement->n_biases;
      arrangement->n_features += layer->n_operators;
      arrangement->n_weights += layer->n_arguments * layer->n_features;
      arrangement->n_paths += layer->n_arguments * (layer->n_features - layer->first_feature);
      arrangement->n_biases += layer->n_arguments;
    }

  return g_steal_pointer (&arrangement);
}

EspArrangement *
esp_arrangement_new (const char *text, size_t n_inputs, GError **error)
{
  return arrangement_new (text, n_inputs, true, error);
}

EspArrangement *
esp_arrangement_new_sequential (const char *text, size_t n_inputs, GError **error)
{
  return arrangement_new (text, n_inputs, false, error);
}

void
esp_arrangement_clear_blocked (const EspArrangement *arrangement, float *values)
{
  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];

      for (size_t row = 0; row < layer->n_arguments && layer->first_feature > 0; row++)
        memset (values + layer->weights + row * layer->n_features, 0, layer->first_feature * sizeof *values);
    }
}

EspArrangement *
esp_arrangement_ref (EspArrangement *arrangement)
{
  atomic_fetch_add_explicit (&arrangement->references, 1, memory_order_relaxed);
  return arrangement;
}

void
esp_arrangement_unref (EspArrangement *arrangement)
{
  if (arrangement != NULL
      && atomic_fetch_sub_explicit (&arrangement->references, 1, memory_order_acq_rel) == 1)
    g_free (arrangement);
}
