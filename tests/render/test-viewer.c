/* The viewer as a whole, with software OpenGL in a fresh X server. */

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "esp-error.h"
#include "esp-resources.h"
#include "esp-viewer.h"
#include "inbox.h"
#include "measures.h"

#define WORST_BLOCK 25

static bool
has_size (const EspFrame *frame, const void *data)
{
  const int *size = data;

  return frame->width == size[0] && frame->height == size[1];
}

static bool
has_step (const EspFrame *frame, const void *data)
{
  return frame->step >= *(const uint64_t *) data;
}

static bool
has_seed (const EspFrame *frame, const void *data)
{
  return frame->seed == *(const uint64_t *) data;
}

static bool
has_observations (const EspFrame *frame, const void *data)
{
  return frame->n_observations == *(const size_t *) data;
}

static void
test_frames (const void *data)
{
  const int size[] = { 321, 243 }, other[] = { 200, 333 };
  const uint64_t later = 10;
  EspFrame *first, *moved, *resized;
  Inbox inbox;
  EspViewer *viewer = make_viewer (data, &inbox);

  esp_viewer_set_size (viewer, size[0], size[1]);
  first = expect (&inbox, has_size, size);
  g_assert_cmpuint (first->stride, ==, 3 * 321);
  g_assert_cmpuint (first->episode, ==, 1);
  g_assert_cmpuint (first->seed, ==, 0);
  g_assert_cmpint (count_colours (first), >, 200);
  /* the top row comes first: sky is bluer than floor */
  g_assert_cmpfloat (get_mean (first, 0, 0.1, 2) - get_mean (first, 0, 0.1, 0), >,
                     10 + get_mean (first, 0.9, 1, 2) - get_mean (first, 0.9, 1, 0));

  moved = expect (&inbox, has_step, &later);
  g_assert_cmpfloat (get_difference (first, moved, 0, 1), >, 0.05);
  g_assert_cmpfloat (moved->time, >, 0);

  esp_viewer_set_size (viewer, other[0], other[1]);
  resized = expect (&inbox, has_size, other);
  g_assert_cmpint (count_colours (resized), >, 200);

  esp_frame_unref (first);
  esp_frame_unref (moved);
  esp_frame_unref (resized);
  end_viewer (viewer, &inbox);
}

/* The quick picture after a camera movement and the composed one that follows show the same. */
static void
test_refinement (const void *data)
{
  const int size[] = { 320, 240 };
  const uint64_t later = 12;
  Inbox inbox;
  EspViewer *viewer = make_viewer (data, &inbox);

  esp_viewer_set_size (viewer, size[0], size[1]);
  for (int i = 0; i < 4; i++)
    {
      EspFrame *quick, *refined;
      int n_before;

      esp_viewer_set_speed (viewer, 1);
      esp_viewer_restart (viewer, i);
      esp_frame_unref (expect (&inbox, has_step, &later));
      esp_viewer_set_speed (viewer, 0);
      esp_frame_unref (expect_rest (&inbox));
      n_before = inbox.n_frames;

      esp_viewer_orbit (viewer, 0.02 * (i + 1), 0.02);
      quick = expect (&inbox, has_size, size);
      refined = expect_rest (&inbox);
      g_assert_cmpint (inbox.n_frames, ==, n_before + 2);
      g_assert_cmpfloat (get_difference (quick, refined, 0, 1), >, 0);
      g_assert_cmpfloat (get_difference (quick, refined, 0, 1), <, 2);
      g_test_message ("worst block %g", get_worst_block (quick, refined));
      g_assert_cmpfloat (get_worst_block (quick, refined), <, WORST_BLOCK);
      esp_frame_unref (quick);
      esp_frame_unref (refined);
    }
  end_viewer (viewer, &inbox);
}

/* However narrow the view, both ends of the rail with their red stops are in it. */
static void
test_narrow (void)
{
  const int size[] = { 240, 480 };
  int n_left = 0, n_right = 0;
  EspFrame *frame;
  Inbox inbox;
  EspViewer *viewer = make_viewer ("cartpole", &inbox);

  esp_viewer_set_speed (viewer, 0);
  esp_viewer_set_size (viewer, size[0], size[1]);
  frame = expect (&inbox, has_size, size);
  for (int y = 0; y < frame->height; y++)
    {
      for (int x = 0; x < frame->width; x++)
        {
          const uint8_t *pixel = frame->pixels + y * frame->stride + 3 * x;
          bool is_red = pixel[0] > 140 && pixel[1] < 90 && pixel[2] < 90;

          n_left += is_red && x < frame->width / 6;
          n_right += is_red && x > frame->width * 5 / 6;
        }
    }
  g_assert_cmpint (n_left, >, 5);
  g_assert_cmpint (n_right, >, 5);

  esp_frame_unref (frame);
  end_viewer (viewer, &inbox);
}

