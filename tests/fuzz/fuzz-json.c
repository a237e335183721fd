/* Fuzzing the reading of JSON: what is read is written and read back the same, what is not has a sentence. */

#include <stdint.h>
#include <string.h>

#include "esp-error.h"
#include "esp-json.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL, again_error = NULL;
  g_autoptr (JsonNode) node = esp_json_parse ("input", size > 0 ? (const char *) data : "", size, &error);
  g_autoptr (JsonNode) again = NULL;
  g_autofree char *text = NULL, *same = NULL;

  g_assert_true ((node == NULL) == (error != NULL));
  if (node == NULL)
    {
      g_assert_true (error->domain == ESP_ERROR);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }

  text = json_to_string (node, FALSE);
  again = esp_json_parse ("output", text, strlen (text), &again_error);
  /* json-glib writes what is too large for a double as inf, and 1e22 as 1e+22.0, neither of which is JSON */
  if (again == NULL)
    {
      g_assert_true (strstr (text, "inf") != NULL || strstr (text, "e+") != NULL
                     || strstr (text, "e-") != NULL || strlen (text) > ESP_JSON_MAX_BYTES);
      return 0;
    }
  same = json_to_string (again, FALSE);
  g_assert_cmpstr (text, ==, same);
  return 0;
}
