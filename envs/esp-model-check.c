#include "esp-model-check.h"

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-folder.h"

#define MAX_XML_BYTES   (4u << 20)
#define MAX_ASSET_BYTES (64u << 20)
#define MAX_FILES       500
#define MAX_ELEMENTS    50000
#define MAX_DEPTH       64
#define MAX_TEXELS      (1u << 25)
#define MAX_SAMPLES     (1u << 22)
#define MAX_COPIES      2000

/* What has been seen of a model. */
typedef struct
{
  const char *folder;
  char *base; /* the main file's folder, relative to @folder, or "" */
  GChecksum *digest;
  GPtrArray *sources;  /* XML files, relative to @base; the first is the main one */
  GPtrArray *assets;   /* other files, as the model names them */
  GPtrArray *prefixes; /* folders in which they may be: meshdir and its like */
  size_t bytes;
  size_t n_elements;
  int depth;
  double texels;
  double samples;
  double copies;
} Survey;

/* Numbers by which a few characters ask for much memory or time. */
static const struct
{
  const char *element;
  const char *attribute;
  double most;
} limits[] = {
  { "size", "njmax", 20000 },
  { "size", "nconmax", 5000 },
  { "size", "nstack", 1 << 24 },
  { "size", "nuserdata", 10000 },
  { "size", "nkey", 1000 },
  { "size", "nuser_body", 100 },
  { "size", "nuser_jnt", 100 },
  { "size", "nuser_geom", 100 },
  { "size", "nuser_site", 100 },
  { "size", "nuser_cam", 100 },
  { "size", "nuser_tendon", 100 },
  { "size", "nuser_actuator", 100 },
  { "size", "nuser_sensor", 100 },
  { "option", "iterations", 1000 },
  { "option", "noslip_iterations", 1000 },
  { "option", "mpr_iterations", 1000 },
  { "option", "ccd_iterations", 1000 },
  { "option", "ls_iterations", 1000 },
  { "quality", "shadowsize", 16384 },
  { "quality", "offsamples", 16 },
  { "quality", "numslices", 256 },
  { "quality", "numstacks", 256 },
  { "quality", "numquads", 64 },
  { "global", "offwidth", 16384 },
  { "global", "offheight", 16384 },
  { "texture", "width", 16384 },
  { "texture", "height", 16384 },
  { "hfield", "nrow", 4096 },
  { "hfield", "ncol", 4096 },
  { "numeric", "size", 10000 },
  { "user", "dim", ESP_MODEL_MAX_SENSOR_DATA },
  { "skin", "subgrid", 8 },
};

/* Elements that run code of others, or that MuJoCo 2.2.2 expands without bounds of its own. */
static const char *const refused_elements[] = { "plugin", "extension", "model", "attach" };

static gboolean
refuse_number (const char *element, const char *attribute, const char *value, double most, GError **error)
{
  g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "“%s” of <%s> is %.40s; it must be a number up to %.10g",
               attribute, element, value, most);
  return FALSE;
}

/* Reads numbers separated by space: their largest size and, as far as they are positive, their product. */
static gboolean
read_numbers (const char *text, double *largest, double *product)
{
  *largest = 0;
  *product = 1;
  for (;;)
    {
      char *end;
      double value;

      text += strspn (text, " \t\r\n");
      if (*text == '\0')
        return TRUE;
      value = g_ascii_strtod (text, &end);
      if (end == text || !isfinite (value))
        return FALSE;
      *largest = MAX (*largest, fabs (value));
      *product *= MAX (value, 1);
      text = end;
    }
}

/* Bytes as MuJoCo writes them: a number and K, M, G, T, P or E. */
static gboolean
check_memory (const char *value, GError **error)
{
  char *end;
  double bytes = g_ascii_strtod (value, &end);
  const char *units = "KMGTPE", *unit = *end != '\0' ? strchr (units, g_ascii_toupper (*end)) : NULL;

  if (unit != NULL)
    bytes *= exp2 (10 * (double) (unit - units + 1));
  if (isnan (bytes) || bytes > ESP_MODEL_MAX_BYTES)
    return refuse_number ("size", "memory", value, ESP_MODEL_MAX_BYTES, error);

  return TRUE;
}