/* A view larger than the first buffer, drawn in several tiles. */
static void
test_large (void)
{
  const int size[] = { 2100, 700 };
  EspFrame *quick, *refined;
  Inbox inbox;
  EspViewer *viewer = make_viewer ("cartpole", &inbox);

  esp_viewer_set_speed (viewer, 0);
  esp_viewer_set_size (viewer, size[0], size[1]);
  quick = expect (&inbox, has_size, size);
  refined = expect_rest (&inbox);
  g_assert_true (has_size (refined, size));
  g_assert_cmpfloat (get_difference (quick, refined, 0, 1), <, 2);

  esp_frame_unref (quick);
  esp_frame_unref (refined);
  end_viewer (viewer, &inbox);
}

static void
test_pause_and_camera (void)
{
  EspFrame *rest, *again, *turned, *back;
  Inbox inbox;
  EspViewer *viewer = make_viewer ("pendulum", &inbox);

  esp_viewer_set_size (viewer, 160, 120);
  esp_frame_unref (expect (&inbox, NULL, NULL));
  esp_viewer_set_speed (viewer, 0);
  rest = expect_rest (&inbox);
  g_assert_null (wait_for (&inbox, 0.5, NULL, NULL));

  /* a new frame when the camera moves, even in a pause, and none after that */
  esp_viewer_orbit (viewer, 0.3, 0.05);
  esp_viewer_zoom (viewer, 0.1);
  esp_viewer_pan (viewer, 0.05, -0.05);
  turned = expect_rest (&inbox);
  g_assert_cmpuint (turned->step, ==, rest->step);
  g_assert_cmpfloat (get_difference (rest, turned, 0, 1), >, 3);
  g_assert_null (wait_for (&inbox, 0.3, NULL, NULL));

  esp_viewer_reset_camera (viewer);
  back = expect_rest (&inbox);
  g_assert_cmpfloat (get_difference (rest, back, 0, 1), ==, 0);

  /* time did not pass meanwhile, and goes on from where it was */
  esp_viewer_set_speed (viewer, 1);
  again = expect (&inbox, NULL, NULL);
  g_assert_cmpuint (again->step, <=, rest->step + 3);

  esp_frame_unref (rest);
  esp_frame_unref (again);
  esp_frame_unref (turned);
  esp_frame_unref (back);
  end_viewer (viewer, &inbox);
}

static void
test_inactive (void)
{
  EspFrame *rest, *next;
  Inbox inbox;
  EspViewer *viewer = make_viewer ("cartpole", &inbox);

  /* nothing before there is a size */
  g_assert_null (wait_for (&inbox, 0.3, NULL, NULL));
  esp_viewer_set_size (viewer, 160, 120);
  esp_frame_unref (expect (&inbox, NULL, NULL));

  esp_viewer_set_active (viewer, FALSE);
  rest = expect_rest (&inbox);
  esp_viewer_orbit (viewer, 0.1, 0);
  g_assert_null (wait_for (&inbox, 0.5, NULL, NULL));
  esp_viewer_set_active (viewer, TRUE);
  next = expect (&inbox, NULL, NULL);
  g_assert_cmpuint (next->episode, ==, rest->episode);
  g_assert_cmpuint (next->step, <=, rest->step + 5);

  esp_viewer_set_size (viewer, 0, 120);
  esp_frame_unref (expect_rest (&inbox));
  g_assert_null (wait_for (&inbox, 0.3, NULL, NULL));

  esp_frame_unref (rest);
  esp_frame_unref (next);
  end_viewer (viewer, &inbox);
}

/* A policy that keeps the observations of the first episode it sees begin. */
typedef struct
{
  atomic_int n_calls;
  atomic_int n_destroyed;
  double first[4];
} Watcher;

static void
watch (void *data, const double *observation, double *action)
{
  Watcher *watcher = data;

  if (atomic_load (&watcher->n_calls) == 0)
    memcpy (watcher->first, observation, sizeof watcher->first);
  action[0] = 0.1 * observation[0] + 0.2 * observation[1] + 2 * observation[2] + 0.5 * observation[3];
  atomic_fetch_add (&watcher->n_calls, 1);
}

static void
destroy (void *data)
{
  atomic_fetch_add (&((Watcher *) data)->n_destroyed, 1);
}

