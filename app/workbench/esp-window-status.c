/* What the window says in words and figures: the status line, the title, and the panels' notes. */

#include "esp-window-private.h"

#include <math.h>

#include "esp-figures.h"
#include "esp-metrics.h"

/* The other measures of a longer formula would take time, and nobody can read it. */
#define LONGEST_MEASURED 10000

static const struct
{
  const char *text;
  const char *css;
} states[] = {
  [ESP_RUN_PAUSED] = { "Paused", "paused" },          [ESP_RUN_TRAINING] = { "Training", "training" },
  [ESP_RUN_FINISHING] = { "Finishing", "finishing" }, [ESP_RUN_DONE] = { "Done", "done" },
  [ESP_RUN_DIVERGED] = { "Stopped", "diverged" },
};

/* Sets @text only where it differs: setting it lays the window out anew. */
static void
set_text (GtkLabel *label, const char *text)
{
  if (!g_str_equal (gtk_label_get_text (label), text))
    gtk_label_set_text (label, text);
}

/* Says in the tooltip of @widget what @formula takes to compute; with NULL, nothing. */
static void
set_measures (GtkWidget *widget, const EspFormula *formula)
{
  g_autofree char *text = NULL;

  if (formula != NULL)
    {
      EspMetrics metrics = esp_metrics_of_formula (formula);

      text = esp_metrics_to_text (&metrics);
    }
  if (g_strcmp0 (gtk_widget_get_tooltip_text (widget), text) != 0)
    gtk_widget_set_tooltip_text (widget, text);
}

static void
set_state (EspWindow *self, EspRunState state)
{
  if (g_str_equal (gtk_label_get_text (self->state_label), states[state].text))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    gtk_widget_remove_css_class (GTK_WIDGET (self->state_label), states[i].css);
  gtk_widget_add_css_class (GTK_WIDGET (self->state_label), states[state].css);
  gtk_label_set_text (self->state_label, states[state].text);
}

static const EspEvaluation *
last_evaluation (EspSnapshot *snapshot)
{
  EspHistory *history = snapshot->history;

  if (history == NULL || history->n_evaluations == 0)
    return NULL;
  return &history->evaluations[history->n_evaluations - 1];
}

static char *
returns_to_text (const EspReturns *returns, int decimals)
{
  g_autofree char *mean = esp_figure_number (returns->mean, decimals);
  g_autofree char *deviation = esp_figure_number (returns->deviation, decimals);

  return g_strdup_printf ("%s ± %s", mean, deviation);
}

/* Messages begin with a small letter, to go behind a colon. */
static char *
capitalised (const char *message)
{
  g_autofree char *first = g_utf8_strup (message, g_utf8_next_char (message) - message);

  return g_strconcat (first, g_utf8_next_char (message), NULL);
}

static char *
sentence (EspWindow *self, EspSnapshot *snapshot)
{
  g_autofree char *step = esp_figure_count (snapshot->step);
  g_autofree char *n_steps = esp_figure_count (snapshot->n_steps);

  switch (snapshot->state)
    {
    case ESP_RUN_PAUSED:
      if (snapshot->message != NULL)
        return capitalised (snapshot->message);
      /* fall through */
    case ESP_RUN_TRAINING:
      return g_strdup_printf ("Step %s of %s", step, n_steps);
    case ESP_RUN_FINISHING:
      return snapshot->policy == ESP_POLICY_SYMBOLIC
               ? g_strdup_printf ("%s steps learned; choosing the best formula and refining its constants", step)
               : g_strdup_printf ("%s steps learned; choosing the best %s", step,
                                  snapshot->policy == ESP_POLICY_NEURAL ? "network" : "constants");
    case ESP_RUN_DONE:
      {
        const EspResult *result = esp_session_get_result (self->session);
        g_autofree char *text = NULL;

        if (result == NULL)
          return g_strdup_printf ("%s steps learned", step);
        text = returns_to_text (&result->policy_return, 1);
        return g_strdup_printf ("The %s returns %s over %" G_GSIZE_FORMAT " unseen episodes",
                                result->formula != NULL ? "formula" : "neural network", text,
                                result->policy_return.episodes);
      }
    case ESP_RUN_DIVERGED:
      return capitalised (snapshot->message == NULL ? "learning diverged" : snapshot->message);
    }
  g_return_val_if_reached (NULL);
}

