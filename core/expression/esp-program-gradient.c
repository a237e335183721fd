#include "esp-program-gradient.h"

#include "esp-simd.h"

#include <string.h>

#include "esp-program-private.h"

/* What of the second cache the rows of a block may fill: all values are kept for the way back. */
#define CACHE_BYTES 262144

/* Rows longer than this save no more time. */
#define MAX_ROW_TILES 8

static size_t
get_n_rows (const EspProgram *program)
{
  return 2 * (program->n_steps + ESP_MAX_OPERANDS + program->n_variables);
}

/* The bytes of one row. */
static size_t
get_block_bytes (const EspProgram *program)
{
  return CLAMP (CACHE_BYTES / ESP_TILE_BYTES / get_n_rows (program), 1, MAX_ROW_TILES) * ESP_TILE_BYTES;
}

size_t
esp_program_get_gradient_workspace_size (const EspProgram *program)
{
  return get_n_rows (program) * get_block_bytes (program);
}

#define REAL                double
#define BLOCK               Block
#define CONSTANTS           constants
#define RUN_ARITHMETIC      run_arithmetic
#define RUN_FUNCTION        esp_program_run_function
#define GO_BACK             go_back
#define ADD_SHARE           add_share
#define SUM_SHARE           sum_share
#define GET_ROW             get_row
#define GO_FORWARDS         go_forwards
#define HAND_ON             hand_on
#define GO_BACKWARDS        go_backwards
#define DIFFERENTIATE_BATCH esp_program_differentiate_batch
#define POW                 pow
#define SIN                 sin
#define COS                 cos
#define EXP                 exp
#define LOG                 log
#define ABSOLUTE            fabs
#include "esp-program-gradient-template.h"
#undef REAL
#undef BLOCK
#undef CONSTANTS
#undef RUN_ARITHMETIC
#undef RUN_FUNCTION
#undef GO_BACK
#undef ADD_SHARE
#undef SUM_SHARE
#undef GET_ROW
#undef GO_FORWARDS
#undef HAND_ON
#undef GO_BACKWARDS
#undef DIFFERENTIATE_BATCH
#undef POW
#undef SIN
#undef COS
#undef EXP
#undef LOG
#undef ABSOLUTE

#define REAL                float
#define BLOCK               BlockSingle
#define CONSTANTS           constants_single
#define RUN_ARITHMETIC      run_arithmetic_single
#define RUN_FUNCTION        esp_program_run_function_single
#define GO_BACK             go_back_single
#define ADD_SHARE           add_share_single
#define SUM_SHARE           sum_share_single
#define GET_ROW             get_row_single
#define GO_FORWARDS         go_forwards_single
#define HAND_ON             hand_on_single
#define GO_BACKWARDS        go_backwards_single
#define DIFFERENTIATE_BATCH esp_program_differentiate_batch_single
#define POW                 powf
#define SIN                 sinf
#define COS                 cosf
#define EXP                 expf
#define LOG                 logf
#define ABSOLUTE            fabsf
#include "esp-program-gradient-template.h"
