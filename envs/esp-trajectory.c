#include "esp-trajectory.h"

#include <math.h>
#include <string.h>

#include "esp-bipedal-walker.h"
#include "esp-error.h"
#include "esp-json.h"
#include "esp-lunar-lander.h"

#define BODY_VALUES    6
#define SAME_TIME_STEP 1e-9 /* seconds */

/* How the physical state is recorded. */
typedef enum
{
  LAYOUT_STATE,
  LAYOUT_JOINTS,
  LAYOUT_LANDER,
  LAYOUT_WALKER,
} Layout;

/* Where a reader is in the file. */
typedef struct
{
  const EspEnvironmentInfo *info;
  const EspTaskFamily *family;
  Layout layout;
  size_t n_physics;
  EspTrajectory *trajectory;
  const char *file;
  const char *episode; /* name, or NULL */
  gssize step;         /* or -1 */
} Reader;

static void refuse (const Reader *reader, GError **error, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
refuse (const Reader *reader, GError **error, const char *format, ...)
{
  g_autoptr (GString) text = g_string_new (NULL);
  va_list arguments;

  g_string_append_printf (text, "“%s” is not a recording of “%s”: ", reader->file, reader->info->name);
  if (reader->episode != NULL)
    g_string_append_printf (text, "in episode “%s”, ", reader->episode);
  if (reader->step >= 0)
    g_string_append_printf (text, "step %" G_GSSIZE_FORMAT ", ", reader->step);
  va_start (arguments, format);
  g_string_append_vprintf (text, format, arguments);
  va_end (arguments);
  g_set_error_literal (error, ESP_ERROR, ESP_ERROR_RANGE, text->str);
}

static double *
new_values (Reader *reader, size_t n)
{
  double *values = g_new (double, n);

  g_ptr_array_add (reader->trajectory->memory, values);

  return values;
}

/* Appends the numbers in @node, lists within lists included, to @values[@n] from @used on. Returns how many
 * are used then, or SIZE_MAX if there are too many or others than finite numbers. */
static size_t
flatten (JsonNode *node, double *values, size_t used, size_t n)
{
  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);

      for (guint i = 0; i < json_array_get_length (array) && used != SIZE_MAX; i++)
        used = flatten (json_array_get_element (array, i), values, used, n);
      return used;
    }
  if (used == n || !JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_INT64 && json_node_get_value_type (node) != G_TYPE_DOUBLE)
      || !isfinite (json_node_get_double (node)))
    return SIZE_MAX;
  values[used] = json_node_get_double (node);

  return used + 1;
}

/* Reads exactly @n numbers from the member @key. */
static gboolean
read_numbers (
  const Reader *reader, JsonObject *object, const char *key, double *values, size_t n, GError **error)
{
  JsonNode *node = json_object_get_member (object, key);

  if (node != NULL && flatten (node, values, 0, n) == n)
    return TRUE;
  if (n == 1)
    refuse (reader, error, "“%s” must be a finite number", key);
  else
    refuse (reader, error, "“%s” must be a list of %zu finite numbers", key, n);

  return FALSE;
}

static gboolean
has (JsonObject *object, const char *key)
{
  return json_object_has_member (object, key) && !json_object_get_null_member (object, key);
}

/* As read_numbers(), into memory of the trajectory; NULL without an error where there is no such member. */
static const double *
read_optional (Reader *reader, JsonObject *object, const char *key, size_t n, GError **error)
{
  double *values;

  if (!has (object, key))
    return NULL;
  values = new_values (reader, n);

  return read_numbers (reader, object, key, values, n, error) ? values : NULL;
}

static gboolean
read_terminated (const Reader *reader, JsonObject *step, bool *terminated, GError **error)
{
  JsonNode *node = json_object_get_member (step, "terminated");

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    {
      refuse (reader, error, "“terminated” must be true or false");
      return FALSE;
    }
  *terminated = json_node_get_boolean (node);

  return TRUE;
}

