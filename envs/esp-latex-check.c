#include "esp-latex-check.h"

#include <string.h>

#include <glib.h>

static const char *const commands[] = {
  "alpha",    "beta",   "gamma",   "delta",    "epsilon",   "varepsilon", "zeta",  "eta",   "theta",
  "vartheta", "iota",   "kappa",   "lambda",   "mu",        "nu",         "xi",    "pi",    "rho",
  "sigma",    "tau",    "upsilon", "phi",      "varphi",    "chi",        "psi",   "omega", "Gamma",
  "Delta",    "Theta",  "Lambda",  "Xi",       "Pi",        "Sigma",      "Phi",   "Psi",   "Omega",
  "ell",      "dot",    "ddot",    "hat",      "bar",       "tilde",      "vec",   "prime", "mathrm",
  "mathbf",   "mathit", "mathcal", "mathsf",   "sin",       "cos",        "tan",   "log",   "exp",
  "max",      "min",    "perp",    "parallel", "infty",     "cdot",       "times", "circ",  "star",
  "ast",      "left",   "right",   "overline", "underline", NULL,
};

bool
esp_latex_check (const char *latex)
{
  int depth = 0;

  for (const char *c = latex; *c != '\0';)
    {
      if (*c == '\\')
        {
          size_t length = 0;

          for (c++; g_ascii_isalpha (c[length]);)
            length++;

          g_autofree char *command = g_strndup (c, length);

          if (!g_strv_contains (commands, command))
            return false;
          c += length;
          continue;
        }
      depth += *c == '{' ? 1 : *c == '}' ? -1 : 0;
      if (depth < 0 || (!g_ascii_isalnum (*c) && strchr ("{}_^ ,.'()[]|+-/=<>*", *c) == NULL))
        return false;
      c++;
    }

  return depth == 0;
}
