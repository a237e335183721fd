#include "esp-recipe-field.h"

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-json.h"
#include "esp-print.h"

#define FIELD(name, type, low, high, initial, documentation)                              \
  {                                                                                       \
#name, ESP_FIELD_##type, offsetof(EspRecipe, name), low, high, initial, documentation \
  }

#define CHOICE(name, words, initial, documentation)                                         \
  {                                                                                         \
#name, ESP_FIELD_CHOICE, offsetof(EspRecipe, name), 0, 0, initial, documentation, words \
  }

static const char *const policies[] = { [ESP_POLICY_SYMBOLIC] = "symbolic",
                                        [ESP_POLICY_NEURAL] = "neural",
                                        [ESP_POLICY_EXPRESSION] = "expression",
                                        NULL };
static const char *const algorithms[] = { [ESP_ALGORITHM_SAC] = "sac", [ESP_ALGORITHM_TD3] = "td3", NULL };

static const char *const selector_forms[] = {
  [ESP_SELECTOR_PROBABILITY] = "probability", [ESP_SELECTOR_LOGIT] = "logit", NULL
};

/* The one list of all hyperparameters. The defaults are ESPL's published ones where there is one. */
static const EspRecipeField fields[] = {
  FIELD (steps, COUNT, 1, 1e9, "30000", "environment steps of a run"),
  FIELD (warm_up_steps, COUNT, 0, 1e9, "1000", "steps taken before the first update"),
  FIELD (uniform_warm_up,
         SWITCH,
         0,
         1,
         "false",
         "take the first steps with uniformly random actions instead of the initial policy"),
  FIELD (updates_per_step, COUNT, 1, 64, "1", "updates for each environment step"),
  FIELD (update_period,
         COUNT,
         1,
         1e6,
         "1",
         "environment steps after which the updates for them are done, all in a row"),
  FIELD (
    evaluation_period, COUNT, 1, 1e9, "1000", "steps from one evaluation of the three policies to the next"),
  FIELD (evaluation_episodes,
         COUNT,
         1,
         100000,
         "100",
         "episodes of an evaluation, on seeds that only serve to choose the best snapshot"),
  FIELD (record_period, COUNT, 1, 1e9, "250", "steps from one point of the learning curves to the next"),

  FIELD (replay_capacity, COUNT, 1, 1e8, "1000000", "transitions that the replay keeps"),
  FIELD (batch_size, COUNT, 1, 65536, "256", "transitions in a batch"),
  FIELD (discount, NUMBER, 0, 1, "0.99", "discount of future rewards, γ"),
  FIELD (reward_scale, NUMBER, 1e-9, 1e9, "5", "factor on rewards in the critics' targets"),
  FIELD (reward_offset, NUMBER, -1e9, 1e9, "0", "added to each reward before it is scaled"),
  FIELD (reward_floor,
         NUMBER,
         -1e9,
         1e9,
         "-1000000000",
         "rewards count as this at least; the offset and the scale come after"),

  CHOICE (policy, policies, "\"symbolic\"", "what the policy is made of"),
  FIELD (
    formula,
    TEXT,
    0,
    0,
    "\"\"",
    "of an expression policy: one expression for each action, separated by ;, whose constants are trained"),
  CHOICE (algorithm, algorithms, "\"sac\"", "how it learns; td3 is for a neural policy only"),
  FIELD (policy_period,
         COUNT,
         1,
         1e6,
         "1",
         "critic updates for each update of the policy; with td3 the targets wait for it too"),

  FIELD (critic_hidden, WIDTHS, 1, 4096, "[256, 256]", "widths of the critics' hidden layers"),
  FIELD (critic_rate, NUMBER, 0, 1, "0.0003", "learning rate of the critics"),
  FIELD (critic_initial, NUMBER, -1e9, 1e9, "0", "first value of the critics' output biases"),
  FIELD (target_rate, NUMBER, 0, 1, "0.005", "share by which the target critics follow after each update"),

  FIELD (arrangement,
         TEXT,
         0,
         0,
         "\"S0\"",
         "operators of each layer: a published arrangement (S0, C0 … C4, the plain U0 and U1) or a list such "
         "as mul*3/div,log"),
  FIELD (dense_connections,
         SWITCH,
         0,
         1,
         "true",
         "let every layer see the observations and all earlier operators, not the layer before alone"),
  FIELD (initial_formula,
         TEXT,
         0,
         0,
         "\"\"",
         "of a symbolic policy: a formula that its networks start as, if the arrangement contains it; empty "
         "draws them"),
  FIELD (observation_scales,
         SCALES,
         1e-9,
         1e9,
         "[]",
         "what each observation is divided by before the network; folded back into the formula"),
  FIELD (initial_range,
         NUMBER,
         0,
         100,
         "0.31622776601683794",
         "weights and biases of the symbolic networks start uniformly within ± this"),
  FIELD (initial_denominator,
         NUMBER,
         0,
         100,
         "0",
         "first value of the bias of every denominator; 0 draws it like the others"),
  FIELD (deviation_hidden,
         WIDTHS,
         1,
         4096,
         "[64, 64, 64]",
         "widths of the hidden layers of the network that gives the exploration noise"),
  FIELD (policy_rate, NUMBER, 0, 1, "0.0003", "learning rate of the policy's weights and biases"),
  FIELD (policy_clip, NUMBER, 0, 1e9, "0.5", "largest norm of the policy's gradient; 0 does not clip"),
  FIELD (mask_samples, COUNT, 1, 16, "2", "masks drawn for each policy update"),
  FIELD (mask_period, COUNT, 1, 1e9, "1000", "steps for which one mask acts"),
  FIELD (noise_correlation,
         NUMBER,
         0,
         0.9999,
         "0",
         "how much the noise that explores is like that of the step before, in warm-up too"),
  FIELD (guard_penalty, NUMBER, 0, 1e6, "1", "weight of the penalties for arguments out of a guard's range"),
  FIELD (saturation_limit, NUMBER, 0, 1e6, "3", "size of the network's output from which it is penalised"),
  FIELD (saturation_penalty, NUMBER, 0, 1e6, "0", "weight of that penalty"),
  FIELD (weight_penalty, NUMBER, 0, 1e6, "0", "weight of the mean absolute weight"),
  FIELD (bias_penalty, NUMBER, 0, 1e6, "0", "weight of the mean absolute bias"),
  FIELD (final_rate,
         NUMBER,
         0,
         1,
         "1",
         "factor on all learning rates at the end of the run, approached linearly after the schedule"),
  FIELD (policy_hidden,
         WIDTHS,
         1,
         4096,
         "[]",
         "widths of the hidden layers of a neural policy; none takes the critics'"),

  FIELD (exploration_noise,
         NUMBER,
         0,
         10,
         "0.1",
         "standard deviation of what td3 adds to actions of −1 … 1 while it explores"),
  FIELD (smoothing_noise, NUMBER, 0, 10, "0.2", "the same for the actions in td3's targets"),
  FIELD (smoothing_limit, NUMBER, 0, 10, "0.5", "size at which that noise is cut off"),

  FIELD (initial_entropy_weight, NUMBER, 1e-9, 1e9, "1", "first value of the entropy weight α"),
  FIELD (minimum_entropy_weight, NUMBER, 0, 1e9, "0", "α does not fall below this"),
  FIELD (entropy_rate, NUMBER, 0, 1, "0.0003", "learning rate of ln α"),
  FIELD (target_entropy, NUMBER, -100, 100, "-1", "entropy per action that α steers to"),

  FIELD (
    path_selector,
    SWITCH,
    0,
    1,
    "true",
    "learn which paths are selected; false leaves all open for weight_penalty and smallest_weight to prune"),
  CHOICE (selector_form,
          selector_forms,
          "\"probability\"",
          "what of a path is learned: its probability, which is clipped to 0 … 1, or the logit of that"),
  FIELD (logit_penalty, NUMBER, 0, 1e6, "0.001", "weight of the sum of what logits exceed ±6 by"),
  FIELD (initial_probability,
         NUMBER,
         0,
         1,
         "1",
         "first value of every selection probability; logits begin at 3 where it is 1, else within ±6"),
  FIELD (selector_rate, NUMBER, 0, 1, "0.0003", "learning rate of the selection probabilities or logits"),
  FIELD (selector_clip,
         NUMBER,
         0,
         1e9,
         "0",
         "largest norm of the probabilities' gradient; 0 clips one joint norm at policy_clip"),
  FIELD (derivative_limit, NUMBER, 0, 1e9, "1000", "largest straight-through derivative of a mask"),
  FIELD (soft_masks,
         SWITCH,
         0,
         1,
         "false",
         "use the soft masks forwards too, as contextual policies do, instead of straight through"),
  FIELD (schedule_start, NUMBER, 0, 1, "0", "share of the run after which the allowance begins to fall"),
  FIELD (schedule_end, NUMBER, 1e-6, 1, "0.3", "share of the run after which temperature and allowance stay"),
  FIELD (final_temperature, NUMBER, 0.01, 1, "0.2", "temperature of the masks at the end of the schedule"),
  FIELD (final_allowance, NUMBER, 0, 1, "0.001", "share of paths that is allowed at the end of the schedule"),
  FIELD (sparsity_weight, NUMBER, 0, 1e6, "0.1", "weight of the paths above the allowance, λ"),

  FIELD (path_threshold, NUMBER, 0, 1, "0.5", "a path is kept where its probability is greater"),
  FIELD (smallest_weight, NUMBER, 0, 1e6, "0.001", "a path is dropped where its weight is not greater"),
  FIELD (length_limit, COUNT, 1, 1e6, "60", "reading length that the formula of an action should not exceed"),
  FIELD (candidates, COUNT, 1, 64, "4", "best snapshots that are kept for the final choice"),
  FIELD (
    polish_rounds, COUNT, 0, 1000, "0", "rounds of pruning and refitting by measured return; 0 leaves it"),
  FIELD (polish_episodes, COUNT, 1, 100000, "50", "episodes of a measurement while polishing"),
  FIELD (polish_evaluations, COUNT, 1, 1e6, "300", "measurements to refit the constants in a round"),
  FIELD (polish_digits,
         COUNT,
         0,
         17,
         "0",
         "significant digits that polishing rounds constants to where the return allows; 0 keeps all"),
  FIELD (polish_beam,
         COUNT,
         1,
         16,
         "1",
         "ways of pruning that are followed side by side; 1 follows the cheapest alone"),
  FIELD (polish_steps,
         COUNT,
         0,
         1e12,
         "1000000000",
         "environment steps that pruning and refitting may take in all; 0 bounds them by the rounds alone"),
  FIELD (polish_refit_updates,
         COUNT,
         0,
         1e9,
         "500",
         "steps of gradient ascent through the critics that refit each candidate's constants; 0 leaves them"),
  FIELD (
    polish_search_steps,
    COUNT,
    0,
    1e12,
    "0",
    "environment steps for the last search among formulas around those that learning found; 0 leaves it"),
  FIELD (polish_search_episodes, COUNT, 1, 100000, "100", "episodes of a full measurement in that search"),
  FIELD (polish_screening_episodes,
         COUNT,
         0,
         100000,
         "0",
         "of them those that its edits are screened on first; 0 takes an eighth"),
  FIELD (polish_teaching,
         NUMBER,
         0,
         0.5,
         "0",
         "share of that search in which formulas up to four times too long are improved, for shorter ones to "
         "imitate"),
  FIELD (polish_imitations,
         COUNT,
         0,
         1e6,
         "200",
         "generations of the search for formulas that imitate the best one learned, before that search"),
  FIELD (polish_starts,
         COUNT,
         1,
         64,
         "1",
         "imitations whose numbers begin to evolve in that search; the worse half drops out after each lap"),
  FIELD (polish_evolution,
         NUMBER,
         0,
         0.5,
         "0.15",
         "share of that search in which the numbers of the best imitations evolve, and in the end those of "
         "the result"),
  FIELD (polish_tolerance,
         NUMBER,
         0,
         1,
         "0.002",
         "share of the return's size that polishing may give up for brevity"),
};

