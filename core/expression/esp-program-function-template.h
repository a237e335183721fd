/* The operations on rows for one precision and one kind of processor; esp-program-function.c includes it, with
 * the names in capitals defined. The comparisons are written so that every lane does the same; a NaN goes the
 * same way as in esp_operation_evaluate(). */

FUNCTION_ATTRIBUTE
RUN_FUNCTION (EspOperation operation,
              size_t n,
              const REAL *restrict a,
              const REAL *restrict b,
              const REAL *restrict c,
              REAL *restrict result)
{
#define LIMIT(x, low, high) ((x) < (low) ? (low) : (x) > (high) ? (high) : (x))
#define CASE(operation, statements) \
  case operation:                   \
    for (size_t i = 0; i < n; i++)  \
      statements;                   \
    break
  switch (operation)
    {
      CASE (ESP_OPERATION_POWER, result[i] = POW (a[i], b[i]));
      CASE (ESP_OPERATION_SIN, result[i] = SIN (a[i]));
      CASE (ESP_OPERATION_COS, result[i] = COS (a[i]));
      CASE (ESP_OPERATION_EXP, result[i] = EXP (a[i]));
      CASE (ESP_OPERATION_LOG, result[i] = LOG (a[i]));
      CASE (ESP_OPERATION_SQRT, result[i] = SQRT (a[i]));
      CASE (ESP_OPERATION_ABS, result[i] = ABSOLUTE (a[i]));
      CASE (ESP_OPERATION_SIGN, result[i] = a[i] > 0       ? (REAL) 1
                                            : a[i] < 0     ? (REAL) -1
                                            : a[i] != a[i] ? a[i]
                                                           : 0);
      CASE (ESP_OPERATION_TANH, result[i] = TANH (a[i]));
      CASE (ESP_OPERATION_SIGMOID, result[i] = SIGMOID (a[i]));
      CASE (ESP_OPERATION_MIN, result[i] = a[i] < b[i] || a[i] != a[i] ? a[i] : b[i]);
      CASE (ESP_OPERATION_MAX, result[i] = a[i] > b[i] || a[i] != a[i] ? a[i] : b[i]);
      CASE (ESP_OPERATION_IF, result[i] = a[i] > 0 ? b[i] : c[i]);
      CASE (ESP_OPERATION_CLAMP, {
        REAL limited = LIMIT (a[i], b[i], c[i]);

        result[i] = b[i] != b[i] || c[i] != c[i] ? (REAL) NAN : limited;
      });
      /* limits and what follows in loops of their own: in one, the compiler would compute the value at a
       * limit beforehand, and branch */
    case ESP_OPERATION_GUARDED_MULTIPLY:
      for (size_t i = 0; i < n; i++)
        result[i] = LIMIT (a[i], (REAL) -ESP_GUARD_MULTIPLY, (REAL) ESP_GUARD_MULTIPLY);
      for (size_t i = 0; i < n; i++)
        result[i] *= LIMIT (b[i], (REAL) -ESP_GUARD_MULTIPLY, (REAL) ESP_GUARD_MULTIPLY);
      break;
      CASE (ESP_OPERATION_GUARDED_DIVIDE, {
        REAL quotient = a[i] / b[i];

        result[i] = b[i] >= (REAL) ESP_GUARD_DIVIDE ? quotient : 0;
      });
    case ESP_OPERATION_GUARDED_LOG:
      for (size_t i = 0; i < n; i++)
        result[i] = a[i] < (REAL) ESP_GUARD_LOG ? (REAL) ESP_GUARD_LOG : a[i];
      for (size_t i = 0; i < n; i++)
        result[i] = LOG_OF_GUARDED (result[i]);
      break;
    case ESP_OPERATION_GUARDED_EXP:
      for (size_t i = 0; i < n; i++)
        result[i] = LIMIT (a[i], (REAL) ESP_GUARD_EXP_LOW, (REAL) ESP_GUARD_EXP_HIGH);
      for (size_t i = 0; i < n; i++)
        result[i] = EXP_OF_GUARDED (result[i]);
      break;
      CASE (ESP_OPERATION_SOFT_IF, {
        REAL weight = SIGMOID (a[i]);

        result[i] = weight * b[i] + (1 - weight) * c[i];
      });
    default:
      g_assert_not_reached ();
    }
#undef CASE
#undef LIMIT
}
