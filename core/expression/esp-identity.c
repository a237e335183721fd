#include "esp-identity.h"

/* Of a product, so many factors tell it from others. */
#define MAX_FACTORS 64

struct _EspIdentifier
{
  /* from place and shape to how many terms have had both */
  GHashTable *counts;
};

/* The finalizer of SplitMix64. */
static uint64_t
mix (uint64_t hash, uint64_t word)
{
  uint64_t z = hash * 0x9e3779b97f4a7c15u + word + 0x2545f4914f6cdd1du;

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* The operations whose operands form one list. */
static EspOperation
get_list (EspOperation operation)
{
  return operation == ESP_OPERATION_SUBTRACT || operation == ESP_OPERATION_NEGATE ? ESP_OPERATION_ADD
                                                                                  : operation;
}

/* What tells a product from others in the same sum, though not what is within its factors. */
static uint64_t
get_outline (const EspExpression *product)
{
  const EspExpression *stack[MAX_FACTORS] = { product };
  size_t n = 1, n_read = 0;
  uint64_t outline = 0;

  while (n > 0 && n_read++ < MAX_FACTORS)
    {
      const EspExpression *node = stack[--n];
      EspOperation operation = esp_expression_get_operation (node);

      if (operation == ESP_OPERATION_MULTIPLY && n + 2 <= MAX_FACTORS)
        {
          stack[n++] = esp_expression_get_operand (node, 1);
          stack[n++] = esp_expression_get_operand (node, 0);
        }
      else
        /* a sum, for the factors of a product have no order that lasts */
        outline += mix (get_list (operation),
                        operation == ESP_OPERATION_VARIABLE ? esp_expression_get_index (node) : 0);
    }
  return outline;
}

EspPlace
esp_place_of_action (size_t action)
{
  return (EspPlace){ mix (0, action), ESP_OPERATION_ADD };
}

EspPlace
esp_place_of_operand (EspPlace place, const EspExpression *parent, size_t i)
{
  EspOperation list = get_list (esp_expression_get_operation (parent));

  switch (list)
    {
    case ESP_OPERATION_ADD:
      return place.list == list ? place : (EspPlace){ mix (place.hash, list), list };
    case ESP_OPERATION_MULTIPLY:
      return place.list == list ? place
                                : (EspPlace){ mix (mix (place.hash, list), get_outline (parent)), list };
    default:
      return (EspPlace){ mix (mix (place.hash, list), i), list };
    }
}

EspIdentifier *
esp_identifier_new (void)
{
  EspIdentifier *identifier = g_new0 (EspIdentifier, 1);

  identifier->counts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return identifier;
}

void
esp_identifier_free (EspIdentifier *identifier)
{
  g_hash_table_unref (identifier->counts);
  g_free (identifier);
}

uint64_t
esp_place_get_identity (EspPlace place)
{
  return place.hash;
}

uint64_t
esp_identifier_identify (EspIdentifier *identifier, EspPlace place, const EspExpression *expression)
{
  uint64_t key = mix (place.hash, esp_expression_get_shape (expression));
  gsize number = GPOINTER_TO_SIZE (g_hash_table_lookup (identifier->counts, &key));

  g_hash_table_insert (identifier->counts, g_memdup2 (&key, sizeof key), GSIZE_TO_POINTER (number + 1));
  return mix (key, number);
}