static void
test_policy (void)
{
  const uint64_t seed = 12, steps = 20;
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  double observation[ESP_MAX_OBSERVATIONS], action;
  Watcher watcher = { 0 }, unused = { 0 };
  EspFrame *frame;
  Inbox inbox;
  EspViewer *viewer = make_viewer ("cartpole", &inbox);

  /* of two in quick succession the newest one wins, and the other one is not forgotten */
  esp_viewer_set_policy (viewer, watch, &unused, destroy);
  esp_viewer_set_policy (viewer, watch, &watcher, destroy);
  esp_viewer_restart (viewer, seed);
  esp_viewer_set_speed (viewer, 1);
  esp_viewer_set_size (viewer, 64, 48);
  esp_frame_unref (expect (&inbox, has_seed, &seed));
  frame = expect (&inbox, has_step, &steps);
  g_assert_cmpuint (frame->seed, ==, seed);

  /* the viewer's episode is the environment's own */
  esp_environment_reset (environment, seed, observation);
  g_assert_cmpmem (watcher.first, sizeof watcher.first, observation, sizeof watcher.first);
  for (uint64_t t = 0; t < frame->step; t++)
    {
      action = 0.1 * observation[0] + 0.2 * observation[1] + 2 * observation[2] + 0.5 * observation[3];
      esp_environment_step (environment, &action, observation);
    }
  g_assert_cmpmem (frame->observation, 4 * sizeof (double), observation, 4 * sizeof (double));
  g_assert_cmpfloat (frame->action[0], ==, action);
  g_assert_cmpfloat (frame->episode_return, ==, frame->step);
  g_assert_cmpint (atomic_load (&unused.n_calls), ==, 0);
  g_assert_cmpint (atomic_load (&unused.n_destroyed), ==, 1);

  g_assert_cmpint (atomic_load (&watcher.n_destroyed), ==, 0);
  esp_frame_unref (frame);
  end_viewer (viewer, &inbox);
  g_assert_cmpint (atomic_load (&watcher.n_destroyed), ==, 1);
}

