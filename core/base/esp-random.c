#include "esp-random.h"

#include <assert.h>
#include "esp-simd.h"

#include <Random123/philox.h>

#define TWO_PI 6.283185307179586476925

void
esp_random_init (EspRandom *random, uint64_t seed, uint64_t stream)
{
  *random = (EspRandom){ .seed = seed, .stream = stream, .counter = 0, .used = 4 };
}

uint32_t
esp_random_bits (EspRandom *random)
{
  if (random->used >= 4)
    {
      philox4x32_ctr_t counter = { { (uint32_t) random->counter, (uint32_t) (random->counter >> 32),
                                     (uint32_t) random->stream, (uint32_t) (random->stream >> 32) } };
      philox4x32_key_t key = { { (uint32_t) random->seed, (uint32_t) (random->seed >> 32) } };
      philox4x32_ctr_t block = philox4x32_R (10, counter, key);

      for (int i = 0; i < 4; i++)
        random->block[i] = block.v[i];
      random->counter++;
      random->used = 0;
    }

  return random->block[random->used++];
}

uint32_t
esp_random_below (EspRandom *random, uint32_t bound)
{
  assert (bound > 0);

  /* words below 2^32 mod bound would make the first residues more frequent */
  uint32_t rejected = (uint32_t) (-bound) % bound;
  uint32_t bits;

  do
    bits = esp_random_bits (random);
  while (bits < rejected);

  return bits % bound;
}

double
esp_random_uniform (EspRandom *random)
{
  uint64_t high = esp_random_bits (random) >> 5;
  uint64_t low = esp_random_bits (random) >> 6;

  return (double) (high << 26 | low) * 0x1p-53;
}

double
esp_random_between (EspRandom *random, double low, double high)
{
  return low + (high - low) * esp_random_uniform (random);
}

double
esp_random_normal (EspRandom *random)
{
  /* 1 − u lies in (0, 1], so its logarithm is finite */
  double radius = sqrt (-2.0 * log (1.0 - esp_random_uniform (random)));

  return radius * cos (TWO_PI * esp_random_uniform (random));
}

double
esp_random_logistic (EspRandom *random)
{
  /* the half step keeps u away from 0 and 1 */
  double u = ((double) esp_random_bits (random) + 0.5) * 0x1p-32;

  return log (u) - log1p (-u);
}

bool
esp_random_bernoulli (EspRandom *random, double probability)
{
  return esp_random_uniform (random) < probability;
}

/* The fillers draw a portion of words and turn them into numbers, in loops that the compiler can make vectors
 * of. */
#define PORTION 512
#define BLOCKS  (PORTION / 4)

static inline uint32_t
multiply_high (uint32_t a, uint32_t b)
{
  return (uint32_t) ((uint64_t) a * b >> 32);
}

/* Philox on @n counters at once, from @random's on: the words that as many calls of esp_random_bits() would
 * give, @n <= BLOCKS. */
ESP_VECTORISED static void
make_blocks (const EspRandom *random, size_t n, uint32_t *restrict words)
{
  uint32_t lanes[4][BLOCKS];
  uint32_t keys[10][2] = { { (uint32_t) random->seed, (uint32_t) (random->seed >> 32) } };
  uint32_t stream[2] = { (uint32_t) random->stream, (uint32_t) (random->stream >> 32) };

  for (size_t round = 1; round < 10; round++)
    {
      keys[round][0] = keys[round - 1][0] + PHILOX_W32_0;
      keys[round][1] = keys[round - 1][1] + PHILOX_W32_1;
    }

  for (size_t i = 0; i < n; i++)
    {
      uint64_t counter = random->counter + i;
      uint32_t a = (uint32_t) counter, b = (uint32_t) (counter >> 32), c = stream[0], d = stream[1];

#pragma GCC unroll 10
      for (size_t round = 0; round < 10; round++)
        {
          uint32_t first = PHILOX_M4x32_0 * a, second = PHILOX_M4x32_1 * c;
          uint32_t first_high = multiply_high (PHILOX_M4x32_0, a);
          uint32_t second_high = multiply_high (PHILOX_M4x32_1, c);

          a = second_high ^ b ^ keys[round][0];
          b = second;
          c = first_high ^ d ^ keys[round][1];
          d = first;
        }
      lanes[0][i] = a;
      lanes[1][i] = b;
      lanes[2][i] = c;
      lanes[3][i] = d;
    }

  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < 4; k++)
      words[4 * i + k] = lanes[k][i];
}

