/* The kernels for one instruction set. This file is compiled once for each, with ESP_LANES floats to a
 * vector, tiles of ESP_TILE_ROWS rows, and the name ESP_KERNELS for the set; multiply-adds are fused here.
 *
 * A tile of C, ESP_TILE_ROWS by two vectors, stays in registers while the inner index runs; the panel of B
 * that it needs is copied to where it lies in one piece, and used for all rows before the next panel. */

#include "esp-kernels.h"

#include <string.h>

#define PANEL (2 * ESP_LANES)

_Static_assert (PANEL <= ESP_PANEL_COLUMNS, "scratch must hold a panel");

typedef float Vector __attribute__ ((vector_size (4 * ESP_LANES)));
typedef float Unaligned __attribute__ ((vector_size (4 * ESP_LANES), aligned (4), may_alias));
typedef int32_t Selection __attribute__ ((vector_size (4 * ESP_LANES)));

static inline Vector
load (const float *from)
{
  return *(const Unaligned *) from;
}

static inline void
store (float *to, Vector value)
{
  *(Unaligned *) to = value;
}

static inline Vector
keep (Selection which, Vector value)
{
  return (Vector) (which & (Selection) value);
}

typedef enum
{
  FINISH_PLAIN,
  FINISH_ACCUMULATE,
  FINISH_RELU,
  FINISH_GATE,
} Finish;

static inline Finish
get_finish (const EspProduct *p)
{
  return p->bias != NULL ? FINISH_RELU : p->gate != NULL ? FINISH_GATE : p->accumulate ? FINISH_ACCUMULATE : FINISH_PLAIN;
}

/* Writes one vector of C to @to. @bias and @gate are what belongs to it. */
static inline __attribute__ ((always_inline)) void
finish_vector (const Finish finish, float *to, Vector value, const float *bias, const float *gate)
{
  const Vector zero = { 0 };

  if (finish == FINISH_RELU)
    {
      value += load (bias);
      value = keep (value > zero, value);
    }
  else if (finish == FINISH_GATE)
    value = keep (load (gate) > zero, value);
  else if (finish == FINISH_ACCUMULATE)
    value += load (to);
  store (to, value);
}

static inline __attribute__ ((always_inline)) void
finish_tile (const EspProduct *p,
             const Finish finish,
             const size_t n_rows,
             const size_t n_vectors,
             size_t i,
             size_t j,
             Vector c[ESP_TILE_ROWS][2])
{
  float *to = p->c + i * p->c_stride + j;
  const size_t stride = p->c_stride, gate_stride = p->gate_stride;
  const float *bias = p->bias + j, *gate = p->gate + j;
  const uint32_t *rows = p->gate_rows;

#pragma GCC unroll 16
  for (size_t r = 0; r < n_rows; r++, to += stride)
    {
      const float *open = finish == FINISH_GATE ? gate + (rows != NULL ? rows[i + r] : i + r) * gate_stride : NULL;

      finish_vector (finish, to, c[r][0], bias, open);
      if (n_vectors == 2)
        finish_vector (finish, to + ESP_LANES, c[r][1], bias + ESP_LANES, open + ESP_LANES);
    }
}

/* As finish_tile() for one row where the vectors would not fit: only columns @from … @to of @values are written. */
static void
finish_part (const EspProduct *p, size_t i, size_t j, size_t from, size_t to, const float *values)
{
  const float *gate
    = p->gate != NULL ? p->gate + (p->gate_rows != NULL ? p->gate_rows[i] : i) * p->gate_stride + j : NULL;
  float *row = p->c + i * p->c_stride + j;

  for (size_t k = from; k < to; k++)
    {
      float value = values[k];

      if (p->bias != NULL)
        {
          value += p->bias[j + k];
          value = value > 0.0f ? value : 0.0f;
        }
      else if (gate != NULL)
        value = gate[k] > 0.0f ? value : 0.0f;
      else if (p->accumulate)
        value += row[k];
      row[k] = value;
    }
}

