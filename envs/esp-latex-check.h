/* Which LaTeX is taken from strangers. It is copied into documents, where commands can read files and run
 * programs. */

#pragma once

#include <stdbool.h>

/* Returns whether @latex consists of letters, digits, simple signs, sub- and superscripts, Greek letters,
 * accents and fonts only, with its braces in pairs. */
bool esp_latex_check (const char *latex);