static const char *
find_value (const char **names, const char **values, const char *name)
{
  for (size_t i = 0; names[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (names[i], name) == 0)
        return values[i];
    }

  return NULL;
}

static gboolean
check_attribute (const char *element, const char *name, const char *value, GError **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      double largest, product;

      if (g_ascii_strcasecmp (limits[i].element, element) == 0
          && g_ascii_strcasecmp (limits[i].attribute, name) == 0
          && (!read_numbers (value, &largest, &product) || largest > limits[i].most))
        return refuse_number (element, name, value, limits[i].most, error);
    }
  if (g_ascii_strcasecmp (element, "size") == 0 && g_ascii_strcasecmp (name, "memory") == 0)
    return check_memory (value, error);

  return TRUE;
}

/* Adds what @names of @element ask for, all together, to @sum. */
static gboolean
add_area (const char *element,
          const char **names,
          const char **values,
          const char *const *factors,
          double most,
          double *sum,
          GError **error)
{
  double area = 1;

  for (; *factors != NULL; factors++)
    {
      const char *value = find_value (names, values, *factors);
      double largest, product;

      if (value == NULL)
        continue;
      if (!read_numbers (value, &largest, &product))
        return refuse_number (element, *factors, value, most, error);
      area *= product;
    }
  *sum += area;
  if (*sum <= most)
    return TRUE;
  g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
               "the elements <%s> ask for more than %.10g parts together; make them smaller", element, most);

  return FALSE;
}

static gboolean
check_areas (Survey *survey, const char *element, const char **names, const char **values, GError **error)
{
  const struct
  {
    const char *element;
    const char *factors[3];
    double most;
    double *sum;
  } areas[] = {
    { "texture", { "width", "height" }, MAX_TEXELS, &survey->texels },
    { "hfield", { "nrow", "ncol" }, MAX_SAMPLES, &survey->samples },
    { "composite", { "count" }, MAX_COPIES, &survey->copies },
    { "flexcomp", { "count" }, MAX_COPIES, &survey->copies },
    { "replicate", { "count" }, MAX_COPIES, &survey->copies },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (areas); i++)
    {
      if (g_ascii_strcasecmp (areas[i].element, element) == 0
          && !add_area (element, names, values, areas[i].factors, areas[i].most, areas[i].sum, error))
        return FALSE;
    }

  return TRUE;
}

/* MuJoCo computes the length ranges of muscles by a simulation that starts over when it blows up, for ever.
 * It does not where they are given. */
static gboolean
check_muscle (const char *element, const char **names, const char **values, GError **error)
{
  const char *range = find_value (names, values, "lengthrange");
  gboolean is_muscle = g_ascii_strcasecmp (element, "muscle") == 0, good;
  double low = 0, high = 0;

  for (size_t i = 0; names[i] != NULL; i++)
    is_muscle |= g_ascii_strcasecmp (values[i], "muscle") == 0 && g_str_has_suffix (names[i], "type");
  if (range != NULL)
    {
      char *end;

      low = g_ascii_strtod (range, &end);
      high = g_ascii_strtod (end, NULL);
    }
  good = g_ascii_strcasecmp (element, "lengthrange") != 0 && (low < high || (!is_muscle && range == NULL));
  if (!good)
    g_set_error (
      error, ESP_ERROR, ESP_ERROR_FILE,
      "<%s>: the length range of a muscle is not computed here; give “lengthrange” with two rising "
      "numbers",
      element);

  return good;
}

static gboolean
note_file (Survey *survey, const char *element, const char *value, GError **error)
{
  GPtrArray *list = g_ascii_strcasecmp (element, "include") == 0 ? survey->sources : survey->assets;

  if (!esp_folder_check_path (value, error))
    return FALSE;
  if (g_ptr_array_find_with_equal_func (list, value, g_str_equal, NULL))
    return TRUE;
  if (survey->sources->len + survey->assets->len >= MAX_FILES)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "it names more than %d files", MAX_FILES);
      return FALSE;
    }
  g_ptr_array_add (list, g_strdup (value));

  return TRUE;
}

