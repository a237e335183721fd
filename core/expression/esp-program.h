/* Programs: expressions compiled once, to be evaluated many times.
 *
 * A program is a list of steps, operands first, in which every term that is shared by pointer occurs once.
 * One program serves one sample at a time, and batches of samples in double and in single precision, and
 * goes backwards for gradients (esp-program-gradient.c). It is immutable; any thread may use it, several at
 * a time, each with a workspace of its own.
 *
 * Batches are stored by columns: variable v of sample i is variables[v * stride + i]; results likewise.
 * They run through blocks that stay in the fastest cache. The value of a sample depends neither on its
 * place in the batch nor on the other samples, and is the same each time on one machine.
 *
 * A batch agrees with esp_program_evaluate() operation by operation, given equal operands: bit by bit for
 * everything but sin, cos, exp, log, tanh, ^ and what is made of them (sigmoid, softif, plog, pexp), which
 * differ by ESP_PROGRAM_MAX_ULP units in the last place at most. Branches, guards, infinities and NaNs are
 * those of esp_operation_evaluate(); in single precision, thresholds and constants are rounded to it. No
 * multiplication and addition is contracted, so that all machines give the same sums.
 */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/* By how many units in the last place an operation of a batch may differ from the same operation of one
 * sample (glibc states 4 for its vector functions; sigmoid divides what exp gives; esp-program-functions.h
 * has 3). */
#define ESP_PROGRAM_MAX_ULP 5

/**
 * EspProgram:
 *
 * Compiled expressions.
 */
typedef struct _EspProgram EspProgram;

/* Compiles @n expressions over variables below @n_variables. It keeps no reference to them. Any thread. */
EspProgram *esp_program_new (EspExpression *const *expressions, size_t n, size_t n_variables);

/* Frees @program; NULL is allowed. */
void esp_program_free (EspProgram *program);

/* Returns the number of expressions, and of variables, that it was compiled for. */
size_t esp_program_get_n_results (const EspProgram *program);
size_t esp_program_get_n_variables (const EspProgram *program);

/* Returns the number of operations that one sample takes. */
size_t esp_program_get_n_operations (const EspProgram *program);

/* Returns the number of constants: each place of a number as operand of a distinct term is a constant of
 * its own, in the order in which the operations are computed; so is a result that is a number. */
size_t esp_program_get_n_constants (const EspProgram *program);

/* Returns the constants as written, [n_constants], owned by @program. */
const double *esp_program_get_constants (const EspProgram *program);

/* Returns whether a constant belongs to the structure: the whole-numbered exponent of a power. Constants
 * given to the functions below must have the value as written there. */
bool esp_program_constant_is_exponent (const EspProgram *program, size_t constant);

/* Evaluates one sample: @variables[n_variables], @results[n_results]. No allocation, unless more than
 * 65,536 intermediate values are needed at once. */
void esp_program_evaluate (const EspProgram *program, const double *variables, double *results);

/* As esp_program_evaluate(), with @constants[n_constants] in place of the constants as written. */
void esp_program_evaluate_with (const EspProgram *program,
                                const double *constants,
                                const double *variables,
                                double *results);

/* Returns the bytes of workspace that a batch needs, whatever its size. The workspace must start on a
 * boundary of 64 bytes, and holds nothing between calls. */
size_t esp_program_get_workspace_size (const EspProgram *program);

/* Evaluates @n samples in double precision: @variables[n_variables] columns @stride apart,
 * @results[n_results] columns @result_stride apart, which do not overlap @variables. @constants[n_constants]
 * stand in for the constants as written; NULL for these. No allocation. */
void esp_program_evaluate_batch (const EspProgram *program,
                                 const double *constants,
                                 const double *variables,
                                 size_t stride,
                                 size_t n,
                                 double *results,
                                 size_t result_stride,
                                 void *workspace);

/* As esp_program_evaluate_batch(), in single precision. */
void esp_program_evaluate_batch_single (const EspProgram *program,
                                        const float *constants,
                                        const float *variables,
                                        size_t stride,
                                        size_t n,
                                        float *results,
                                        size_t result_stride,
                                        void *workspace);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspProgram, esp_program_free)

G_END_DECLS
