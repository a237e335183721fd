/* Environments from files: the example that ships, the language of expressions, and what is refused. */

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "esp-environment-file.h"
#include "esp-error.h"
#include "esp-random.h"
#include "esp-resources.h"

/* A cart on a rail, and a pole on it that nothing moves. */
#define MODEL                                                                                             \
  "<mujoco><compiler autolimits='true'/><option timestep='0.01' gravity='0 0 0'/><worldbody>"             \
  "<body><joint name='cart' type='slide' axis='1 0 0'/><geom size='0.1' mass='2'/>"                       \
  "<body><joint name='pole' axis='0 1 0'/><geom type='capsule' size='0.05' fromto='0 0 0.2 0 0 "          \
  "1'/></body></body>"                                                                                    \
  "<body pos='5 0 0'><freejoint name='kite'/><geom size='0.1'/></body>"                                   \
  "</worldbody><actuator><motor name='push' joint='cart' ctrlrange='-3 3'/><motor name='free' "           \
  "joint='pole'/></actuator>"                                                                             \
  "<sensor><jointpos name='place' joint='cart'/><framequat name='turn' objtype='xbody' objname='world'/>" \
  "<velocimeter name='pole' site='s'/></sensor></mujoco>"

#define OBSERVATIONS "\"observations\": [{\"name\": \"x\", \"expression\": \"cart\"}]"
#define ACTIONS      "\"actions\": [{\"name\": \"push\"}]"
#define HEAD         "\"name\": \"test\", \"description\": \"d\", \"model\": \"model.xml\""
#define WHOLE        "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": 1}"

typedef struct
{
  char *folder;
} Fixture;

static void
set_up (Fixture *fixture, const void *data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("espalier-XXXXXX", &error);
  g_assert_no_error (error);
}

static void
remove_all (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        remove_all (path);
      else
        g_assert_cmpint (unlink (path), ==, 0);
    }
  g_assert_cmpint (rmdir (folder), ==, 0);
}

static void
tear_down (Fixture *fixture, const void *data)
{
  remove_all (fixture->folder);
  g_free (fixture->folder);
}

/* Writes a file of the fixture's folder and returns its path. */
static char *
put (Fixture *fixture, const char *name, const char *text)
{
  char *path = g_build_filename (fixture->folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);

  return path;
}

/* The test's model, with a site for its sensor. */
static char *
make_model (void)
{
  g_auto (GStrv) parts = g_strsplit (MODEL, "<geom type='capsule'", 2);

  return g_strjoin ("<site name='s'/><geom type='capsule'", parts[0], parts[1], NULL);
}

/* Checks @json with @model and expects a refusal whose sentence has all of @words (NULL-terminated). */
static void
assert_refused (Fixture *fixture, const char *json, const char *model, const char *const *words)
{
  g_autofree char *path = put (fixture, "robot.json", json);
  g_autofree char *model_path = put (fixture, "model.xml", model);
  g_autofree char *digest = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (esp_environment_check_file (path, &digest, &error));
  g_assert_null (digest);
  g_assert_nonnull (error);
  g_assert_true (error->domain == ESP_ERROR);
  g_assert_true (g_str_has_prefix (error->message, "the environment “robot.json” cannot be used: "));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  for (; *words != NULL; words++)
    {
      if (strstr (error->message, *words) == NULL)
        g_error ("“%s” is not in: %s", *words, error->message);
    }
}

