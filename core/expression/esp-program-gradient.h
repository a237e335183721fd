/* Gradients of programs, backwards through a batch.
 *
 * From the derivative of a loss by each result of each sample, one pass forwards and one backwards give its
 * derivative by every constant and every variable: reverse-mode differentiation, exact but for rounding.
 *
 * Where an operation has a kink, the derivative is that of the side on which its value is taken:
 *   abs, sign                  0 at 0; sign is 0 everywhere
 *   min, max                   of the operand that is the value; of the second where they are equal
 *   if                         of the operand taken; nothing for the condition
 *   clamp, pmul, pexp          of the operand where it is within the limits or on one, else of the limit
 *   pdiv, plog                 0 where the guard acts; on the threshold it does not
 *   a ^ b                      nothing for a where b is 0, nothing for b where the power is 0; by b, NaN
 *                              where a is negative
 * An operand whose value does not count (the loss's derivative by its operation is 0) gets 0, even where the
 * operation's own derivative is infinite.
 */

#pragma once

#include "esp-program.h"

G_BEGIN_DECLS

/* Returns the bytes of workspace that a gradient needs, whatever the size of the batch. The workspace must
 * start on a boundary of 64 bytes, and holds nothing between calls. */
size_t esp_program_get_gradient_workspace_size (const EspProgram *program);

/* Adds the derivative of the loss by each constant to @d_constants[n_constants], and writes that by each
 * variable of each sample to @d_variables, columns @d_stride apart; either may be NULL. @d_results are
 * the derivatives by the results, columns @result_stride apart; the rest is as for
 * esp_program_evaluate_batch(). The derivative by a constant that is an exponent stays 0. No array may
 * overlap another. No allocation. */
void esp_program_differentiate_batch (const EspProgram *program,
                                      const double *constants,
                                      const double *variables,
                                      size_t stride,
                                      size_t n,
                                      const double *d_results,
                                      size_t result_stride,
                                      double *d_constants,
                                      double *d_variables,
                                      size_t d_stride,
                                      void *workspace);

/* As esp_program_differentiate_batch(), in single precision; the sums over a block of samples are added up
 * in double precision. */
void esp_program_differentiate_batch_single (const EspProgram *program,
                                             const float *constants,
                                             const float *variables,
                                             size_t stride,
                                             size_t n,
                                             const float *d_results,
                                             size_t result_stride,
                                             double *d_constants,
                                             float *d_variables,
                                             size_t d_stride,
                                             void *workspace);

G_END_DECLS
