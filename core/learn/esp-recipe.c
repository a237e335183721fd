#include "esp-recipe-private.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "esp-error.h"
#include "esp-json.h"
#include "esp-print.h"
#include "esp-resources.h"

typedef enum
{
  FIELD_COUNT,
  FIELD_NUMBER,
  FIELD_SWITCH,
  FIELD_TEXT,
  FIELD_CHOICE,
  FIELD_WIDTHS,
  FIELD_SCALES,
} FieldType;

typedef struct
{
  const char *name;
  FieldType type;
  size_t offset;
  double low, high;          /* the range of the number, or of each number of a list */
  const char *initial;       /* the default, as JSON */
  const char *documentation; /* one sentence */
  const char *const *words;  /* of a choice: what it may be, NULL-terminated */
} Field;

#define FIELD(name, type, low, high, initial, documentation)                                                 \
  { #name, FIELD_##type, offsetof (EspRecipe, name), low, high, initial, documentation }

#define CHOICE(name, words, initial, documentation)                                                          \
  { #name, FIELD_CHOICE, offsetof (EspRecipe, name), 0, 0, initial, documentation, words }

static const char *const policies[] = { [ESP_POLICY_SYMBOLIC] = "symbolic", [ESP_POLICY_NEURAL] = "neural", [ESP_POLICY_EXPRESSION] = "expression", NULL };
static const char *const algorithms[] = { [ESP_ALGORITHM_SAC] = "sac", [ESP_ALGORITHM_TD3] = "td3", NULL };

static const char *const selector_forms[]
  = { [ESP_SELECTOR_PROBABILITY] = "probability", [ESP_SELECTOR_LOGIT] = "logit", NULL };

/* The one list of all hyperparameters. The defaults are ESPL's published ones where there is one. */
static const Field fields[] = {
  FIELD (steps, COUNT, 1, 1e9, "30000", "environment steps of a run"),
  FIELD (warm_up_steps, COUNT, 0, 1e9, "1000", "steps taken before the first update"),
  FIELD (uniform_warm_up, SWITCH, 0, 1, "false",
         "take the first steps with uniformly random actions instead of the initial policy"),
  FIELD (updates_per_step, COUNT, 1, 64, "1", "updates for each environment step"),
  FIELD (update_period, COUNT, 1, 1e6, "1",
         "environment steps after which the updates for them are done, all in a row"),
  FIELD (evaluation_period, COUNT, 1, 1e9, "1000", "steps from one evaluation of the three policies to the next"),
  FIELD (evaluation_episodes, COUNT, 1, 100000, "100",
         "episodes of an evaluation, on seeds that only serve to choose the best snapshot"),
  FIELD (record_period, COUNT, 1, 1e9, "250", "steps from one point of the learning curves to the next"),

  FIELD (replay_capacity, COUNT, 1, 1e8, "1000000", "transitions that the replay keeps"),
  FIELD (batch_size, COUNT, 1, 65536, "256", "transitions in a batch"),
  FIELD (discount, NUMBER, 0, 1, "0.99", "discount of future rewards, γ"),
  FIELD (reward_scale, NUMBER, 1e-9, 1e9, "5", "factor on rewards in the critics' targets"),
  FIELD (reward_offset, NUMBER, -1e9, 1e9, "0", "added to each reward before it is scaled"),
  FIELD (reward_floor, NUMBER, -1e9, 1e9, "-1000000000", "rewards count as this at least; the offset and the scale come after"),

  CHOICE (policy, policies, "\"symbolic\"", "what the policy is made of"),
  FIELD (formula, TEXT, 0, 0, "\"\"",
         "of an expression policy: one expression for each action, separated by ;, whose constants are trained"),
  CHOICE (algorithm, algorithms, "\"sac\"", "how it learns; td3 is for a neural policy only"),
  FIELD (policy_period, COUNT, 1, 1e6, "1",
         "critic updates for each update of the policy; with td3 the targets wait for it too"),

  FIELD (critic_hidden, WIDTHS, 1, 4096, "[256, 256]", "widths of the critics' hidden layers"),
  FIELD (critic_rate, NUMBER, 0, 1, "0.0003", "learning rate of the critics"),
  FIELD (critic_initial, NUMBER, -1e9, 1e9, "0", "first value of the critics' output biases"),
  FIELD (target_rate, NUMBER, 0, 1, "0.005", "share by which the target critics follow after each update"),

  FIELD (arrangement, TEXT, 0, 0, "\"S0\"",
         "operators of each layer: a published arrangement (S0, C0 … C4, the plain U0 and U1) or a list such "
         "as mul*3/div,log"),
  FIELD (dense_connections, SWITCH, 0, 1, "true",
         "let every layer see the observations and all earlier operators, not the layer before alone"),
  FIELD (initial_formula, TEXT, 0, 0, "\"\"",
         "of a symbolic policy: a formula that its networks start as, if the arrangement contains it; empty draws them"),
  FIELD (observation_scales, SCALES, 1e-9, 1e9, "[]",
         "what each observation is divided by before the network; folded back into the formula"),
  FIELD (initial_range, NUMBER, 0, 100, "0.31622776601683794",
         "weights and biases of the symbolic networks start uniformly within ± this"),
  FIELD (initial_denominator, NUMBER, 0, 100, "0",
         "first value of the bias of every denominator; 0 draws it like the others"),
  FIELD (deviation_hidden, WIDTHS, 1, 4096, "[64, 64, 64]",
         "widths of the hidden layers of the network that gives the exploration noise"),
  FIELD (policy_rate, NUMBER, 0, 1, "0.0003", "learning rate of the policy's weights and biases"),
  FIELD (policy_clip, NUMBER, 0, 1e9, "0.5", "largest norm of the policy's gradient; 0 does not clip"),
  FIELD (mask_samples, COUNT, 1, 16, "2", "masks drawn for each policy update"),
  FIELD (mask_period, COUNT, 1, 1e9, "1000", "steps for which one mask acts"),
  FIELD (noise_correlation, NUMBER, 0, 0.9999, "0",
         "how much the noise that explores is like that of the step before, in warm-up too"),
  FIELD (guard_penalty, NUMBER, 0, 1e6, "1", "weight of the penalties for arguments out of a guard's range"),
  FIELD (saturation_limit, NUMBER, 0, 1e6, "3", "size of the network's output from which it is penalised"),
  FIELD (saturation_penalty, NUMBER, 0, 1e6, "0", "weight of that penalty"),
  FIELD (weight_penalty, NUMBER, 0, 1e6, "0", "weight of the mean absolute weight"),
  FIELD (bias_penalty, NUMBER, 0, 1e6, "0", "weight of the mean absolute bias"),
  FIELD (final_rate, NUMBER, 0, 1, "1",
         "factor on all learning rates at the end of the run, approached linearly after the schedule"),
  FIELD (policy_hidden, WIDTHS, 1, 4096, "[]", "widths of the hidden layers of a neural policy; none takes the critics'"),

  FIELD (exploration_noise, NUMBER, 0, 10, "0.1",
         "standard deviation of what td3 adds to actions of −1 … 1 while it explores"),
  FIELD (smoothing_noise, NUMBER, 0, 10, "0.2", "the same for the actions in td3's targets"),
  FIELD (smoothing_limit, NUMBER, 0, 10, "0.5", "size at which that noise is cut off"),

  FIELD (initial_entropy_weight, NUMBER, 1e-9, 1e9, "1", "first value of the entropy weight α"),
  FIELD (minimum_entropy_weight, NUMBER, 0, 1e9, "0", "α does not fall below this"),
  FIELD (entropy_rate, NUMBER, 0, 1, "0.0003", "learning rate of ln α"),
  FIELD (target_entropy, NUMBER, -100, 100, "-1", "entropy per action that α steers to"),

  FIELD (path_selector, SWITCH, 0, 1, "true",
         "learn which paths are selected; false leaves all open for weight_penalty and smallest_weight to prune"),
  CHOICE (selector_form, selector_forms, "\"probability\"",
          "what of a path is learned: its probability, which is clipped to 0 … 1, or the logit of that"),
  FIELD (logit_penalty, NUMBER, 0, 1e6, "0.001", "weight of the sum of what logits exceed ±6 by"),
  FIELD (initial_probability, NUMBER, 0, 1, "1",
         "first value of every selection probability; logits begin at 3 where it is 1, else within ±6"),
  FIELD (selector_rate, NUMBER, 0, 1, "0.0003", "learning rate of the selection probabilities or logits"),
  FIELD (selector_clip, NUMBER, 0, 1e9, "0",
         "largest norm of the probabilities' gradient; 0 clips one joint norm at policy_clip"),
  FIELD (derivative_limit, NUMBER, 0, 1e9, "1000", "largest straight-through derivative of a mask"),
  FIELD (soft_masks, SWITCH, 0, 1, "false",
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
  FIELD (polish_rounds, COUNT, 0, 1000, "0", "rounds of pruning and refitting by measured return; 0 leaves it"),
  FIELD (polish_episodes, COUNT, 1, 100000, "50", "episodes of a measurement while polishing"),
  FIELD (polish_evaluations, COUNT, 1, 1e6, "300", "measurements to refit the constants in a round"),
  FIELD (polish_digits, COUNT, 0, 17, "0",
         "significant digits that polishing rounds constants to where the return allows; 0 keeps all"),
  FIELD (polish_beam, COUNT, 1, 16, "1",
         "ways of pruning that are followed side by side; 1 follows the cheapest alone"),
  FIELD (polish_steps, COUNT, 0, 1e12, "1000000000",
         "environment steps that pruning and refitting may take in all; 0 bounds them by the rounds alone"),
  FIELD (polish_refit_updates, COUNT, 0, 1e9, "500",
         "steps of gradient ascent through the critics that refit each candidate's constants; 0 leaves them"),
  FIELD (polish_search_steps, COUNT, 0, 1e12, "0",
         "environment steps for the last search among formulas around those that learning found; 0 leaves it"),
  FIELD (polish_search_episodes, COUNT, 1, 100000, "100", "episodes of a full measurement in that search"),
  FIELD (polish_screening_episodes, COUNT, 0, 100000, "0",
         "of them those that its edits are screened on first; 0 takes an eighth"),
  FIELD (polish_teaching, NUMBER, 0, 0.5, "0",
         "share of that search in which formulas up to four times too long are improved, for shorter ones to imitate"),
  FIELD (polish_imitations, COUNT, 0, 1e6, "200",
         "generations of the search for formulas that imitate the best one learned, before that search"),
  FIELD (polish_starts, COUNT, 1, 64, "1",
         "imitations whose numbers begin to evolve in that search; the worse ones drop out one by one"),
  FIELD (polish_evolution, NUMBER, 0, 0.5, "0.15",
         "share of that search in which the numbers of the best imitation evolve, and in the end those of the result"),
  FIELD (polish_tolerance, NUMBER, 0, 1, "0.002", "share of the return's size that polishing may give up for brevity"),
};

static void *
field_address (const EspRecipe *recipe, const Field *field)
{
  return (char *) recipe + field->offset;
}

static gboolean
refuse (const Field *field, GError **error)
{
  g_autofree char *low = esp_number_to_text (field->low);
  g_autofree char *high = esp_number_to_text (field->high);

  switch (field->type)
    {
    case FIELD_COUNT:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the recipe's field “%s” must be a whole number from %s to %s",
                   field->name, low, high);
      break;
    case FIELD_NUMBER:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the recipe's field “%s” must be a number from %s to %s",
                   field->name, low, high);
      break;
    case FIELD_SWITCH:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the recipe's field “%s” must be true or false", field->name);
      break;
    case FIELD_TEXT:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the recipe's field “%s” must be a text", field->name);
      break;
    case FIELD_CHOICE:
      {
        g_autofree char *words = g_strjoinv (" or ", (char **) field->words);

        g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the recipe's field “%s” must be %s", field->name, words);
        break;
      }
    case FIELD_WIDTHS:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe's field “%s” must be a list of at most %d whole numbers from %s to %s", field->name,
                   ESP_MAX_HIDDEN_LAYERS, low, high);
      break;
    case FIELD_SCALES:
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe's field “%s” must be a list of at most %d numbers from %s to %s", field->name,
                   ESP_MAX_OBSERVATIONS, low, high);
      break;
    }

  return FALSE;
}

