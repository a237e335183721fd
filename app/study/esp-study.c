#include "esp-study.h"

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-json.h"
#include "esp-options.h"
#include "esp-print.h"
#include "esp-resources.h"

#define DEFAULT_SEEDS  "0..2"
#define DEFAULT_RECIPE "default"

static const char *const measures[] = {
  [ESP_STUDY_RETURNS] = "returns",   [ESP_STUDY_EFFICIENCY] = "efficiency", [ESP_STUDY_LENGTH] = "length",
  [ESP_STUDY_PATTERNS] = "patterns", [ESP_STUDY_INSERTION] = "insertion",
};

char *
esp_study_clean (char *text)
{
  for (char *c = text; *c != '\0'; c++)
    if ((guchar) *c < 0x20 || *c == 0x7f)
      *c = ' ';

  return text;
}

static void
clear_environment (void *data)
{
  g_free (((EspStudyEnvironment *) data)->name);
}

static void
clear_variant (void *data)
{
  EspStudyVariant *variant = data;

  g_free (variant->name);
  g_free (variant->recipe);
  g_strfreev (variant->assignments);
}

static EspStudy *
study_new (const char *name)
{
  EspStudy *study = g_new0 (EspStudy, 1);

  study->name = g_strdup (name);
  study->description = g_strdup ("");
  study->environments = g_array_new (FALSE, TRUE, sizeof (EspStudyEnvironment));
  study->variants = g_array_new (FALSE, TRUE, sizeof (EspStudyVariant));
  study->seeds = g_array_new (FALSE, TRUE, sizeof (uint64_t));
  g_array_set_clear_func (study->environments, clear_environment);
  g_array_set_clear_func (study->variants, clear_variant);

  return study;
}

void
esp_study_free (EspStudy *study)
{
  if (study == NULL)
    return;

  g_array_unref (study->environments);
  g_array_unref (study->variants);
  g_array_unref (study->seeds);
  g_free (study->description);
  g_free (study->name);
  g_free (study);
}

static gboolean
refuse (GError **error, const char *key, const char *expected)
{
  g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "“%s” must be %s", key, expected);
  return FALSE;
}

/* Returns the text in @node, owned by it, or NULL. */
static const char *
get_text (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

static gboolean
get_number (JsonNode *node, double *value)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_INT64
          && json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return FALSE;
  *value = json_node_get_double (node);

  return isfinite (*value);
}

/* Whether @object has no keys but @keys, which end with NULL. */
static gboolean
check_keys (JsonObject *object, const char *const *keys, const char *what, GError **error)
{
  JsonObjectIter iter;
  const char *key;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &key, NULL))
    if (!g_strv_contains (keys, key))
      {
        g_autofree char *known = g_strjoinv (", ", (char **) keys);

        g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "%s has no “%s”; there is %s", what, key, known);
        return FALSE;
      }

  return TRUE;
}

/* Returns the list @key of @object with from 1 to @most elements, or NULL; none is a mistake only where it is
 * there. */
static JsonArray *
get_list (JsonObject *object, const char *key, guint most, gboolean *is_there, GError **error)
{
  JsonNode *node = json_object_get_member (object, key);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  *is_there = node != NULL;
  if (node == NULL)
    return NULL;
  if (array == NULL || json_array_get_length (array) < 1 || json_array_get_length (array) > most)
    {
      g_autofree char *expected = g_strdup_printf ("a list of 1 to %u elements", most);

      refuse (error, key, expected);
      return NULL;
    }

  return array;
}

/* Returns what the study calls @name, a recipe or an environment: a file stands beside the study's. */
static char *
find_beside (const char *name, const char *folder)
{
  gboolean is_file = strchr (name, '/') != NULL || g_str_has_suffix (name, ".json");

  return is_file && folder != NULL && !g_path_is_absolute (name) ? g_build_filename (folder, name, NULL)
                                                                 : g_strdup (name);
}

static gboolean
read_environment (EspStudy *study, JsonNode *node, const char *folder, GError **error)
{
  static const char *const keys[] = { "name", "scale", NULL };
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *name = object != NULL ? get_text (json_object_get_member (object, "name")) : get_text (node);
  EspStudyEnvironment environment = { NULL, 1.0 };
  g_autofree char *path = NULL;

  if (name == NULL || name[0] == '\0')
    return refuse (error, "environments", "a list of names, or of objects with a “name” and a “scale”");
  if (object != NULL)
    {
      if (!check_keys (object, keys, "an environment of a study", error))
        return FALSE;
      if (json_object_has_member (object, "scale")
          && (!get_number (json_object_get_member (object, "scale"), &environment.scale)
              || environment.scale <= 0.0 || environment.scale > ESP_STUDY_MAX_SCALE))
        return refuse (error, "scale", "a number above 0, at most 100: the share of the recipe's steps");
    }
  path = find_beside (name, folder);
  for (guint i = 0; i < study->environments->len; i++)
    if (strcmp (g_array_index (study->environments, EspStudyEnvironment, i).name, path) == 0)
      {
        g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "the environment “%s” is there twice", name);
        return FALSE;
      }
  environment.name = g_steal_pointer (&path);
  g_array_append_val (study->environments, environment);

  return TRUE;
}

