#include "esp-progress.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "esp-print.h"
#include "esp-report.h"

#define PLAIN_INTERVAL  5000 /* ms between plain lines */
#define PLAIN_WIDTH     160  /* columns of a plain line */
#define BAR_WIDTH       12
#define FORMULA_DIGITS  3
#define LONGEST_FORMULA 20000 /* nodes; no more are printed, since that would slow the run */

struct _EspProgress
{
  gboolean on_terminal;
  gboolean has_unicode;
  gint64 start;       /* µs; when the first update was */
  double done_before; /* the progress then */
  gint64 last_shown;  /* µs; 0 before the first line */
  EspFormula *formula;
  char *text; /* of the formula, printed once */
};

EspProgress *
esp_progress_new (void)
{
  EspProgress *progress = g_new0 (EspProgress, 1);

  progress->on_terminal = isatty (STDERR_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
  progress->has_unicode = g_get_charset (NULL);

  return progress;
}

void
esp_progress_free (EspProgress *progress)
{
  if (progress->on_terminal && progress->last_shown != 0)
    {
      fputs ("\r\033[K", stderr);
      fflush (stderr);
    }
  g_clear_pointer (&progress->formula, esp_formula_unref);
  g_free (progress->text);
  g_free (progress);
}

static size_t
get_terminal_width (void)
{
  struct winsize size;

  /* the last column stays free: some terminals wrap as soon as it is filled */
  return ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79;
}

/* Cuts @line to @width columns, an ellipsis included. */
static void
shorten (GString *line, size_t width, gboolean has_unicode)
{
  const char *ellipsis = has_unicode ? "…" : "...";
  size_t room = width - (has_unicode ? 1 : 3);
  size_t columns = 0, kept = 0;

  for (const char *c = line->str; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      /* combining accents, as in θ̇, take no column */
      columns += g_unichar_iszerowidth (character) ? 0 : g_unichar_iswide (character) ? 2 : 1;
      if (columns <= room)
        kept = (size_t) (g_utf8_next_char (c) - line->str);
    }
  if (columns > width)
    {
      g_string_truncate (line, kept);
      g_string_append (line, ellipsis);
    }
}

static void
append_bar (GString *line, double share, gboolean has_unicode)
{
  int full = (int) (CLAMP (share, 0.0, 1.0) * BAR_WIDTH);

  for (int i = 0; i < BAR_WIDTH; i++)
    g_string_append (line, has_unicode ? (i < full ? "█" : "░") : (i < full ? "#" : "."));
  g_string_append_c (line, ' ');
}

static char *
print_formula (const EspFormula *formula, gboolean has_unicode)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    {
      EspExpression *expression = esp_formula_get_expression (formula, i);
      const EspSymbols *symbols = esp_formula_get_symbols (formula);
      g_autofree char *printed = NULL;

      if (esp_formula_get_length (formula, i) > LONGEST_FORMULA)
        printed = g_strdup (has_unicode ? "…" : "...");
      else if (has_unicode)
        printed = esp_expression_to_unicode (expression, symbols, FORMULA_DIGITS);
      else
        printed = esp_expression_to_text (expression, symbols);
      g_string_append_printf (text, "%s%s", i == 0 ? "" : "; ", printed);
    }

  return g_string_free (text, FALSE);
}

static void
note_formula (EspProgress *progress, EspFormula *formula)
{
  if (formula == progress->formula)
    return;

  g_clear_pointer (&progress->formula, esp_formula_unref);
  g_free (progress->text);
  progress->formula = esp_formula_ref (formula);
  progress->text = print_formula (formula, progress->has_unicode);
}

/* The terminal's line has room for little more than numbers; the help says what they are. */
static void
append_returns (GString *line, const EspHistory *history, gboolean briefly)
{
  double episode = history->n_records > 0 ? history->records[history->n_records - 1].episode_return : NAN;

  if (history->n_evaluations > 0)
    {
      const EspEvaluation *last = &history->evaluations[history->n_evaluations - 1];

      if (last->formula.episodes == 0)
        {
          g_string_append_printf (line, briefly ? " return %.4g" : ", return %.1f", last->masked.mean);
          return;
        }
      g_string_append_printf (line,
                              briefly ? " returns %.4g %.4g %.4g length %zu"
                                      : ", return %.1f sampled, %.1f masked, %.1f formula, length %zu",
                              last->sampled.mean, last->masked.mean, last->formula.mean,
                              last->reading_length);
      if (!briefly && isfinite (esp_evaluation_get_gap (last)))
        g_string_append_printf (line, ", gap %+.1f", esp_evaluation_get_gap (last));
    }
  else if (!isnan (episode))
    {
      g_string_append_printf (line, briefly ? " return %.4g" : ", return %.1f", episode);
    }
}