static gboolean
read_number (JsonNode *node, const Field *field, bool whole, double *value)
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

/* Sets @field from @node. */
static gboolean
read_field (EspRecipe *recipe, const Field *field, JsonNode *node, GError **error)
{
  void *address = field_address (recipe, field);
  double value;

  switch (field->type)
    {
    case FIELD_COUNT:
      if (!read_number (node, field, true, &value))
        return refuse (field, error);
      *(uint64_t *) address = (uint64_t) value;
      return TRUE;

    case FIELD_NUMBER:
      if (!read_number (node, field, false, &value))
        return refuse (field, error);
      *(double *) address = value;
      return TRUE;

    case FIELD_SWITCH:
      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
        return refuse (field, error);
      *(bool *) address = json_node_get_boolean (node);
      return TRUE;

    case FIELD_TEXT:
      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
        return refuse (field, error);
      g_free (*(char **) address);
      *(char **) address = json_node_dup_string (node);
      return TRUE;

    case FIELD_CHOICE:
      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
        for (unsigned i = 0; field->words[i] != NULL; i++)
          if (strcmp (json_node_get_string (node), field->words[i]) == 0)
            {
              *(unsigned *) address = i;
              return TRUE;
            }
      return refuse (field, error);

    case FIELD_WIDTHS:
    case FIELD_SCALES:
      {
        bool whole = field->type == FIELD_WIDTHS;
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

static const Field *
find_field (const char *name, GError **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++)
    if (strcmp (name, fields[i].name) == 0)
      return &fields[i];

  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
               "a recipe has no field “%s”; “espalier train --help” lists all fields", name);
  return NULL;
}

static EspRecipe *
recipe_new (void)
{
  EspRecipe *recipe = g_new0 (EspRecipe, 1);

  recipe->references = 1;
  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_autoptr (JsonNode) node
        = esp_json_parse (fields[i].name, fields[i].initial, strlen (fields[i].initial), NULL);

      if (node == NULL || !read_field (recipe, &fields[i], node, NULL))
        g_error ("the default of the recipe field %s is wrong", fields[i].name);
    }

  return recipe;
}