/* Returns how long the run will still take, in words; NULL where nothing tells. */
static char *
describe_remaining (EspSnapshot *snapshot)
{
  double left = snapshot->learning_left + (isnan (snapshot->choice_left) ? 0 : snapshot->choice_left);
  g_autofree char *duration = NULL;

  if ((snapshot->state != ESP_RUN_TRAINING && snapshot->state != ESP_RUN_FINISHING) || isnan (left)
      || (snapshot->state == ESP_RUN_FINISHING && isnan (snapshot->choice_left)))
    return NULL;
  duration = esp_figure_duration (left);
  if (!isnan (snapshot->choice_left))
    return g_strdup_printf ("%s left", duration);

  return g_strdup_printf ("%s left, then the %s is chosen", duration,
                          snapshot->policy == ESP_POLICY_NEURAL ? "network" : "formula");
}

static void
append_selector (GString *figures, EspSnapshot *snapshot)
{
  g_autofree char *temperature = esp_figure_number (snapshot->temperature, 2);
  g_autofree char *expected = esp_figure_number (snapshot->expected_paths, 0);
  g_autofree char *allowed = esp_figure_number (snapshot->allowed_paths, 0);

  g_string_append_printf (figures, "temperature %s   paths %s / %s allowed", temperature, expected, allowed);
}

static void
update_run (EspWindow *self, EspSnapshot *snapshot)
{
  g_autofree char *words = sentence (self, snapshot);
  g_autofree char *elapsed = esp_figure_duration (snapshot->seconds);
  g_autofree char *remaining = describe_remaining (snapshot);
  GString *figures = g_string_new (NULL);

  set_state (self, snapshot->state);
  set_text (self->sentence_label, words);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->sentence_label), snapshot->message == NULL ? NULL : words);
  if (snapshot->message != NULL && g_strcmp0 (snapshot->message, self->message) != 0)
    esp_window_toast (self, words);
  g_free (self->message);
  self->message = g_strdup (snapshot->message);
  gtk_progress_bar_set_fraction (self->progress, CLAMP (snapshot->progress, 0, 1));

  if (remaining == NULL && snapshot->seconds > 0)
    remaining = g_strdup_printf ("after %s", elapsed);
  set_text (self->remaining_label, remaining == NULL ? "" : remaining);

  if (snapshot->state == ESP_RUN_TRAINING)
    {
      g_autofree char *speed = esp_figure_count ((guint64) fmax (0, snapshot->speed));

      g_string_append_printf (figures, "%s steps/s   ", speed);
    }
  if (snapshot->policy == ESP_POLICY_SYMBOLIC)
    append_selector (figures, snapshot);
  set_text (self->figures_label, figures->str);
  gtk_widget_set_visible (self->figures_separator, figures->len > 0);
  g_string_free (figures, TRUE);
}

static void
update_title (EspWindow *self, EspSnapshot *snapshot)
{
  g_autofree char *subtitle = g_strdup_printf (
    "%s, seed %" G_GUINT64_FORMAT ", recipe %s%s", snapshot->environment->title, snapshot->seed,
    esp_recipe_get_name (esp_session_get_recipe (self->session)),
    snapshot->policy == ESP_POLICY_EXPRESSION ? ", constants of a formula" : "");

  if (!g_str_equal (adw_window_title_get_subtitle (self->title), subtitle))
    adw_window_title_set_subtitle (self->title, subtitle);
}

/* Notes on the path selector and the symbolic network. */
static void
update_network_notes (EspWindow *self, EspSnapshot *snapshot)
{
  const EspEvaluation *evaluation = last_evaluation (snapshot);
  size_t n_paths = snapshot->n_actions * snapshot->arrangement->n_paths;
  size_t n_chosen = 0;
  g_autofree char *chosen = NULL;
  g_autofree char *all = esp_figure_count (n_paths);
  g_autofree char *selector = NULL;
  g_autofree char *network = NULL;

  for (size_t i = 0; i < snapshot->n_actions * snapshot->arrangement->n_weights; i++)
    n_chosen += snapshot->probabilities[i] > snapshot->threshold;
  chosen = esp_figure_count (n_chosen);
  selector = g_strdup_printf ("%s of %s paths chosen", chosen, all);
  set_text (self->selector_label, selector);

  /* the final network is shown pruned, so that each of its paths lives */
  if (snapshot->state == ESP_RUN_DONE)
    network = g_strdup_printf ("%s live paths", chosen);
  else if (evaluation != NULL)
    {
      g_autofree char *live = esp_figure_count (evaluation->live_paths);

      network = g_strdup_printf ("%s live paths", live);
    }
  set_text (self->network_label, network == NULL ? "" : network);
}

