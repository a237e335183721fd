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

/* Up to this, e^x and e^−x are normal numbers. */
#define ESP_EXPONENTIAL_LIMIT 708.0

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

/* a + bx, rounded once. Polynomials are sums of lines of lines: a processor waits for the last of few
 * operations in turn, not for a long chain. */
ESP_INLINED double
esp_line (double x, double a, double b)
{
  return __builtin_fma (x, b, a);
}

/* (−1)^k sin r, where @whole is k + ESP_WHOLE and |r| ≤ π / 2 */
ESP_INLINED double
esp_reduced_sine (double r, double whole)
{
  double z = r * r, z2 = z * z;
  double a = esp_line (z, -0x1.5555555555555p-3, 0x1.11111111110cbp-7);
  double b = esp_line (z, -0x1.a01a01a01516cp-13, 0x1.71de3a52c046ep-19);
  double c = esp_line (z, -0x1.ae6454e3fa677p-26, 0x1.6123d1137db26p-33);
  double d = esp_line (z, -0x1.ae449713e9775p-41, 0x1.884fc91f0487cp-49);
  double p = esp_line (z, 1, esp_line (z2 * z2, esp_line (z2, a, b), esp_line (z2, c, d)));

  return esp_from_bits (esp_get_bits (r * p) ^ (esp_get_bits (whole) << 63));
}

/* x − kπ; the first difference is exact, for it has no bits below those of π's first part. No part of π is
 * negative, so that −0 stays −0. */
ESP_INLINED double
esp_subtract_half_periods (double x, double k)
{
  double r = __builtin_fma (-k, 0x1.921fb54442d18p+1, x);

  r = __builtin_fma (-k, 0x1.1a62633145c06p-53, r);
  return __builtin_fma (-k, 0x1.c1cd129024e09p-106, r);
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
  double x2 = x * x;
  double a = esp_line (x, 0x1.0000000000005p-1, 0x1.555555555555cp-3);
  double b = esp_line (x, 0x1.555555555213ap-5, 0x1.111111110e70cp-7);
  double c = esp_line (x, 0x1.6c16c17f2950dp-10, 0x1.a01a01b5c61fdp-13);
  double d = esp_line (x, 0x1.a019a6a98138ep-16, 0x1.71ddea2c8ef1ep-19);
  double e = esp_line (x, 0x1.28a28ca3af30fp-22, 0x1.af766f61a137fp-26);
  double p = esp_line (x2 * x2, esp_line (x2, a, b), esp_line (x2 * x2, esp_line (x2, c, d), e));

  return esp_line (x2, x, p);
}

/* x − k ln 2 */
ESP_INLINED double
esp_subtract_doublings (double x, double k)
{
  return __builtin_fma (-k, 0x1.abc9e3b39803fp-56, __builtin_fma (-k, 0x1.62e42fefa39efp-1, x));
}

/* e^x for |x| ≤ ESP_EXPONENTIAL_LIMIT, and NaN */
ESP_INLINED double
esp_exponential_in_range (double x)
{
  double whole = __builtin_fma (x, 0x1.71547652b82fep+0, ESP_WHOLE);
  double p = esp_small_exponential (esp_subtract_doublings (x, whole - ESP_WHOLE));
  double scale = esp_from_bits ((esp_get_bits (whole) + 1023) << 52);

  return __builtin_fma (scale, p, scale);
}

/* For all x; the same bits as esp_exponential_in_range() where that has a value: powers of 2 do not round. */
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

/* For numbers above 0 that have an exponent of their own; anything for others. @bias is what the exponent has
 * more than the doublings, and 2^52. */
ESP_INLINED double
esp_logarithm_with_bias (double x, double bias)
{
  const uint64_t root = 0x3fe6a09e667f3bcdu; /* √½ */
  uint64_t above = esp_get_bits (x) + (0x3ff0000000000000u - root);
  double k = esp_from_bits (0x4330000000000000u | above >> 52) - bias;
  /* from √½ to √2 */
  double f = esp_from_bits ((above & 0xfffffffffffffu) + root) - 1;
  double f2 = f * f, f4 = f2 * f2;
  double a = esp_line (f, 0x1.5555555555289p-2, -0x1.ffffffffff919p-3);
  double b = esp_line (f, 0x1.9999999a1b1d0p-3, -0x1.555555561885ap-3);
  double c = esp_line (f, 0x1.249248e810de8p-3, -0x1.ffffff16f14d9p-4);
  double d = esp_line (f, 0x1.c71c8c5108eeap-4, -0x1.9999d98b4059cp-4);
  double e = esp_line (f, 0x1.7459f954b4ff7p-4, -0x1.554c0e8d6e24dp-4);
  double g = esp_line (f, 0x1.3b470a865fd4cp-4, -0x1.25534666722cfp-4);
  double h = esp_line (f, 0x1.0f727b02891d5p-4, -0x1.ee94a935a732fp-5);
  double i = esp_line (f, 0x1.e6989977da88fp-5, -0x1.159b1387f86e3p-4);
  double j = esp_line (f, 0x1.06a590c1be5c5p-4, -0x1.ddb4eae6fdf59p-6);
  double low = esp_line (f4, esp_line (f2, a, b), esp_line (f2, c, d));
  double high = esp_line (f4, esp_line (f2, e, g), esp_line (f4, esp_line (f2, h, i), j));
  double p = esp_line (f4 * f4, low, high);

  /* k times the first part of ln 2 is exact */
  p = esp_line (f2 * f, k * 0x1.ef35793c76730p-45, p) + esp_line (f2, f, -0.5);
  return esp_line (k, p, 0x1.62e42fefa3800p-1);
}

#define ESP_LOGARITHM_BIAS (0x1p52 + 1023)

/* log x for normal x above 0 */
ESP_INLINED double
esp_logarithm_in_range (double x)
{
  return esp_logarithm_with_bias (x, ESP_LOGARITHM_BIAS);
}

/* For all x; the same bits as esp_logarithm_in_range() where that has a value. */
ESP_INLINED double
esp_logarithm (double x)
{
  bool is_tiny = x < 0x1p-1022;
  double value = esp_logarithm_with_bias (esp_choose (is_tiny, x * 0x1p54, x),
                                          esp_choose (is_tiny, ESP_LOGARITHM_BIAS + 54, ESP_LOGARITHM_BIAS));
  double other = esp_choose (x == 0, (double) -INFINITY, (double) NAN);

  return esp_choose (x > 0, esp_choose (x < (double) INFINITY, value, x), other);
}

/* 1 / (1 + e^−x) from e^−|x|: the exponential's argument is never positive, as in esp_operation_evaluate().
 */
ESP_INLINED double
esp_logistic_from (double x, double e)
{
  return esp_choose (x < 0, e, 1) / (1 + e);
}

ESP_INLINED double
esp_logistic_in_range (double x)
{
  return esp_logistic_from (x, esp_exponential_in_range (-fabs (x)));
}

ESP_INLINED double
esp_logistic (double x)
{
  return esp_logistic_from (x, esp_exponential (-fabs (x)));
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
