#include "esp-expression.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

struct _EspExpression
{
  _Atomic size_t count;
  uint64_t hash;
  /* a node that is being freed needs its length no more, and waits in a list instead */
  union
  {
    size_t length;
    EspExpression *next;
  };
  unsigned int depth;
  EspOperation operation;
  union
  {
    double value;
    size_t index;
    EspExpression *operands[ESP_MAX_OPERANDS];
  };
};

static const struct
{
  const char *name;
  size_t n_operands;
} operations[ESP_N_OPERATIONS] = {
  [ESP_OPERATION_CONSTANT] = { "constant", 0 },
  [ESP_OPERATION_VARIABLE] = { "variable", 0 },
  [ESP_OPERATION_ADD] = { "+", 2 },
  [ESP_OPERATION_SUBTRACT] = { "-", 2 },
  [ESP_OPERATION_MULTIPLY] = { "*", 2 },
  [ESP_OPERATION_DIVIDE] = { "/", 2 },
  [ESP_OPERATION_POWER] = { "^", 2 },
  [ESP_OPERATION_NEGATE] = { "-", 1 },
  [ESP_OPERATION_SIN] = { "sin", 1 },
  [ESP_OPERATION_COS] = { "cos", 1 },
  [ESP_OPERATION_EXP] = { "exp", 1 },
  [ESP_OPERATION_LOG] = { "log", 1 },
  [ESP_OPERATION_SQRT] = { "sqrt", 1 },
  [ESP_OPERATION_ABS] = { "abs", 1 },
  [ESP_OPERATION_SIGN] = { "sign", 1 },
  [ESP_OPERATION_TANH] = { "tanh", 1 },
  [ESP_OPERATION_SIGMOID] = { "sigmoid", 1 },
  [ESP_OPERATION_MIN] = { "min", 2 },
  [ESP_OPERATION_MAX] = { "max", 2 },
  [ESP_OPERATION_IF] = { "if", 3 },
  [ESP_OPERATION_CLAMP] = { "clamp", 3 },
  [ESP_OPERATION_GUARDED_MULTIPLY] = { "pmul", 2 },
  [ESP_OPERATION_GUARDED_DIVIDE] = { "pdiv", 2 },
  [ESP_OPERATION_GUARDED_LOG] = { "plog", 1 },
  [ESP_OPERATION_GUARDED_EXP] = { "pexp", 1 },
  [ESP_OPERATION_SOFT_IF] = { "softif", 3 },
};

const char *
esp_operation_get_name (EspOperation operation)
{
  g_return_val_if_fail (operation < ESP_N_OPERATIONS, NULL);

  return operations[operation].name;
}

size_t
esp_operation_get_n_operands (EspOperation operation)
{
  g_return_val_if_fail (operation < ESP_N_OPERATIONS, 0);

  return operations[operation].n_operands;
}

/* The comparisons are written so that a NaN passes through. */
static double
limit (double a, double low, double high)
{
  return a < low ? low : a > high ? high : a;
}

/* The exponential's argument is never positive, so nothing overflows. */
static double
sigmoid (double a)
{
  double e;

  if (a >= 0)
    return 1 / (1 + exp (-a));

  e = exp (a);
  return e / (1 + e);
}

