#include "esp-viewer.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "esp-clock.h"
#include "esp-context.h"
#include "esp-error.h"
#include "esp-frame-private.h"
#include "esp-pace.h"
#include "esp-player.h"
#include "esp-scene.h"

#define MAX_SPEED 16

/* Of real time that has passed, the player is told no more than this: after a stall it does not race. */
#define MAX_ELAPSED 0.25

/* The thread gives way to the learner when both want the same core. */
#define NICENESS 5

const double esp_viewer_speeds[ESP_VIEWER_N_SPEEDS] = { 0.125, 0.25, 0.5, 1, 2, 4, 8, 16 };

typedef struct
{
  EspPolicyFunction function;
  void *data;
  GDestroyNotify destroy;
} Policy;

/* What the other threads want; copied by the render thread under the lock. */
typedef struct
{
  bool quit;
  bool active;
  int width;
  int height;
  double speed;
  bool restart;
  uint64_t seed;
  EspCameraMove move;
  bool has_policy; /* a policy that has not been taken over yet */
  Policy policy;
  EspPlayer *player; /* a new environment and its scene that have not been taken over yet, or NULL */
  EspScene *scene;
} Wishes;

struct _EspViewer
{
  EspFrameFunction frame_function;
  EspViewerFailedFunction failed_function;
  void *data;
  GLFWwindow *window;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed; /* a wish was made */
  Wishes wishes;

  /* the render thread's own */
  EspPlayer *player;
  EspScene *scene;
  Policy policy;
  EspPace pace;
  bool is_attached;
};

static void
drop_policy (Policy *policy)
{
  if (policy->destroy != NULL)
    policy->destroy (policy->data);
  *policy = (Policy){ 0 };
}

/* Waits for a wish, or until @deadline if that is finite. The lock is held. */
static void
wait_for_wish (EspViewer *viewer, double deadline)
{
  struct timespec until;

  if (isinf (deadline))
    {
      pthread_cond_wait (&viewer->changed, &viewer->lock);
      return;
    }
  until.tv_sec = (time_t) deadline;
  until.tv_nsec = (long) ((deadline - floor (deadline)) * 1e9);
  pthread_cond_timedwait (&viewer->changed, &viewer->lock, &until);
}

static bool
has_urgent_wish (const Wishes *wishes)
{
  return wishes->quit || wishes->player != NULL || wishes->has_policy || wishes->restart;
}

static bool
has_move (const EspCameraMove *move)
{
  return move->reset || move->zoom != 0 || move->orbit[0] != 0 || move->orbit[1] != 0 || move->pan[0] != 0
         || move->pan[1] != 0;
}

/* Takes over the wishes into @taken, which leaves only the lasting ones. The lock is held. */
static void
take_wishes (EspViewer *viewer, Wishes *taken)
{
  Wishes *wishes = &viewer->wishes;

  *taken = *wishes;
  wishes->restart = false;
  wishes->move = (EspCameraMove){ 0 };
  wishes->has_policy = false;
  wishes->policy = (Policy){ 0 };
  wishes->player = NULL;
  wishes->scene = NULL;
}

static void
detach_scene (EspViewer *viewer)
{
  if (viewer->is_attached)
    esp_scene_detach (viewer->scene);
  viewer->is_attached = false;
}

/* Brings the thread's own things into line with @taken, and sets *@changed if that changes the picture. */
static gboolean
grant_wishes (EspViewer *viewer, const Wishes *taken, bool *changed, GError **error)
{
  if (taken->player != NULL)
    {
      detach_scene (viewer);
      esp_scene_free (viewer->scene);
      esp_player_free (viewer->player);
      drop_policy (&viewer->policy);
      viewer->scene = taken->scene;
      viewer->player = taken->player;
      *changed = true;
    }
  if (taken->has_policy)
    {
      drop_policy (&viewer->policy);
      viewer->policy = taken->policy;
      esp_player_set_policy (viewer->player, viewer->policy.function, viewer->policy.data);
    }
  if (!viewer->is_attached)
    {
      if (!esp_scene_attach (viewer->scene, viewer->pace.is_fast, error))
        return FALSE;
      viewer->is_attached = true;
    }
  if (taken->restart)
    {
      esp_player_restart (viewer->player, taken->seed);
      *changed = true;
    }
  if (has_move (&taken->move))
    {
      if (!esp_scene_move_camera (viewer->scene, &taken->move, error))
        return FALSE;
      *changed = true;
    }

  return TRUE;
}

