#include "esp-simd.h"

#include "esp-program-functions.h"
#include "esp-program-private.h"

/* The exponential's argument is never positive, as in esp_operation_evaluate(). */
static inline double
sigmoid (double a)
{
  double e = exp (-fabs (a));

  return (a >= 0 ? 1 : e) / (1 + e);
}

static inline float
sigmoid_single (float a)
{
  float e = expf (-fabsf (a));

  return (a >= 0 ? 1 : e) / (1 + e);
}

/* Faster than the vector version of tanh, and as near. */
static inline double
hyperbolic_tangent (double a)
{
  double e = expm1 (-2 * fabs (a));

  return copysign (-e / (2 + e), a);
}

#define REAL               double
#define RUN_FUNCTION       run_plain
#define FUNCTION_ATTRIBUTE ESP_VECTORISED static void
#define POW                pow
#define SIN                sin
#define COS                cos
#define EXP                exp
#define EXP_OF_GUARDED     exp
#define LOG                log
#define LOG_OF_GUARDED     log
#define SQRT               sqrt
#define ABSOLUTE           fabs
#define TANH               hyperbolic_tangent
#define SIGMOID            sigmoid
#include "esp-program-function-template.h"

#if defined(__x86_64__) && !defined(__clang__)
#undef SIN
#undef COS
#undef EXP
#undef EXP_OF_GUARDED
#undef LOG
#undef LOG_OF_GUARDED
#undef TANH
#undef SIGMOID
#define SIN            esp_sine
#define COS            esp_cosine
#define EXP            esp_exponential
#define EXP_OF_GUARDED esp_exponential_in_range
#define LOG            esp_logarithm
#define LOG_OF_GUARDED esp_logarithm_of_normal
#define TANH           esp_hyperbolic_tangent
#define SIGMOID        esp_logistic

#undef RUN_FUNCTION
#undef FUNCTION_ATTRIBUTE
#define RUN_FUNCTION       run_fused_wide
#define FUNCTION_ATTRIBUTE __attribute__ ((target ("arch=x86-64-v4", "prefer-vector-width=512"))) static void
#include "esp-program-function-template.h"

#undef RUN_FUNCTION
#undef FUNCTION_ATTRIBUTE
#define RUN_FUNCTION       run_fused
#define FUNCTION_ATTRIBUTE __attribute__ ((target ("arch=x86-64-v3"))) static void
#include "esp-program-function-template.h"

/* Sine and cosine of what the polynomials do not take; rare. */
ESP_VECTORISED static bool
has_large (size_t n, const double *a)
{
  uint64_t any = 0;

  for (size_t i = 0; i < n; i++)
    any |= -(uint64_t) (fabs (a[i]) > ESP_PERIODIC_LIMIT);
  return any != 0;
}

static void
run_large (EspOperation operation, size_t n, const double *a, double *result)
{
  for (size_t i = 0; i < n; i++)
    if (fabs (a[i]) > ESP_PERIODIC_LIMIT)
      result[i] = esp_operation_evaluate (operation, &a[i]);
}
#endif

void
esp_program_run_function (EspOperation operation,
                          size_t n,
                          const double *restrict a,
                          const double *restrict b,
                          const double *restrict c,
                          double *restrict result)
{
#if defined(__x86_64__) && !defined(__clang__)
  if (esp_program_has_fused ())
    {
      if (esp_program_has_wide_vectors ())
        run_fused_wide (operation, n, a, b, c, result);
      else
        run_fused (operation, n, a, b, c, result);
      if ((operation == ESP_OPERATION_SIN || operation == ESP_OPERATION_COS) && has_large (n, a))
        run_large (operation, n, a, result);
      return;
    }
#endif
  run_plain (operation, n, a, b, c, result);
}

#undef REAL
#undef RUN_FUNCTION
#undef FUNCTION_ATTRIBUTE
#undef POW
#undef SIN
#undef COS
#undef EXP
#undef EXP_OF_GUARDED
#undef LOG
#undef LOG_OF_GUARDED
#undef SQRT
#undef ABSOLUTE
#undef TANH
#undef SIGMOID

#define REAL               float
#define RUN_FUNCTION       esp_program_run_function_single
#define FUNCTION_ATTRIBUTE ESP_VECTORISED void
#define POW                powf
#define SIN                sinf
#define COS                cosf
#define EXP                expf
#define EXP_OF_GUARDED     expf
#define LOG                logf
#define LOG_OF_GUARDED     logf
#define SQRT               sqrtf
#define ABSOLUTE           fabsf
#define TANH               tanhf
#define SIGMOID            sigmoid_single
#include "esp-program-function-template.h"