/* Reads positions and velocities. */
static const double *
read_joints (Reader *reader, JsonObject *object, const char *qpos, const char *qvel, GError **error)
{
  size_t n = reader->n_physics / 2;
  double *values = new_values (reader, reader->n_physics);

  return read_numbers (reader, object, qpos, values, n, error)
             && read_numbers (reader, object, qvel, values + n, n, error)
           ? values
           : NULL;
}

/* Reads the bodies of the planar robots after a step, with the contacts that the observation tells; NULL
 * without an error where they were not recorded. */
static const double *
read_bodies (Reader *reader, JsonObject *step, const double *observation, size_t n_prefix, GError **error)
{
  bool is_lander = reader->layout == LAYOUT_LANDER;
  const char *key = is_lander ? "lander" : "hull";
  size_t n = reader->n_physics - n_prefix, n_legs = n - BODY_VALUES - 2;
  double *values;

  if (observation == NULL || !has (step, key))
    return NULL;
  values = new_values (reader, n);
  if (!read_numbers (reader, step, key, values, BODY_VALUES, error)
      || !read_numbers (reader, step, "legs", values + BODY_VALUES, n_legs, error))
    return NULL;
  values[n - 2] = observation[is_lander ? 6 : 8];
  values[n - 1] = observation[is_lander ? 7 : 13];

  return values;
}

/* Reads what is known of the state before the step from the step itself. */
static const double *
read_state_before (Reader *reader, JsonObject *step, GError **error)
{
  if (has (step, "state"))
    return read_optional (reader, step, "state", reader->n_physics, error);

  return reader->n_physics == reader->info->n_observations
           ? read_optional (reader, step, "obs", reader->n_physics, error)
           : NULL;
}

static gboolean
read_step (Reader *reader,
           JsonObject *object,
           EspTrajectoryEpisode *episode,
           EspTrajectoryStep *step,
           EspTrajectoryStep *next,
           GError **error)
{
  double *action = new_values (reader, reader->info->n_actions);
  g_autoptr (GError) reason = NULL;

  if (!read_numbers (reader, object, "action", action, reader->info->n_actions, error)
      || !read_numbers (reader, object, "reward", &step->reward, 1, error)
      || !read_terminated (reader, object, &step->terminated, error))
    return FALSE;
  step->action = action;
  step->observation = read_optional (reader, object, "next_obs", reader->info->n_observations, &reason);
  if (reason == NULL && reader->layout == LAYOUT_STATE && step->state == NULL)
    step->state = read_state_before (reader, object, &reason);
  if (reason == NULL && next != NULL && reader->layout == LAYOUT_JOINTS && has (object, "qpos"))
    next->state = read_joints (reader, object, "qpos", "qvel", &reason);
  if (reason == NULL && next != NULL && (reader->layout == LAYOUT_LANDER || reader->layout == LAYOUT_WALKER))
    next->state = read_bodies (reader, object, step->observation, episode->n_prefix, &reason);
  if (reason == NULL && reader->layout == LAYOUT_LANDER)
    {
      double *draws = new_values (reader, ESP_LUNAR_LANDER_N_DRAWS);

      read_numbers (reader, object, "disp", draws, ESP_LUNAR_LANDER_N_DRAWS, &reason);
      step->draws = draws;
    }
  if (reason == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));

  return FALSE;
}

