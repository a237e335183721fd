/* The program `espalier`: commands, and without one the workbench. */

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "esp-command.h"
#include "esp-environment-file.h"
#include "esp-helper.h"

#ifdef ESP_HAS_WORKBENCH
#include "esp-workbench.h"
#endif

#define DEFAULT_ENVIRONMENT "cartpole"

static const struct
{
  const char *name;
  const char *description;
  int (*run) (char **arguments);
} commands[] = {
  { "train", "train a policy and print the formula it ends as", esp_command_train },
  { "eval", "measure the return of a policy", esp_command_eval },
  { "export", "write a policy's formula for other programs", esp_command_export },
  { "compare", "train policies of several kinds and seeds, and compare their returns", esp_command_compare },
  { "study", "do the runs that answer a question, and print one table with intervals", esp_command_study },
  { "rollout", "compare an environment with a recording of it", esp_command_rollout },
  { "simplify", "make a formula shorter to read, and show how", esp_command_simplify },
  { "check", "tell whether two formulas are the same function", esp_command_check },
  { "envs", "list the environments and families of tasks", esp_command_envs },
  { "bench", "measure the speed of learning on this machine", esp_command_bench },
  /* what the program runs itself with is not for people */
  { "check-environment", NULL, esp_command_check_environment },
};

static char *
describe_commands (void)
{
  GString *text = g_string_new ("Usage of a command: espalier COMMAND [ARGUMENT]…\n\n");

  for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].description != NULL)
      g_string_append_printf (text, "  %-8s %s\n", commands[i].name, commands[i].description);
  g_string_append (text,
                   "\n“espalier COMMAND --help” has more. Exit status: 0 done, 1 failed, 2 wrong usage.\n");

  return g_string_free (text, FALSE);
}

static int
refuse_command (const char *word)
{
  const char *names[G_N_ELEMENTS (commands)];
  const char *nearest;
  size_t n = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].description != NULL)
      names[n++] = commands[i].name;
  nearest = esp_nearest_word (word, names, n);

  if (nearest != NULL)
    esp_command_say ("there is no command “%s”; did you mean “%s”?", word, nearest);
  else
    esp_command_say ("there is no command “%s”; see espalier --help", word);

  return ESP_EXIT_USAGE;
}

/* Does in the terminal what the workbench would have begun with. */
static int
train_in_terminal (const char *environment, const char *recipe, const EspNumber *seed)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  g_autofree char *seed_text = g_strdup_printf ("%" G_GUINT64_FORMAT, seed->value);

  /* GTK has set the user's locale while it looked for a display */
  setlocale (LC_NUMERIC, "C");
  g_ptr_array_add (arguments, (gpointer) environment);
  if (recipe != NULL)
    {
      g_ptr_array_add (arguments, (gpointer) "--recipe");
      g_ptr_array_add (arguments, (gpointer) recipe);
    }
  if (seed->given)
    {
      g_ptr_array_add (arguments, (gpointer) "--seed");
      g_ptr_array_add (arguments, seed_text);
    }
  g_ptr_array_add (arguments, NULL);

  return esp_command_train ((char **) arguments->pdata);
}

static int
run_workbench (char **arguments)
{
  const char *environment = DEFAULT_ENVIRONMENT;
  const char *recipe = NULL;
  EspNumber seed = { 0, FALSE };
  gboolean paused = FALSE, version = FALSE;
  const EspOption options[] = {
    { "environment", ESP_OPTION_TEXT, &environment, "ENV",
      "what to open the workbench with (" DEFAULT_ENVIRONMENT ")" },
    { "recipe", ESP_OPTION_TEXT, &recipe, "NAME|FILE", "the hyperparameters (default)" },
    { "seed", ESP_OPTION_NUMBER, &seed, "N", "seed of everything that is random (0)" },
    { "paused", ESP_OPTION_FLAG, &paused, NULL, "open the workbench without training yet" },
    { "version", ESP_OPTION_FLAG, &version, NULL, "show the version" },
  };
  const EspUsage usage = {
    .summary =
      "Trains control policies that are short formulas. Without a command it opens the workbench, which\n"
      "trains at once; where there is no display it does the same run in the terminal.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  g_autofree char *notes = describe_commands ();
  g_autoptr (GError) error = NULL;
  const EspEnvironmentInfo *info;
  int status;

  if (!esp_command_parse (&usage, notes, arguments, NULL, &status))
    return status;
  if (version)
    return esp_command_finish ("espalier " ESP_VERSION "\n");
  info = esp_command_find_environment (environment, NULL, &error);
  if (info == NULL)
    return esp_command_complain (error);

#ifdef ESP_HAS_WORKBENCH
  if (esp_workbench_has_display ())
    return esp_workbench_run (info->name, recipe, seed.value, paused);
  esp_command_say ("there is no display to open a window on, so %s trains in the terminal", info->name);
#else
  esp_command_say ("this build has no window, so %s trains in the terminal", info->name);
#endif

  return train_in_terminal (info->name, recipe, &seed);
}

/* A file that is opened later must not take the place of a standard stream that the caller closed: what
 * is said on standard error would be written into a checkpoint. Open for reading only, so that writing
 * still fails. */
static void
fill_standard_streams (void)
{
  int descriptor;

  do
    descriptor = open ("/dev/null", O_RDONLY);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor >= 0)
    close (descriptor);
}

int
main (int argc, char **argv)
{
  fill_standard_streams ();
  /* which characters the terminal has; numbers stay as in C */
  setlocale (LC_CTYPE, "");
  esp_environment_set_checker (esp_helper_check_environment);

  if (argc < 2 || argv[1][0] == '-')
    return run_workbench (argv + 1);

  for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (argv[1], commands[i].name) == 0)
      return commands[i].run (argv + 2);

  return refuse_command (argv[1]);
}
