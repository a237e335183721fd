#include "esp-checkpoint.h"

#include <math.h>
#include <string.h>

#include "esp-demand.h"
#include "esp-error.h"
#include "esp-safetensors.h"

#define FORMAT "espalier checkpoint 2"

/* One array of a run that is saved and restored as it is. */
typedef struct
{
  const char *name;
  EspTensorType type;
  void *data;
  size_t n;
} Array;

#define MAX_ARRAYS 16

/* Lists what a run of known shapes consists of; the lists that grow come separately. */
static size_t
list_arrays (EspRun *run, Array *arrays)
{
  EspSac *sac = &run->sac;
  size_t n_policy = sac->policy.n_parameters, n_critic = sac->critic.n_parameters;
  const Array list[] = {
    { "run", ESP_TENSOR_U8, &run->progress, sizeof run->progress },
    { "observation", ESP_TENSOR_F64, run->observation, run->info->n_observations },
    { "acting_mask", ESP_TENSOR_F32, run->acting_mask, sac->policy.n_weights },
    { "updates", ESP_TENSOR_U8, &sac->updates, sizeof sac->updates },
    { "policy", ESP_TENSOR_F32, sac->policy.parameters, n_policy },
    { "policy.moments", ESP_TENSOR_F32, sac->policy_moments, 2 * n_policy },
    { "critic.0", ESP_TENSOR_F32, sac->critics[0], n_critic },
    { "critic.1", ESP_TENSOR_F32, sac->critics[1], n_critic },
    { "critic.0.target", ESP_TENSOR_F32, sac->targets[0], n_critic },
    { "critic.1.target", ESP_TENSOR_F32, sac->targets[1], n_critic },
    { "critic.0.moments", ESP_TENSOR_F32, sac->critic_moments[0], 2 * n_critic },
    { "critic.1.moments", ESP_TENSOR_F32, sac->critic_moments[1], 2 * n_critic },
    { "log_alpha", ESP_TENSOR_F32, &sac->log_alpha, 1 },
    { "log_alpha.moments", ESP_TENSOR_F32, sac->log_alpha_moments, 2 },
    /* of deterministic policies only */
    { "policy.target", ESP_TENSOR_F32, sac->target_parameters, n_policy },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (list) <= MAX_ARRAYS);
  memcpy (arrays, list, sizeof list);
  return G_N_ELEMENTS (list) - (sac->policy.deterministic ? 0 : 1);
}

/* The same for one candidate. */
static size_t
list_candidate (EspCandidate *candidate, Array *arrays)
{
  EspActor *actor = candidate->actor;
  EspNetwork *network = actor->network;
  size_t n_weights = network != NULL ? network->n_actions * network->arrangement->n_weights : 0;
  const Array neural[] = {
    { "parameters", ESP_TENSOR_F64, actor->parameters, actor->shape.n_parameters },
    { "evaluation", ESP_TENSOR_U8, &candidate->evaluation, sizeof candidate->evaluation },
  };

  if (network == NULL)
    {
      memcpy (arrays, neural, sizeof neural);
      return G_N_ELEMENTS (neural);
    }

  const Array list[] = {
    { "weights", ESP_TENSOR_F64, network->weights, n_weights },
    { "biases", ESP_TENSOR_F64, network->biases, network->n_actions * network->arrangement->n_biases },
    { "probabilities", ESP_TENSOR_F32, network->probabilities, n_weights },
    { "mask", ESP_TENSOR_U8, network->mask, n_weights },
    { "evaluation", ESP_TENSOR_U8, &candidate->evaluation, sizeof candidate->evaluation },
  };

  memcpy (arrays, list, sizeof list);
  return G_N_ELEMENTS (list);
}

/* Whether all @n numbers of @array are finite; bytes have nothing to check. */
static bool
is_finite (const Array *array)
{
  for (size_t i = 0; i < array->n; i++)
    if ((array->type == ESP_TENSOR_F32 && !isfinite (((const float *) array->data)[i]))
        || (array->type == ESP_TENSOR_F64 && !isfinite (((const double *) array->data)[i])))
      return false;

  return true;
}

static bool
are_probabilities (const float *values, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!(values[i] >= 0.0f && values[i] <= 1.0f))
      return false;

  return true;
}

/* Whether the learner reads and writes inside its arrays only, and works on numbers, if it goes on from
 * here: neither is true of a damaged file. */