static gboolean
draw_frame (EspViewer *viewer, int width, int height, GError **error)
{
  size_t n_pose = esp_player_get_info (viewer->player)->n_pose;
  g_autofree double *pose = g_new (double, n_pose);
  g_autoptr (EspFrame) frame = NULL;
  uint8_t *pixels;

  esp_player_get_pose (viewer->player, pose);
  frame = esp_frame_new (width, height, &pixels);
  esp_player_describe (viewer->player, frame);
  if (!esp_scene_pose (viewer->scene, pose, error)
      || !esp_scene_draw (viewer->scene, width, height, pixels, error))
    return FALSE;
  viewer->frame_function (frame, viewer->data);

  return TRUE;
}

/* The life of the render thread once the context is current. Returns FALSE if drawing failed. */
static gboolean
run (EspViewer *viewer, GError **error)
{
  int width = 0, height = 0;
  bool changed = true, was_moving = false;
  double last = esp_clock_now ();
  double due = last;

  for (;;)
    {
      Wishes taken;
      double now, elapsed;
      bool shown, moving;

      pthread_mutex_lock (&viewer->lock);
      for (;;)
        {
          const Wishes *wishes = &viewer->wishes;
          double deadline = due;

          shown = wishes->active && wishes->width > 0 && wishes->height > 0;
          moving = shown && wishes->speed > 0;
          was_moving &= moving;
          changed |= wishes->width != width || wishes->height != height || has_move (&wishes->move);
          if (has_urgent_wish (wishes))
            break;
          if (!moving && !(shown && changed))
            deadline = INFINITY;
          else if (esp_clock_now () >= due)
            break;
          wait_for_wish (viewer, deadline);
        }
      /* what is still wished for then stays where esp_viewer_free() frees it */
      if (viewer->wishes.quit)
        {
          pthread_mutex_unlock (&viewer->lock);
          return TRUE;
        }
      take_wishes (viewer, &taken);
      pthread_mutex_unlock (&viewer->lock);

      width = taken.width;
      height = taken.height;
      if (!grant_wishes (viewer, &taken, &changed, error))
        return FALSE;

      now = esp_clock_now ();
      elapsed = was_moving ? MIN (now - last, MAX_ELAPSED) : 0;
      last = now;
      was_moving = moving;
      if (moving)
        changed |= esp_player_advance (viewer->player, elapsed, taken.speed);
      if (!shown || now < due)
        continue;
      if (changed)
        {
          esp_pace_begin (&viewer->pace);
          if (!draw_frame (viewer, width, height, error))
            return FALSE;
          esp_pace_end (&viewer->pace);
          changed = !esp_scene_is_refined (viewer->scene);
        }
      /* keep the rhythm, but do not make up for frames that were missed */
      due = MAX (due + viewer->pace.interval, now);
    }
}

static void *
run_thread (void *data)
{
  EspViewer *viewer = data;
  GError *error = NULL;
  bool is_fast;

  /* on Linux a nice value belongs to a thread; those that the OpenGL driver starts from here inherit it */
  setpriority (PRIO_PROCESS, (id_t) gettid (), NICENESS);
  if (esp_context_enter (viewer->window, &is_fast, &error))
    {
      esp_pace_init (&viewer->pace, is_fast);
      run (viewer, &error);
      detach_scene (viewer);
      esp_context_leave ();
    }
  if (error != NULL && viewer->failed_function != NULL)
    viewer->failed_function (error, viewer->data);
  g_clear_error (&error);

  return NULL;
}

/* Starts the thread with all signals blocked: they are for the main thread. */
static gboolean
start_thread (EspViewer *viewer, GError **error)
{
  sigset_t all, before;
  int status;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  status = pthread_create (&viewer->thread, NULL, run_thread, viewer);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  if (status == 0)
    return TRUE;
  g_set_error (error, ESP_ERROR, ESP_ERROR_SYSTEM, "cannot start a thread for the 3-D view: %s",
               g_strerror (status));

  return FALSE;
}

static void
init_synchronisation (EspViewer *viewer)
{
  pthread_condattr_t attributes;

  pthread_mutex_init (&viewer->lock, NULL);
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&viewer->changed, &attributes);
  pthread_condattr_destroy (&attributes);
}

static gboolean
load_environment (const char *name, EspPlayer **player, EspScene **scene, GError **error)
{
  const EspEnvironmentInfo *info;

  *player = esp_player_new (name, error);
  if (*player == NULL)
    return FALSE;
  info = esp_player_get_info (*player);
  *scene = esp_scene_load (info->scene, info->n_pose, error);
  if (*scene == NULL)
    g_clear_pointer (player, esp_player_free);

  return *scene != NULL;
}

/* Frees everything but the thread, which does not run (any more). */
static void
free_parts (EspViewer *viewer)
{
  drop_policy (&viewer->policy);
  drop_policy (&viewer->wishes.policy);
  esp_scene_free (viewer->scene);
  esp_scene_free (viewer->wishes.scene);
  esp_player_free (viewer->player);
  esp_player_free (viewer->wishes.player);
  esp_context_close_window (viewer->window);
  pthread_cond_destroy (&viewer->changed);
  pthread_mutex_destroy (&viewer->lock);
  g_free (viewer);
}