/* Another environment: other numbers, the old policy is not called with them. */
static void
test_environment (void)
{
  const size_t three = 3, four = 4;
  Watcher watcher = { 0 };
  g_autoptr (GError) error = NULL;
  EspFrame *cartpole, *pendulum;
  int n_calls;
  Inbox inbox;
  EspViewer *viewer = make_viewer ("cartpole", &inbox);

  esp_viewer_set_policy (viewer, watch, &watcher, destroy);
  esp_viewer_set_size (viewer, 160, 120);
  cartpole = expect (&inbox, has_observations, &four);

  g_assert_false (esp_viewer_set_environment (viewer, "teapot", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  esp_frame_unref (expect (&inbox, has_observations, &four));

  g_assert_true (esp_viewer_set_environment (viewer, "pendulum", NULL));
  pendulum = expect (&inbox, has_observations, &three);
  n_calls = atomic_load (&watcher.n_calls);
  g_assert_cmpint (atomic_load (&watcher.n_destroyed), ==, 1);
  g_assert_cmpuint (pendulum->n_actions, ==, 1);
  g_assert_cmpfloat (get_difference (cartpole, pendulum, 0, 1), >, 3);
  esp_frame_unref (expect (&inbox, has_observations, &three));
  g_assert_cmpint (atomic_load (&watcher.n_calls), ==, n_calls);

  /* replaced before it was ever shown */
  g_assert_true (esp_viewer_set_environment (viewer, "cartpole", NULL));
  g_assert_true (esp_viewer_set_environment (viewer, "pendulum", NULL));
  g_assert_true (esp_viewer_set_environment (viewer, "cartpole", NULL));
  esp_frame_unref (expect (&inbox, has_observations, &four));

  esp_frame_unref (cartpole);
  esp_frame_unref (pendulum);
  end_viewer (viewer, &inbox);
}

/* An environment from a file shows its own model, tendons too; one that says nothing about its view is seen.
 */
static void
test_own_environment (void)
{
  const int size[] = { 320, 240 };
  const char *text = "{\"name\": \"plain\", \"description\": \"d\", \"model\": \"plain.xml\", \"reward\": 1,"
                     "\"observations\": [{\"name\": \"x\"}],"
                     "\"actions\": [{\"name\": \"push\", \"low\": -1, \"high\": 1}]}";
  const char *model = "<mujoco><worldbody><body><joint name='x' type='slide' axis='1 0 0'/>"
                      "<geom size='0.1' rgba='1 0.7 0.2 1'/></body></worldbody>"
                      "<actuator><motor name='push' joint='x'/></actuator></mujoco>";
  g_autofree char *example = esp_resource_path ("environments/ball-in-cup/ball-in-cup.json");
  g_autofree char *folder = g_dir_make_tmp ("espalier-XXXXXX", NULL);
  g_autofree char *json = g_build_filename (folder, "plain.json", NULL);
  g_autofree char *xml = g_build_filename (folder, "plain.xml", NULL);
  g_autoptr (GError) error = NULL;
  const size_t one = 1;
  EspFrame *frame;
  Inbox inbox;
  EspViewer *viewer = make_viewer (example, &inbox);

  esp_viewer_set_size (viewer, size[0], size[1]);
  frame = expect (&inbox, has_size, size);
  g_assert_cmpuint (frame->n_observations, ==, 8);
  g_assert_cmpint (count_amber (frame), >, 50);
  esp_frame_unref (frame);

  g_assert_true (g_file_set_contents (json, text, -1, NULL) && g_file_set_contents (xml, model, -1, NULL));
  g_assert_true (esp_viewer_set_environment (viewer, json, &error));
  g_assert_no_error (error);
  frame = expect (&inbox, has_observations, &one);
  g_assert_cmpint (count_amber (frame), >, 500);
  g_assert_cmpint (count_amber (frame), <, 320 * 240 / 2);
  esp_frame_unref (frame);
  end_viewer (viewer, &inbox);
  g_assert_true (g_unlink (json) == 0 && g_unlink (xml) == 0 && g_rmdir (folder) == 0);
}

/* The same seed and policy show the same pictures. */
static void
test_determinism (void)
{
  const uint64_t seed = 5;
  EspFrame *frames[2];
  Inbox inbox;
  EspViewer *viewer = make_viewer ("pendulum", &inbox);

  esp_viewer_set_speed (viewer, 0);
  esp_viewer_set_size (viewer, 160, 120);
  for (int i = 0; i < 2; i++)
    {
      esp_viewer_restart (viewer, seed);
      frames[i] = expect_rest_of (&inbox, seed);
      esp_viewer_restart (viewer, 99);
      esp_frame_unref (expect_rest_of (&inbox, 99));
    }
  g_assert_cmpfloat (get_difference (frames[0], frames[1], 0, 1), ==, 0);
  g_assert_cmpmem (frames[0]->observation, sizeof frames[0]->observation, frames[1]->observation,
                   sizeof frames[1]->observation);

  esp_frame_unref (frames[0]);
  esp_frame_unref (frames[1]);
  end_viewer (viewer, &inbox);
}

/* At 16 times real time several steps pass between two frames. */
static void
test_speed (void)
{
  const uint64_t many = 150;
  EspFrame *frame;
  Watcher watcher = { 0 };
  Inbox inbox;
  EspViewer *viewer = make_viewer ("cartpole", &inbox);

  g_assert_cmpfloat (esp_viewer_speeds[0], ==, 0.125);
  g_assert_cmpfloat (esp_viewer_speeds[ESP_VIEWER_N_SPEEDS - 1], ==, 16);
  esp_viewer_set_policy (viewer, watch, &watcher, destroy);
  esp_viewer_set_speed (viewer, 16);
  esp_viewer_set_size (viewer, 64, 48);
  frame = expect (&inbox, has_step, &many);
  g_assert_cmpint (inbox.n_frames, <, 100);

  /* nonsense is a pause */
  esp_frame_unref (frame);
  esp_viewer_set_speed (viewer, NAN);
  frame = expect_rest (&inbox);
  g_assert_null (wait_for (&inbox, 0.3, NULL, NULL));

  esp_frame_unref (frame);
  end_viewer (viewer, &inbox);
}

/* Runs the half-cheetah forwards, some centimetres a step. */
static void
run (void *data, const double *observation, double *action)
{
  int t = atomic_fetch_add ((atomic_int *) data, 1);

  for (int i = 0; i < 6; i++)
    action[i] = 0.8 * sin (0.35 * t + 1.9 * i);
}

/* The camera keeps up with a runner that leaves its first view behind. */
static void
test_follow (void)
{
  const int size[] = { 240, 180 };
  const uint64_t far = 270;
  atomic_int n_calls = 0;
  EspFrame *frame;
  Inbox inbox;
  EspViewer *viewer = make_viewer ("half-cheetah", &inbox);
  int n_orange;

  esp_viewer_set_size (viewer, size[0], size[1]);
  frame = expect (&inbox, has_size, size);
  n_orange = count_orange (frame);
  g_assert_cmpint (n_orange, >, 500);
  esp_frame_unref (frame);

  esp_viewer_set_policy (viewer, run, &n_calls, NULL);
  esp_viewer_restart (viewer, 0);
  esp_viewer_set_speed (viewer, 16);
  frame = expect (&inbox, has_step, &far);
  g_assert_cmpint (count_orange (frame), >, n_orange / 2);

  esp_frame_unref (frame);
  end_viewer (viewer, &inbox);
}

static void
test_free_while_busy (void)
{
  for (int i = 0; i < 4; i++)
    {
      Inbox inbox;
      EspViewer *viewer = make_viewer (i % 2 ? "cartpole" : "pendulum", &inbox);
      struct timespec before, after;

      esp_viewer_set_size (viewer, 640, 480);
      if (i > 0)
        esp_frame_unref (expect (&inbox, NULL, NULL));
      clock_gettime (CLOCK_MONOTONIC, &before);
      esp_viewer_free (viewer);
      clock_gettime (CLOCK_MONOTONIC, &after);
      /* generous: a frame, or the making of the context when nothing was drawn yet */
      g_assert_cmpint (after.tv_sec - before.tv_sec, <, 5);
      inbox_clear (&inbox);
    }
}

static void
test_no_display (void)
{
  g_autofree char *display = g_strdup (g_getenv ("DISPLAY"));
  g_autoptr (GError) error = NULL;
  Inbox inbox;

  inbox_init (&inbox);
  g_unsetenv ("DISPLAY");
  g_assert_null (esp_viewer_new ("cartpole", on_frame, on_failure, &inbox, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_SYSTEM);
  g_assert_true (g_str_has_prefix (error->message, "no 3-D view: "));
  g_setenv ("DISPLAY", display, TRUE);
  inbox_clear (&inbox);
}

static void
test_bad_scene (void)
{
  g_autofree char *folder = g_dir_make_tmp ("espalier-XXXXXX", NULL);
  g_autofree char *models = g_build_filename (folder, "models", NULL);
  g_autofree char *path = g_build_filename (models, "cartpole.xml", NULL);
  const char *texts[] = { NULL, "<mujoco><worldbody>", "<mujoco/>" };
  Inbox inbox;

  inbox_init (&inbox);
  g_assert_cmpint (g_mkdir (models, 0700), ==, 0);
  g_setenv ("ESPALIER_RESOURCES", folder, TRUE);
  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      if (texts[i] != NULL)
        g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
      g_assert_null (esp_viewer_new ("cartpole", on_frame, on_failure, &inbox, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
      g_assert_nonnull (strstr (error->message, "cartpole.xml"));
      g_assert_null (strchr (error->message, '\n'));
    }
  g_unsetenv ("ESPALIER_RESOURCES");
  g_remove (path);
  g_rmdir (models);
  g_rmdir (folder);
  inbox_clear (&inbox);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/render/viewer/bad-scene", test_bad_scene);
  g_test_add_func ("/render/viewer/no-display", test_no_display);
  g_test_add_data_func ("/render/viewer/frames/cartpole", "cartpole", test_frames);
  g_test_add_data_func ("/render/viewer/frames/pendulum", "pendulum", test_frames);
  g_test_add_data_func ("/render/viewer/frames/hopper", "hopper", test_frames);
  g_test_add_data_func ("/render/viewer/frames/double-pendulum", "inverted-double-pendulum", test_frames);
  g_test_add_data_func ("/render/viewer/frames/swingup", "inverted-pendulum-swingup", test_frames);
  g_test_add_data_func ("/render/viewer/frames/walker2d", "walker2d", test_frames);
  g_test_add_data_func ("/render/viewer/refinement/cartpole", "cartpole", test_refinement);
  g_test_add_data_func ("/render/viewer/refinement/pendulum", "pendulum", test_refinement);
  g_test_add_func ("/render/viewer/narrow", test_narrow);
  g_test_add_func ("/render/viewer/large", test_large);
  g_test_add_func ("/render/viewer/pause-and-camera", test_pause_and_camera);
  g_test_add_func ("/render/viewer/inactive", test_inactive);
  g_test_add_func ("/render/viewer/policy", test_policy);
  g_test_add_func ("/render/viewer/environment", test_environment);
  g_test_add_func ("/render/viewer/own-environment", test_own_environment);
  g_test_add_func ("/render/viewer/determinism", test_determinism);
  g_test_add_func ("/render/viewer/speed", test_speed);
  g_test_add_func ("/render/viewer/follow", test_follow);
  g_test_add_func ("/render/viewer/free-while-busy", test_free_while_busy);

  return g_test_run ();
}
