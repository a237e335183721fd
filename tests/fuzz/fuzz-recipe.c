/* Fuzzing recipes: as a file and, its lines, as assignments. What is taken round-trips and can start a run.
 */

#include <stdint.h>
#include <string.h>

#include "esp-demand.h"
#include "esp-error.h"
#include "esp-run.h"

/* Runs beyond this are sound but slow to start. */
#define SMALL_RUN (4u << 20)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check (EspRecipe *recipe)
{
  g_autofree char *text = esp_recipe_to_json (recipe);
  g_autoptr (GError) error = NULL;
  g_autoptr (EspRecipe) again = esp_recipe_new_from_json ("output", text, strlen (text), &error);
  g_autofree char *same = NULL;
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  EspDemand demand;

  g_assert_no_error (error);
  same = esp_recipe_to_json (again);
  g_assert_cmpstr (text, ==, same);

  if (esp_demand_measure (&demand, recipe, esp_environment_get_info (environment), &error)
      && demand.bytes < SMALL_RUN && recipe->updates_per_step < 3)
    {
      g_autoptr (EspRun) run = esp_run_new ("cartpole", recipe, 1, &error);

      g_assert_true ((run == NULL) == (error != NULL));
      for (int i = 0; run != NULL && i < 3; i++)
        if (!esp_run_step (run, &error))
          {
            g_assert_error (error, ESP_ERROR, ESP_ERROR_DIVERGED);
            break;
          }
    }
  if (error != NULL)
    g_assert_true (error->domain == ESP_ERROR && g_utf8_validate (error->message, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GError) error = NULL;
  g_autoptr (EspRecipe) recipe = esp_recipe_new_from_json ("input", text, strlen (text), &error);
  g_autoptr (EspRecipe) other = esp_recipe_new_from_json ("lines", "{}", 2, NULL);

  g_assert_true ((recipe == NULL) == (error != NULL));
  if (recipe != NULL)
    check (recipe);

  if (!g_utf8_validate (text, -1, NULL))
    return 0;
  for (char **line = lines; *line != NULL; line++)
    esp_recipe_set (other, *line, NULL);
  check (other);
  return 0;
}
