#include "esp-mujoco.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "esp-error.h"
#include "esp-resources.h"

/* The handlers are the process's, but an error belongs to the thread that made it. */
typedef struct
{
  jmp_buf jump;
  gboolean armed;
  char message[512];
} Guard;

static _Thread_local Guard guard;

static void
on_error (const char *message)
{
  if (!guard.armed)
    g_error ("MuJoCo outside of esp_mujoco_call(): %s", message);
  g_strlcpy (guard.message, message, sizeof guard.message);
  longjmp (guard.jump, 1);
}

static void
on_warning (const char *message)
{
  g_debug ("MuJoCo: %s", message);
}

static void
install_handlers (void)
{
  mju_user_error = on_error;
  mju_user_warning = on_warning;
}

gboolean
esp_mujoco_check (GError **error)
{
  if (mj_version () == mjVERSION_HEADER)
    return TRUE;
  g_set_error (error, ESP_ERROR, ESP_ERROR_SYSTEM,
               "the program was built for MuJoCo %d but finds MuJoCo %d; rebuild it", mjVERSION_HEADER,
               mj_version ());

  return FALSE;
}

static void
set_failed (GError **error)
{
  /* MuJoCo cuts a long message wherever it is full */
  g_autofree char *message = g_utf8_make_valid (guard.message, -1);

  g_set_error (error, ESP_ERROR, ESP_ERROR_SYSTEM, "MuJoCo failed: %s", message);
}

gboolean
esp_mujoco_call (void (*function) (void *data), void *data, GError **error)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;

  pthread_once (&once, install_handlers);
  g_assert (!guard.armed);
  if (setjmp (guard.jump) == 0)
    {
      guard.armed = TRUE;
      function (data);
      guard.armed = FALSE;
      return TRUE;
    }
  guard.armed = FALSE;
  set_failed (error);

  return FALSE;
}

/* A copy of an XML text in the making, without what is only for the eye. */
typedef struct
{
  GString *text;
  int n_left_out; /* elements around the present place that are left out */
} Filter;

static bool
is_for_the_eye (const char *element, const char **names, const char **values)
{
  if (strcmp (element, "geom") != 0)
    return false;
  for (size_t i = 0; names[i] != NULL; i++)
    {
      if (strcmp (names[i], "class") == 0
          && (strcmp (values[i], "decoration") == 0 || strcmp (values[i], "shadow") == 0))
        return true;
    }

  return false;
}

static void
on_start (GMarkupParseContext *context,
          const char *element,
          const char **names,
          const char **values,
          void *data,
          GError **error)
{
  Filter *filter = data;

  if (filter->n_left_out > 0 || is_for_the_eye (element, names, values))
    {
      filter->n_left_out++;
      return;
    }
  g_string_append_printf (filter->text, "<%s", element);
  for (size_t i = 0; names[i] != NULL; i++)
    {
      g_autofree char *value = g_markup_escape_text (values[i], -1);

      g_string_append_printf (filter->text, " %s=\"%s\"", names[i], value);
    }
  g_string_append_c (filter->text, '>');
}

static void
on_end (GMarkupParseContext *context, const char *element, void *data, GError **error)
{
  Filter *filter = data;

  if (filter->n_left_out > 0)
    filter->n_left_out--;
  else
    g_string_append_printf (filter->text, "</%s>", element);
}

/* Keeps the line breaks, so that MuJoCo's complaints name the file's lines. */
static void
on_text (GMarkupParseContext *context, const char *text, size_t length, void *data, GError **error)
{
  for (size_t i = 0; i < length; i++)
    {
      if (text[i] == '\n')
        g_string_append_c (((Filter *) data)->text, '\n');
    }
}

static const GMarkupParser filter_parser = {
  .start_element = on_start,
  .end_element = on_end,
  .text = on_text,
  .passthrough = on_text,
};

static GString *
read_physics (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autofree char *whole = NULL;
  gsize length;
  Filter filter = { .text = g_string_new (NULL) };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&filter_parser, 0, &filter, NULL);

  if (g_file_get_contents (path, &whole, &length, &reason)
      && g_markup_parse_context_parse (context, whole, (gssize) length, &reason)
      && g_markup_parse_context_end_parse (context, &reason))
    return filter.text;
  g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot load the model “%s”: %s", path, reason->message);
  g_string_free (filter.text, TRUE);

  return NULL;
}

