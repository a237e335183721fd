/* Consecutive updates against values that tests/oracles/sac_update.py and, for neural policies,
 * tests/oracles/neural_update.py worked out by automatic differentiation in double precision.
 *
 * The first moments of Adam are the gradients, so they are compared as such: within 5e-5 of each and 6e-6 of
 * the largest of its kind, three times what single precision and the steep ends of logarithm and
 * quotient leave with any order of summation. A parameter may differ by a thousandth of one step of Adam,
 * whose first steps know the gradient's sign and little else; so it is the moments that would show a wrong
 * term. */

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "esp-json.h"
#include "esp-sac.h"
#include "two-actions.h"

static JsonArray *
get_array (JsonObject *object, const char *name)
{
  g_assert_true (json_object_has_member (object, name));
  return json_object_get_array_member (object, name);
}

/* Reads numbers, nested in rows or not; returns how many. */
static size_t
read_rows (JsonArray *array, float *values)
{
  size_t n = 0;

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_ARRAY (node))
        n += read_rows (json_node_get_array (node), values + n);
      else
        values[n++] = (float) json_node_get_double (node);
    }

  return n;
}

static void
read_array (JsonObject *object, const char *name, float *values, size_t n)
{
  g_assert_cmpuint (read_rows (get_array (object, name), values), ==, n);
}

/* Compares @values with the numbers in @array. */
static void
compare (const char *name, const float *values, JsonArray *array, size_t n, double relative, double absolute)
{
  double worst = 0;

  g_assert_cmpuint (json_array_get_length (array), ==, n);
  for (size_t i = 0; i < n; i++)
    {
      double expected = json_array_get_double_element (array, (guint) i);
      double tolerance = absolute + relative * fabs (expected);
      double difference = fabs ((double) values[i] - expected);

      worst = fmax (worst, difference / tolerance);
      if (!(difference <= tolerance))
        {
          g_test_message ("%s %zu is %.8g, not %.8g", name, i, (double) values[i], expected);
          g_test_fail ();
        }
    }
  g_test_message ("%s: greatest difference %.3g of what is tolerated", name, worst);
}

static void
compare_gradient (
  const char *name, const float *values, JsonArray *array, size_t first, size_t n, bool may_rest)
{
  g_autoptr (JsonArray) part = json_array_new ();
  double largest = 0;

  for (size_t i = first; i < first + n; i++)
    {
      double value = json_array_get_double_element (array, (guint) i);

      json_array_add_double_element (part, value);
      largest = fmax (largest, fabs (value));
    }
  /* before the first update of a policy that waits for the critics there is nothing in it */
  g_assert_true (largest > 0 || may_rest);
  compare (name, values + first, part, n, 5e-5, 6e-6 * largest);
}

static void
compare_figures (const EspSacFigures *figures, JsonObject *expected)
{
  const struct
  {
    const char *name;
    double value;
  } rows[] = {
    { "critic_loss", figures->critic_loss }, { "policy_loss", figures->policy_loss },
    { "penalty", figures->penalty },         { "sparsity", figures->sparsity },
    { "entropy", figures->entropy },         { "value", figures->value },
    { "policy_norm", figures->policy_norm },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      double value = json_object_get_double_member (expected, rows[i].name);

      g_test_message ("%s: %.8g, expected %.8g", rows[i].name, rows[i].value, value);
      /* the losses are sums of terms of either sign and a size of about 10 */
      g_assert_cmpfloat (fabs (rows[i].value - value), <=, 2e-5 * fabs (value) + 2e-6);
    }
}

static void
compare_state (const EspSac *sac, JsonObject *expected)
{
  const EspPolicy *policy = &sac->policy;
  const EspRecipe *recipe = sac->recipe;
  size_t n_plain = policy->n_parameters - policy->n_weights, n_deviation = policy->deviation.n_parameters;
  JsonArray *moment = get_array (expected, "policy_moment");
  JsonArray *critics = get_array (expected, "critics"), *targets = get_array (expected, "targets");
  JsonArray *moments = get_array (expected, "critic_moments");

  compare_figures (&sac->figures, json_object_get_object_member (expected, "figures"));

  if (recipe->policy == ESP_POLICY_NEURAL)
    compare_gradient ("network's gradient", sac->policy_moments, moment, 0, policy->n_parameters,
                      sac->updates < recipe->policy_period);
  else
    {
      compare_gradient ("weights' gradient", sac->policy_moments, moment, 0, policy->n_weights, false);
      compare_gradient ("biases' gradient", sac->policy_moments, moment, policy->n_weights, policy->n_biases,
                        false);
      compare_gradient ("deviation's gradient", sac->policy_moments, moment, n_plain - n_deviation,
                        n_deviation, false);
      compare_gradient ("probabilities' gradient", sac->policy_moments, moment, n_plain, policy->n_weights,
                        false);
    }
  compare ("policy", policy->parameters, get_array (expected, "policy"), policy->n_parameters, 1e-6,
           0.001 * recipe->policy_rate);
  if (policy->deterministic)
    compare ("target policy", sac->target_parameters, get_array (expected, "target_policy"),
             policy->n_parameters, 2e-7, 0.001 * recipe->policy_rate * recipe->target_rate);
  for (guint c = 0; c < ESP_N_CRITICS; c++)
    {
      size_t n = sac->critic.n_parameters;

      compare_gradient ("critic's gradient", sac->critic_moments[c],
                        json_array_get_array_element (moments, c), 0, n, false);
      compare ("critic", sac->critics[c], json_array_get_array_element (critics, c), n, 1e-6,
               0.001 * recipe->critic_rate);
      compare ("target", sac->targets[c], json_array_get_array_element (targets, c), n, 2e-7,
               0.001 * recipe->critic_rate * recipe->target_rate);
    }
  g_assert_cmpfloat_with_epsilon (sac->log_alpha, json_object_get_double_member (expected, "log_alpha"),
                                  2e-6);
}