static bool
is_sound (EspRun *run)
{
  const EspProgress *progress = &run->progress;
  const EspPolicy *policy = &run->sac.policy;
  uint64_t first = run->recipe->warm_up_steps;
  uint64_t late = progress->step > first ? progress->step - first : 0;
  uint64_t period = run->recipe->update_period, per_step = run->recipe->updates_per_step;
  /* the record of a step waits for the updates that follow it */
  bool waits = progress->pending > 0 && progress->step % run->recipe->record_period == 0;
  Array arrays[MAX_ARRAYS];
  size_t n = list_arrays (run, arrays);

  if (progress->step > run->recipe->steps || progress->evaluations > progress->step + 1
      || run->replay.count != MIN (progress->step, run->recipe->replay_capacity)
      || progress->pending > period * per_step || (progress->pending > 0 && late % period != 0)
      || run->sac.updates + progress->pending != late / period * period * per_step
      || run->records->len + waits != progress->step / run->recipe->record_period
      || run->evaluations->len != progress->evaluations
      || run->candidates->len != MIN (progress->evaluations, run->recipe->candidates)
      || !are_probabilities (policy->probabilities, policy->n_weights))
    return false;
  for (size_t i = 0; i < n; i++)
    if (!is_finite (&arrays[i]))
      return false;
  for (size_t a = 0; a < ESP_MAX_ACTIONS; a++)
    if (!isfinite (progress->exploration[a]))
      return false;
  for (size_t i = 0; i < ESP_N_STREAMS; i++)
    if (progress->streams[i].seed != progress->seed || progress->streams[i].stream != i
        || progress->streams[i].used > 4)
      return false;

  for (guint c = 0; c < run->candidates->len; c++)
    {
      EspCandidate *candidate = &g_array_index (run->candidates, EspCandidate, c);
      EspNetwork *network = candidate->actor->network;

      n = list_candidate (candidate, arrays);
      for (size_t i = 0; i < n; i++)
        if (!is_finite (&arrays[i]))
          return false;
      if (network == NULL)
        continue;
      if (!are_probabilities (network->probabilities, network->n_actions * network->arrangement->n_weights))
        return false;
      for (size_t i = 0; i < network->n_actions * network->arrangement->n_weights; i++)
        if (network->mask[i] > 1)
          return false;
    }
  for (size_t i = 0; i < run->replay.count * run->replay.width; i++)
    if (!isfinite (run->replay.data[i]))
      return false;

  return true;
}

gboolean
esp_checkpoint_save (EspRun *run, const char *path, GError **error)
{
  g_autoptr (EspTensorWriter) writer = esp_tensor_writer_new ();
  g_autofree char *fields = esp_recipe_to_json (run->recipe);
  size_t state_size = esp_environment_get_state_size (run->environment);
  g_autofree uint8_t *state = g_malloc0 (state_size);
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];
  uint64_t next = run->replay.next;
  Array arrays[MAX_ARRAYS];
  size_t n;

  if (!is_sound (run))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_DIVERGED,
                   "“%s” was left as it was, because the run holds numbers that are not finite", path);
      return FALSE;
    }

  esp_tensor_writer_add_text (writer, "format", FORMAT);
  esp_tensor_writer_add_text (writer, "environment", run->info->name);
  if (run->info->file != NULL)
    {
      esp_tensor_writer_add_text (writer, "environment_file", run->info->file);
      esp_tensor_writer_add_text (writer, "environment_digest", run->info->digest);
    }
  esp_tensor_writer_add_text (writer, "recipe", esp_recipe_get_name (run->recipe));
  esp_tensor_writer_add_text (writer, "recipe_fields", fields);
  esp_tensor_writer_add_text (writer, "seconds", g_ascii_dtostr (seconds, sizeof seconds, run->seconds));

  n = list_arrays (run, arrays);
  for (size_t i = 0; i < n; i++)
    esp_tensor_writer_add (writer, arrays[i].name, arrays[i].type, arrays[i].data, arrays[i].n);
  esp_environment_get_state (run->environment, state);
  esp_tensor_writer_add (writer, "environment", ESP_TENSOR_U8, state, state_size);
  esp_tensor_writer_add (writer, "replay.next", ESP_TENSOR_U8, &next, sizeof next);
  esp_tensor_writer_add (writer, "replay", ESP_TENSOR_F32, run->replay.data,
                         run->replay.count * run->replay.width);
  esp_tensor_writer_add (writer, "records", ESP_TENSOR_U8, run->records->data,
                         run->records->len * sizeof (EspRecord));
  esp_tensor_writer_add (writer, "evaluations", ESP_TENSOR_U8, run->evaluations->data,
                         run->evaluations->len * sizeof (EspEvaluation));
  for (guint c = 0; c < run->candidates->len; c++)
    {
      n = list_candidate (&g_array_index (run->candidates, EspCandidate, c), arrays);
      for (size_t i = 0; i < n; i++)
        {
          g_autofree char *name = g_strdup_printf ("candidate.%u.%s", c, arrays[i].name);

          esp_tensor_writer_add (writer, name, arrays[i].type, arrays[i].data, arrays[i].n);
        }
    }

  return esp_tensor_writer_save (writer, path, error);
}