static gboolean load_fields (EspRecipe *recipe, const char *environment, const char *path, bool may_build, GError **error);
static char *find_recipe (const char *environment, const char *name, GError **error);

/* Reads the recipe that this one builds on, so that what it says stands over it. */
static gboolean
read_base (EspRecipe *recipe, const char *environment, JsonNode *node, GError **error)
{
  g_autofree char *path = NULL;

  if (environment == NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "only the file of a recipe may have a “base”");
      return FALSE;
    }
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the recipe's field “base” must be the name of a recipe");
      return FALSE;
    }
  path = find_recipe (environment, json_node_get_string (node), error);

  return path != NULL && load_fields (recipe, environment, path, false, error);
}

/* @environment is NULL where the fields must stand for themselves. */
static gboolean
read_fields (EspRecipe *recipe, const char *environment, JsonNode *root, const char *name, GError **error)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *node;

  if (!JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "the recipe %s is not a JSON object", name);
      return FALSE;
    }

  if (json_object_has_member (json_node_get_object (root), "base")
      && !read_base (recipe, environment, json_object_get_member (json_node_get_object (root), "base"), error))
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }

  json_object_iter_init_ordered (&iter, json_node_get_object (root));
  while (json_object_iter_next_ordered (&iter, &key, &node))
    {
      /* a recipe may say in words what it is for */
      if (strcmp (key, "description") == 0 && JSON_NODE_HOLDS_VALUE (node))
        continue;
      if (strcmp (key, "base") == 0)
        continue;

      const Field *field = find_field (key, error);

      if (field == NULL || !read_field (recipe, field, node, error))
        {
          g_prefix_error (error, "%s: ", name);
          return FALSE;
        }
    }

  return TRUE;
}