/* Rows @i … @i + @n_rows of a panel that begins in column @j; of its columns @from … @to are written. */
static inline __attribute__ ((always_inline)) void
multiply_tile (const EspProduct *p,
               const size_t n_rows,
               const size_t n_vectors,
               size_t i,
               size_t j,
               size_t from,
               size_t to,
               const float *b,
               size_t b_stride)
{
  const float *a = p->a + i * p->a_row;
  const size_t row = p->a_row, step = p->a_column;
  Vector c[ESP_TILE_ROWS][2];

#pragma GCC unroll 16
  for (size_t r = 0; r < n_rows; r++)
    c[r][0] = c[r][1] = (Vector){ 0 };

  for (size_t k = p->n_inner; k > 0; k--)
    {
      Vector left = load (b), right = n_vectors == 2 ? load (b + ESP_LANES) : left;

#pragma GCC unroll 16
      for (size_t r = 0; r < n_rows; r++)
        {
          c[r][0] += a[r * row] * left;
          if (n_vectors == 2)
            c[r][1] += a[r * row] * right;
        }
      a += step;
      b += b_stride;
    }

  if (from == 0 && to == n_vectors * ESP_LANES)
    switch (get_finish (p))
      {
      case FINISH_PLAIN:
        finish_tile (p, FINISH_PLAIN, n_rows, n_vectors, i, j, c);
        break;
      case FINISH_ACCUMULATE:
        finish_tile (p, FINISH_ACCUMULATE, n_rows, n_vectors, i, j, c);
        break;
      case FINISH_RELU:
        finish_tile (p, FINISH_RELU, n_rows, n_vectors, i, j, c);
        break;
      case FINISH_GATE:
        finish_tile (p, FINISH_GATE, n_rows, n_vectors, i, j, c);
        break;
      }
  else
    {
#pragma GCC unroll 16
      for (size_t r = 0; r < n_rows; r++)
        {
          float values[PANEL];

          store (values, c[r][0]);
          if (n_vectors == 2)
            store (values + ESP_LANES, c[r][1]);
          finish_part (p, i + r, j, from, to, values);
        }
    }
}

static inline __attribute__ ((always_inline)) void
multiply_strip (const EspProduct *p, const size_t n_vectors, size_t j, size_t from, size_t to, const float *b, size_t b_stride)
{
  /* tiles of nearly equal heights: low ones wait for the multiplier */
  size_t n_tiles = (p->n_rows + ESP_TILE_ROWS - 1) / ESP_TILE_ROWS;

  for (size_t t = 0; t < n_tiles; t++)
    {
      size_t i = p->n_rows * t / n_tiles;

      switch (p->n_rows * (t + 1) / n_tiles - i)
        {
#define CASE(rows)                                                                                           \
  case rows:                                                                                                 \
    multiply_tile (p, rows, n_vectors, i, j, from, to, b, b_stride);                                                    \
    break;
          CASE (1)
          CASE (2)
          CASE (3)
          CASE (4)
          CASE (5)
          CASE (6)
#if ESP_TILE_ROWS > 6
          CASE (7)
          CASE (8)
          CASE (9)
          CASE (10)
          CASE (11)
          CASE (12)
          CASE (13)
          CASE (14)
#endif
        }
    }
}

static void
multiply_panel (const EspProduct *p, size_t j, size_t from, size_t to, const float *b, size_t b_stride)
{
  if (to > ESP_LANES)
    multiply_strip (p, 2, j, from, to, b, b_stride);
  else
    multiply_strip (p, 1, j, from, to, b, b_stride);
}

/* Interleaving the two halves of a square of vectors as often as it takes to bring every row back is
 * transposing it. */