static gboolean
read_environments (EspStudy *study, JsonObject *root, const char *folder, GError **error)
{
  gboolean is_there;
  JsonArray *array = get_list (root, "environments", ESP_STUDY_MAX_ENVIRONMENTS, &is_there, error);

  if (!is_there)
    return refuse (error, "environments", "there: the list of environments of the study");
  if (array == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!read_environment (study, json_array_get_element (array, i), folder, error))
      return FALSE;

  return TRUE;
}

static gboolean
read_variant (EspStudy *study, JsonNode *node, const char *folder, GError **error)
{
  static const char *const keys[] = { "name", "recipe", "set", NULL };
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  g_autoptr (GPtrArray) assignments = g_ptr_array_new_with_free_func (g_free);
  const char *name, *recipe = DEFAULT_RECIPE;
  JsonArray *set;
  gboolean is_there;
  EspStudyVariant variant;

  if (object == NULL)
    return refuse (error, "variants", "a list of objects with “name”, “recipe” and “set”");
  if (!check_keys (object, keys, "a variant of a study", error))
    return FALSE;
  name = get_text (json_object_get_member (object, "name"));
  if (name == NULL || name[0] == '\0')
    return refuse (error, "name", "the name of each variant");
  if (json_object_has_member (object, "recipe"))
    recipe = get_text (json_object_get_member (object, "recipe"));
  if (recipe == NULL || recipe[0] == '\0')
    return refuse (error, "recipe", "the name or the file of a recipe");
  set = get_list (object, "set", ESP_STUDY_MAX_ASSIGNMENTS, &is_there, error);
  if (is_there && set == NULL)
    return FALSE;
  for (guint i = 0; set != NULL && i < json_array_get_length (set); i++)
    {
      const char *assignment = get_text (json_array_get_element (set, i));

      if (assignment == NULL)
        return refuse (error, "set", "a list of texts such as \"discount=0.99\"");
      g_ptr_array_add (assignments, g_strdup (assignment));
    }
  g_ptr_array_add (assignments, NULL);

  variant.name = esp_study_clean (g_strdup (name));
  variant.recipe = find_beside (recipe, folder);
  variant.assignments = g_strdupv ((char **) assignments->pdata);
  g_array_append_val (study->variants, variant);

  return TRUE;
}

/* Returns the value in @node as an assignment and as a name have it, or NULL. */
static char *
print_value (JsonNode *node)
{
  double number;

  if (get_text (node) != NULL)
    return g_strdup (get_text (node));
  if (get_number (node, &number))
    return esp_number_to_text (number);
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "true" : "false");
  if (JSON_NODE_HOLDS_ARRAY (node))
    return json_to_string (node, FALSE);

  return NULL;
}

static void
append_assignment (EspStudyVariant *variant, const char *field, const char *value)
{
  guint n = g_strv_length (variant->assignments);

  variant->assignments = g_renew (char *, variant->assignments, n + 2);
  variant->assignments[n] = g_strconcat (field, "=", value, NULL);
  variant->assignments[n + 1] = NULL;
}

