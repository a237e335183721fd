/* The chains of a batch for one precision and one number of accumulators; esp-program-batch-template.h
 * includes it, with the names in capitals defined. Each tile takes all instructions before the next, so that
 * it stays in the vector registers; the processor learns the sequence of branches from tile to tile. */

CHAIN_ATTRIBUTE static void
RUN_CHAIN (const EspInstruction *chain, size_t n, REAL *const *rows, const REAL *constants, size_t n_tiles)
{
  for (size_t tile = 0; tile < n_tiles; tile++)
    {
      ACCUMULATORS;

      for (size_t i = 0; i < n; i++)
        {
          const EspInstruction *instruction = &chain[i];

#define A ((const ROW *) (const void *) (rows[instruction->a] + tile * CHAIN_TILE))[k]
#define B ((const ROW *) (const void *) (rows[instruction->b] + tile * CHAIN_TILE))[k]
#define C constants[instruction->a]
/* a constant in every lane, the sign of a zero as well */
#define SPLAT(value) ((value) - (VECTOR){ 0 })
#define CHOOSE(mask, a, b) \
  ((VECTOR) (((MASK) (mask) & (MASK) (VECTOR) (a)) | (~(MASK) (mask) & (MASK) (VECTOR) (b))))
#define LIMIT(x, low, high)  CHOOSE (x < (low), SPLAT (low), CHOOSE (x > (high), SPLAT (high), x))
#define LIMIT_FACTOR(x)      LIMIT (x, (REAL) -ESP_GUARD_MULTIPLY, (REAL) ESP_GUARD_MULTIPLY)
#define MINIMUM(a, b)        CHOOSE ((a < b) | (a != a), a, b)
#define MAXIMUM(a, b)        CHOOSE ((a > b) | (a != a), a, b)
#define GUARDED_DIVIDE(a, b) ((VECTOR) ((MASK) (b >= (REAL) ESP_GUARD_DIVIDE) & (MASK) (VECTOR) ((a) / (b))))
/* a statement with the operand in a vector of its own */
#define CASES(code, statement) \
  CASE (code##_R, {            \
    VECTOR a = A;              \
    statement;                 \
  });                          \
  CASE (code##_C, {            \
    VECTOR a = SPLAT (C);      \
    statement;                 \
  })
#define CASE(code, statement) \
  case code:                  \
    EACH (statement);         \
    break
          switch (instruction->code)
            {
              CASE (ESP_CODE_STORE,
                    ((ROW *) (void *) (rows[instruction->target] + tile * CHAIN_TILE))[k] = x);
              CASE (ESP_CODE_LOAD_R, x = A);
              CASE (ESP_CODE_LOAD_C, x = SPLAT (C));
              CASE (ESP_CODE_LOAD_PRODUCT_RR, x = A * B);
              CASE (ESP_CODE_LOAD_PRODUCT_CR, x = C * B);
              CASE (ESP_CODE_ADD_R, x = x + A);
              CASE (ESP_CODE_ADD_C, x = x + C);
              CASE (ESP_CODE_SUBTRACT_R, x = x - A);
              CASE (ESP_CODE_SUBTRACT_C, x = x - C);
              CASE (ESP_CODE_SUBTRACT_FROM_R, x = A - x);
              CASE (ESP_CODE_SUBTRACT_FROM_C, x = C - x);
              CASE (ESP_CODE_MULTIPLY_R, x = x * A);
              CASE (ESP_CODE_MULTIPLY_C, x = x * C);
              CASE (ESP_CODE_DIVIDE_R, x = x / A);
              CASE (ESP_CODE_DIVIDE_C, x = x / C);
              CASE (ESP_CODE_DIVIDE_INTO_R, x = A / x);
              CASE (ESP_CODE_DIVIDE_INTO_C, x = C / x);
              CASE (ESP_CODE_ADD_PRODUCT_RR, x = x + A * B);
              CASE (ESP_CODE_ADD_PRODUCT_CR, x = x + C * B);
              CASE (ESP_CODE_SUBTRACT_PRODUCT_RR, x = x - A * B);
              CASE (ESP_CODE_SUBTRACT_PRODUCT_CR, x = x - C * B);
              CASE (ESP_CODE_SUBTRACT_FROM_PRODUCT_RR, x = A * B - x);
              CASE (ESP_CODE_SUBTRACT_FROM_PRODUCT_CR, x = C * B - x);
              CASE (ESP_CODE_NEGATE, x = -x);
              CASE (ESP_CODE_DOUBLE, x = x + x);
              CASE (ESP_CODE_SQUARE, x = x * x);
              CASE (ESP_CODE_CUBE, x = x * x * x);
              CASE (ESP_CODE_INVERT, x = 1 / x);
              CASES (ESP_CODE_MINIMUM, x = MINIMUM (x, a));
              CASES (ESP_CODE_MINIMUM_FROM, x = MINIMUM (a, x));
              CASES (ESP_CODE_MAXIMUM, x = MAXIMUM (x, a));
              CASES (ESP_CODE_MAXIMUM_FROM, x = MAXIMUM (a, x));
              CASES (ESP_CODE_MULTIPLY_LIMITED, x = x * LIMIT_FACTOR (a));
              CASES (ESP_CODE_GUARDED_DIVIDE, x = GUARDED_DIVIDE (x, a));
              CASES (ESP_CODE_GUARDED_DIVIDE_INTO, x = GUARDED_DIVIDE (a, x));
              CASE (ESP_CODE_ABSOLUTE, x = (VECTOR) ((MASK) x & ~(MASK) SPLAT ((REAL) -0.0)));
              CASE (ESP_CODE_SIGN,
                    x = CHOOSE (x > 0, SPLAT ((REAL) 1),
                                CHOOSE (x < 0, SPLAT ((REAL) -1), (VECTOR) ((MASK) (x != x) & (MASK) x))));
              CASE (ESP_CODE_LIMIT, x = LIMIT_FACTOR (x));
            case ESP_CODE_CLAMP_CC:
              {
                REAL low = constants[instruction->a], high = constants[instruction->b];

                if (low != low || high != high)
                  EACH (x = SPLAT ((REAL) NAN));
                else
                  EACH (x = LIMIT (x, low, high));
                break;
              }
            case ESP_CODE_CHAIN:
            case ESP_CODE_FUNCTION:
              break;
            }
#undef CASE
#undef CASES
#undef SPLAT
#undef CHOOSE
#undef LIMIT
#undef LIMIT_FACTOR
#undef MINIMUM
#undef MAXIMUM
#undef GUARDED_DIVIDE
#undef A
#undef B
#undef C
        }
    }
}