static gboolean
load_replay (EspRun *run, EspTensorReader *reader, const char *name, GError **error)
{
  EspReplay *replay = &run->replay;
  size_t n = esp_tensor_reader_get_length (reader, "replay", ESP_TENSOR_F32);
  uint64_t next;

  if (!esp_tensor_reader_read (reader, "replay.next", ESP_TENSOR_U8, &next, sizeof next, error))
    return FALSE;
  replay->count = n / replay->width;
  if (n % replay->width != 0 || replay->count > replay->capacity
      || next != (replay->count < replay->capacity ? replay->count : next % replay->capacity))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "the replay in “%s” is damaged", name);
      return FALSE;
    }
  replay->next = next;
  replay->allocated = replay->count;
  replay->data = g_renew (float, replay->data, n);

  return esp_tensor_reader_read (reader, "replay", ESP_TENSOR_F32, replay->data, n, error);
}

/* Reads a growing list of @size-byte entries. */
static gboolean
load_list (GArray *list, EspTensorReader *reader, const char *name, size_t size, GError **error)
{
  size_t n = esp_tensor_reader_get_length (reader, name, ESP_TENSOR_U8);

  if (n / size > G_MAXUINT)
    n = 0;
  g_array_set_size (list, (guint) (n / size));
  return esp_tensor_reader_read (reader, name, ESP_TENSOR_U8, list->data, n / size * size, error);
}

/* Returns an actor of the run's kind, to be filled. */
static EspActor *
new_actor (const EspRun *run)
{
  const EspPolicy *policy = &run->sac.policy;
  g_autoptr (EspNetwork) network = NULL;

  if (run->recipe->policy == ESP_POLICY_NEURAL)
    return esp_actor_new_neural (run->info, &policy->network, NULL, NULL);
  if (run->recipe->policy == ESP_POLICY_EXPRESSION)
    return esp_actor_new_expression (run->info, policy->formula);
  network = esp_network_new (run->info, policy->arrangement);

  return esp_actor_new_symbolic (network);
}

static gboolean
load_candidates (EspRun *run, EspTensorReader *reader, GError **error)
{
  for (guint c = 0; c < run->recipe->candidates; c++)
    {
      g_autofree char *first = g_strdup_printf ("candidate.%u.evaluation", c);
      EspCandidate candidate = { .actor = NULL };
      Array arrays[MAX_ARRAYS];
      EspCandidate *added;
      size_t n;

      if (esp_tensor_reader_get_length (reader, first, ESP_TENSOR_U8) == 0)
        break;
      candidate.actor = new_actor (run);
      g_array_append_val (run->candidates, candidate);
      added = &g_array_index (run->candidates, EspCandidate, c);
      n = list_candidate (added, arrays);
      for (size_t i = 0; i < n; i++)
        {
          g_autofree char *name = g_strdup_printf ("candidate.%u.%s", c, arrays[i].name);

          if (!esp_tensor_reader_read (reader, name, arrays[i].type, arrays[i].data, arrays[i].n, error))
            return FALSE;
        }
    }

  return TRUE;
}

/* Makes the environment called @environment_name. One that comes from a file is that of this name which is
 * open already, wherever its file is now, or the file that it was; but only if nothing has changed in it. */
static EspEnvironment *
new_environment (EspTensorReader *reader, const char *environment_name, const char *name, GError **error)
{
  const char *file = esp_tensor_reader_get_text (reader, "environment_file");
  const char *digest = esp_tensor_reader_get_text (reader, "environment_digest");
  g_autoptr (EspEnvironment)
    environment = esp_environment_new (environment_name, file == NULL ? error : NULL);

  if (environment == NULL && file != NULL)
    environment = esp_environment_new (file, error);
  if (environment == NULL)
    {
      /* the checkpoint is not to blame */
      if (file != NULL && error != NULL)
        (*error)->code = ESP_ERROR_FILE;
      return NULL;
    }
  if (g_strcmp0 (esp_environment_get_info (environment)->digest, digest) != 0)
    {
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_FILE,
        "the environment “%s” has changed since “%s” was saved; bring its files back or start anew",
        environment_name, name);
      return NULL;
    }

  return g_steal_pointer (&environment);
}