/* Returns the folder of the recipes that ship for @environment: its own, or that of the general ones. */
static char *
find_folder (const char *environment)
{
  /* all tasks of a family share its recipes */
  g_autofree char *family = g_strndup (environment, strcspn (environment, ":"));
  g_autofree char *own = g_strconcat ("recipes/", family, NULL);
  char *path = strchr (environment, '/') == NULL ? esp_resource_path (own) : NULL;

  if (path != NULL && g_file_test (path, G_FILE_TEST_IS_DIR))
    return path;
  g_free (path);

  return esp_resource_path ("recipes");
}

/* Returns the path of the recipe @name: a file, or what ships for @environment or, if that has none of the
 * name, for all. */
static char *
find_recipe (const char *environment, const char *name, GError **error)
{
  g_autofree char *folder = NULL;
  g_autofree char *file = NULL;
  g_autofree char *general = NULL;
  g_autofree char *path = NULL;

  if (strchr (name, '/') != NULL || g_str_has_suffix (name, ".json"))
    return g_strdup (name);

  folder = find_folder (environment);
  file = g_strconcat (name, ".json", NULL);
  path = g_build_filename (folder, file, NULL);
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&path);
  general = esp_resource_path ("recipes");
  g_free (path);
  path = g_build_filename (general, file, NULL);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_auto (GStrv) names = esp_recipe_list (environment);
      g_autofree char *known = g_strjoinv (", ", names);

      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "there is no recipe “%s” for %s; there is %s", name,
                   environment, known);
      return NULL;
    }

  return g_steal_pointer (&path);
}

