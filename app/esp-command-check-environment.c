/* espalier check-environment: tries out an environment from a file. The program runs itself with it before it
 * loads such a file; it prints the digest of what it has checked. */

#include "esp-command.h"
#include "esp-environment-file.h"
#include "esp-helper.h"

int
esp_command_check_environment (char **arguments)
{
  static const char *const operands[] = { "FILE" };
  const EspUsage usage = {
    .command = "check-environment",
    .operands = operands,
    .n_operands = G_N_ELEMENTS (operands),
    .summary = "Tries out the environment in the JSON file FILE under limits of time and memory.",
  };
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *line = NULL;
  const char *path;
  int status;

  if (!esp_command_parse (&usage, NULL, arguments, &path, &status))
    return status;
  esp_helper_limit ();
  if (!esp_environment_check_file (path, &digest, &error))
    return esp_command_complain (error);
  line = g_strconcat (digest, "\n", NULL);

  return esp_command_finish (line);
}
