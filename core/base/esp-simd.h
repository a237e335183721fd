/* What makes the compiler write vector code for the machine it will run on.
 *
 * ESP_VECTORISED in front of a function compiles it for several instruction sets and picks one when the
 * program starts. Contraction to fused multiply-add is off in the whole project, so that all of them give
 * the same sums; only the vector versions of exp, log and the like differ in their last bits.
 *
 * Include this before any use of the functions of <math.h> that it declares.
 */

#pragma once

#include <math.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__) \
  || !defined(__x86_64__) || !defined(__GLIBC__)
/* the sanitizers are not ready when the choice is made */
#define ESP_VECTORISED
#else
#define ESP_VECTORISED __attribute__ ((target_clones ("arch=x86-64-v4", "arch=x86-64-v3", "default")))

/* glibc's libmvec has these, but its header declares them for -ffast-math only */
#define ESP_HAS_VECTOR_FUNCTION __attribute__ ((simd ("notinbranch"), nothrow, const))
float expf (float) ESP_HAS_VECTOR_FUNCTION;
float logf (float) ESP_HAS_VECTOR_FUNCTION;
float sinf (float) ESP_HAS_VECTOR_FUNCTION;
float cosf (float) ESP_HAS_VECTOR_FUNCTION;
double exp (double) ESP_HAS_VECTOR_FUNCTION;
double sin (double) ESP_HAS_VECTOR_FUNCTION;
double cos (double) ESP_HAS_VECTOR_FUNCTION;
double log (double) ESP_HAS_VECTOR_FUNCTION;
float powf (float, float) ESP_HAS_VECTOR_FUNCTION;
double pow (double, double) ESP_HAS_VECTOR_FUNCTION;
#if __GLIBC_PREREQ(2, 35)
float tanhf (float) ESP_HAS_VECTOR_FUNCTION;
float log1pf (float) ESP_HAS_VECTOR_FUNCTION;
double log1p (double) ESP_HAS_VECTOR_FUNCTION;
double expm1 (double) ESP_HAS_VECTOR_FUNCTION;
#endif
#endif