/* The next @n words of the stream, @n <= PORTION. */
static void
draw_bits (EspRandom *random, uint32_t *bits, size_t n)
{
  size_t i = 0, n_blocks;

  while (i < n && random->used < 4)
    bits[i++] = random->block[random->used++];
  n_blocks = (n - i) / 4;
  make_blocks (random, n_blocks, bits + i);
  random->counter += n_blocks;
  for (i += 4 * n_blocks; i < n; i++)
    bits[i] = esp_random_bits (random);
}

ESP_VECTORISED static void
bits_to_uniform (const uint32_t *restrict bits, size_t n, float *restrict values)
{
  for (size_t i = 0; i < n; i++)
    values[i] = (float) (int32_t) (bits[i] >> 9) * 0x1p-23f + 0x1p-24f;
}

/* ln (u / (1 − u)). The half step keeps u away from 0 and 1; both as whole numbers lose nothing near them. */
ESP_VECTORISED static void
bits_to_logistic (const uint32_t *restrict bits, size_t n, float *restrict values)
{
  for (size_t i = 0; i < n; i++)
    values[i] = logf (((float) bits[i] + 0.5f) / ((float) ~bits[i] + 0.5f));
}

/* Box–Muller with two times @n words for two times @n numbers. */
ESP_VECTORISED static void
bits_to_normal (const uint32_t *restrict bits, size_t n, float *restrict first, float *restrict second)
{
  float radius[PORTION / 2];

  for (size_t i = 0; i < n; i++)
    radius[i] = sqrtf (-2.0f * logf (((float) bits[i] + 0.5f) * 0x1p-32f));
  /* sine and cosine of one angle in one loop would become a function that knows no vectors */
  for (size_t i = 0; i < n; i++)
    first[i] = radius[i] * cosf (((float) bits[n + i] + 0.5f) * (float) (TWO_PI * 0x1p-32));
  for (size_t i = 0; i < n; i++)
    second[i] = radius[i] * sinf (((float) bits[n + i] + 0.5f) * (float) (TWO_PI * 0x1p-32));
}

void
esp_random_fill_uniform (EspRandom *random, float *values, size_t n)
{
  uint32_t bits[PORTION];

  for (size_t i = 0; i < n; i += PORTION)
    {
      size_t portion = n - i < PORTION ? n - i : PORTION;

      draw_bits (random, bits, portion);
      bits_to_uniform (bits, portion, values + i);
    }
}

void
esp_random_fill_logistic (EspRandom *random, float *values, size_t n)
{
  uint32_t bits[PORTION];

  for (size_t i = 0; i < n; i += PORTION)
    {
      size_t portion = n - i < PORTION ? n - i : PORTION;

      draw_bits (random, bits, portion);
      bits_to_logistic (bits, portion, values + i);
    }
}

void
esp_random_fill_normal (EspRandom *random, float *values, size_t n)
{
  uint32_t bits[PORTION];
  float spare[1];

  for (size_t i = 0; i + 1 < n; i += PORTION)
    {
      size_t pairs = (n - i < PORTION ? n - i : PORTION) / 2;

      draw_bits (random, bits, 2 * pairs);
      bits_to_normal (bits, pairs, values + i, values + i + pairs);
    }
  if (n % 2 == 1)
    {
      draw_bits (random, bits, 2);
      bits_to_normal (bits, 1, values + n - 1, spare);
    }
}