static void
test_bad_definitions (Fixture *fixture, const void *data)
{
  static const struct
  {
    const char *json;
    const char *words[3];
  } cases[] = {
    { "", { "empty" } },
    { "{\"name\": ", { "JSON" } },
    { "[]", { "not a JSON object" } },
    { "{\"name\": \"a\", \"nmae\": 1}", { "“nmae”", "observations" } },
    { "{}", { "“name”" } },
    { "{\"name\": \"My Robot\"}", { "“My Robot”", "lower-case" } },
    { "{\"name\": 3}", { "“name”", "text" } },
    { "{\"name\": \"a\\nb\"}", { "“name”", "one line" } },
    { "{\"name\": \"a\"}", { "“description”" } },
    { "{\"name\": \"a\", \"description\": \"d\"}", { "“model”" } },
    { "{\"name\": \"a\", \"description\": \"d\", \"model\": \"none.xml\"}", { "none.xml" } },
    { "{\"name\": \"a\", \"description\": \"d\", \"model\": \"../model.xml\"}",
      { "../model.xml", "folder" } },
    { "{\"name\": \"a\", \"description\": \"d\", \"model\": \"/etc/passwd\"}", { "/etc/passwd", "folder" } },
    { "{" HEAD ", " OBSERVATIONS "}", { "“actions”" } },
    { "{" HEAD ", " ACTIONS "}", { "“observations”" } },
    { "{" HEAD ", \"observations\": [], " ACTIONS "}", { "“observations”", "1 to 64" } },
    { "{" HEAD ", " OBSERVATIONS ", \"actions\": []}", { "“actions”", "1 to 16" } },
    { "{" HEAD ", " OBSERVATIONS ", \"actions\": [{\"name\": \"pull\"}]}", { "“pull”", "actuator" } },
    { "{" HEAD ", " OBSERVATIONS ", \"actions\": [{\"name\": \"free\"}]}", { "“low”", "“free”" } },
    { "{" HEAD ", " OBSERVATIONS ", \"actions\": [{\"name\": \"push\", \"high\": 4}]}",
      { "“push”", "ctrlrange" } },
    { "{" HEAD ", " OBSERVATIONS ", \"actions\": [{\"name\": \"push\", \"low\": 2, \"high\": 1}]}",
      { "“low”" } },
    { "{" HEAD ", " OBSERVATIONS
      ", \"actions\": [{\"name\": \"push\"}, {\"name\": \"b\", \"actuator\": \"push\"}]}",
      { "action 2", "“push”" } },
    { "{" HEAD ", " ACTIONS ", \"observations\": [{\"name\": \"1x\"}]}", { "“1x”" } },
    { "{" HEAD ", " ACTIONS ", \"observations\": [{\"name\": \"sin\", \"expression\": \"1\"}]}",
      { "“sin”" } },
    { "{" HEAD ", " ACTIONS ", \"observations\": [{\"name\": \"s2\", \"expression\": \"1\"}]}", { "“s2”" } },
    { "{" HEAD ", " ACTIONS ", \"observations\": [{\"name\": \"cart\"}, {\"name\": \"cart\"}]}",
      { "observation 2", "“cart”" } },
    { "{" HEAD ", " ACTIONS
      ", \"observations\": [{\"name\": \"x\", \"latex\": \"\\\\input{a}\", \"expression\": 1}]}",
      { "“latex”" } },
    { "{" HEAD ", " ACTIONS ", \"observations\": [{\"name\": \"x\", \"unti\": \"m\", \"expression\": 1}]}",
      { "observation 1", "“unti”" } },
    { "{" HEAD ", " ACTIONS ", \"observations\": [{\"name\": \"x\"}], \"reward\": 1}",
      { "“x”", "column 1", "cart" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS "}", { "“reward”" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": \"cart + (2\"}", { "“reward”", "column 10" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": \"cart + wheel\"}",
      { "“reward”", "“wheel”", "column 8" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": \"s1\"}", { "“s1”", "column 1" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": \"x\"}", { "“x”" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": \"log(-1 - cart^2)\"}", { "reward", "finite" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": \"nan\"}", { "reward", "finite" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": 1, \"termination\": \"1/0\"}",
      { "termination", "finite" } },
    { "{" HEAD ", " ACTIONS
      ", \"reward\": 1, \"observations\": [{\"name\": \"x\", \"expression\": \"1/cart\"}]}",
      { "“x”", "finite", "rest" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": 1, \"frame_skip\": 0}", { "frame_skip" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": 1, \"frame_skip\": 1.5}", { "frame_skip" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": 1, \"max_steps\": 1e12}", { "max_steps" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": 1, \"reset\": {\"noise\": 1}}", { "“noise”" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS ", \"reward\": 1, \"reset\": {\"keyframe\": \"home\"}}",
      { "keyframe", "“home”" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS
      ", \"reward\": 1, \"reset\": {\"positions\": {\"uniform\": 1, \"normal\": 1}}}",
      { "positions", "one of them" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS
      ", \"reward\": 1, \"reset\": {\"joints\": {\"wheel\": {\"uniform\": 1}}}}",
      { "“wheel”" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS
      ", \"reward\": 1, \"reset\": {\"joints\": {\"cart\": {\"uniform\": \"place\"}}}}",
      { "“place”", "sensor" } },
    { "{" HEAD ", " OBSERVATIONS ", " ACTIONS
      ", \"reward\": 1, \"reset\": {\"joints\": {\"cart_dot\": {\"value\": \"1/0\"}}}}",
      { "reset" } },
  };
  g_autofree char *model = make_model ();
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *words[] = { cases[i].words[0], cases[i].words[1], cases[i].words[2], NULL };

      assert_refused (fixture, cases[i].json, model, words);
    }
  /* and nothing of this is refused for another reason */
  path = put (fixture, "robot.json", WHOLE);
  g_assert_true (esp_environment_check_file (path, NULL, &error));
  g_assert_no_error (error);
}

static void
test_bad_models (Fixture *fixture, const void *data)
{
#define BODY  "<body><joint name='cart' type='slide'/><geom size='0.1'/></body>"
#define WORLD "<worldbody>" BODY "</worldbody>"
#define MOTOR "<actuator><motor name='push' joint='cart' ctrllimited='true' ctrlrange='-1 1'/></actuator>"
  static const struct
  {
    const char *model;
    const char *words[3];
  } cases[] = {
    { "", { "XML" } },
    { "<mujoco>", { "XML" } },
    { "<mujoco>" WORLD "<worldbody></mujoco>", { "XML" } },
    { "\xff\xfe", { "UTF-8" } },
    { "<robot name='a'/>", { "<robot>" } },
    { "<!DOCTYPE mujoco><mujoco>" WORLD MOTOR "</mujoco>", { "DOCTYPE" } },
    { "<mujoco><![CDATA[a]]>" WORLD MOTOR "</mujoco>", { "CDATA" } },
    { "<mujoco><!-->" WORLD MOTOR "<!-- --></mujoco>", { "DOCTYPE" } },
    { "<mujoco><nonsense/>" WORLD MOTOR "</mujoco>", { "nonsense" } },
    { "<mujoco>" WORLD "</mujoco>", { "actuator", "“push”" } },
    { "<mujoco><worldbody><geom size='1'/></worldbody></mujoco>", { "no joints" } },
    { "<mujoco><include file='/etc/passwd'/>" WORLD MOTOR "</mujoco>", { "/etc/passwd", "line 1" } },
    { "<mujoco><include file='../model.xml'/>" WORLD MOTOR "</mujoco>", { "../model.xml" } },
    { "<mujoco><include file='.&#x2e;/model.xml'/>" WORLD MOTOR "</mujoco>", { "../model.xml" } },
    { "<mujoco><INCLUDE FILE='a/../../b.xml'/>" WORLD MOTOR "</mujoco>", { "a/../../b.xml" } },
    { "<mujoco><include file='none.xml'/>" WORLD MOTOR "</mujoco>", { "none.xml" } },
    { "<mujoco><compiler meshdir='/usr/share'/>" WORLD MOTOR "</mujoco>", { "/usr/share" } },
    { "<mujoco><compiler texturedir='../..'/>" WORLD MOTOR "</mujoco>", { "../.." } },
    { "<mujoco><asset><mesh name='m' file='/bin/sh'/></asset>" WORLD MOTOR "</mujoco>", { "/bin/sh" } },
    { "<mujoco><asset><texture type='cube' fileup='../x.png'/></asset>" WORLD MOTOR "</mujoco>",
      { "../x.png" } },
    { "<mujoco><asset><hfield name='h' file='link.png' size='1 1 1 1'/></asset>" WORLD MOTOR "</mujoco>",
      { "link.png", "link" } },
    { "<mujoco><asset><mesh name='m' file='pipe.stl'/></asset>" WORLD MOTOR "</mujoco>",
      { "pipe.stl", "not a file" } },
    { "<mujoco><extension><plugin plugin='mujoco.elasticity.cable'/></extension>" WORLD MOTOR "</mujoco>",
      { "<extension>" } },
    { "<mujoco>" WORLD "<actuator><muscle joint='cart'/></actuator></mujoco>",
      { "<muscle>", "lengthrange" } },
    { "<mujoco>" WORLD
      "<actuator><general joint='cart' gaintype='muscle' lengthrange='1 1'/></actuator></mujoco>",
      { "<general>", "lengthrange" } },
    { "<mujoco><compiler><lengthrange mode='all'/></compiler>" WORLD MOTOR "</mujoco>", { "<lengthrange>" } },
    { "<mujoco><size njmax='1000000000'/>" WORLD MOTOR "</mujoco>", { "njmax", "20000" } },
    { "<mujoco><size memory='100G'/>" WORLD MOTOR "</mujoco>", { "memory" } },
    { "<mujoco><size nuserdata='999999999'/>" WORLD MOTOR "</mujoco>", { "nuserdata" } },
    { "<mujoco><asset><texture type='2d' builtin='flat' name='t' width='16000' height='16000'/></asset>" WORLD
        MOTOR "</mujoco>",
      { "<texture>" } },
    { "<mujoco><worldbody><body>" BODY "<composite type='grid' count='90 90 1' spacing='0.1'><geom "
      "size='0.01'/></composite></body></worldbody></mujoco>",
      { "<composite>" } },
    { "<mujoco><option timestep='0.1'/><worldbody><body><joint name='cart' type='slide' stiffness='1e9'/>"
      "<geom size='0.1'/></body></worldbody>" MOTOR "</mujoco>",
      { "explodes", "random actions" } },
    { "<mujoco>" WORLD MOTOR "<sensor><jointvel name='cart' joint='cart'/></sensor></mujoco>",
      { "“cart”", "a joint and of a sensor", "column 1" } },
  };

  g_autofree char *link = g_build_filename (fixture->folder, "link.png", NULL);
  g_autofree char *pipe = g_build_filename (fixture->folder, "pipe.stl", NULL);

  g_assert_cmpint (symlink ("/etc/passwd", link), ==, 0);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *words[] = { cases[i].words[0], cases[i].words[1], cases[i].words[2], NULL };

      assert_refused (fixture, WHOLE, cases[i].model, words);
    }
}

/* An include below the folder works, and is part of the digest. */
static void
test_include (Fixture *fixture, const void *data)
{
  g_autofree char *json = put (fixture, "robot.json", WHOLE);
  g_autofree char *model = put (
    fixture, "model.xml", "<mujoco><include file='parts/world.xml'/><include file='motor.xml'/></mujoco>");
  g_autofree char *motor = put (fixture, "motor.xml", "<mujoco>" MOTOR "</mujoco>");
  g_autofree char *parts = g_build_filename (fixture->folder, "parts", NULL);
  g_autofree char *first = NULL, *second = NULL, *third = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (parts, 0700), ==, 0);
  g_free (put (fixture, "parts/world.xml", "<mujoco>" WORLD "</mujoco>"));
  g_assert_true (esp_environment_check_file (json, &first, &error));
  g_assert_true (esp_environment_check_file (json, &second, &error));
  g_assert_cmpstr (first, ==, second);
  g_free (put (fixture, "parts/world.xml", "<mujoco>" WORLD "<!-- other --></mujoco>"));
  g_assert_true (esp_environment_check_file (json, &third, &error));
  g_assert_cmpstr (first, !=, third);
}

/* Every kind of name, against numbers that are known. */
static void
test_names (Fixture *fixture, const void *data)
{
  static const char json[] =
    "{\"name\": \"names\", \"description\": \"d\", \"model\": \"model.xml\", \"frame_skip\": 2, "
    "\"max_steps\": 7,"
    "\"observations\": [{\"name\": \"a\", \"expression\": \"cart\"}, {\"name\": \"b\", \"expression\": "
    "\"cart_dot\"},"
    "{\"name\": \"c\", \"expression\": \"place - cart\"}, {\"name\": \"d\", \"expression\": \"turn_w + 10 * "
    "turn_x\"},"
    "{\"name\": \"e\", \"expression\": \"kite_x + kite_qw + kite_x_dot + kite_wz\"},"
    "{\"name\": \"f\", \"expression\": \"time\"}, {\"name\": \"g\", \"expression\": \"push\"},"
    "{\"name\": \"kite_z\"}],"
    "\"actions\": [{\"name\": \"push\", \"high\": 2}, {\"name\": \"twist\", \"actuator\": \"free\", \"low\": "
    "-1, \"high\": 1}],"
    "\"reward\": \"100 * cart + push\", \"termination\": \"time - 0.09\","
    "\"reset\": {\"positions\": {\"uniform\": 0}, \"joints\": {\"cart\": {\"value\": 0.5},"
    "\"kite_z\": {\"value\": \"cart + 1\", \"uniform\": 0.25}, \"pole_dot\": {\"normal\": 0.001}}}}";
  g_autofree char *text = make_model ();
  g_autofree char *path = put (fixture, "names.json", json);
  g_autofree char *model = put (fixture, "model.xml", text);
  g_autoptr (GError) error = NULL;
  g_autoptr (EspEnvironment) environment = esp_environment_new (path, &error);
  const EspEnvironmentInfo *info;
  double observation[ESP_MAX_OBSERVATIONS], least = INFINITY, most = -INFINITY;
  EspStep step;

  g_assert_no_error (error);
  info = esp_environment_get_info (environment);
  g_assert_cmpstr (info->name, ==, "names");
  g_assert_cmpstr (info->title, ==, "names");
  g_assert_cmpuint (info->n_observations, ==, 8);
  g_assert_cmpuint (info->n_actions, ==, 2);
  g_assert_cmpuint (info->n_pose, ==, 9);
  g_assert_cmpuint (info->max_steps, ==, 7);
  g_assert_cmpfloat (info->time_step, ==, 0.02);
  g_assert_cmpfloat (info->actions[0].low, ==, -3);
  g_assert_cmpfloat (info->actions[0].high, ==, 2);
  g_assert_cmpstr (info->observations[7].latex, ==, "\\mathrm{kite}_{z}");
  g_assert_true (isinf (info->observations[0].low) && isinf (info->observations[0].high));

  for (uint64_t seed = 0; seed < 200; seed++)
    {
      esp_environment_reset (environment, seed, observation);
      g_assert_cmpfloat (observation[0], ==, 0.5);
      least = fmin (least, observation[7]);
      most = fmax (most, observation[7]);
    }
  g_assert_true (least >= 1.25 && least < 1.27 && most > 1.73 && most <= 1.75);
  g_assert_cmpfloat_with_epsilon (observation[3], 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (observation[4], 6, 1e-12);
  g_assert_cmpfloat (observation[6], ==, 0);

  step = esp_environment_step (environment, (double[]){ 99, 0 }, observation);
  g_assert_cmpfloat (observation[6], ==, 2);
  g_assert_cmpfloat_with_epsilon (observation[5], 0.02, 1e-12);
  g_assert_true (observation[1] > 0 && observation[0] > 0.5);
  /* the sensor is that of the state the step ended in */
  g_assert_cmpfloat_with_epsilon (observation[2], 0, 1e-15);
  g_assert_cmpfloat_with_epsilon (step.reward, 100 * observation[0] + 2, 1e-12);
  g_assert_false (step.terminated);
  for (int i = 0; i < 3; i++)
    g_assert_false (esp_environment_step (environment, (double[]){ 0, 0 }, observation).terminated);
  g_assert_true (esp_environment_step (environment, (double[]){ 0, 0 }, observation).terminated);
}

static char *
get_example (void)
{
  return esp_resource_path ("environments/ball-in-cup/ball-in-cup.json");
}

static void
test_example (void)
{
  g_autofree char *path = get_example ();
  g_autofree char *digest = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (EspEnvironment) one = NULL, two = NULL, three = NULL;
  const EspEnvironmentInfo *info;
  double observation[ESP_MAX_OBSERVATIONS], other[ESP_MAX_OBSERVATIONS], action[2];
  g_autofree uint8_t *state = NULL;
  size_t size;
  EspRandom random;

  g_assert_true (esp_environment_check_file (path, &digest, &error));
  g_assert_no_error (error);
  one = esp_environment_new (path, &error);
  g_assert_no_error (error);
  info = esp_environment_get_info (one);
  g_assert_cmpstr (info->digest, ==, digest);
  g_assert_true (g_path_is_absolute (info->file));
  /* once loaded, it is known by its name too */
  two = esp_environment_new ("ball-in-cup", &error);
  g_assert_no_error (error);
  three = esp_environment_new (info->file, &error);
  g_assert_no_error (error);
  g_assert_true (esp_environment_get_info (two) == info && esp_environment_get_info (three) == info);

  /* an instance in the middle of an episode goes on bit for bit in another one */
  esp_random_init (&random, 1, 0);
  esp_environment_reset (one, 5, observation);
  for (int i = 0; i < 40; i++)
    {
      for (int k = 0; k < 2; k++)
        action[k] = esp_random_between (&random, info->actions[k].low, info->actions[k].high);
      esp_environment_step (one, action, observation);
    }
  size = esp_environment_get_state_size (one);
  state = g_malloc (size);
  esp_environment_get_state (one, state);
  g_assert_true (esp_environment_set_state (two, state, size, &error));
  esp_environment_observe (two, other);
  g_assert_cmpmem (observation, info->n_observations * sizeof (double), other,
                   info->n_observations * sizeof (double));
  for (int i = 0; i < 100; i++)
    {
      EspStep a, b;

      for (int k = 0; k < 2; k++)
        action[k] = esp_random_between (&random, info->actions[k].low, info->actions[k].high);
      a = esp_environment_step (one, action, observation);
      b = esp_environment_step (two, action, other);
      g_assert_cmpmem (&a.reward, sizeof a.reward, &b.reward, sizeof b.reward);
      g_assert_cmpmem (observation, info->n_observations * sizeof (double), other,
                       info->n_observations * sizeof (double));
    }
  /* a state that is none changes nothing */
  memset (state + size - 8, 0xff, 8);
  g_assert_false (esp_environment_set_state (two, state, size, NULL));
  esp_environment_observe (two, other);
  g_assert_cmpmem (observation, info->n_observations * sizeof (double), other,
                   info->n_observations * sizeof (double));
}

/* The ball in the cup earns 1 a step, and hanging below nearly nothing. */
static void
test_example_reward (void)
{
  g_autofree char *path = get_example ();
  g_autoptr (EspEnvironment) environment = esp_environment_new (path, NULL);
  double observation[ESP_MAX_OBSERVATIONS], physics[8];
  double rest[2] = { 0, 0 };
  EspStep step;

  g_assert_cmpuint (esp_environment_get_n_physics (environment), ==, 8);
  esp_environment_reset (environment, 0, observation);
  for (int i = 0; i < 100; i++)
    {
      step = esp_environment_step (environment, rest, observation);
      g_assert_true (step.reward >= -0.02 && step.reward < 0.1);
    }
  /* the string holds it */
  g_assert_cmpfloat (observation[3], >, -0.36);
  g_assert_cmpfloat (observation[3], <, -0.2);

  /* hangs 0.31 m below the place in the cup where it is put now, and falls into it */
  memset (physics, 0, sizeof physics);
  physics[3] = 0.32;
  g_assert_true (esp_environment_set_physics (environment, physics, 8, NULL));
  for (int i = 0; i < 100; i++)
    step = esp_environment_step (environment, rest, observation);
  g_assert_cmpfloat (step.reward, ==, 1);
  g_assert_false (step.terminated);
}

static void *
load_example (void *data)
{
  g_autofree char *path = get_example ();

  return esp_environment_new (path, NULL);
}

/* Threads that name the same file get the same definition. */
static void
test_threads (void)
{
  pthread_t threads[4];
  void *environments[4];

  for (int i = 0; i < 4; i++)
    g_assert_cmpint (pthread_create (&threads[i], NULL, load_example, NULL), ==, 0);
  for (int i = 0; i < 4; i++)
    pthread_join (threads[i], &environments[i]);
  for (int i = 0; i < 4; i++)
    g_assert_true (esp_environment_get_info (environments[i]) == esp_environment_get_info (environments[0]));
  for (int i = 0; i < 4; i++)
    esp_environment_free (environments[i]);
}

/* A name is one environment's. */
static void
test_taken_names (Fixture *fixture, const void *data)
{
  static const char *const names[] = { "cartpole", "ball-in-cup" };
  g_autofree char *example = get_example ();
  g_autoptr (EspEnvironment) first = esp_environment_new (example, NULL);
  g_autofree char *text = make_model ();
  g_autofree char *model = put (fixture, "model.xml", text);

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *json = g_strdup_printf (
        "{\"name\": \"%s\", \"description\": \"d\", \"model\": \"model.xml\", \"reward\": 1, " OBSERVATIONS
        ", " ACTIONS "}",
        names[i]);
      g_autofree char *path = put (fixture, "robot.json", json);
      g_autoptr (GError) error = NULL;

      g_assert_null (esp_environment_new (path, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
      g_assert_nonnull (strstr (error->message, names[i]));
    }
}

/* In the middle of an episode a number that is not finite ends it: nothing of that reaches a learner. */
static void
test_late_fault (Fixture *fixture, const void *data)
{
  g_autofree char *text = make_model ();
  g_autofree char *model = put (fixture, "model.xml", text);
  g_autofree char *path = put (
    fixture, "late.json",
    "{\"name\": \"late\", \"description\": \"d\", \"model\": \"model.xml\", " ACTIONS
    ", \"observations\": [{\"name\": \"t\", \"expression\": \"sqrt(1.5 - time)\"}],"
    "\"reward\": 1}");
  g_autoptr (GError) error = NULL;
  g_autoptr (EspEnvironment) environment = esp_environment_new (path, &error);
  double observation = 0, before = 0, action = 0;
  EspStep step = { 0 };
  int i;

  g_assert_no_error (error);
  esp_environment_reset (environment, 0, &observation);
  for (i = 0; i < 200 && !step.terminated; i++)
    {
      before = observation;
      step = esp_environment_step (environment, &action, &observation);
    }
  g_assert_cmpint (i, >=, 150);
  g_assert_cmpint (i, <=, 152);
  g_assert_true (step.terminated);
  g_assert_cmpfloat (step.reward, ==, 0);
  g_assert_cmpfloat (observation, ==, before);
}

#define ADD(name, function) g_test_add ("/file-environment/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("bad-definitions", test_bad_definitions);
  ADD ("bad-models", test_bad_models);
  ADD ("include", test_include);
  ADD ("names", test_names);
  ADD ("taken-names", test_taken_names);
  ADD ("late-fault", test_late_fault);
  g_test_add_func ("/file-environment/example", test_example);
  g_test_add_func ("/file-environment/example-reward", test_example_reward);
  g_test_add_func ("/file-environment/threads", test_threads);

  return g_test_run ();
}