static inline void
transpose_square (const float *from, size_t stride, float *to)
{
  Vector rows[ESP_LANES], turned[ESP_LANES];

#pragma GCC unroll 16
  for (size_t i = 0; i < ESP_LANES; i++)
    rows[i] = load (from + i * stride);
#pragma GCC unroll 4
  for (size_t width = 1; width < ESP_LANES; width *= 2)
    {
#pragma GCC unroll 8
      for (size_t i = 0; i < ESP_LANES / 2; i++)
        {
          Vector one = rows[i], other = rows[i + ESP_LANES / 2];
#if ESP_LANES == 16
          turned[2 * i] = __builtin_shufflevector (one, other, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22,
                                                   7, 23);
          turned[2 * i + 1] = __builtin_shufflevector (one, other, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                                       29, 14, 30, 15, 31);
#else
          turned[2 * i] = __builtin_shufflevector (one, other, 0, 8, 1, 9, 2, 10, 3, 11);
          turned[2 * i + 1] = __builtin_shufflevector (one, other, 4, 12, 5, 13, 6, 14, 7, 15);
#endif
        }
#pragma GCC unroll 16
      for (size_t i = 0; i < ESP_LANES; i++)
        rows[i] = turned[i];
    }
#pragma GCC unroll 16
  for (size_t i = 0; i < ESP_LANES; i++)
    store (to + i * PANEL, rows[i]);
}

/* Copies columns @j … @j + @n of B into one piece, with zeros for what a panel has more. */
static void
pack (const EspProduct *p, size_t j, size_t n, float *panel)
{
  size_t n_inner = p->n_inner;

  if (p->b_transposed)
    {
      const float *b = p->b + j * p->b_stride;
      size_t n_squares = n / ESP_LANES, n_turned = n_inner / ESP_LANES * ESP_LANES;

      for (size_t s = 0; s < n_squares; s++)
        for (size_t k = 0; k < n_turned; k += ESP_LANES)
          transpose_square (b + s * ESP_LANES * p->b_stride + k, p->b_stride, panel + k * PANEL + s * ESP_LANES);
      for (size_t column = 0; column < PANEL; column++)
        for (size_t k = column < n_squares * ESP_LANES ? n_turned : 0; k < n_inner; k++)
          panel[k * PANEL + column] = column < n ? b[column * p->b_stride + k] : 0.0f;
    }
  else if (n == PANEL)
    for (size_t k = 0; k < n_inner; k++)
      {
        store (panel + k * PANEL, load (p->b + k * p->b_stride + j));
        store (panel + k * PANEL + ESP_LANES, load (p->b + k * p->b_stride + j + ESP_LANES));
      }
  else
    for (size_t k = 0; k < n_inner; k++)
      for (size_t column = 0; column < PANEL; column++)
        panel[k * PANEL + column] = column < n ? p->b[k * p->b_stride + j + column] : 0.0f;
}

/* Plainly, for what is smaller than a panel and not worth a copy; in the order of the tiles. */
static void
multiply_few (const EspProduct *p)
{
  for (size_t i = 0; i < p->n_rows; i++)
    for (size_t j = 0; j < p->n_columns; j++)
      {
        float sum = 0.0f;

        for (size_t k = 0; k < p->n_inner; k++)
          sum += p->a[i * p->a_row + k * p->a_column] * p->b[k * p->b_stride + j];
        finish_part (p, i, j, 0, 1, &sum);
      }
}

static void
multiply (const EspProduct *p)
{
  size_t n = p->n_columns;

  if (p->scratch != NULL)
    {
      float *panel = (float *) (((uintptr_t) p->scratch + 63) & ~(uintptr_t) 63);

      for (size_t j = 0; j < n; j += PANEL)
        {
          size_t width = n - j < PANEL ? n - j : PANEL;

          pack (p, j, width, panel);
          multiply_panel (p, j, 0, width, panel, PANEL);
        }
      return;
    }

  if (n < PANEL)
    {
      multiply_few (p);
      return;
    }
  for (size_t j = 0; j + PANEL <= n; j += PANEL)
    multiply_panel (p, j, 0, PANEL, p->b + j, p->b_stride);
  /* the last panel reaches back over columns that are done */
  if (n % PANEL != 0)
    multiply_panel (p, n - PANEL, PANEL - n % PANEL, PANEL, p->b + n - PANEL, p->b_stride);
}