static void
follow_updates (const char *file, guint number)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = esp_json_load (file, &error);
  g_assert_no_error (error);
  JsonObject *root = json_node_get_object (node);
  JsonArray *updates = get_array (root, "updates");
  JsonObject *test = json_array_get_object_element (get_array (root, "cases"), number);
  JsonObject *start
    = json_object_has_member (root, "start")
        ? json_object_get_object_member (root, "start")
        : json_object_get_object_member (json_object_get_object_member (root, "starts"),
                                         json_object_get_string_member (test, "start"));
  g_autofree char *text = json_to_string (json_object_get_member (test, "recipe"), FALSE);
  g_autoptr (EspRecipe) recipe = esp_recipe_new_from_json ("golden", text, strlen (text), &error);
  EspRandom random;
  EspSac sac;

  g_assert_no_error (error);
  g_test_message ("%s", json_object_get_string_member (test, "name"));
  esp_random_init (&random, 1, 1);
  esp_sac_init (&sac, recipe, &esp_test_two_actions, &random, &error);
  g_assert_no_error (error);

  read_array (start, "policy", sac.policy.parameters, sac.policy.n_parameters);
  if (sac.policy.deterministic)
    read_array (start, "policy", sac.target_parameters, sac.policy.n_parameters);
  sac.log_alpha = (float) json_object_get_double_member (start, "log_alpha");
  for (guint c = 0; c < ESP_N_CRITICS; c++)
    {
      size_t n = sac.critic.n_parameters;

      g_assert_cmpuint (
        read_rows (json_array_get_array_element (get_array (start, "critics"), c), sac.critics[c]), ==, n);
      g_assert_cmpuint (
        read_rows (json_array_get_array_element (get_array (start, "targets"), c), sac.targets[c]), ==, n);
    }

  for (guint i = 0; i < json_array_get_length (updates); i++)
    {
      JsonObject *update = json_array_get_object_element (updates, i);
      JsonObject *schedule = json_object_get_object_member (update, "schedule");
      JsonObject *batch = json_object_get_object_member (update, "batch");
      JsonObject *noise = json_object_get_object_member (update, "noise");
      EspSacSchedule at = { .temperature = json_object_get_double_member (schedule, "temperature"),
                            .allowed_paths = json_object_get_double_member (schedule, "allowed_paths"),
                            .rate = json_object_get_double_member (schedule, "rate") };
      size_t n = sac.batch.n_samples, n_masks = sac.policy.n_masks;

      read_array (batch, "observations", sac.batch.observations, 3 * n);
      read_array (batch, "actions", sac.batch.actions, 2 * n);
      read_array (batch, "rewards", sac.batch.rewards, n);
      read_array (batch, "next_observations", sac.batch.next_observations, 3 * n);
      read_array (batch, "terminated", sac.batch.terminated, n);
      read_array (noise, "next_uniform", sac.noise.next_uniform, sac.policy.n_weights);
      read_array (noise, "next_normal", sac.noise.next_normal, 2 * n);
      read_array (noise, "logistic", sac.noise.logistic, n_masks * sac.policy.n_weights);
      read_array (noise, "normal", sac.noise.normal, 2 * n_masks * n);

      esp_sac_update (&sac, &at);
      g_test_message ("update %u", i + 1);
      compare_state (&sac, json_array_get_object_element (get_array (test, "expected"), i));
    }

  esp_sac_clear (&sac);
}

static void
test_updates (const void *data)
{
  follow_updates (ESP_TEST_DATA "/golden-update.json", GPOINTER_TO_UINT (data));
}

static void
test_neural_updates (const void *data)
{
  follow_updates (ESP_TEST_DATA "/golden-neural.json", GPOINTER_TO_UINT (data));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/golden/joint-clip", GUINT_TO_POINTER (0), test_updates);
  g_test_add_data_func ("/golden/separate-clips", GUINT_TO_POINTER (1), test_updates);
  g_test_add_data_func ("/golden/soft-masks", GUINT_TO_POINTER (2), test_updates);
  g_test_add_data_func ("/golden/neural/sac", GUINT_TO_POINTER (0), test_neural_updates);
  g_test_add_data_func ("/golden/neural/sac-delayed", GUINT_TO_POINTER (1), test_neural_updates);
  g_test_add_data_func ("/golden/neural/td3", GUINT_TO_POINTER (2), test_neural_updates);
  g_test_add_data_func ("/golden/neural/td3-clipped", GUINT_TO_POINTER (3), test_neural_updates);

  return g_test_run ();
}
