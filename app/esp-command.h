/* The commands of the program `espalier`. */

#pragma once

#include <glib.h>

#include "esp-environment.h"
#include "esp-options.h"

G_BEGIN_DECLS

/* Exit statuses, the same for every command. */
enum
{
  ESP_EXIT_DONE = 0,
  ESP_EXIT_FAILED = 1, /* something went wrong while running */
  ESP_EXIT_USAGE = 2,  /* the arguments made no sense; nothing was done */
};

/* Each runs one command with its @arguments (NULL-terminated, without the command's name) and returns
 * the exit status. Main thread. */
int esp_command_bench (char **arguments);
int esp_command_check (char **arguments);
int esp_command_check_environment (char **arguments);
int esp_command_compare (char **arguments);
int esp_command_envs (char **arguments);
int esp_command_eval (char **arguments);
int esp_command_export (char **arguments);
int esp_command_rollout (char **arguments);
int esp_command_simplify (char **arguments);
int esp_command_study (char **arguments);
int esp_command_train (char **arguments);

/* Parses @arguments as esp_options_parse() does. Returns whether the command should go on; else @status
 * is the exit status, after the help, with @notes (may be NULL) below it, or the complaint was printed. */
gboolean esp_command_parse (
  const EspUsage *usage, const char *notes, char **arguments, const char **operands, int *status);

/* Prints a line on standard error with the program's name before it. */
void esp_command_say (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Prints the sentence of @error, and below it what points at the piece of a formula that is wrong, if it
 * does; returns the exit status that its code asks for. */
int esp_command_complain (const GError *error);

/**
 * EspTaskChoice:
 * @task: `--task`
 * @seed: `--family-seed`
 *
 * Which task of a family is asked for.
 */
typedef struct
{
  EspNumber task;
  EspNumber seed;
} EspTaskChoice;

/* The options of a command for an EspTaskChoice *@choice, in its table. */
#define ESP_TASK_OPTIONS(choice)                                                                            \
  { "task", ESP_OPTION_NUMBER, &(choice)->task, "N", "which task of a family, see espalier envs (0)" },     \
  {                                                                                                         \
    "family-seed", ESP_OPTION_NUMBER, &(choice)->seed, "N", "seed that a family's tasks are drawn from (0)" \
  }

/* Returns the description of the environment @name, or, where @choice (may be NULL) asks for one, of that
 * task of the family @name. NULL and an error as esp_environment_new() has if there is none. */
const EspEnvironmentInfo *
esp_command_find_environment (const char *name, const EspTaskChoice *choice, GError **error);

/* Prints @text on standard output and returns the exit status of the command: ESP_EXIT_FAILED, after
 * a sentence, where it cannot be written. */
int esp_command_finish (const char *text);

G_END_DECLS
