/* The formula as it is shown, in its forms and step by step, and as it is exported. */

#include <glib/gstdio.h>
#include <math.h>

#include "esp-handler-clock.h"
#include "test-workbench.h"

static void
text_read (GObject *clipboard, GAsyncResult *result, gpointer data)
{
  *(char **) data = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (clipboard), result, NULL);
}

static char *
read_clipboard (EspBench *bench)
{
  char *text = NULL;

  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (bench->window)), NULL, text_read,
                                 &text);
  for (int i = 0; i < 50 && text == NULL; i++)
    esp_bench_wait (bench, NULL, 0.1);
  return text;
}

/* The formula as it is exported to a file and copied, in every format; and what is said
 * where the file cannot be written. */
static void
test_export (void)
{
  EspBench bench;
  GActionGroup *group;
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("esp-window-XXXXXX", &error);
  g_autofree char *copied = NULL;

  g_assert_no_error (error);
  esp_bench_open_readable (&bench, 1000000);
  group = G_ACTION_GROUP (bench.window);
  g_assert_false (g_action_group_get_action_enabled (group, "export-formula"));
  g_assert_false (g_action_group_get_action_enabled (group, "copy-formula-as"));
  esp_bench_activate (&bench, "step");
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 10));

  for (int i = 0; i < ESP_N_FORMATS; i++)
    {
      const EspFormatInfo *info = esp_format_get_info ((EspFormat) i);
      g_autofree char *path = g_strconcat (folder, "/policy-", info->name, info->suffix, NULL);
      g_autoptr (GFile) file = g_file_new_for_path (path);
      g_autofree char *text = NULL;
      g_autofree char *expected = NULL;

      esp_window_save_formula (bench.window, (EspFormat) i, file);
      for (int k = 0; k < 100 && text == NULL; k++)
        {
          esp_bench_wait (&bench, NULL, 0.1);
          g_file_get_contents (path, &text, NULL, NULL);
        }
      expected = esp_formula_export (esp_session_get_formula (bench.session),
                                     esp_session_get_environment (bench.session), (EspFormat) i, false,
                                     &error);
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, expected);
      g_remove (path);
    }
  g_rmdir (folder);

  g_action_group_activate_action (group, "copy-formula-as", g_variant_new_string ("latex"));
  esp_bench_wait (&bench, NULL, 1);
  copied = read_clipboard (&bench);
  g_assert_nonnull (copied);
  g_assert_nonnull (strstr (copied, "\\begin{equation*}"));

  /* the folder is gone: there is a message and nothing else */
  {
    g_autofree char *path = g_strconcat (folder, "/policy.c", NULL);
    g_autoptr (GFile) file = g_file_new_for_path (path);

    esp_window_save_formula (bench.window, ESP_FORMAT_TEXT, file);
    esp_bench_wait (&bench, NULL, 0.5);
    g_assert_false (g_file_query_exists (file, NULL));
  }

  /* the dialogue opens once, and goes with the window */
  g_action_group_activate_action (group, "export-formula", g_variant_new_string ("c"));
  g_assert_nonnull (bench.window->export_dialogue);
  g_action_group_activate_action (group, "export-formula", g_variant_new_string ("c"));
  esp_bench_wait (&bench, NULL, 0.5);
  g_signal_emit_by_name (bench.window->export_dialogue, "response", GTK_RESPONSE_CANCEL);
  g_assert_null (bench.window->export_dialogue);
  g_action_group_activate_action (group, "export-formula", g_variant_new_string ("python"));
  esp_bench_wait (&bench, NULL, 0.3);
  esp_bench_close (&bench);
}

static gsize
shown_length (EspBench *bench)
{
  EspFormula *formula = esp_formula_view_get_formula (bench->window->formula_view);

  return formula == NULL ? 0 : esp_forms_get_length (formula);
}

/* Asserts that both formulas have the same values at some states of the cart-pole. */
static void
assert_same_function (const EspFormula *a, const EspFormula *b)
{
  for (int i = 0; i < 50; i++)
    {
      double state[4], x, y;

      for (int k = 0; k < 4; k++)
        state[k] = sin (1 + 7.3 * i + 2.1 * k);
      esp_formula_evaluate (a, state, &x);
      esp_formula_evaluate (b, state, &y);
      g_assert_cmpfloat_with_epsilon (x, y, 1e-9 * fmax (1, fabs (x)));
    }
}

