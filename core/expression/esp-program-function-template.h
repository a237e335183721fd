/* The operations on rows for one precision and one kind of processor; esp-program-function.c includes it,
 * with the names in capitals defined. The comparisons are written so that every lane does the same; a NaN
 * goes the same way as in esp_operation_evaluate(). */

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
/* the shorter way for a row whose operands allow it, to the same bits */
#define CASE_IN_RANGE(operation, is_in_range, short_way, statements) \
  case operation:                                                    \
    {                                                                \
      uint64_t any = IS_RANGED ? 0 : 1;                              \
                                                                     \
      for (size_t i = 0; IS_RANGED && i < n; i++)                    \
        any |= -(uint64_t) !(is_in_range);                           \
      if (any == 0)                                                  \
        {                                                            \
          for (size_t i = 0; i < n; i++)                             \
            short_way;                                               \
          break;                                                     \
        }                                                            \
    }                                                                \
    for (size_t i = 0; i < n; i++)                                   \
      statements;                                                    \
    break
  switch (operation)
    {
      CASE (ESP_OPERATION_POWER, result[i] = POW (a[i], b[i]));
      CASE (ESP_OPERATION_SIN, result[i] = SIN (a[i]));
      CASE (ESP_OPERATION_COS, result[i] = COS (a[i]));
      CASE_IN_RANGE (ESP_OPERATION_EXP, ABSOLUTE (a[i]) <= (REAL) ESP_EXPONENTIAL_LIMIT,
                     result[i] = EXP_IN_RANGE (a[i]), result[i] = EXP (a[i]));
      CASE_IN_RANGE (ESP_OPERATION_LOG, (a[i] >= (REAL) 0x1p-1022) & (a[i] < (REAL) INFINITY),
                     result[i] = LOG_IN_RANGE (a[i]), result[i] = LOG (a[i]));
      CASE (ESP_OPERATION_SQRT, result[i] = SQRT (a[i]));
      CASE (ESP_OPERATION_ABS, result[i] = ABSOLUTE (a[i]));
      CASE (ESP_OPERATION_SIGN, result[i] = a[i] > 0       ? (REAL) 1
                                            : a[i] < 0     ? (REAL) -1
                                            : a[i] != a[i] ? a[i]
                                                           : 0);
      CASE (ESP_OPERATION_TANH, result[i] = TANH (a[i]));
      CASE_IN_RANGE (ESP_OPERATION_SIGMOID, ABSOLUTE (a[i]) <= (REAL) ESP_EXPONENTIAL_LIMIT,
                     result[i] = SIGMOID_IN_RANGE (a[i]), result[i] = SIGMOID (a[i]));
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
      {
        uint64_t any = IS_RANGED ? 0 : 1;

        for (size_t i = 0; IS_RANGED && i < n; i++)
          any |= -(uint64_t) !(a[i] < (REAL) INFINITY);
        if (any == 0)
          for (size_t i = 0; i < n; i++)
            result[i] = LOG_IN_RANGE (result[i]);
        else
          for (size_t i = 0; i < n; i++)
            result[i] = LOG (result[i]);
      }
      break;
    case ESP_OPERATION_GUARDED_EXP:
      for (size_t i = 0; i < n; i++)
        result[i] = LIMIT (a[i], (REAL) ESP_GUARD_EXP_LOW, (REAL) ESP_GUARD_EXP_HIGH);
      for (size_t i = 0; i < n; i++)
        result[i] = EXP_IN_RANGE (result[i]);
      break;
      CASE_IN_RANGE (
        ESP_OPERATION_SOFT_IF, ABSOLUTE (a[i]) <= (REAL) ESP_EXPONENTIAL_LIMIT,
        {
          REAL weight = SIGMOID_IN_RANGE (a[i]);

          result[i] = weight * b[i] + (1 - weight) * c[i];
        },
        {
          REAL weight = SIGMOID (a[i]);

          result[i] = weight * b[i] + (1 - weight) * c[i];
        });
    default:
      g_assert_not_reached ();
    }
#undef CASE
#undef CASE_IN_RANGE
#undef LIMIT
}
