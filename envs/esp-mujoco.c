#include "esp-mujoco.h"

#include <pthread.h>
#include <setjmp.h>

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
  g_set_error (error, ESP_ERROR, ESP_ERROR_SYSTEM, "MuJoCo failed: %s", guard.message);

  return FALSE;
}

typedef struct
{
  const char *path;
  mjModel *model;
  char message[500];
} Load;

static void
load_model (void *data)
{
  Load *load = data;

  load->model = mj_loadXML (load->path, NULL, load->message, sizeof load->message);
}

mjModel *
esp_mujoco_load (const char *file, GError **error)
{
  static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
  g_autofree char *name = g_build_filename ("models", file, NULL);
  g_autofree char *path = esp_resource_path (name);
  Load load = { .path = path };
  gboolean called;

  if (!esp_mujoco_check (error))
    return NULL;
  pthread_mutex_lock (&turn);
  called = esp_mujoco_call (load_model, &load, error);
  pthread_mutex_unlock (&turn);
  if (called && load.model == NULL)
    g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot load the model “%s”: %s", path,
                 g_strdelimit (load.message, "\n", ' '));

  return load.model;
}