typedef float Four __attribute__ ((vector_size (16)));

/* Sums the lanes by halves. */
static inline float
sum_lanes (Vector value)
{
#if ESP_LANES == 16
  typedef float Eight __attribute__ ((vector_size (32)));
  Eight eight = __builtin_shufflevector (value, value, 0, 1, 2, 3, 4, 5, 6, 7)
                + __builtin_shufflevector (value, value, 8, 9, 10, 11, 12, 13, 14, 15);
#else
  Vector eight = value;
#endif
  Four four = __builtin_shufflevector (eight, eight, 0, 1, 2, 3) + __builtin_shufflevector (eight, eight, 4, 5, 6, 7);

  four += __builtin_shufflevector (four, four, 2, 3, 2, 3);
  return four[0] + four[1];
}

/* @n_rows rows of A by @n_columns rows of B. */
static inline __attribute__ ((always_inline)) void
multiply_rows_tile (const EspDots *d, const size_t n_rows, const size_t n_columns, size_t i, size_t j)
{
  const float *a = d->a + i * d->a_stride, *b = d->b + j * d->b_stride;
  size_t n_vectors = d->n_inner / ESP_LANES;
  Vector sums[4][4];

#pragma GCC unroll 4
  for (size_t r = 0; r < n_rows; r++)
#pragma GCC unroll 4
    for (size_t s = 0; s < n_columns; s++)
      sums[r][s] = (Vector){ 0 };

  for (size_t k = 0; k < n_vectors; k++)
    {
      Vector factors[4];

#pragma GCC unroll 4
      for (size_t s = 0; s < n_columns; s++)
        factors[s] = load (b + s * d->b_stride + k * ESP_LANES);
#pragma GCC unroll 4
      for (size_t r = 0; r < n_rows; r++)
        {
          Vector factor = load (a + r * d->a_stride + k * ESP_LANES);

#pragma GCC unroll 4
          for (size_t s = 0; s < n_columns; s++)
            sums[r][s] += factor * factors[s];
        }
    }

  for (size_t r = 0; r < n_rows; r++)
    for (size_t s = 0; s < n_columns; s++)
      {
        float sum = sum_lanes (sums[r][s]);

        for (size_t k = n_vectors * ESP_LANES; k < d->n_inner; k++)
          sum += a[r * d->a_stride + k] * b[s * d->b_stride + k];
        d->c[(i + r) * d->c_stride + j + s] = d->bias != NULL ? sum + d->bias[i + r] : sum;
      }
}

static void
multiply_rows (const EspDots *d)
{
  size_t fours = d->n_columns / 4 * 4;

  for (size_t i = 0; i < d->n_rows;)
    {
      size_t left = d->n_rows - i;

      if (left >= 4)
        {
          for (size_t j = 0; j < fours; j += 4)
            multiply_rows_tile (d, 4, 4, i, j);
          for (size_t j = fours; j < d->n_columns; j++)
            multiply_rows_tile (d, 4, 1, i, j);
          i += 4;
        }
      else if (left >= 2)
        {
          for (size_t j = 0; j < fours; j += 4)
            multiply_rows_tile (d, 2, 4, i, j);
          for (size_t j = fours; j < d->n_columns; j++)
            multiply_rows_tile (d, 2, 1, i, j);
          i += 2;
        }
      else
        {
          for (size_t j = 0; j < fours; j += 4)
            multiply_rows_tile (d, 1, 4, i, j);
          for (size_t j = fours; j < d->n_columns; j++)
            multiply_rows_tile (d, 1, 1, i, j);
          i++;
        }
    }
}

#define TEXT(name)  TEXT_(name)
#define TEXT_(name) #name

const EspKernels ESP_KERNELS = { TEXT (ESP_SET), multiply, multiply_rows };
