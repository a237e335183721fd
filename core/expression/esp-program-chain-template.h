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
#define CASE(code, statement) \
  case code:                  \
    EACH (statement);         \
    break
          switch (instruction->code)
            {
              CASE (ESP_CODE_STORE,
                    ((ROW *) (void *) (rows[instruction->target] + tile * CHAIN_TILE))[k] = x);
              CASE (ESP_CODE_LOAD_R, x = A);
              CASE (ESP_CODE_LOAD_C, x = C + (VECTOR){ 0 });
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
            case ESP_CODE_CHAIN:
            case ESP_CODE_FUNCTION:
              break;
            }
#undef CASE
#undef A
#undef B
#undef C
        }
    }
}
