#include "esp-recipe-field.h"

#include <stdatomic.h>
#include <string.h>

#include "esp-error.h"
#include "esp-json.h"
#include "esp-resources.h"

static EspRecipe *
recipe_new (void)
{
  EspRecipe *recipe = g_new0 (EspRecipe, 1);
  size_t n;
  const EspRecipeField *fields = esp_recipe_field_get_all (&n);

  recipe->references = 1;
  for (size_t i = 0; i < n; i++)
    if (!esp_recipe_field_read_text (&fields[i], recipe, fields[i].initial, NULL))
      g_error ("the default of the recipe field %s is wrong", fields[i].name);

  return recipe;
}

static gboolean
load_fields (EspRecipe *recipe, const char *environment, const char *path, bool may_build, GError **error);
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
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe's field “base” must be the name of a recipe");
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
      && !read_base (recipe, environment, json_object_get_member (json_node_get_object (root), "base"),
                     error))
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

      const EspRecipeField *field = esp_recipe_field_find (key, error);

      if (field == NULL || !esp_recipe_field_read (field, recipe, node, error))
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
  const EspRecipeField *field;

  if (equals == NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "“%s” is not of the form field=value", assignment);
      return FALSE;
    }
  name = g_strndup (assignment, equals - assignment);
  field = esp_recipe_field_find (name, error);

  return field != NULL && esp_recipe_field_read_text (field, recipe, equals + 1, error);
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
  const EspRecipeField *fields;
  size_t n;

  if (recipe == NULL || atomic_fetch_sub_explicit (&recipe->references, 1, memory_order_acq_rel) > 1)
    return;

  g_free (recipe->name);
  fields = esp_recipe_field_get_all (&n);
  for (size_t i = 0; i < n; i++)
    esp_recipe_field_clear (&fields[i], recipe);
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
  return esp_recipe_field_get_word (esp_recipe_field_find ("policy", NULL), recipe);
}

const char *
esp_recipe_get_algorithm_name (const EspRecipe *recipe)
{
  return esp_recipe_field_get_word (esp_recipe_field_find ("algorithm", NULL), recipe);
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

char *
esp_recipe_to_json (const EspRecipe *recipe)
{
  GString *text = g_string_new ("{");
  size_t n;
  const EspRecipeField *fields = esp_recipe_field_get_all (&n);

  for (size_t i = 0; i < n; i++)
    {
      g_string_append_printf (text, "%s\n  \"%s\" : ", i == 0 ? "" : ",", fields[i].name);
      esp_recipe_field_write (&fields[i], recipe, text);
    }
  g_string_append (text, "\n}");

  return g_string_free (text, FALSE);
}

char *
esp_recipe_describe_fields (void)
{
  GString *text = g_string_new (NULL);
  size_t n;
  const EspRecipeField *fields = esp_recipe_field_get_all (&n);

  for (size_t i = 0; i < n; i++)
    esp_recipe_field_describe (&fields[i], text);

  return g_string_free (text, FALSE);
}