static const char *
get_kind (const EspSnapshot *snapshot)
{
  return snapshot->policy != ESP_POLICY_NEURAL ? "formula" : "network";
}

/* Appends how long the run will still take; of the final choice nothing may tell, and then words do. */
static void
append_time_left (GString *line, const EspSnapshot *snapshot, gboolean briefly)
{
  const char *separator = briefly ? " " : ", ";
  bool is_known = !isnan (snapshot->choice_left);
  g_autofree char *left = NULL;

  if (isnan (snapshot->learning_left) || (snapshot->state == ESP_RUN_FINISHING && !is_known))
    return;
  left = esp_report_duration (snapshot->learning_left + (is_known ? snapshot->choice_left : 0.0));
  g_string_append_printf (line, "%s%s left", separator, left);
  if (!is_known && briefly)
    g_string_append (line, " + choice");
  else if (!is_known)
    g_string_append_printf (line, ", then the %s is chosen", get_kind (snapshot));
}

static void
append_line (
  GString *line, const EspSnapshot *snapshot, const char *formula, gboolean briefly, gboolean has_unicode)
{
  const char *separator = briefly ? " " : ", ";

  if (briefly)
    append_bar (line, snapshot->progress, has_unicode);
  g_string_append_printf (line, "%3.0f%%", 100.0 * snapshot->progress);

  if (!briefly)
    g_string_append_printf (line, ", step %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, snapshot->step,
                            snapshot->n_steps);
  append_time_left (line, snapshot, briefly);
  if (snapshot->state == ESP_RUN_FINISHING)
    g_string_append_printf (line, "%schoosing the %s", separator, get_kind (snapshot));
  else if (snapshot->speed > 0.0)
    g_string_append_printf (line, "%s%.0f steps/s", separator, snapshot->speed);
  if (snapshot->history != NULL)
    append_returns (line, snapshot->history, briefly);
  if (formula != NULL)
    g_string_append_printf (line, ": %s", formula);
}

/* Whether it is time for a line; the first call, at @done of all, starts the clock. */
static gboolean
is_due (EspProgress *progress, double done)
{
  gint64 now = g_get_monotonic_time ();
  gint64 interval = 1000 * (gint64) (progress->on_terminal ? ESP_PROGRESS_MILLISECONDS : PLAIN_INTERVAL);

  if (progress->start == 0)
    {
      progress->start = now;
      progress->done_before = done;
      /* there is nothing to tell in a plain line yet */
      if (!progress->on_terminal)
        progress->last_shown = now;
    }
  /* a wake-up that came a little early counts */
  if (progress->last_shown != 0 && now - progress->last_shown < interval * 9 / 10)
    return FALSE;
  progress->last_shown = now;

  return TRUE;
}

/* Returns how many seconds are left at @done of all, or NaN. */
static double
get_seconds_left (const EspProgress *progress, double done)
{
  double gained = done - progress->done_before;

  return gained > 0.01
           ? 1e-6 * (double) (progress->last_shown - progress->start) / gained * (1.0 - done)
           : NAN;
}

static void
print_line (EspProgress *progress, GString *line)
{
  shorten (line, progress->on_terminal ? get_terminal_width () : PLAIN_WIDTH, progress->has_unicode);
  if (progress->on_terminal)
    fprintf (stderr, "\r%s\033[K", line->str);
  else
    fprintf (stderr, "%s\n", line->str);
  fflush (stderr);
}

void
esp_progress_update (EspProgress *progress, const EspSnapshot *snapshot, EspFormula *formula)
{
  g_autoptr (GString) line = NULL;

  if (!is_due (progress, snapshot->progress))
    return;
  if (formula != NULL)
    note_formula (progress, formula);

  line = g_string_new (NULL);
  append_line (line, snapshot, progress->text, progress->on_terminal, progress->has_unicode);
  print_line (progress, line);
}

void
esp_progress_show (EspProgress *progress, double share, const char *text)
{
  g_autoptr (GString) line = NULL;
  double seconds_left;

  if (!is_due (progress, share))
    return;

  line = g_string_new (NULL);
  if (progress->on_terminal)
    append_bar (line, share, progress->has_unicode);
  g_string_append_printf (line, "%3.0f%%", 100.0 * share);
  seconds_left = get_seconds_left (progress, share);
  if (!isnan (seconds_left))
    {
      g_autofree char *left = esp_report_duration (seconds_left);

      g_string_append_printf (line, ", %s left", left);
    }
  g_string_append_printf (line, ", %s", text);
  print_line (progress, line);
}