/* Reads the recipe in the file @path; a base must not build on another, so that there is no circle. */
static gboolean
load_fields (EspRecipe *recipe, const char *environment, const char *path, bool may_build, GError **error)
{
  g_autofree char *base = g_filename_display_basename (path);
  g_autoptr (JsonNode) root = esp_json_load (path, error);

  return root != NULL && read_fields (recipe, may_build ? environment : NULL, root, base, error);
}

EspRecipe *
esp_recipe_load (const char *environment, const char *name, GError **error)
{
  g_autoptr (EspRecipe) recipe = recipe_new ();
  g_autofree char *path = find_recipe (environment, name != NULL ? name : "default", error);
  g_autofree char *base = NULL;

  if (path == NULL)
    return NULL;

  /* valid UTF-8 whatever the file is called, since the name goes into JSON */
  base = g_filename_display_basename (path);
  recipe->name = g_str_has_suffix (base, ".json") ? g_strndup (base, strlen (base) - 5) : g_strdup (base);
  if (!load_fields (recipe, environment, path, true, error))
    return NULL;

  return g_steal_pointer (&recipe);
}

EspRecipe *
esp_recipe_new_from_json (const char *name, const char *text, size_t length, GError **error)
{
  g_autoptr (EspRecipe) recipe = recipe_new ();
  g_autoptr (JsonNode) root = esp_json_parse (name, text, length, error);

  recipe->name = g_strdup (name);
  if (root == NULL || !read_fields (recipe, NULL, root, name, error))
    return NULL;

  return g_steal_pointer (&recipe);
}

gboolean
esp_recipe_set (EspRecipe *recipe, const char *assignment, GError **error)
{
  const char *equals = strchr (assignment, '=');
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  const Field *field;

  if (equals == NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "“%s” is not of the form field=value", assignment);
      return FALSE;
    }
  name = g_strndup (assignment, equals - assignment);
  field = find_field (name, error);
  if (field == NULL)
    return FALSE;

  /* a text may stand without quotation marks */
  text = (field->type == FIELD_TEXT || field->type == FIELD_CHOICE) && equals[1] != '"' ? g_strdup_printf ("\"%s\"", equals + 1)
                                                       : g_strdup (equals + 1);
  node = esp_json_parse (field->name, text, strlen (text), NULL);
  if (node == NULL)
    return refuse (field, error);

  return read_field (recipe, field, node, error);
}

EspRecipe *
esp_recipe_ref (EspRecipe *recipe)
{
  atomic_fetch_add_explicit (&recipe->references, 1, memory_order_relaxed);
  return recipe;
}