/* Puts in place of every variant one for each value of a field. */
static gboolean
multiply (EspStudy *study, JsonNode *node, GError **error)
{
  static const char *const keys[] = { "field", "name", "values", NULL };
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  g_autoptr (GArray) before = study->variants;
  const char *field, *name;
  JsonArray *values;
  gboolean is_there;

  study->variants = g_array_new (FALSE, TRUE, sizeof (EspStudyVariant));
  g_array_set_clear_func (study->variants, clear_variant);
  if (object == NULL)
    return refuse (error, "grid", "a list of objects with “field”, “name” and “values”");
  if (!check_keys (object, keys, "the grid of a study", error))
    return FALSE;
  field = get_text (json_object_get_member (object, "field"));
  if (field == NULL)
    return refuse (error, "field", "a field of recipes");
  name = get_text (json_object_get_member (object, "name"));
  name = name != NULL ? name : field;
  values = get_list (object, "values", ESP_STUDY_MAX_VARIANTS, &is_there, error);
  if (values == NULL)
    return is_there ? FALSE : refuse (error, "values", "the list of values of each field of the grid");
  if ((guint64) before->len * json_array_get_length (values) > ESP_STUDY_MAX_VARIANTS)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the study has more than %d variants",
                   ESP_STUDY_MAX_VARIANTS);
      return FALSE;
    }

  for (guint v = 0; v < before->len; v++)
    for (guint i = 0; i < json_array_get_length (values); i++)
      {
        const EspStudyVariant *base = &g_array_index (before, EspStudyVariant, v);
        g_autofree char *value = print_value (json_array_get_element (values, i));
        EspStudyVariant variant;

        if (value == NULL)
          return refuse (error, "values", "a list of numbers, texts, lists, true or false");
        variant.name = g_strdup_printf ("%s%s%s %s", base->name, base->name[0] != '\0' ? ", " : "", name,
                                        value);
        variant.recipe = g_strdup (base->recipe);
        variant.assignments = g_strdupv (base->assignments);
        esp_study_clean (variant.name);
        append_assignment (&variant, field, value);
        g_array_append_val (study->variants, variant);
      }

  return TRUE;
}

static gboolean
check_names (const EspStudy *study, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < study->variants->len; i++)
    {
      const EspStudyVariant *variant = &g_array_index (study->variants, EspStudyVariant, i);

      if (g_utf8_strlen (variant->name, -1) > ESP_STUDY_MAX_NAME)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the name of a variant has more than %d characters",
                       ESP_STUDY_MAX_NAME);
          return FALSE;
        }
      if (!g_hash_table_add (names, variant->name))
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "the variant “%s” is there twice", variant->name);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
read_variants (EspStudy *study, JsonObject *root, const char *folder, GError **error)
{
  gboolean is_there;
  JsonArray *array = get_list (root, "variants", ESP_STUDY_MAX_VARIANTS, &is_there, error);
  JsonArray *grid;

  if (is_there && array == NULL)
    return FALSE;
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    if (!read_variant (study, json_array_get_element (array, i), folder, error))
      return FALSE;

  grid = get_list (root, "grid", ESP_STUDY_MAX_ASSIGNMENTS, &is_there, error);
  if (is_there && grid == NULL)
    return FALSE;
  if (study->variants->len == 0)
    {
      EspStudyVariant variant = { g_strdup (grid != NULL ? "" : DEFAULT_RECIPE), g_strdup (DEFAULT_RECIPE),
                                  g_new0 (char *, 1) };

      g_array_append_val (study->variants, variant);
    }
  for (guint i = 0; grid != NULL && i < json_array_get_length (grid); i++)
    if (!multiply (study, json_array_get_element (grid, i), error))
      return FALSE;

  return check_names (study, error);
}

static gboolean
read_measure (EspStudy *study, JsonNode *node, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (measures); i++)
    if (g_strcmp0 (get_text (node), measures[i]) == 0)
      {
        study->measure = (EspStudyMeasure) i;
        return TRUE;
      }

  return refuse (error, "measure", "returns, efficiency, length, patterns or insertion");
}

static gboolean
read_study (EspStudy *study, JsonNode *node, const char *folder, GError **error)
{
  static const char *const keys[] = { "description", "measure", "environments", "variants", "grid",
                                      "seeds",       NULL };
  JsonObject *root;
  const char *seeds = DEFAULT_SEEDS;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "a study must be a JSON object");
      return FALSE;
    }
  root = json_node_get_object (node);
  if (!check_keys (root, keys, "a study", error))
    return FALSE;
  if (json_object_has_member (root, "description"))
    {
      const char *description = get_text (json_object_get_member (root, "description"));

      if (description == NULL)
        return refuse (error, "description", "a text");
      g_free (study->description);
      study->description = esp_study_clean (g_strdup (description));
    }
  if (json_object_has_member (root, "measure")
      && !read_measure (study, json_object_get_member (root, "measure"), error))
    return FALSE;
  if (study->measure == ESP_STUDY_INSERTION
      && (json_object_has_member (root, "variants") || json_object_has_member (root, "grid")
          || json_object_has_member (root, "seeds")))
    return refuse (error, "measure", "another for variants, a grid or seeds: insertion has no runs");
  if (json_object_has_member (root, "seeds"))
    seeds = get_text (json_object_get_member (root, "seeds"));
  if (seeds == NULL)
    return refuse (error, "seeds", "a text such as \"0..2\"");

  return read_environments (study, root, folder, error) && read_variants (study, root, folder, error)
         && esp_study_set_seeds (study, seeds, error);
}