double
esp_operation_evaluate (EspOperation operation, const double *operands)
{
  const double *a = operands;

  switch (operation)
    {
    case ESP_OPERATION_ADD:
      return a[0] + a[1];
    case ESP_OPERATION_SUBTRACT:
      return a[0] - a[1];
    case ESP_OPERATION_MULTIPLY:
      return a[0] * a[1];
    case ESP_OPERATION_DIVIDE:
      return a[0] / a[1];
    case ESP_OPERATION_POWER:
      return pow (a[0], a[1]);
    case ESP_OPERATION_NEGATE:
      return -a[0];
    case ESP_OPERATION_SIN:
      return sin (a[0]);
    case ESP_OPERATION_COS:
      return cos (a[0]);
    case ESP_OPERATION_EXP:
      return exp (a[0]);
    case ESP_OPERATION_LOG:
      return log (a[0]);
    case ESP_OPERATION_SQRT:
      return sqrt (a[0]);
    case ESP_OPERATION_ABS:
      return fabs (a[0]);
    case ESP_OPERATION_SIGN:
      return isnan (a[0]) ? a[0] : (a[0] > 0) - (a[0] < 0);
    case ESP_OPERATION_TANH:
      return tanh (a[0]);
    case ESP_OPERATION_SIGMOID:
      return sigmoid (a[0]);
    case ESP_OPERATION_MIN:
      return isnan (a[0]) || a[0] < a[1] ? a[0] : a[1];
    case ESP_OPERATION_MAX:
      return isnan (a[0]) || a[0] > a[1] ? a[0] : a[1];
    case ESP_OPERATION_IF:
      return a[0] > 0 ? a[1] : a[2];
    case ESP_OPERATION_CLAMP:
      if (isnan (a[1]) || isnan (a[2]))
        return NAN;
      return limit (a[0], a[1], a[2]);
    case ESP_OPERATION_GUARDED_MULTIPLY:
      return limit (a[0], -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY)
             * limit (a[1], -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY);
    case ESP_OPERATION_GUARDED_DIVIDE:
      return a[1] >= ESP_GUARD_DIVIDE ? a[0] / a[1] : 0;
    case ESP_OPERATION_GUARDED_LOG:
      return log (a[0] < ESP_GUARD_LOG ? ESP_GUARD_LOG : a[0]);
    case ESP_OPERATION_GUARDED_EXP:
      return exp (limit (a[0], ESP_GUARD_EXP_LOW, ESP_GUARD_EXP_HIGH));
    case ESP_OPERATION_SOFT_IF:
      {
        double weight = sigmoid (a[0]);

        return weight * a[1] + (1 - weight) * a[2];
      }
    case ESP_OPERATION_CONSTANT:
    case ESP_OPERATION_VARIABLE:
    case ESP_N_OPERATIONS:
      break;
    }

  g_return_val_if_reached (NAN);
}

