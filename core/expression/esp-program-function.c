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
#define EXP_IN_RANGE       exp
#define LOG                log
#define LOG_IN_RANGE       log
#define SQRT               sqrt
#define ABSOLUTE           fabs
#define TANH               hyperbolic_tangent
#define SIGMOID            sigmoid
#define SIGMOID_IN_RANGE   sigmoid
#define IS_RANGED          0
#include "esp-program-function-template.h"

#if defined(__x86_64__) && !defined(__clang__)
#undef SIN
#undef COS
#undef EXP
#undef EXP_IN_RANGE
#undef LOG
#undef LOG_IN_RANGE
#undef TANH
#undef SIGMOID
#undef SIGMOID_IN_RANGE
#undef IS_RANGED
#define SIN              esp_sine
#define COS              esp_cosine
#define EXP              esp_exponential
#define EXP_IN_RANGE     esp_exponential_in_range
#define LOG              esp_logarithm
#define LOG_IN_RANGE     esp_logarithm_in_range
#define TANH             esp_hyperbolic_tangent
#define SIGMOID          esp_logistic
#define SIGMOID_IN_RANGE esp_logistic_in_range
#define IS_RANGED        1

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
#undef EXP_IN_RANGE
#undef LOG
#undef LOG_IN_RANGE
#undef SQRT
#undef ABSOLUTE
#undef TANH
#undef SIGMOID
#undef SIGMOID_IN_RANGE
#undef IS_RANGED

#define REAL               float
#define RUN_FUNCTION       esp_program_run_function_single
#define FUNCTION_ATTRIBUTE ESP_VECTORISED void
#define POW                powf
#define SIN                sinf
#define COS                cosf
#define EXP                expf
#define EXP_IN_RANGE       expf
#define LOG                logf
#define LOG_IN_RANGE       logf
#define SQRT               sqrtf
#define ABSOLUTE           fabsf
#define TANH               tanhf
#define SIGMOID            sigmoid_single
#define SIGMOID_IN_RANGE   sigmoid_single
#define IS_RANGED          0
#include "esp-program-function-template.h"