static void *
field_address (const EspRecipe *recipe, const EspRecipeField *field)
{
  return (char *) recipe + field->offset;
}

static gboolean
refuse (const EspRecipeField *field, GError **error)
{
  g_autofree char *low = esp_number_to_text (field->low);
  g_autofree char *high = esp_number_to_text (field->high);

  switch (field->type)
    {
    case ESP_FIELD_COUNT:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe's field “%s” must be a whole number from %s to %s", field->name, low, high);
      break;
    case ESP_FIELD_NUMBER:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe's field “%s” must be a number from %s to %s", field->name, low, high);
      break;
    case ESP_FIELD_SWITCH:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the recipe's field “%s” must be true or false",
                   field->name);
      break;
    case ESP_FIELD_TEXT:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the recipe's field “%s” must be a text", field->name);
      break;
    case ESP_FIELD_CHOICE:
      {
        g_autofree char *words = g_strjoinv (" or ", (char **) field->words);

        g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the recipe's field “%s” must be %s", field->name,
                     words);
        break;
      }
    case ESP_FIELD_WIDTHS:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe's field “%s” must be a list of at most %d whole numbers from %s to %s",
                   field->name, ESP_MAX_HIDDEN_LAYERS, low, high);
      break;
    case ESP_FIELD_SCALES:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe's field “%s” must be a list of at most %d numbers from %s to %s", field->name,
                   ESP_MAX_OBSERVATIONS, low, high);
      break;
    }

  return FALSE;
}