/* The finalizer of SplitMix64: every bit of the result depends on every bit of both arguments. */
static uint64_t
mix (uint64_t hash, uint64_t word)
{
  uint64_t z = hash * 0x9e3779b97f4a7c15u + word + 0x632be59bd9b4e019u;

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t
bits_of (double value)
{
  uint64_t bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static EspExpression *
node_new (EspOperation operation)
{
  EspExpression *node = g_new0 (EspExpression, 1);

  atomic_init (&node->count, 1);
  node->operation = operation;
  node->length = 1;
  node->depth = 1;
  node->hash = mix (0, operation);
  return node;
}

EspExpression *
esp_expression_constant (double value)
{
  EspExpression *node = node_new (ESP_OPERATION_CONSTANT);

  node->value = isnan (value) ? (double) NAN : value;
  node->hash = mix (node->hash, bits_of (node->value));
  return node;
}

EspExpression *
esp_expression_variable (size_t index)
{
  EspExpression *node = node_new (ESP_OPERATION_VARIABLE);

  node->index = index;
  node->hash = mix (node->hash, index);
  return node;
}

EspExpression *
esp_expression_apply (EspOperation operation, EspExpression *const *operands)
{
  EspExpression *node;

  g_return_val_if_fail (esp_operation_get_n_operands (operation) > 0, NULL);

  node = node_new (operation);
  for (size_t i = 0; i < operations[operation].n_operands; i++)
    {
      const EspExpression *operand = operands[i];

      node->operands[i] = esp_expression_ref (operands[i]);
      node->hash = mix (node->hash, operand->hash);
      node->length = node->length > G_MAXSIZE - operand->length ? G_MAXSIZE : node->length + operand->length;
      if (operand->depth >= node->depth)
        node->depth = operand->depth == G_MAXUINT ? G_MAXUINT : operand->depth + 1;
    }
  return node;
}

EspExpression *
esp_expression_unary (EspOperation operation, EspExpression *a)
{
  g_return_val_if_fail (esp_operation_get_n_operands (operation) == 1, NULL);

  return esp_expression_apply (operation, &a);
}

EspExpression *
esp_expression_binary (EspOperation operation, EspExpression *a, EspExpression *b)
{
  EspExpression *operands[] = { a, b };

  g_return_val_if_fail (esp_operation_get_n_operands (operation) == 2, NULL);

  return esp_expression_apply (operation, operands);
}

EspExpression *
esp_expression_ref (EspExpression *expression)
{
  g_return_val_if_fail (expression != NULL, NULL);

  atomic_fetch_add_explicit (&expression->count, 1, memory_order_relaxed);
  return expression;
}

static bool
drop (EspExpression *node)
{
  return atomic_fetch_sub_explicit (&node->count, 1, memory_order_acq_rel) == 1;
}

void
esp_expression_unref (EspExpression *expression)
{
  EspExpression *dead = NULL;

  if (expression == NULL || !drop (expression))
    return;

  expression->next = NULL;
  dead = expression;
  while (dead != NULL)
    {
      EspExpression *node = dead;

      dead = node->next;
      for (size_t i = 0; i < operations[node->operation].n_operands; i++)
        {
          EspExpression *operand = node->operands[i];

          if (drop (operand))
            {
              operand->next = dead;
              dead = operand;
            }
        }
      g_free (node);
    }
}

EspOperation
esp_expression_get_operation (const EspExpression *expression)
{
  return expression->operation;
}

size_t
esp_expression_get_n_operands (const EspExpression *expression)
{
  return operations[expression->operation].n_operands;
}

EspExpression *
esp_expression_get_operand (const EspExpression *expression, size_t i)
{
  g_return_val_if_fail (i < operations[expression->operation].n_operands, NULL);

  return expression->operands[i];
}

double
esp_expression_get_value (const EspExpression *expression)
{
  g_return_val_if_fail (expression->operation == ESP_OPERATION_CONSTANT, NAN);

  return expression->value;
}

size_t
esp_expression_get_index (const EspExpression *expression)
{
  g_return_val_if_fail (expression->operation == ESP_OPERATION_VARIABLE, 0);

  return expression->index;
}

size_t
esp_expression_get_length (const EspExpression *expression)
{
  return expression->length;
}

unsigned int
esp_expression_get_depth (const EspExpression *expression)
{
  return expression->depth;
}

uint64_t
esp_expression_hash (const EspExpression *expression)
{
  return expression->hash;
}

typedef struct
{
  const EspExpression *a;
  const EspExpression *b;
} Pair;

static guint
pair_hash (gconstpointer key)
{
  const Pair *pair = key;

  return (guint) mix ((uint64_t) (uintptr_t) pair->a, (uint64_t) (uintptr_t) pair->b);
}

static gboolean
pair_equal (gconstpointer a, gconstpointer b)
{
  const Pair *left = a, *right = b;

  return left->a == right->a && left->b == right->b;
}

/* Every pair of nodes is looked at once, so two graphs with much sharing take no longer than their
 * nodes; and a stack of our own, so depth costs no recursion. */
bool
esp_expression_equal (const EspExpression *a, const EspExpression *b)
{
  g_autoptr (GArray) stack = NULL;
  g_autoptr (GHashTable) seen = NULL;
  Pair pair = { a, b };

  if (a == b)
    return true;
  if (a->hash != b->hash)
    return false;

  stack = g_array_new (FALSE, FALSE, sizeof (Pair));
  seen = g_hash_table_new_full (pair_hash, pair_equal, g_free, NULL);
  g_array_append_val (stack, pair);
  while (stack->len > 0)
    {
      pair = g_array_index (stack, Pair, stack->len - 1);
      g_array_set_size (stack, stack->len - 1);

      if (pair.a == pair.b)
        continue;
      if (pair.a->hash != pair.b->hash || pair.a->operation != pair.b->operation)
        return false;
      if (pair.a->operation == ESP_OPERATION_CONSTANT)
        {
          if (bits_of (pair.a->value) != bits_of (pair.b->value))
            return false;
        }
      else if (pair.a->operation == ESP_OPERATION_VARIABLE)
        {
          if (pair.a->index != pair.b->index)
            return false;
        }
      else if (g_hash_table_add (seen, g_memdup2 (&pair, sizeof pair)))
        {
          for (size_t i = 0; i < operations[pair.a->operation].n_operands; i++)
            {
              Pair next = { pair.a->operands[i], pair.b->operands[i] };

              g_array_append_val (stack, next);
            }
        }
    }

  return true;
}
