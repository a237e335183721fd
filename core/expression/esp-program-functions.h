/* Functions of batches, for processors with fused multiply-add: written for one double without a branch or a
 * call, so that the compiler makes loops over vectors of them. glibc's vector versions cost a call for each
 * vector, and care for arguments that polynomials take as well.
 *
 * Each reduces its argument to a small interval around 0 and has a minimax polynomial there (found by
 * Remez' exchange in 300 bits, rounded to double). They round only where the text says so, by operations that
 * every processor rounds alike: all that have fused multiply-add give the same bits. All are within
 * ESP_PROGRAM_MAX_ULP of the correctly rounded value; infinities and NaNs are those of <math.h>.
 */

#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ESP_INLINED static inline __attribute__ ((always_inline))

/* Arguments of sine and cosine above this are for <math.h>. */
#define ESP_PERIODIC_LIMIT 0x1p28

/* Added to a number below 2^51, leaves its whole part in the last bits. */
#define ESP_WHOLE 0x1.8p52

ESP_INLINED uint64_t
esp_get_bits (double x)
{
  uint64_t bits;

  memcpy (&bits, &x, sizeof bits);
  return bits;
}

ESP_INLINED double
esp_from_bits (uint64_t bits)
{
  double x;

  memcpy (&x, &bits, sizeof x);
  return x;
}

/* @a where @condition holds, else @b, without a branch: of `?:` with a constant the compiler makes one, to
 * compute what follows from the constant beforehand. */
ESP_INLINED double
esp_choose (bool condition, double a, double b)
{
  uint64_t mask = -(uint64_t) condition;

  return esp_from_bits ((esp_get_bits (a) & mask) | (esp_get_bits (b) & ~mask));
}

/* (−1)^k sin r, where @whole is k + ESP_WHOLE and |r| ≤ π / 2 */
ESP_INLINED double
esp_reduced_sine (double r, double whole)
{
  double z = r * r;
  double p = 0x1.884fc91f0487cp-49;

  p = __builtin_fma (p, z, -0x1.ae449713e9775p-41);
  p = __builtin_fma (p, z, 0x1.6123d1137db26p-33);
  p = __builtin_fma (p, z, -0x1.ae6454e3fa677p-26);
  p = __builtin_fma (p, z, 0x1.71de3a52c046ep-19);
  p = __builtin_fma (p, z, -0x1.a01a01a01516cp-13);
  p = __builtin_fma (p, z, 0x1.11111111110cbp-7);
  p = __builtin_fma (p, z, -0x1.5555555555555p-3);
  p = __builtin_fma (p, z, 1);
  return esp_from_bits (esp_get_bits (r * p) ^ (esp_get_bits (whole) << 63));
}

/* x − kπ; the first difference is exact, for it has no bits below those of π's first part. */
ESP_INLINED double
esp_subtract_half_periods (double x, double k)
{
  double r = __builtin_fma (-k, 0x1.921fb54442d18p+1, x);

  r = __builtin_fma (-k, 0x1.1a62633145c07p-53, r);
  return __builtin_fma (-k, -0x1.f1976b7ed8fbcp-109, r);
}

/* For |x| ≤ ESP_PERIODIC_LIMIT, infinities and NaN. */
ESP_INLINED double
esp_sine (double x)
{
  double whole = __builtin_fma (x, 0x1.45f306dc9c883p-2, ESP_WHOLE);

  return esp_reduced_sine (esp_subtract_half_periods (x, whole - ESP_WHOLE), whole);
}

/* As esp_sine(): cos x = sin (x + π / 2). */
ESP_INLINED double
esp_cosine (double x)
{
  double whole = __builtin_fma (x, 0x1.45f306dc9c883p-2, 0.5) + ESP_WHOLE;

  return esp_reduced_sine (esp_subtract_half_periods (x, whole - ESP_WHOLE - 0.5), whole);
}

/* e^x − 1 for |x| ≤ ln 2 / 2 */
ESP_INLINED double
esp_small_exponential (double x)
{
  double p = 0x1.af766f61a137fp-26;

  p = __builtin_fma (p, x, 0x1.28a28ca3af30fp-22);
  p = __builtin_fma (p, x, 0x1.71ddea2c8ef1ep-19);
  p = __builtin_fma (p, x, 0x1.a019a6a98138ep-16);
  p = __builtin_fma (p, x, 0x1.a01a01b5c61fdp-13);
  p = __builtin_fma (p, x, 0x1.6c16c17f2950dp-10);
  p = __builtin_fma (p, x, 0x1.111111110e70cp-7);
  p = __builtin_fma (p, x, 0x1.555555555213ap-5);
  p = __builtin_fma (p, x, 0x1.555555555555cp-3);
  p = __builtin_fma (p, x, 0x1.0000000000005p-1);
  return __builtin_fma (x * x, p, x);
}

/* x − k ln 2 */
ESP_INLINED double
esp_subtract_doublings (double x, double k)
{
  return __builtin_fma (-k, 0x1.abc9e3b39803fp-56, __builtin_fma (-k, 0x1.62e42fefa39efp-1, x));
}

