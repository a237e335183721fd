/* The operators of the symbolic network: values against the one definition of every operation, and
 * derivatives, penalties included, against differences of that definition in double precision. */

#include <float.h>
#include <math.h>

#include <glib.h>

#include "esp-expression.h"
#include "esp-operator.h"
#include "esp-random.h"
#include "finite-difference.h"

static const char *const names[ESP_N_OPERATORS] = {
  [ESP_OPERATOR_MULTIPLY] = "multiply", [ESP_OPERATOR_DIVIDE] = "divide",   [ESP_OPERATOR_LOG] = "log",
  [ESP_OPERATOR_EXP] = "exp",           [ESP_OPERATOR_SIN] = "sin",         [ESP_OPERATOR_COS] = "cos",
  [ESP_OPERATOR_IDENTITY] = "identity", [ESP_OPERATOR_IF_ELSE] = "if-else",
};

#define N       4000
#define PENALTY 0.7

static const EspOperation operations[ESP_N_OPERATORS] = {
  [ESP_OPERATOR_MULTIPLY] = ESP_OPERATION_GUARDED_MULTIPLY,
  [ESP_OPERATOR_DIVIDE] = ESP_OPERATION_GUARDED_DIVIDE,
  [ESP_OPERATOR_LOG] = ESP_OPERATION_GUARDED_LOG,
  [ESP_OPERATOR_EXP] = ESP_OPERATION_GUARDED_EXP,
  [ESP_OPERATOR_SIN] = ESP_OPERATION_SIN,
  [ESP_OPERATOR_COS] = ESP_OPERATION_COS,
  [ESP_OPERATOR_IF_ELSE] = ESP_OPERATION_SOFT_IF,
};

static double
reference_value (EspOperator operator_, const double *arguments)
{
  return operator_ == ESP_OPERATOR_IDENTITY ? arguments[0]
                                            : esp_operation_evaluate (operations[operator_], arguments);
}

static double
hinge (double value, double low, double high)
{
  return fmax (0, low - value) + fmax (0, value - high);
}

/* The published penalties. */
static double
reference_penalty (EspOperator operator_, const double *arguments)
{
  switch (operator_)
    {
    case ESP_OPERATOR_MULTIPLY:
      return hinge (arguments[0], -100, 100) + hinge (arguments[1], -100, 100);
    case ESP_OPERATOR_DIVIDE:
      return hinge (arguments[1], 0.01, INFINITY);
    case ESP_OPERATOR_LOG:
      return hinge (arguments[0], 0.001, INFINITY);
    case ESP_OPERATOR_EXP:
      return hinge (arguments[0], -10, 4);
    default:
      return 0;
    }
}

/* Arguments of all sizes and signs, and where @edges is true those at and next to every guard. */
static void
fill_arguments (float *arguments, size_t n, bool edges)
{
  static const float guards[] = { -100, 100, 0.01f, 0.001f, -10, 4, 0 };
  EspRandom random;

  esp_random_init (&random, 11, 0);
  for (size_t i = 0; i < n; i++)
    {
      double size = pow (10, esp_random_between (&random, -3.5, 2.5));

      arguments[i] = (float) (esp_random_bernoulli (&random, 0.4) ? -size : size);
      if (edges && esp_random_bernoulli (&random, 0.1))
        {
          float guard = guards[esp_random_below (&random, G_N_ELEMENTS (guards))];

          for (uint32_t steps = esp_random_below (&random, 3); steps > 0; steps--)
            guard = nextafterf (guard, arguments[i]);
          arguments[i] = guard;
        }
    }
}

static void
get_sample (const float *arguments, size_t i, double *sample)
{
  for (size_t k = 0; k < 3; k++)
    sample[k] = arguments[k * N + i];
}

static void
test_values (const void *data)
{
  EspOperator operator_ = GPOINTER_TO_SIZE (data);
  g_autofree float *arguments = g_new (float, 3 * N);
  g_autofree float *values = g_new (float, N);
  double penalty = 0, penalty_size = 0;

  fill_arguments (arguments, 3 * N, true);
  esp_operator_forward (operator_, arguments, N, values);
  for (size_t i = 0; i < N; i++)
    {
      double sample[3], expected, scale;

      get_sample (arguments, i, sample);
      expected = reference_value (operator_, sample);
      /* one rounding of each operation; a weighted sum may cancel */
      scale = operator_ == ESP_OPERATOR_IF_ELSE ? fabs (sample[1]) + fabs (sample[2]) : fabs (expected);
      if (fabs ((double) values[i] - expected) > 4 * FLT_EPSILON * scale + (double) FLT_MIN)
        {
          g_test_message ("%s (%.9g, %.9g, %.9g) is %.9g, not %.9g", names[operator_], sample[0], sample[1],
                          sample[2], (double) values[i], expected);
          g_test_fail ();
        }
      penalty += reference_penalty (operator_, sample);
      penalty_size += fabs (sample[0]) + fabs (sample[1]);
    }

  /* the guards in single precision differ from the reference's by less than one rounding of the argument */
  g_assert_cmpfloat (fabs (esp_operator_penalty (operator_, arguments, N) - penalty), <=,
                     FLT_EPSILON * penalty_size);
}

typedef struct
{
  EspOperator operator_;
  double sample[3];
  double d_value;
} Loss;

static double
loss (void *data)
{
  const Loss *l = data;

  return l->d_value * reference_value (l->operator_, l->sample)
         + PENALTY * reference_penalty (l->operator_, l->sample);
}

