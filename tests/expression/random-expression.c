#include "random-expression.h"

#include <math.h>
#include <string.h>

static double
wild_constant (EspRandom *random)
{
  const double special[] = { 0.0,  -0.0, 1, -1, INFINITY, -INFINITY, NAN, 5e-324, -1.7976931348623157e308,
                             1e22, 0.1 };
  uint64_t bits = (uint64_t) esp_random_bits (random) << 32 | esp_random_bits (random);
  double value;

  if (esp_random_bernoulli (random, 0.3))
    return special[esp_random_below (random, G_N_ELEMENTS (special))];
  memcpy (&value, &bits, sizeof value);
  return value;
}

static double
tame_constant (EspRandom *random)
{
  switch (esp_random_below (random, 4))
    {
    case 0:
      return esp_random_below (random, 3);
    case 1:
      return -1;
    case 2:
      return (double) esp_random_below (random, 13) / 2 - 3;
    default:
      return esp_random_between (random, -10, 10);
    }
}

EspExpression *
random_expression (EspRandom *random, size_t n_variables, int depth, bool wild)
{
  EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };
  EspExpression *result;
  EspOperation operation;

  if (depth <= 1 || esp_random_bernoulli (random, 0.15))
    {
      if (esp_random_bernoulli (random, 0.4))
        return esp_expression_constant (wild ? wild_constant (random) : tame_constant (random));
      return esp_expression_variable (esp_random_below (random, n_variables));
    }

  /* half of all are arithmetic, which is where most rules are */
  if (esp_random_bernoulli (random, 0.5))
    operation = ESP_OPERATION_ADD + esp_random_below (random, ESP_OPERATION_SIN - ESP_OPERATION_ADD);
  else
    operation = ESP_OPERATION_ADD + esp_random_below (random, ESP_N_OPERATIONS - ESP_OPERATION_ADD);
  for (size_t i = 0; i < esp_operation_get_n_operands (operation); i++)
    operands[i] = i > 0 && esp_random_bernoulli (random, 0.1)
                    ? esp_expression_ref (operands[0])
                    : random_expression (random, n_variables, depth - 1, wild);
  result = esp_expression_apply (operation, operands);
  for (size_t i = 0; i < ESP_MAX_OPERANDS; i++)
    esp_expression_unref (operands[i]);
  return result;
}