/* A run that rests shows its formula from the start, and both of its forms. */
static void
test_forms (void)
{
  EspBench bench;
  gsize simplified;

  esp_bench_open_readable (&bench, 1000000);
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 10));
  g_assert_true (esp_bench_is_paused (&bench));
  g_assert_cmpuint (esp_bench_get_snapshot (&bench)->step, ==, 0);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view)
                 == esp_session_get_formula (bench.session));
  simplified = shown_length (&bench);

  esp_bench_choose_form (&bench, "raw");
  g_assert_true (esp_bench_wait (&bench, esp_bench_shows_another_form, 10));
  g_assert_cmpuint (shown_length (&bench), >, simplified);
  assert_same_function (esp_formula_view_get_formula (bench.window->formula_view),
                        esp_session_get_formula (bench.session));

  /* the raw form follows the learner as well */
  {
    g_autoptr (EspFormula) before = esp_formula_ref (esp_session_get_formula (bench.session));
    double x, y, state[4] = { 0.3, -0.2, 0.1, 0.4 };

    gtk_spin_button_set_value (bench.window->run_spin, 300);
    esp_bench_activate (&bench, "run-steps");
    esp_bench_wait (&bench, NULL, 3);
    g_assert_true (esp_bench_is_paused (&bench));
    g_assert_true (esp_bench_shows_another_form (&bench));
    assert_same_function (esp_formula_view_get_formula (bench.window->formula_view),
                          esp_session_get_formula (bench.session));
    esp_formula_evaluate (before, state, &x);
    esp_formula_evaluate (esp_session_get_formula (bench.session), state, &y);
    g_assert_cmpfloat (x, !=, y);
  }

  esp_bench_choose_form (&bench, "medium");
  g_assert_true (esp_bench_shows_another_form (&bench));
  esp_bench_choose_form (&bench, "simplified");
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view)
                 == esp_session_get_formula (bench.session));
  esp_bench_close (&bench);
}

static gboolean
has_steps (EspBench *bench)
{
  return bench->window->steps != NULL;
}

static gboolean
steps_are_missing (EspBench *bench)
{
  return g_str_has_prefix (gtk_label_get_text (bench->window->steps_missing), "The reading length");
}

static void
test_steps (void)
{
  EspBench bench;
  GActionGroup *group;
  gsize n, last;

  esp_bench_open_readable (&bench, 1000000);
  group = G_ACTION_GROUP (bench.window);
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 10));
  g_assert_false (g_action_group_get_action_enabled (group, "step-forward"));
  esp_bench_activate (&bench, "show-steps");
  g_assert_true (esp_bench_wait (&bench, has_steps, 10));
  n = esp_steps_get_n (bench.window->steps);
  g_assert_cmpuint (n, >, 1);

  /* from the raw formula, step by step, none of which makes it longer, and back */
  g_assert_false (g_action_group_get_action_enabled (group, "step-back"));
  last = shown_length (&bench);
  for (gsize i = 0; i < n; i++)
    {
      g_assert_cmpuint (strlen (esp_steps_get_rule (bench.window->steps, i)), >, 0);
      g_assert_cmpstr (esp_steps_get_before (bench.window->steps, i), !=,
                       esp_steps_get_after (bench.window->steps, i));
      esp_bench_activate (&bench, "step-forward");
      assert_same_function (esp_formula_view_get_formula (bench.window->formula_view),
                            esp_session_get_formula (bench.session));
      g_assert_cmpuint (gtk_single_selection_get_selected (bench.window->step_choice), ==, i + 1);
    }
  g_assert_cmpuint (shown_length (&bench), <, last);
  g_assert_false (g_action_group_get_action_enabled (group, "step-forward"));
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->formula_label), "after step"));
  for (gsize i = 0; i < n; i++)
    esp_bench_activate (&bench, "step-back");
  g_assert_cmpuint (shown_length (&bench), ==, last);

  gtk_menu_button_popdown (bench.window->steps_button);
  esp_bench_wait (&bench, NULL, 0.5);
  g_assert_null (bench.window->steps);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view)
                 == esp_session_get_formula (bench.session));
  g_assert_false (g_action_group_get_action_enabled (group, "step-back"));
  esp_bench_close (&bench);
}

/* A network that is not pruned has a raw formula that nobody could read: nothing freezes by it. */
static void
test_long_formula (void)
{
  EspBench bench;

  esp_bench_open (&bench, 1000000, TRUE);
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 20));
  esp_handler_clock_reset ();
  esp_bench_choose_form (&bench, "raw");
  g_assert_true (esp_bench_wait (&bench, esp_bench_shows_another_form, 20));
  g_assert_cmpuint (shown_length (&bench), >, ESP_STEPS_MAX_LENGTH);
  esp_bench_activate (&bench, "show-steps");
  g_assert_true (esp_bench_wait (&bench, steps_are_missing, 20));
  g_assert_null (bench.window->steps);
  gtk_menu_button_popdown (bench.window->steps_button);
  esp_bench_wait (&bench, NULL, 0.5);

  /* nor is it offered as text */
  esp_bench_activate (&bench, "edit-formula");
  {
    g_autofree char *text = esp_formula_editor_get_text (
      esp_formula_dialog_get_editor (bench.window->formula_dialog));

    g_assert_cmpstr (text, ==, "");
  }
  esp_bench_wait (&bench, NULL, 0.5);
  g_test_message ("longest handler %.2f ms", esp_handler_clock_get_maximum ());
#ifndef __SANITIZE_ADDRESS__ /* which takes its own time */
  g_assert_cmpfloat (esp_handler_clock_get_maximum (), <=, 16);
#endif
  esp_bench_close (&bench);
}

void
esp_test_add_formula (void)
{
  g_test_add_func ("/workbench/export", test_export);
  g_test_add_func ("/workbench/formula/forms", test_forms);
  g_test_add_func ("/workbench/formula/steps", test_steps);
  g_test_add_func ("/workbench/formula/long", test_long_formula);
}