static gboolean
read_number (JsonNode *node, const EspRecipeField *field, bool whole, double *value)
{
  GType type;

  if (!JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  type = json_node_get_value_type (node);
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return FALSE;
  *value = json_node_get_double (node);

  return *value >= field->low && *value <= field->high && (!whole || *value == floor (*value));
}

const EspRecipeField *
esp_recipe_field_get_all (size_t *n)
{
  *n = G_N_ELEMENTS (fields);
  return fields;
}

const EspRecipeField *
esp_recipe_field_find (const char *name, GError **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++)
    if (strcmp (name, fields[i].name) == 0)
      return &fields[i];

  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
               "a recipe has no field “%s”; “espalier train --help” lists all fields", name);
  return NULL;
}

gboolean
esp_recipe_field_read (const EspRecipeField *field, EspRecipe *recipe, JsonNode *node, GError **error)
{
  void *address = field_address (recipe, field);
  double value;

  switch (field->type)
    {
    case ESP_FIELD_COUNT:
      if (!read_number (node, field, true, &value))
        return refuse (field, error);
      *(uint64_t *) address = (uint64_t) value;
      return TRUE;

    case ESP_FIELD_NUMBER:
      if (!read_number (node, field, false, &value))
        return refuse (field, error);
      *(double *) address = value;
      return TRUE;

    case ESP_FIELD_SWITCH:
      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
        return refuse (field, error);
      *(bool *) address = json_node_get_boolean (node);
      return TRUE;

    case ESP_FIELD_TEXT:
      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
        return refuse (field, error);
      g_free (*(char **) address);
      *(char **) address = json_node_dup_string (node);
      return TRUE;

    case ESP_FIELD_CHOICE:
      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
        for (unsigned i = 0; field->words[i] != NULL; i++)
          if (strcmp (json_node_get_string (node), field->words[i]) == 0)
            {
              *(unsigned *) address = i;
              return TRUE;
            }
      return refuse (field, error);

    case ESP_FIELD_WIDTHS:
    case ESP_FIELD_SCALES:
      {
        bool whole = field->type == ESP_FIELD_WIDTHS;
        size_t most = whole ? ESP_MAX_HIDDEN_LAYERS : ESP_MAX_OBSERVATIONS;
        EspWidths widths = { 0 };
        EspScales scales = { 0 };
        JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

        if (array == NULL || json_array_get_length (array) > most)
          return refuse (field, error);
        for (guint i = 0; i < json_array_get_length (array); i++)
          {
            if (!read_number (json_array_get_element (array, i), field, whole, &value))
              return refuse (field, error);
            if (whole)
              widths.values[widths.n++] = (size_t) value;
            else
              scales.values[scales.n++] = value;
          }
        if (whole)
          *(EspWidths *) address = widths;
        else
          *(EspScales *) address = scales;
        return TRUE;
      }
    }

  g_assert_not_reached ();
}