/* Appends what the formula that is shown returns: by the front that it is of, by the result, or, of a network
 * that learns, by its last evaluation, which was a little earlier. */
static void
append_return (GString *note, EspWindow *self)
{
  EspFormula *formula = esp_session_get_formula (self->session);
  EspSnapshot *snapshot = esp_session_get_snapshot (self->session);
  const EspResult *result = esp_session_get_result (self->session);
  EspArchive *front = esp_session_get_front (self->session);
  EspRunState state = esp_session_get_state (self->session);
  const EspEvaluation *evaluation = snapshot == NULL ? NULL : last_evaluation (snapshot);
  g_autofree char *number = NULL;

  if (esp_session_get_trial (self->session) != NULL || self->step_formula != NULL)
    return;
  if (result != NULL && formula == result->formula)
    number = esp_figure_number (result->policy_return.mean, 1);
  for (size_t i = 0; number == NULL && front != NULL && i < esp_archive_get_n (front); i++)
    if (esp_archive_get (front, i)->formula == formula)
      number = esp_figure_number (esp_archive_get (front, i)->value, 1);
  if (number != NULL)
    g_string_append_printf (note, ", returns %s", number);
  else if ((state == ESP_RUN_TRAINING || state == ESP_RUN_PAUSED) && evaluation != NULL
           && evaluation->formula.episodes > 0 && esp_session_get_choice (self->session) == NULL)
    {
      g_autofree char *step = esp_figure_count (evaluation->step);

      number = esp_figure_number (evaluation->formula.mean, 1);
      g_string_append_printf (note, ", returned %s at step %s", number, step);
    }
}

void
esp_window_update_formula_note (EspWindow *self)
{
  EspFormula *formula = esp_formula_view_get_formula (self->formula_view);
  size_t length;
  g_autofree char *text = NULL;
  g_autofree char *form = NULL;
  g_autoptr (GString) note = g_string_new (NULL);

  if (formula == NULL)
    {
      set_text (self->formula_label, "");
      set_measures (GTK_WIDGET (self->formula_label), NULL);
      return;
    }
  length = esp_formula_get_longest (formula);
  if (length == G_MAXSIZE)
    text = g_strdup ("beyond counting");
  else
    text = esp_figure_count (length);
  form = esp_window_describe_form (self);
  g_string_append_printf (note, "%sreading length %s", form, text);
  append_return (note, self);
  set_text (self->formula_label, note->str);
  set_measures (GTK_WIDGET (self->formula_label), length <= LONGEST_MEASURED ? formula : NULL);
}

void
esp_window_update_return_note (EspWindow *self)
{
  EspSnapshot *snapshot = esp_session_get_snapshot (self->session);
  EspArchive *front = esp_session_get_front (self->session);
  const char *kind = snapshot != NULL && snapshot->policy == ESP_POLICY_NEURAL ? "network" : "formula";
  double best = -INFINITY;
  size_t n_front = front == NULL ? 0 : esp_archive_get_n (front);
  g_autofree char *note = NULL;

  if (g_str_equal (gtk_stack_get_visible_child_name (self->return_stack), "front"))
    note = n_front == 0 ? NULL : g_strdup_printf ("%zu %s", n_front, n_front == 1 ? "formula" : "formulas");
  else
    {
      for (size_t i = 0; snapshot != NULL && i < snapshot->history->n_evaluations; i++)
        best = fmax (best, esp_evaluation_get_return (&snapshot->history->evaluations[i]));
      if (isfinite (best))
        {
          g_autofree char *mean = esp_figure_number (best, 1);

          note = g_strdup_printf ("best %s %s", kind, mean);
        }
    }
  set_text (self->curve_label, note == NULL ? "" : note);
}

static void
update_notes (EspWindow *self, EspSnapshot *snapshot)
{
  if (snapshot->arrangement != NULL)
    update_network_notes (self, snapshot);
  else
    {
      g_autofree char *count = esp_figure_count (snapshot->actor->shape.n_parameters);
      g_autofree char *network = g_strdup_printf (
        snapshot->policy == ESP_POLICY_NEURAL ? "neural, %s parameters" : "none: %s constants of a formula",
        count);

      set_text (self->selector_label, "");
      set_text (self->network_label, network);
    }
  esp_window_update_return_note (self);
  esp_window_update_formula_note (self);
}

void
esp_window_update_status (EspWindow *self, EspSnapshot *snapshot)
{
  update_title (self, snapshot);
  update_run (self, snapshot);
  update_notes (self, snapshot);
}