void
esp_recipe_unref (EspRecipe *recipe)
{
  if (recipe == NULL || atomic_fetch_sub_explicit (&recipe->references, 1, memory_order_acq_rel) > 1)
    return;

  g_free (recipe->name);
  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++)
    if (fields[i].type == FIELD_TEXT)
      g_free (*(char **) field_address (recipe, &fields[i]));
  g_free (recipe);
}

const char *
esp_recipe_get_name (const EspRecipe *recipe)
{
  return recipe->name;
}

EspPolicyKind
esp_recipe_get_policy (const EspRecipe *recipe)
{
  return recipe->policy;
}

const char *
esp_recipe_get_policy_name (const EspRecipe *recipe)
{
  return policies[recipe->policy];
}

const char *
esp_recipe_get_algorithm_name (const EspRecipe *recipe)
{
  return algorithms[recipe->algorithm];
}

uint64_t
esp_recipe_get_steps (const EspRecipe *recipe)
{
  return recipe->steps;
}

static int
compare_names (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Adds the names of the recipes in @path that are not there yet. */
static void
list_folder (GPtrArray *names, const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    if (g_str_has_suffix (name, ".json"))
      {
        g_autofree char *stem = g_strndup (name, strlen (name) - 5);

        if (!g_ptr_array_find_with_equal_func (names, stem, g_str_equal, NULL))
          g_ptr_array_add (names, g_steal_pointer (&stem));
      }
}

char **
esp_recipe_list (const char *environment)
{
  GPtrArray *names = g_ptr_array_new ();
  g_autofree char *own = find_folder (environment);
  g_autofree char *general = esp_resource_path ("recipes");

  list_folder (names, own);
  list_folder (names, general);
  qsort (names->pdata, names->len, sizeof *names->pdata, compare_names);
  g_ptr_array_add (names, NULL);

  return (char **) g_ptr_array_free (names, FALSE);
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

static void
write_field (GString *text, const EspRecipe *recipe, const Field *field)
{
  const void *address = field_address (recipe, field);

  switch (field->type)
    {
    case FIELD_COUNT:
      g_string_append_printf (text, "%" G_GUINT64_FORMAT, *(const uint64_t *) address);
      return;
    case FIELD_NUMBER:
      write_number (text, *(const double *) address);
      return;
    case FIELD_SWITCH:
      g_string_append (text, *(const bool *) address ? "true" : "false");
      return;
    case FIELD_TEXT:
      write_text (text, *(char *const *) address);
      return;
    case FIELD_CHOICE:
      write_text (text, field->words[*(const unsigned *) address]);
      return;
    case FIELD_WIDTHS:
      g_string_append_c (text, '[');
      for (size_t i = 0; i < ((const EspWidths *) address)->n; i++)
        g_string_append_printf (text, i == 0 ? "%zu" : ", %zu", ((const EspWidths *) address)->values[i]);
      g_string_append_c (text, ']');
      return;
    case FIELD_SCALES:
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

char *
esp_recipe_to_json (const EspRecipe *recipe)
{
  GString *text = g_string_new ("{");

  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_string_append_printf (text, "%s\n  \"%s\" : ", i == 0 ? "" : ",", fields[i].name);
      write_field (text, recipe, &fields[i]);
    }
  g_string_append (text, "\n}");

  return g_string_free (text, FALSE);
}

char *
esp_recipe_describe_fields (void)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      const Field *field = &fields[i];
      g_autofree char *low = esp_number_to_text (field->low);
      g_autofree char *high = esp_number_to_text (field->high);

      g_string_append_printf (text, "  %-23s %s", field->name, field->documentation);
      if (field->type == FIELD_CHOICE)
        {
          g_autofree char *words = g_strjoinv (" or ", (char **) field->words);

          g_string_append_printf (text, ": %s (default %s)\n", words, field->initial);
        }
      else if (field->type == FIELD_SWITCH || field->type == FIELD_TEXT)
        g_string_append_printf (text, " (default %s)\n", field->initial);
      else
        g_string_append_printf (text, " (default %s, from %s to %s)\n", field->initial, low, high);
    }

  return g_string_free (text, FALSE);
}
