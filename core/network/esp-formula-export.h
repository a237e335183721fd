/* Taking a formula out of the program, with what its environment says about it. */

#pragma once

#include "esp-environment.h"
#include "esp-export.h"
#include "esp-formula.h"

G_BEGIN_DECLS

/**
 * EspFormat:
 *
 * What a formula can be written as.
 */
typedef enum
{
  ESP_FORMAT_TEXT,
  ESP_FORMAT_UNICODE,
  ESP_FORMAT_LATEX,
  ESP_FORMAT_PYTHON,
  ESP_FORMAT_SYMPY,
  ESP_FORMAT_C,
  ESP_FORMAT_JSON,
  ESP_FORMAT_DOT,
  ESP_N_FORMATS,
} EspFormat;

/**
 * EspFormatInfo:
 * @name: on the command line, such as `latex`
 * @title: in the window, such as "LaTeX"
 * @description: a few words
 * @suffix: of files, such as `.tex`
 */
typedef struct
{
  const char *name;
  const char *title;
  const char *description;
  const char *suffix;
} EspFormatInfo;

/* Returns the description of @format; static. */
const EspFormatInfo *esp_format_get_info (EspFormat format);

/* Finds the format called @name. Fails with ESP_ERROR_USAGE. */
gboolean esp_format_find (const char *name, EspFormat *format, GError **error);

/* Returns @formula, which acts in @environment, in @format, with a line feed at its end. @single asks C for
 * single precision. Fails with ESP_ERROR_RANGE where the formula is too long to read, except for JSON and
 * DOT, which have a shared term once. Free with g_free(). Any thread; may take a moment for C, whose
 * self-test comes from episodes. */
char *esp_formula_export (const EspFormula *formula,
                          const EspEnvironmentInfo *environment,
                          EspFormat format,
                          bool single,
                          GError **error);

/* Returns up to @n states with what @formula makes of them: half of them visited by the formula in episodes
 * of
 * @environment, half spread over the limits of the observations, or where there are none, twice as far as
 * visited. States at which rounding decides (near a jump) are left out. @single widens the tolerances to
 * single precision. Always the same for the same formula. Fails as esp_environment_new(). */
EspTestVectors *esp_formula_make_test_vectors (
  const EspFormula *formula, const EspEnvironmentInfo *environment, size_t n, bool single, GError **error);

/* Returns the test vectors as esp_test_vectors_to_csv() does. */
char *esp_formula_export_test_vectors (
  const EspFormula *formula, const EspEnvironmentInfo *environment, size_t n, bool single, GError **error);

G_END_DECLS