/* e^x for −708 ≤ x ≤ 709, and NaN */
ESP_INLINED double
esp_exponential_in_range (double x)
{
  double whole = __builtin_fma (x, 0x1.71547652b82fep+0, ESP_WHOLE);
  double p = esp_small_exponential (esp_subtract_doublings (x, whole - ESP_WHOLE));
  double scale = esp_from_bits ((esp_get_bits (whole) + 1023) << 52);

  return __builtin_fma (scale, p, scale);
}

ESP_INLINED double
esp_exponential (double x)
{
  double limited = esp_choose (x < -746, -746, x);
  double finite = esp_choose (limited > 710, 710, limited);
  double whole = __builtin_fma (finite, 0x1.71547652b82fep+0, ESP_WHOLE);
  double p = esp_small_exponential (esp_subtract_doublings (finite, whole - ESP_WHOLE));
  /* twice half the doublings, for the result may be below the smallest power of 2 that has an exponent */
  uint64_t doublings = esp_get_bits (whole) - esp_get_bits (ESP_WHOLE) + 2046, half = doublings >> 1;

  return (1 + p) * esp_from_bits (half << 52) * esp_from_bits ((doublings - half) << 52);
}

/* For numbers above 0 that have an exponent of their own; anything for others. */
ESP_INLINED double
esp_logarithm_in_range (double x, double further_doublings)
{
  /* from √½ to √2 */
  uint64_t exponent = (esp_get_bits (x) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu)) >> 52;
  double k = esp_from_bits (0x4330000000000000u | exponent) - (0x1p52 + 1023) + further_doublings;
  double f = esp_from_bits (esp_get_bits (x) - ((exponent - 1023) << 52)) - 1;
  double z = f * f, p = -0x1.ddb4eae6fdf59p-6;

  p = __builtin_fma (p, f, 0x1.06a590c1be5c5p-4);
  p = __builtin_fma (p, f, -0x1.159b1387f86e3p-4);
  p = __builtin_fma (p, f, 0x1.e6989977da88fp-5);
  p = __builtin_fma (p, f, -0x1.ee94a935a732fp-5);
  p = __builtin_fma (p, f, 0x1.0f727b02891d5p-4);
  p = __builtin_fma (p, f, -0x1.25534666722cfp-4);
  p = __builtin_fma (p, f, 0x1.3b470a865fd4cp-4);
  p = __builtin_fma (p, f, -0x1.554c0e8d6e24dp-4);
  p = __builtin_fma (p, f, 0x1.7459f954b4ff7p-4);
  p = __builtin_fma (p, f, -0x1.9999d98b4059cp-4);
  p = __builtin_fma (p, f, 0x1.c71c8c5108eeap-4);
  p = __builtin_fma (p, f, -0x1.ffffff16f14d9p-4);
  p = __builtin_fma (p, f, 0x1.249248e810de8p-3);
  p = __builtin_fma (p, f, -0x1.555555561885ap-3);
  p = __builtin_fma (p, f, 0x1.9999999a1b1d0p-3);
  p = __builtin_fma (p, f, -0x1.ffffffffff919p-3);
  p = __builtin_fma (p, f, 0x1.5555555555289p-2);
  /* k times the first part of ln 2 is exact */
  p = __builtin_fma (z * f, p, k * 0x1.ef35793c76730p-45) + __builtin_fma (z, -0.5, f);
  return __builtin_fma (k, 0x1.62e42fefa3800p-1, p);
}

/* log x for x ≥ 2^−1022, infinity and NaN */
ESP_INLINED double
esp_logarithm_of_normal (double x)
{
  double value = esp_logarithm_in_range (x, 0);

  return esp_choose (x < (double) INFINITY, value, x);
}

ESP_INLINED double
esp_logarithm (double x)
{
  bool is_tiny = x < 0x1p-1022;
  double value = esp_logarithm_in_range (esp_choose (is_tiny, x * 0x1p54, x), esp_choose (is_tiny, -54, 0));
  double other = esp_choose (x == 0, (double) -INFINITY, (double) NAN);

  return esp_choose (x > 0, esp_choose (x < (double) INFINITY, value, x), other);
}

/* The exponential's argument is never positive, as in esp_operation_evaluate(). */
ESP_INLINED double
esp_logistic (double x)
{
  double e = esp_exponential (-fabs (x));
  double numerator = esp_choose (x < 0, e, 1);

  return numerator / (1 + e);
}

/* tanh |x| = (1 − e^−2|x|) / (1 + e^−2|x|), by e^… − 1, which keeps its digits near 0 */
ESP_INLINED double
esp_hyperbolic_tangent (double x)
{
  double twice = -2 * fabs (x);
  double limited = esp_choose (twice < -40, -40, twice);
  double whole = __builtin_fma (limited, 0x1.71547652b82fep+0, ESP_WHOLE);
  double p = esp_small_exponential (esp_subtract_doublings (limited, whole - ESP_WHOLE));
  double scale = esp_from_bits ((esp_get_bits (whole) + 1023) << 52);
  double e = __builtin_fma (scale, p, scale - 1);

  return copysign (e / (2 + e), x);
}