/* Steps are a millionth of the argument, so differences in double precision are good to about 1e-9 and
 * the tolerance of 1e-5 is what single precision and, near the logarithm's and the quotient's poles, the
 * step leave; a wrong sign, factor or missing term is wrong by far more. */
static void
test_derivatives (const void *data)
{
  EspOperator operator_ = GPOINTER_TO_SIZE (data);
  size_t n_arguments = esp_operator_get_n_arguments (operator_);
  g_autofree float *arguments = g_new (float, 3 * N);
  g_autofree float *values = g_new (float, N);
  g_autofree float *d_values = g_new (float, N);
  g_autofree float *d_arguments = g_new (float, 3 * N);
  EspTestGradient gradient = { .name = names[operator_], .tolerance = 1e-5 };
  EspRandom random;

  esp_random_init (&random, 12, 0);
  fill_arguments (arguments, 3 * N, false);
  for (size_t i = 0; i < N; i++)
    d_values[i] = (float) esp_random_between (&random, -2, 2);
  esp_operator_forward (operator_, arguments, N, values);
  esp_operator_backward (operator_, arguments, values, d_values, N, (float) PENALTY, d_arguments);

  for (size_t i = 0; i < N; i++)
    for (size_t k = 0; k < n_arguments; k++)
      {
        Loss l = { .operator_ = operator_, .d_value = d_values[i] };
        double step;

        get_sample (arguments, i, l.sample);
        step = 1e-6 * fmax (fabs (l.sample[k]), 1e-3);
        /* 1 − σ loses digits where σ is near 1; and the differences themselves have 16 digits */
        gradient.floor = (operator_ == ESP_OPERATOR_IF_ELSE
                            ? 1e-6 * (1 + fabs (l.sample[1]) + fabs (l.sample[2]))
                            : 1e-7)
                         + 1e-14 * fabs (loss (&l)) / step;
        esp_test_compare (&gradient, loss, &l, &l.sample[k], step, d_arguments[k * N + i]);
      }

  esp_test_gradient_finish (&gradient, 0.001);
}

typedef struct
{
  EspOperator operator_;
  float at[3];
  size_t argument;
  float outside; /* where the argument goes to leave the guard's range */
  float inner;   /* derivative at the guard, d_value = 1, penalty 0.5 */
  float outer;   /* derivative just outside */
} Edge;

/* At equality a guard still passes the gradient; the next float outside gives only the penalty's slope. */
static void
test_edges (void)
{
  const float denominator = nextafterf (0.01f, 1);
  const Edge edges[] = {
    { ESP_OPERATOR_MULTIPLY, { 100, 3 }, 0, INFINITY, 3, 0.5f },
    { ESP_OPERATOR_MULTIPLY, { -100, 3 }, 0, -INFINITY, 3, -0.5f },
    { ESP_OPERATOR_MULTIPLY, { -7, 100 }, 1, INFINITY, -7, 0.5f },
    { ESP_OPERATOR_MULTIPLY, { -7, -100 }, 1, -INFINITY, -7, -0.5f },
    { ESP_OPERATOR_DIVIDE, { 2, denominator }, 1, 0, -2 / (denominator * denominator), -0.5f },
    { ESP_OPERATOR_DIVIDE, { 2, denominator }, 0, 3, 1 / denominator, 1 / denominator },
    { ESP_OPERATOR_LOG, { 0.001f }, 0, 0, 1 / 0.001f, -0.5f },
    { ESP_OPERATOR_EXP, { 4 }, 0, INFINITY, 54.59815f, 0.5f },
    { ESP_OPERATOR_EXP, { -10 }, 0, -INFINITY, 4.539993e-5f, -0.5f },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (edges); i++)
    {
      Edge edge = edges[i];
      float value, d_value = 1, d_arguments[3];

      for (int outside = 0; outside < 2; outside++)
        {
          float expected = outside ? edge.outer : edge.inner;

          if (outside)
            edge.at[edge.argument] = nextafterf (edge.at[edge.argument], edge.outside);
          esp_operator_forward (edge.operator_, edge.at, 1, &value);
          esp_operator_backward (edge.operator_, edge.at, &value, &d_value, 1, 0.5f, d_arguments);
          g_assert_cmpfloat_with_epsilon (d_arguments[edge.argument], expected, 4e-7f * fabsf (expected));
        }
    }

  /* below its threshold the quotient is 0 and has no gradient at all by the numerator */
  {
    float at[] = { 2, 0.005f }, value, d_value = 1, d_arguments[2];

    esp_operator_forward (ESP_OPERATOR_DIVIDE, at, 1, &value);
    esp_operator_backward (ESP_OPERATOR_DIVIDE, at, &value, &d_value, 1, 0.5f, d_arguments);
    g_assert_cmpfloat (value, ==, 0);
    g_assert_cmpfloat (d_arguments[0], ==, 0);
    g_assert_cmpfloat (d_arguments[1], ==, -0.5f);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < ESP_N_OPERATORS; i++)
    {
      g_autofree char *values = g_strdup_printf ("/operators/%s/values", names[i]);
      g_autofree char *derivatives = g_strdup_printf ("/operators/%s/derivatives", names[i]);

      g_test_add_data_func (values, GSIZE_TO_POINTER (i), test_values);
      g_test_add_data_func (derivatives, GSIZE_TO_POINTER (i), test_derivatives);
    }
  g_test_add_func ("/operators/edges", test_edges);

  return g_test_run ();
}