gboolean
esp_recipe_field_read_text (const EspRecipeField *field, EspRecipe *recipe, const char *text, GError **error)
{
  bool is_text = field->type == ESP_FIELD_TEXT || field->type == ESP_FIELD_CHOICE;
  g_autofree char *quoted = is_text && text[0] != '"' ? g_strdup_printf ("\"%s\"", text) : g_strdup (text);
  g_autoptr (JsonNode) node = esp_json_parse (field->name, quoted, strlen (quoted), NULL);

  return node != NULL ? esp_recipe_field_read (field, recipe, node, error) : refuse (field, error);
}

const char *
esp_recipe_field_get_word (const EspRecipeField *field, const EspRecipe *recipe)
{
  return field->words[*(const unsigned *) field_address (recipe, field)];
}

/* json-glib itself would write 1e-8 as 1e-08.0, which no reader takes. */
static void
write_number (GString *text, double value)
{
  g_autofree char *digits = esp_number_to_text (value);

  g_string_append (text, digits);
  if (strpbrk (digits, ".e") == NULL)
    g_string_append (text, ".0");
}

static void
write_text (GString *text, const char *value)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), value);
  g_autofree char *quoted = json_to_string (node, FALSE);

  g_string_append (text, quoted);
}

void
esp_recipe_field_write (const EspRecipeField *field, const EspRecipe *recipe, GString *text)
{
  const void *address = field_address (recipe, field);

  switch (field->type)
    {
    case ESP_FIELD_COUNT:
      g_string_append_printf (text, "%" G_GUINT64_FORMAT, *(const uint64_t *) address);
      return;
    case ESP_FIELD_NUMBER:
      write_number (text, *(const double *) address);
      return;
    case ESP_FIELD_SWITCH:
      g_string_append (text, *(const bool *) address ? "true" : "false");
      return;
    case ESP_FIELD_TEXT:
      write_text (text, *(char *const *) address);
      return;
    case ESP_FIELD_CHOICE:
      write_text (text, esp_recipe_field_get_word (field, recipe));
      return;
    case ESP_FIELD_WIDTHS:
      g_string_append_c (text, '[');
      for (size_t i = 0; i < ((const EspWidths *) address)->n; i++)
        g_string_append_printf (text, i == 0 ? "%zu" : ", %zu", ((const EspWidths *) address)->values[i]);
      g_string_append_c (text, ']');
      return;
    case ESP_FIELD_SCALES:
      g_string_append_c (text, '[');
      for (size_t i = 0; i < ((const EspScales *) address)->n; i++)
        {
          g_string_append (text, i == 0 ? "" : ", ");
          write_number (text, ((const EspScales *) address)->values[i]);
        }
      g_string_append_c (text, ']');
      return;
    }

  g_assert_not_reached ();
}

void
esp_recipe_field_clear (const EspRecipeField *field, EspRecipe *recipe)
{
  if (field->type == ESP_FIELD_TEXT)
    g_free (*(char **) field_address (recipe, field));
}

void
esp_recipe_field_describe (const EspRecipeField *field, GString *text)
{
  g_autofree char *low = esp_number_to_text (field->low);
  g_autofree char *high = esp_number_to_text (field->high);

  g_string_append_printf (text, "  %-23s %s", field->name, field->documentation);
  if (field->type == ESP_FIELD_CHOICE)
    {
      g_autofree char *words = g_strjoinv (" or ", (char **) field->words);

      g_string_append_printf (text, ": %s (default %s)\n", words, field->initial);
    }
  else if (field->type == ESP_FIELD_SWITCH || field->type == ESP_FIELD_TEXT)
    g_string_append_printf (text, " (default %s)\n", field->initial);
  else
    g_string_append_printf (text, " (default %s, from %s to %s)\n", field->initial, low, high);
}