/* Reads how the episode begins. */
static gboolean
read_start (Reader *reader, JsonObject *object, EspTrajectoryEpisode *episode, GError **error)
{
  g_autoptr (GError) reason = NULL;
  double *start;

  switch (reader->layout)
    {
    case LAYOUT_STATE:
      start = new_values (reader, reader->n_physics);
      episode->steps[0].state = start;
      return read_numbers (reader, object, "init_state", start, reader->n_physics, error);

    case LAYOUT_JOINTS:
      episode->steps[0].state = read_joints (reader, object, "init_qpos", "init_qvel", error);
      return episode->steps[0].state != NULL;

    case LAYOUT_LANDER:
      start = new_values (reader, ESP_LUNAR_LANDER_N_START);
      episode->n_prefix = ESP_LUNAR_LANDER_N_HEIGHTS;
      if (!read_numbers (reader, object, "heights", start, ESP_LUNAR_LANDER_N_HEIGHTS, error)
          || !read_numbers (reader, object, "init_force", start + ESP_LUNAR_LANDER_N_HEIGHTS, 2, error)
          || !read_numbers (reader, object, "reset_dispersion", start + ESP_LUNAR_LANDER_N_HEIGHTS + 2,
                            ESP_LUNAR_LANDER_N_DRAWS, error))
        return FALSE;
      break;

    default:
      start = new_values (reader, ESP_BIPEDAL_WALKER_N_START);
      episode->n_prefix = ESP_BIPEDAL_WALKER_N_HEIGHTS;
      if (!read_numbers (reader, object, "terrain_y", start, ESP_BIPEDAL_WALKER_N_HEIGHTS, error)
          || !read_numbers (reader, object, "init_force_x", start + ESP_BIPEDAL_WALKER_N_HEIGHTS, 1, error))
        return FALSE;
    }

  episode->start = start;
  episode->prefix = start;
  episode->reset_observation = read_optional (reader, object, "reset_obs", reader->info->n_observations,
                                              &reason);
  if (reason == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));

  return FALSE;
}

static gboolean
read_task (Reader *reader, JsonObject *object, EspTrajectoryEpisode *episode, GError **error)
{
  JsonNode *node = json_object_get_member (object, "task");
  double *values;
  EspTask *task;

  if (node == NULL)
    return TRUE;
  if (reader->family == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      refuse (reader, error, "there is a “task”, which %s",
              reader->family == NULL ? "this environment has not" : "must be an object");
      return FALSE;
    }

  task = g_new0 (EspTask, 1);
  g_ptr_array_add (reader->trajectory->memory, task);
  task->family = reader->family;
  task->n_values = esp_task_count_values (reader->family);
  values = task->values;
  for (size_t i = 0; i < reader->family->n_parameters; i++)
    {
      const EspTaskParameter *parameter = &reader->family->parameters[i];

      if (!read_numbers (reader, json_node_get_object (node), parameter->name, values, parameter->n, error))
        return FALSE;
      values += parameter->n;
    }
  episode->task = task;

  return TRUE;
}

/* Returns the list @key with at least one element, all of which are objects. */
static JsonArray *
get_objects (const Reader *reader, JsonObject *object, const char *key, GError **error)
{
  JsonNode *node = json_object_get_member (object, key);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint n = array != NULL ? json_array_get_length (array) : 0;
  guint i = 0;

  while (i < n && JSON_NODE_HOLDS_OBJECT (json_array_get_element (array, i)))
    i++;
  if (n > 0 && i == n)
    return array;
  refuse (reader, error, "“%s” must be a list of objects, at least one", key);

  return NULL;
}

static gboolean
read_episode (Reader *reader, JsonObject *object, EspTrajectoryEpisode *episode, GError **error)
{
  JsonArray *steps = get_objects (reader, object, "steps", error);

  if (steps == NULL)
    return FALSE;
  episode->n_steps = json_array_get_length (steps);
  episode->steps = g_new0 (EspTrajectoryStep, episode->n_steps);
  if (!read_start (reader, object, episode, error) || !read_task (reader, object, episode, error))
    return FALSE;
  for (size_t t = 0; t < episode->n_steps; t++)
    {
      reader->step = (gssize) t;
      if (!read_step (reader, json_array_get_object_element (steps, (guint) t), episode, &episode->steps[t],
                      t + 1 < episode->n_steps ? &episode->steps[t + 1] : NULL, error))
        return FALSE;
    }
  reader->step = -1;

  return TRUE;
}