static EspStudy *
read_node (const char *file, const char *name, const char *folder, JsonNode *node, GError **error)
{
  g_autoptr (EspStudy) study = study_new (name);

  if (!read_study (study, node, folder, error))
    {
      g_prefix_error (error, "%s: ", file);
      return NULL;
    }

  return g_steal_pointer (&study);
}

EspStudy *
esp_study_new_from_json (const char *name, const char *folder, const char *text, gsize length, GError **error)
{
  g_autoptr (JsonNode) node = esp_json_parse (name, text, length, error);

  return node != NULL ? read_node (name, name, folder, node, error) : NULL;
}

EspStudy *
esp_study_load (const char *name, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *base = NULL;
  g_autofree char *stem = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (strchr (name, '/') != NULL || g_str_has_suffix (name, ".json"))
    path = g_strdup (name);
  else
    {
      g_autofree char *file = g_strconcat ("studies/", name, ".json", NULL);

      path = esp_resource_path (file);
      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        {
          g_auto (GStrv) names = esp_study_list ();
          const char *nearest = esp_nearest_word (name, (const char *const *) names, g_strv_length (names));
          g_autofree char *known = g_strjoinv (", ", names);

          if (nearest != NULL)
            g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "there is no study “%s”; did you mean “%s”?",
                         name, nearest);
          else
            g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                         "there is no study “%s”; there is %s, and files of your own, which end in .json",
                         name, known);
          return NULL;
        }
    }
  node = esp_json_load (path, error);
  if (node == NULL)
    return NULL;
  base = g_filename_display_basename (path);
  stem = g_str_has_suffix (base, ".json") ? g_strndup (base, strlen (base) - 5) : g_strdup (base);
  folder = g_path_get_dirname (path);

  return read_node (base, stem, folder, node, error);
}

gboolean
esp_study_set_seeds (EspStudy *study, const char *text, GError **error)
{
  g_array_set_size (study->seeds, 0);
  if (!esp_options_parse_seeds (text, study->seeds, error))
    return FALSE;
  for (guint i = 0; i < study->seeds->len; i++)
    {
      if (g_array_index (study->seeds, uint64_t, i) > G_MAXINT64)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                       "the seeds of a study must be at most %" G_GINT64_FORMAT, G_MAXINT64);
          return FALSE;
        }
      for (guint k = 0; k < i; k++)
        if (g_array_index (study->seeds, uint64_t, i) == g_array_index (study->seeds, uint64_t, k))
          {
            g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                         "the seed %" G_GUINT64_FORMAT
                         " is there twice, and a run with the same seed is the same run",
                         g_array_index (study->seeds, uint64_t, i));
            return FALSE;
          }
    }

  return TRUE;
}

/* Returns the scale that the study has for @name, 1 where it does not have the environment. */
static double
find_scale (const GArray *environments, const char *name)
{
  for (guint i = 0; i < environments->len; i++)
    if (strcmp (g_array_index (environments, EspStudyEnvironment, i).name, name) == 0)
      return g_array_index (environments, EspStudyEnvironment, i).scale;

  return 1.0;
}

gboolean
esp_study_choose_environments (EspStudy *study, const char *names, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (names, ",", -1);
  g_autoptr (GArray) chosen = g_array_new (FALSE, TRUE, sizeof (EspStudyEnvironment));

  g_array_set_clear_func (chosen, clear_environment);
  if (g_strv_length (parts) > ESP_STUDY_MAX_ENVIRONMENTS)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "--environments names more than %d environments",
                   ESP_STUDY_MAX_ENVIRONMENTS);
      return FALSE;
    }
  for (guint i = 0; parts[i] != NULL; i++)
    {
      EspStudyEnvironment environment = { NULL, find_scale (study->environments, parts[i]) };

      for (guint k = 0; k < i; k++)
        if (strcmp (parts[i], parts[k]) == 0)
          {
            g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "--environments has “%s” twice", parts[i]);
            return FALSE;
          }
      environment.name = g_strdup (parts[i]);
      g_array_append_val (chosen, environment);
    }
  if (chosen->len == 0)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "--environments must name one environment at least");
      return FALSE;
    }
  g_array_unref (study->environments);
  study->environments = g_steal_pointer (&chosen);

  return TRUE;
}

static int
compare_names (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

char **
esp_study_list (void)
{
  GPtrArray *names = g_ptr_array_new ();
  g_autofree char *path = esp_resource_path ("studies");
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    if (g_str_has_suffix (name, ".json"))
      g_ptr_array_add (names, g_strndup (name, strlen (name) - 5));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);

  return (char **) g_ptr_array_free (names, FALSE);
}