typedef struct
{
  const char *file;
  const char *path;
  const GString *physics; /* NULL: all that the file has */
  mjVFS *files;
  mjModel *model;
  char message[500];
} Load;

/* Makes the physics the only file of MuJoCo's file system in memory. */
static void
put_physics (Load *load)
{
#ifdef HAVE_MJ_ADDBUFFERVFS
  mj_addBufferVFS (load->files, load->file, load->physics->str, (int) load->physics->len);
#else
  mj_makeEmptyFileVFS (load->files, load->file, (int) load->physics->len);
  memcpy (load->files->filedata[load->files->nfile - 1], load->physics->str, load->physics->len);
#endif
}

static void
load_model (void *data)
{
  Load *load = data;

  if (load->physics == NULL)
    load->model = mj_loadXML (load->path, NULL, load->message, sizeof load->message);
  else
    {
      mj_defaultVFS (load->files);
      put_physics (load);
      load->model = mj_loadXML (load->file, load->files, load->message, sizeof load->message);
      mj_deleteVFS (load->files);
    }
}

/* Compiles what @load names. */
static mjModel *
compile (Load *load, GError **error)
{
  static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
  gboolean called;

  pthread_mutex_lock (&turn);
  called = esp_mujoco_call (load_model, load, error);
  pthread_mutex_unlock (&turn);
  if (called && load->model == NULL)
    {
      /* MuJoCo cuts a long message wherever it is full */
      g_autofree char *message = g_utf8_make_valid (g_strdelimit (load->message, "\n", ' '), -1);

      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot load the model “%s”: %s", load->path, message);
    }

  return load->model;
}

mjModel *
esp_mujoco_load_file (const char *path, GError **error)
{
  return esp_mujoco_check (error) ? compile (&(Load){ .path = path }, error) : NULL;
}

/* Models that are offered under a name; both live as long as the process. */
typedef struct
{
  const char *name;
  const mjModel *model;
} Offer;

static pthread_mutex_t offer_lock = PTHREAD_MUTEX_INITIALIZER;
static GArray *offers;

void
esp_mujoco_offer (const char *name, const mjModel *model)
{
  Offer offer = { name, model };

  pthread_mutex_lock (&offer_lock);
  if (offers == NULL)
    offers = g_array_new (FALSE, FALSE, sizeof (Offer));
  g_array_append_val (offers, offer);
  pthread_mutex_unlock (&offer_lock);
}

static const mjModel *
find_offer (const char *name)
{
  const mjModel *model = NULL;

  pthread_mutex_lock (&offer_lock);
  for (guint i = 0; offers != NULL && i < offers->len; i++)
    {
      if (strcmp (g_array_index (offers, Offer, i).name, name) == 0)
        model = g_array_index (offers, Offer, i).model;
    }
  pthread_mutex_unlock (&offer_lock);

  return model;
}

typedef struct
{
  const mjModel *model;
  mjModel *copy;
} Copy;

static void
copy_model (void *data)
{
  Copy *copy = data;

  copy->copy = mj_copyModel (NULL, copy->model);
}

mjModel *
esp_mujoco_load (const char *file, EspMujocoPart part, GError **error)
{
  g_autofree char *name = g_build_filename ("models", file, NULL);
  g_autofree char *path = esp_resource_path (name);
  g_autofree mjVFS *files = NULL;
  GString *physics = NULL;
  Load load = { .file = file, .path = path };
  Copy copy = { .model = find_offer (file) };

  if (copy.model != NULL)
    return esp_mujoco_call (copy_model, &copy, error) ? copy.copy : NULL;
  if (!esp_mujoco_check (error))
    return NULL;
  if (part == ESP_MUJOCO_PHYSICS)
    {
      physics = read_physics (path, error);
      if (physics == NULL)
        return NULL;
      files = g_new (mjVFS, 1);
      load.physics = physics;
      load.files = files;
    }
  compile (&load, error);
  if (physics != NULL)
    g_string_free (physics, TRUE);

  return load.model;
}
