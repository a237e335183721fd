#include "esp-expression.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct _EspExpression
{
  _Atomic size_t count;
  uint64_t hash;
  /* without its last step, see esp_expression_get_shape() */
  uint64_t shape;
  /* the next node in the same bucket of the table; in a list of nodes to be freed, the next of those */
  EspExpression *next;
  size_t length;
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

/* The operations whose operands are read as one list: a sum's signs belong to its addends' constants. */
static EspOperation
get_list (EspOperation operation)
{
  switch (operation)
    {
    case ESP_OPERATION_SUBTRACT:
    case ESP_OPERATION_NEGATE:
      return ESP_OPERATION_ADD;
    default:
      return operation;
    }
}

uint64_t
esp_expression_get_shape (const EspExpression *expression)
{
  return mix (get_list (expression->operation), expression->shape);
}

/* Sets what follows from the operation and the leaf's value or the operands. */
static void
derive (EspExpression *node)
{
  EspOperation list = get_list (node->operation);
  bool listed = list == ESP_OPERATION_ADD || list == ESP_OPERATION_MULTIPLY;

  node->length = 1;
  node->depth = 1;
  node->hash = mix (0, node->operation);
  if (node->operation == ESP_OPERATION_CONSTANT)
    node->hash = mix (node->hash, bits_of (node->value));
  else if (node->operation == ESP_OPERATION_VARIABLE)
    {
      node->hash = mix (node->hash, node->index);
      node->shape = node->index;
    }

  for (size_t i = 0; i < operations[node->operation].n_operands; i++)
    {
      const EspExpression *operand = node->operands[i];

      node->hash = mix (node->hash, operand->hash);
      node->length = node->length > G_MAXSIZE - operand->length ? G_MAXSIZE : node->length + operand->length;
      if (operand->depth >= node->depth)
        node->depth = operand->depth == G_MAXUINT ? G_MAXUINT : operand->depth + 1;
      if (!listed)
        node->shape = mix (node->shape, esp_expression_get_shape (operand));
      else if (get_list (operand->operation) == list)
        node->shape += operand->shape;
      else
        node->shape += mix (0, esp_expression_get_shape (operand));
    }
}

/* The table of all nodes that are alive. Each shard has its own lock, and a thread holds one at a time, so
 * threads that build different expressions seldom meet and never block each other for good. */
#define N_SHARDS    64
#define MIN_BUCKETS 16

typedef struct
{
  pthread_mutex_t lock;
  EspExpression **buckets;
  size_t n_buckets;
  size_t n_nodes;
} Shard;

static Shard shards[N_SHARDS] = { [0 ... N_SHARDS - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER } };

/* The top bits choose the shard and the bottom bits the bucket. */
static Shard *
get_shard (uint64_t hash)
{
  return &shards[hash >> 58];
}

static EspExpression **
get_bucket (Shard *shard, uint64_t hash)
{
  return &shard->buckets[hash & (shard->n_buckets - 1)];
}

static void
resize (Shard *shard, size_t n_buckets)
{
  Shard old = *shard;

  shard->buckets = g_new0 (EspExpression *, n_buckets);
  shard->n_buckets = n_buckets;
  for (size_t i = 0; i < old.n_buckets; i++)
    for (EspExpression *node = old.buckets[i], *next; node != NULL; node = next)
      {
        EspExpression **bucket = get_bucket (shard, node->hash);

        next = node->next;
        node->next = *bucket;
        *bucket = node;
      }
  g_free (old.buckets);
}

/* The operands exist once, so their pointers say whether they are equal. */
static bool
is_same (const EspExpression *a, const EspExpression *b)
{
  if (a->hash != b->hash || a->operation != b->operation)
    return false;
  if (a->operation == ESP_OPERATION_CONSTANT)
    return bits_of (a->value) == bits_of (b->value);
  if (a->operation == ESP_OPERATION_VARIABLE)
    return a->index == b->index;
  for (size_t i = 0; i < operations[a->operation].n_operands; i++)
    if (a->operands[i] != b->operands[i])
      return false;
  return true;
}

/* Returns a reference to the node that is as @wanted, which the caller has on its stack. */
static EspExpression *
intern (EspExpression *wanted)
{
  Shard *shard;
  EspExpression *node = NULL;

  derive (wanted);
  shard = get_shard (wanted->hash);
  pthread_mutex_lock (&shard->lock);
  if (shard->n_nodes >= shard->n_buckets)
    resize (shard, MAX (2 * shard->n_buckets, MIN_BUCKETS));
  for (node = *get_bucket (shard, wanted->hash); node != NULL && !is_same (node, wanted); node = node->next)
    ;
  if (node != NULL)
    /* it cannot be on its way out: the last reference is dropped under this lock */
    atomic_fetch_add_explicit (&node->count, 1, memory_order_relaxed);
  else
    {
      EspExpression **bucket = get_bucket (shard, wanted->hash);

      node = g_memdup2 (wanted, sizeof *wanted);
      atomic_init (&node->count, 1);
      node->next = *bucket;
      *bucket = node;
      shard->n_nodes++;
      for (size_t i = 0; i < operations[node->operation].n_operands; i++)
        esp_expression_ref (node->operands[i]);
    }
  pthread_mutex_unlock (&shard->lock);
  return node;
}

/* Drops a reference. Returns whether it was the last, and the node is out of the table for the caller to
 * free. */
static bool
drop (EspExpression *node)
{
  size_t count = atomic_load_explicit (&node->count, memory_order_relaxed);
  Shard *shard;
  bool last;

  while (count > 1)
    if (atomic_compare_exchange_weak_explicit (&node->count, &count, count - 1, memory_order_release,
                                               memory_order_relaxed))
      return false;

  /* a node that is found in the table is alive, so the count reaches zero only where nobody can look */
  shard = get_shard (node->hash);
  pthread_mutex_lock (&shard->lock);
  last = atomic_fetch_sub_explicit (&node->count, 1, memory_order_acq_rel) == 1;
  if (last)
    {
      EspExpression **place = get_bucket (shard, node->hash);

      while (*place != node)
        place = &(*place)->next;
      *place = node->next;
      shard->n_nodes--;
      if (shard->n_buckets > MIN_BUCKETS && shard->n_nodes < shard->n_buckets / 8)
        resize (shard, shard->n_buckets / 2);
    }
  pthread_mutex_unlock (&shard->lock);
  return last;
}

size_t
esp_expression_count_alive (void)
{
  size_t n = 0;

  for (size_t i = 0; i < N_SHARDS; i++)
    {
      pthread_mutex_lock (&shards[i].lock);
      n += shards[i].n_nodes;
      pthread_mutex_unlock (&shards[i].lock);
    }
  return n;
}

EspExpression *
esp_expression_constant (double value)
{
  EspExpression wanted = { .operation = ESP_OPERATION_CONSTANT };

  wanted.value = isnan (value) ? (double) NAN : value;
  return intern (&wanted);
}

EspExpression *
esp_expression_variable (size_t index)
{
  EspExpression wanted = { .operation = ESP_OPERATION_VARIABLE };

  wanted.index = index;
  return intern (&wanted);
}

EspExpression *
esp_expression_apply (EspOperation operation, EspExpression *const *operands)
{
  EspExpression wanted = { .operation = operation };

  g_return_val_if_fail (esp_operation_get_n_operands (operation) > 0, NULL);

  for (size_t i = 0; i < operations[operation].n_operands; i++)
    wanted.operands[i] = operands[i];
  return intern (&wanted);
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
esp_expression_get_hash (const EspExpression *expression)
{
  return expression->hash;
}

bool
esp_expression_equal (const EspExpression *a, const EspExpression *b)
{
  return a == b;
}