static gboolean
check_element (Survey *survey, const char *element, const char **names, const char **values, GError **error)
{
  if (++survey->n_elements > MAX_ELEMENTS || ++survey->depth > MAX_DEPTH)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "it has more than %d elements, or more than %d inside each other", MAX_ELEMENTS,
                   MAX_DEPTH);
      return FALSE;
    }
  if (survey->n_elements == 1 && strcmp (element, "mujoco") != 0)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "it begins with <%s>, not with <mujoco>", element);
      return FALSE;
    }
  for (size_t i = 0; i < G_N_ELEMENTS (refused_elements); i++)
    {
      if (g_ascii_strcasecmp (refused_elements[i], element) == 0)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "<%s> is not supported here; remove it", element);
          return FALSE;
        }
    }
  for (size_t i = 0; names[i] != NULL; i++)
    {
      if (!check_attribute (element, names[i], values[i], error))
        return FALSE;
      if (g_ascii_strncasecmp (names[i], "file", 4) == 0 && !note_file (survey, element, values[i], error))
        return FALSE;
      if (g_ascii_strcasecmp (names[i], "meshdir") == 0 || g_ascii_strcasecmp (names[i], "texturedir") == 0
          || g_ascii_strcasecmp (names[i], "assetdir") == 0)
        {
          if (!esp_folder_check_path (values[i], error))
            return FALSE;
          g_ptr_array_add (survey->prefixes, g_strdup (values[i]));
        }
    }

  return check_muscle (element, names, values, error) && check_areas (survey, element, names, values, error);
}

static void
on_start (GMarkupParseContext *context,
          const char *element,
          const char **names,
          const char **values,
          void *data,
          GError **error)
{
  int line, character;

  if (check_element (data, element, names, values, error))
    return;
  g_markup_parse_context_get_position (context, &line, &character);
  g_prefix_error (error, "line %d: ", line);
}

static void
on_end (GMarkupParseContext *context, const char *element, void *data, GError **error)
{
  ((Survey *) data)->depth--;
}

/* MuJoCo's reader ends such a construct elsewhere than GLib's, and reads what follows as elements. */
static void
on_passthrough (GMarkupParseContext *context, const char *text, gsize length, void *data, GError **error)
{
  if (length >= 7 && g_str_has_prefix (text, "<!--"))
    return;
  if (g_str_has_prefix (text, "<?xml"))
    return;
  g_set_error_literal (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                       "it has a DOCTYPE, CDATA or processing instruction, which models do without");
}

static gboolean
survey_source (Survey *survey, const char *path, GError **error)
{
  static const GMarkupParser parser = {
    .start_element = on_start,
    .end_element = on_end,
    .passthrough = on_passthrough,
  };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, survey, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) failure = NULL;
  size_t length;

  text = esp_folder_read (path, MAX_XML_BYTES, &length, error);
  if (text == NULL)
    return FALSE;
  survey->bytes += length;
  survey->depth = 0;
  g_checksum_update (survey->digest, (const guchar *) text, (gssize) length);
  if (g_utf8_validate (text, (gssize) length, NULL)
      && g_markup_parse_context_parse (context, text, (gssize) length, &failure)
      && g_markup_parse_context_end_parse (context, &failure))
    return TRUE;

  if (failure != NULL && failure->domain == ESP_ERROR)
    g_propagate_error (error, g_steal_pointer (&failure));
  else
    g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "it is not valid XML: %s",
                 failure != NULL ? failure->message : "its text is not UTF-8");

  return FALSE;
}

/* Looks at one of the places where MuJoCo may look for a file. Returns whether there is one, unless @error is
 * set. */
static gboolean
survey_place (Survey *survey, const char *prefix, const char *name, GError **error)
{
  g_autofree char *relative = g_build_filename (survey->base, prefix, name, NULL);
  g_autofree char *whole = g_build_filename (survey->folder, relative, NULL);
  g_autofree char *path = NULL;
  g_autofree char *bytes = NULL;
  size_t length;

  /* a link to nowhere is no file */
  if (!g_file_test (whole, G_FILE_TEST_EXISTS))
    return FALSE;
  path = esp_folder_find (survey->folder, relative, error);
  if (path == NULL)
    return FALSE;
  bytes = esp_folder_read (path, MAX_ASSET_BYTES, &length, error);
  if (bytes == NULL)
    return FALSE;
  survey->bytes += length;
  if (survey->bytes > MAX_ASSET_BYTES)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "its files have more than %u MiB together",
                   MAX_ASSET_BYTES >> 20);
      return FALSE;
    }
  g_checksum_update (survey->digest, (const guchar *) bytes, (gssize) length);

  return TRUE;
}

