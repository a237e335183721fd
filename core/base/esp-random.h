/* Seeded random streams.
 *
 * A stream is a counter-based generator (Philox 4x32 with 10 rounds; Salmon et al., "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011, through the Random123 library). It is named by a seed and a
 * stream number, so that every consumer of random numbers in a run has a stream of its own and none
 * disturbs another, whatever the order in which threads run.
 *
 * EspRandom is plain data without pointers: copying it copies the stream at its present position,
 * which is how checkpoints keep it. A stream belongs to one thread at a time.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * EspRandom:
 * @seed: the run's seed
 * @stream: which of the seed's 2^64 streams
 * @counter: the next block of four words
 * @block: the words of the current block
 * @used: how many words of @block have been handed out, 4 when a new block is due
 *
 * The position in one random stream. Its bytes are its state.
 */
typedef struct
{
  uint64_t seed;
  uint64_t stream;
  uint64_t counter;
  uint32_t block[4];
  uint32_t used;
  uint32_t reserved;
} EspRandom;

/* Starts @random at the beginning of stream @stream of @seed. */
void esp_random_init (EspRandom *random, uint64_t seed, uint64_t stream);

/* Returns 32 uniformly distributed bits. */
uint32_t esp_random_bits (EspRandom *random);

/* Returns a uniform integer in 0 … @bound − 1 without modulo bias; @bound must not be 0. */
uint32_t esp_random_below (EspRandom *random, uint32_t bound);

/* Returns a uniform number in [0, 1) with 53 random bits. */
double esp_random_uniform (EspRandom *random);

/* Returns a uniform number in [@low, @high). */
double esp_random_between (EspRandom *random, double low, double high);

/* Returns a normally distributed number, mean 0 and standard deviation 1 (Box–Muller). */
double esp_random_normal (EspRandom *random);

/* Returns logistic noise, ln (e / e') of two unit exponentials: the noise of a binary-concrete gate. */
double esp_random_logistic (EspRandom *random);

/* Returns true with probability @probability. */
bool esp_random_bernoulli (EspRandom *random, double probability);

/* Fills @values with @n uniform numbers in (0, 1), each an odd multiple of 2^-24. */
void esp_random_fill_uniform (EspRandom *random, float *values, size_t n);

/* Fills @values with @n numbers of logistic noise. */
void esp_random_fill_logistic (EspRandom *random, float *values, size_t n);

/* Fills @values with @n normally distributed numbers. */
void esp_random_fill_normal (EspRandom *random, float *values, size_t n);