static gboolean
read_all (Reader *reader, JsonObject *root, GError **error)
{
  EspTrajectory *trajectory = reader->trajectory;
  JsonArray *episodes = get_objects (reader, root, "episodes", error);

  if (episodes == NULL)
    return FALSE;
  trajectory->episodes = g_new0 (EspTrajectoryEpisode, json_array_get_length (episodes));
  for (guint e = 0; e < json_array_get_length (episodes); e++)
    {
      JsonObject *object = json_array_get_object_element (episodes, e);
      EspTrajectoryEpisode *episode = &trajectory->episodes[trajectory->n_episodes];
      JsonNode *name = json_object_get_member (object, "name");

      episode->name = name != NULL && JSON_NODE_HOLDS_VALUE (name) && json_node_get_string (name) != NULL
                        ? json_node_dup_string (name)
                        : g_strdup_printf ("%u", e);
      trajectory->n_episodes++;
      reader->episode = episode->name;
      if (has (object, "dt"))
        {
          double time_step;

          if (!read_numbers (reader, object, "dt", &time_step, 1, error))
            return FALSE;
          if (fabs (time_step - reader->info->time_step) > SAME_TIME_STEP)
            {
              g_clear_pointer (&episode->name, g_free);
              trajectory->n_episodes--;
              trajectory->n_left_out++;
              continue;
            }
        }
      if (!read_episode (reader, object, episode, error))
        return FALSE;
    }
  reader->episode = NULL;
  if (trajectory->n_episodes > 0)
    return TRUE;
  refuse (reader, error, "all of its episodes have another time step");

  return FALSE;
}

static Layout
get_layout (const EspEnvironmentInfo *info)
{
  static const struct
  {
    const char *name;
    Layout layout;
  } others[] = {
    { "cartpole", LAYOUT_STATE },        { "cartpole-force-ood", LAYOUT_STATE },
    { "mountain-car", LAYOUT_STATE },    { "pendulum", LAYOUT_STATE },
    { "car2d", LAYOUT_STATE },           { "lunar-lander", LAYOUT_LANDER },
    { "bipedal-walker", LAYOUT_WALKER }, { "lunar-lander-params", LAYOUT_LANDER },
  };
  const char *name = info->family != NULL ? info->family : info->name;

  for (size_t i = 0; i < G_N_ELEMENTS (others); i++)
    {
      if (strcmp (others[i].name, name) == 0)
        return others[i].layout;
    }

  return LAYOUT_JOINTS;
}

static EspTrajectory *
read_root (const char *name, JsonNode *root, const EspEnvironment *environment, GError **error)
{
  const EspTask *task = esp_environment_get_task (environment);
  g_autoptr (EspTrajectory) trajectory = g_new0 (EspTrajectory, 1);
  Reader reader = {
    .info = esp_environment_get_info (environment),
    .family = task != NULL ? task->family : NULL,
    .n_physics = esp_environment_get_n_physics (environment),
    .trajectory = trajectory,
    .file = name,
    .step = -1,
  };

  trajectory->memory = g_ptr_array_new_with_free_func (g_free);
  reader.layout = get_layout (reader.info);
  if (!JSON_NODE_HOLDS_OBJECT (root))
    {
      refuse (&reader, error, "it must be an object with “episodes”");
      return NULL;
    }

  return read_all (&reader, json_node_get_object (root), error) ? g_steal_pointer (&trajectory) : NULL;
}

EspTrajectory *
esp_trajectory_load (const char *path, const EspEnvironment *environment, GError **error)
{
  g_autoptr (JsonNode) root = esp_json_load (path, error);
  g_autofree char *name = g_filename_display_basename (path);

  return root != NULL ? read_root (name, root, environment, error) : NULL;
}

EspTrajectory *
esp_trajectory_parse (
  const char *name, const char *text, size_t length, const EspEnvironment *environment, GError **error)
{
  g_autoptr (JsonNode) root = esp_json_parse (name, text, length, error);

  return root != NULL ? read_root (name, root, environment, error) : NULL;
}

void
esp_trajectory_free (EspTrajectory *trajectory)
{
  if (trajectory == NULL)
    return;
  for (size_t e = 0; e < trajectory->n_episodes; e++)
    {
      g_free (trajectory->episodes[e].name);
      g_free (trajectory->episodes[e].steps);
    }
  g_free (trajectory->episodes);
  g_clear_pointer (&trajectory->memory, g_ptr_array_unref);
  g_free (trajectory);
}