/* Which folder a file is in depends on settings that included files may change, so all of them are checked.
 */
static gboolean
survey_asset (Survey *survey, const char *name, GError **error)
{
  g_autofree char *bare = g_path_get_basename (name);
  const char *const names[] = { name, bare };
  GError *failure = NULL;
  gboolean found = FALSE;

  for (guint i = 0; i < survey->prefixes->len; i++)
    {
      for (size_t k = 0; k < (strcmp (bare, name) == 0 ? 1 : G_N_ELEMENTS (names)); k++)
        {
          found |= survey_place (survey, g_ptr_array_index (survey->prefixes, i), names[k], &failure);
          if (failure != NULL)
            {
              g_propagate_error (error, failure);
              return FALSE;
            }
        }
    }
  if (!found)
    g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "there is no file “%s” in its folder", name);

  return found;
}

static gboolean
survey_all (Survey *survey, GError **error)
{
  g_ptr_array_add (survey->prefixes, g_strdup (""));
  /* the list grows while it is read */
  for (guint i = 0; i < survey->sources->len; i++)
    {
      const char *name = g_ptr_array_index (survey->sources, i);
      g_autofree char *relative = g_build_filename (survey->base, name, NULL);
      g_autofree char *path = esp_folder_find (survey->folder, relative, error);

      if (path == NULL)
        return FALSE;
      if (!survey_source (survey, path, error))
        {
          g_prefix_error (error, "the model “%s”: ", name);
          return FALSE;
        }
    }
  for (guint i = 0; i < survey->assets->len; i++)
    {
      if (!survey_asset (survey, g_ptr_array_index (survey->assets, i), error))
        return FALSE;
    }

  return TRUE;
}

gboolean
esp_model_check_file (const char *folder, const char *path, GChecksum *digest, GError **error)
{
  g_autoptr (GPtrArray) sources = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) assets = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) prefixes = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *base = NULL;
  Survey survey = {
    .folder = folder,
    .digest = digest,
    .sources = sources,
    .assets = assets,
    .prefixes = prefixes,
  };

  if (!esp_folder_check_path (path, error))
    return FALSE;
  base = g_path_get_dirname (path);
  survey.base = strcmp (base, ".") == 0 ? (char *) "" : base;
  g_ptr_array_add (sources, g_path_get_basename (path));

  return survey_all (&survey, error);
}

gboolean
esp_model_check_size (const mjModel *model, GError **error)
{
  const struct
  {
    const char *what;
    double value;
    double most;
  } sizes[] = {
    { "velocities", model->nv, ESP_MODEL_MAX_VELOCITIES },
    { "bodies", model->nbody, ESP_MODEL_MAX_BODIES },
    { "geoms", model->ngeom, ESP_MODEL_MAX_GEOMS },
    { "sites", model->nsite, ESP_MODEL_MAX_GEOMS },
    { "tendons", model->ntendon, ESP_MODEL_MAX_BODIES },
    { "equality constraints", model->neq, ESP_MODEL_MAX_BODIES },
    { "numbers from sensors", model->nsensordata, ESP_MODEL_MAX_SENSOR_DATA },
    { "actuators", model->nu, ESP_MODEL_MAX_ACTUATORS },
    { "activations", model->na, ESP_MODEL_MAX_ACTUATORS },
    { "bytes", (double) model->nbuffer, ESP_MODEL_MAX_BYTES },
    /* the constraints' Jacobian and its transpose, 12 bytes an entry */
    { "bytes for constraints", 24.0 * model->njmax * model->nv, ESP_MODEL_MAX_BYTES },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      if (!(sizes[i].value <= sizes[i].most))
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                       "the model has %.10g %s, and at most %.10g are taken", sizes[i].value, sizes[i].what,
                       sizes[i].most);
          return FALSE;
        }
    }
  if (model->nv == 0)
    {
      g_set_error_literal (error, ESP_ERROR, ESP_ERROR_RANGE, "the model has no joints, so nothing can move");
      return FALSE;
    }
  if (!(model->opt.timestep >= 1e-6 && model->opt.timestep <= 1))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the model's timestep is %.10g s; it must be from 0.000001 to 1", model->opt.timestep);
      return FALSE;
    }

  return TRUE;
}