/* Makes the run that the texts in @reader describe, at its beginning. The learner's arrays in the file must
 * have the sizes that the recipe asks for before memory is taken for them. */
static EspRun *
new_run (EspTensorReader *reader, const char *name, GError **error)
{
  const char *environment_name = esp_tensor_reader_get_text (reader, "environment");
  const char *fields = esp_tensor_reader_get_text (reader, "recipe_fields");
  const char *recipe_name = esp_tensor_reader_get_text (reader, "recipe");
  g_autoptr (EspRecipe) recipe = NULL;
  g_autoptr (EspEnvironment) environment = NULL;
  EspDemand demand;

  if (g_strcmp0 (esp_tensor_reader_get_text (reader, "format"), FORMAT) != 0 || environment_name == NULL
      || fields == NULL || recipe_name == NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "“%s” is not a checkpoint of this version of Espalier",
                   name);
      return NULL;
    }

  recipe = esp_recipe_new_from_json (recipe_name, fields, strlen (fields), error);
  if (recipe == NULL)
    return NULL;
  environment = new_environment (reader, environment_name, name, error);
  if (environment == NULL
      || !esp_demand_measure (&demand, recipe, esp_environment_get_info (environment), error))
    return NULL;
  if (esp_tensor_reader_get_length (reader, "policy", ESP_TENSOR_F32) != demand.n_policy
      || esp_tensor_reader_get_length (reader, "critic.0", ESP_TENSOR_F32) != demand.n_critic)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                   "“%s” is damaged: its networks do not have the sizes that its recipe says", name);
      return NULL;
    }

  return esp_run_new (esp_environment_get_info (environment)->name, recipe, 0, error);
}

/* Reads how long the run has taken; files of before it was kept say nothing. */
static bool
load_seconds (EspRun *run, EspTensorReader *reader)
{
  const char *text = esp_tensor_reader_get_text (reader, "seconds");
  char *end;

  if (text == NULL)
    return true;
  run->seconds = g_ascii_strtod (text, &end);

  return end != text && *end == '\0' && isfinite (run->seconds) && run->seconds >= 0.0;
}

/* Whatever failed, the file is to blame. */
static void
blame_file (const char *name, GError **error)
{
  g_autofree char *message = NULL;

  if (error == NULL || *error == NULL || g_error_matches (*error, ESP_ERROR, ESP_ERROR_FILE))
    return;
  message = g_strdup ((*error)->message);
  g_clear_error (error);
  g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "“%s” is damaged: %s", name, message);
}

EspRun *
esp_checkpoint_load (const char *path, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (EspTensorReader) reader = esp_tensor_reader_new (path, error);
  g_autoptr (EspRun) run = NULL;
  g_autofree uint8_t *state = NULL;
  size_t state_size, n;
  Array arrays[MAX_ARRAYS];

  if (reader == NULL)
    return NULL;
  run = new_run (reader, name, error);
  if (run == NULL)
    {
      blame_file (name, error);
      return NULL;
    }

  n = list_arrays (run, arrays);
  for (size_t i = 0; i < n; i++)
    if (!esp_tensor_reader_read (reader, arrays[i].name, arrays[i].type, arrays[i].data, arrays[i].n, error))
      return NULL;
  state_size = esp_environment_get_state_size (run->environment);
  state = g_malloc (state_size);
  if (!esp_tensor_reader_read (reader, "environment", ESP_TENSOR_U8, state, state_size, error)
      || !esp_environment_set_state (run->environment, state, state_size, error)
      || !load_replay (run, reader, name, error)
      || !load_list (run->records, reader, "records", sizeof (EspRecord), error)
      || !load_list (run->evaluations, reader, "evaluations", sizeof (EspEvaluation), error)
      || !load_candidates (run, reader, error))
    {
      blame_file (name, error);
      return NULL;
    }
  /* probabilities that are parameters themselves are as saved, and are looked at as they are */
  if (run->sac.policy.own_probabilities != NULL)
    esp_policy_update_probabilities (&run->sac.policy);
  if (!load_seconds (run, reader) || !is_sound (run))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "the run in “%s” is damaged", name);
      return NULL;
    }

  return g_steal_pointer (&run);
}