EspViewer *
esp_viewer_new (const char *name,
                EspFrameFunction frame_function,
                EspViewerFailedFunction failed_function,
                void *data,
                GError **error)
{
  EspViewer *viewer = g_new0 (EspViewer, 1);

  viewer->frame_function = frame_function;
  viewer->failed_function = failed_function;
  viewer->data = data;
  viewer->wishes.active = true;
  viewer->wishes.speed = 1;
  init_synchronisation (viewer);
  if (!load_environment (name, &viewer->player, &viewer->scene, error)
      || (viewer->window = esp_context_open_window (error)) == NULL || !start_thread (viewer, error))
    {
      free_parts (viewer);
      return NULL;
    }

  return viewer;
}

void
esp_viewer_free (EspViewer *viewer)
{
  if (viewer == NULL)
    return;
  pthread_mutex_lock (&viewer->lock);
  viewer->wishes.quit = true;
  pthread_cond_signal (&viewer->changed);
  pthread_mutex_unlock (&viewer->lock);
  pthread_join (viewer->thread, NULL);
  free_parts (viewer);
}

/* Every wish is made between these two. */
static Wishes *
begin_wish (EspViewer *viewer)
{
  pthread_mutex_lock (&viewer->lock);

  return &viewer->wishes;
}

static void
end_wish (EspViewer *viewer)
{
  pthread_cond_signal (&viewer->changed);
  pthread_mutex_unlock (&viewer->lock);
}

gboolean
esp_viewer_set_environment (EspViewer *viewer, const char *name, GError **error)
{
  EspPlayer *player, *dropped_player;
  EspScene *scene, *dropped_scene;
  Policy dropped_policy;
  Wishes *wishes;

  if (!load_environment (name, &player, &scene, error))
    return FALSE;

  wishes = begin_wish (viewer);
  dropped_player = wishes->player;
  dropped_scene = wishes->scene;
  dropped_policy = wishes->policy;
  wishes->player = player;
  wishes->scene = scene;
  wishes->policy = (Policy){ 0 };
  wishes->has_policy = false;
  wishes->restart = false;
  wishes->move = (EspCameraMove){ 0 };
  end_wish (viewer);

  drop_policy (&dropped_policy);
  esp_scene_free (dropped_scene);
  esp_player_free (dropped_player);

  return TRUE;
}

void
esp_viewer_set_policy (EspViewer *viewer, EspPolicyFunction function, void *data, GDestroyNotify destroy)
{
  Wishes *wishes = begin_wish (viewer);
  Policy dropped = wishes->policy;

  wishes->policy = (Policy){ function, data, destroy };
  wishes->has_policy = true;
  end_wish (viewer);
  drop_policy (&dropped);
}

void
esp_viewer_set_size (EspViewer *viewer, int width, int height)
{
  Wishes *wishes = begin_wish (viewer);

  wishes->width = CLAMP (width, 0, ESP_FRAME_MAX_SIZE);
  wishes->height = CLAMP (height, 0, ESP_FRAME_MAX_SIZE);
  end_wish (viewer);
}

void
esp_viewer_set_speed (EspViewer *viewer, double speed)
{
  Wishes *wishes = begin_wish (viewer);

  /* fmax() prefers the number to a NaN */
  wishes->speed = fmin (fmax (speed, 0), MAX_SPEED);
  end_wish (viewer);
}

void
esp_viewer_restart (EspViewer *viewer, uint64_t seed)
{
  Wishes *wishes = begin_wish (viewer);

  wishes->restart = true;
  wishes->seed = seed;
  end_wish (viewer);
}

void
esp_viewer_orbit (EspViewer *viewer, double dx, double dy)
{
  Wishes *wishes = begin_wish (viewer);

  wishes->move.orbit[0] += dx;
  wishes->move.orbit[1] += dy;
  end_wish (viewer);
}

void
esp_viewer_pan (EspViewer *viewer, double dx, double dy)
{
  Wishes *wishes = begin_wish (viewer);

  wishes->move.pan[0] += dx;
  wishes->move.pan[1] += dy;
  end_wish (viewer);
}

void
esp_viewer_zoom (EspViewer *viewer, double amount)
{
  Wishes *wishes = begin_wish (viewer);

  wishes->move.zoom += amount;
  end_wish (viewer);
}

void
esp_viewer_reset_camera (EspViewer *viewer)
{
  Wishes *wishes = begin_wish (viewer);

  wishes->move = (EspCameraMove){ .reset = TRUE };
  end_wish (viewer);
}

void
esp_viewer_set_active (EspViewer *viewer, gboolean active)
{
  Wishes *wishes = begin_wish (viewer);

  wishes->active = active;
  end_wish (viewer);
}
