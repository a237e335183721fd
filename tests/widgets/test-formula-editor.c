/* The field in which formulas are typed: what it reads, underlines and says. */

#include "esp-formula-editor.h"
#include "esp-picture.h"
#include "esp-samples.h"
#include "test-widgets.h"

/* Waits until @editor has read its text. */
static void
wait_until_read (EspFormulaEditor *editor)
{
  int start, end;

  for (int i = 0; i < 500 && esp_formula_editor_get_formula (editor) == NULL
                  && !esp_formula_editor_get_mistake (editor, &start, &end);
       i++)
    esp_picture_wait (10);
}

static void
count (EspFormulaEditor *editor, GParamSpec *spec, int *n)
{
  ++*n;
}

static void
test_reads (void)
{
  GtkWidget *widget = esp_formula_editor_new (esp_sample_environment ("cartpole"));
  EspFormulaEditor *editor = ESP_FORMULA_EDITOR (widget);
  GtkWidget *window = esp_test_show (widget, 420, 200);
  g_autofree char *text = NULL;
  int start, end, n = 0;

  g_signal_connect (editor, "notify::formula", G_CALLBACK (count), &n);
  esp_formula_editor_set_text (editor, "k = x_dot^2;\n-2*theta + min (k, 3)");
  wait_until_read (editor);
  g_assert_nonnull (esp_formula_editor_get_formula (editor));
  g_assert_cmpstr (esp_formula_get_text (esp_formula_editor_get_formula (editor)), ==,
                   "-2*theta + min(x_dot^2, 3)");
  g_assert_cmpint (n, >, 0);
  g_assert_nonnull (strstr (esp_formula_editor_get_message (editor), "Reading length 9, 4 operations"));
  g_assert_false (esp_formula_editor_get_mistake (editor, &start, &end));

  /* what is said belongs to the newest text, however quickly it comes */
  for (int i = 0; i < 20; i++)
    {
      g_autofree char *next = g_strdup_printf ("%d * x", i);

      esp_formula_editor_set_text (editor, next);
      g_assert_null (esp_formula_editor_get_formula (editor));
    }
  wait_until_read (editor);
  g_assert_cmpstr (esp_formula_get_text (esp_formula_editor_get_formula (editor)), ==, "19*x");
  text = esp_formula_editor_get_text (editor);
  g_assert_cmpstr (text, ==, "19 * x");
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_mistakes (void)
{
  static const struct
  {
    const char *text;
    int start;
    int end;
    const char *said;
  } cases[] = {
    /* in characters, not bytes */
    { "θ·θ + wheel", 6, 11, "wheel" }, { "2 * (x", 5, 6, "“)”" }, { "x;\nx", 3, 4, "2 expressions" },
    { "x +  \n ", 2, 3, "expected" },  { "sin x", 4, 5, "“(”" },
  };
  GtkWidget *widget = esp_formula_editor_new (esp_sample_environment ("cartpole"));
  EspFormulaEditor *editor = ESP_FORMULA_EDITOR (widget);
  GtkWidget *window = esp_test_show (widget, 420, 200);
  int start, end;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      esp_formula_editor_set_text (editor, cases[i].text);
      wait_until_read (editor);
      g_assert_null (esp_formula_editor_get_formula (editor));
      g_test_message ("%s: %s", cases[i].text, esp_formula_editor_get_message (editor));
      g_assert_true (esp_formula_editor_get_mistake (editor, &start, &end));
      g_assert_cmpint (start, ==, cases[i].start);
      g_assert_cmpint (end, ==, cases[i].end);
      g_assert_nonnull (strstr (esp_formula_editor_get_message (editor), cases[i].said));
    }

  /* mended, nothing is underlined any more; emptied, there is nothing to underline */
  esp_formula_editor_set_text (editor, "sin(x)");
  g_assert_false (esp_formula_editor_get_mistake (editor, &start, &end));
  wait_until_read (editor);
  g_assert_nonnull (esp_formula_editor_get_formula (editor));
  esp_formula_editor_set_text (editor, "");
  esp_picture_wait (300);
  g_assert_null (esp_formula_editor_get_formula (editor));
  g_assert_false (esp_formula_editor_get_mistake (editor, &start, &end));
  g_assert_cmpuint (strlen (esp_formula_editor_get_message (editor)), >, 0);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* An editor may go while a text of its is being read. */
static void
test_goes (void)
{
  GString *text = g_string_new ("x");

  for (int i = 0; i < 20000; i++)
    g_string_append (text, " + sin (x)");
  for (int i = 0; i < 3; i++)
    {
      GtkWidget *widget = esp_formula_editor_new (esp_test_get_two_actions ());
      GtkWidget *window = esp_test_show (widget, 420, 200);
      gpointer editor = widget;

      g_object_add_weak_pointer (G_OBJECT (widget), &editor);
      esp_formula_editor_set_text (ESP_FORMULA_EDITOR (widget), i == 0 ? "x; theta" : text->str);
      gtk_window_destroy (GTK_WINDOW (window));
      for (int k = 0; k < 500 && editor != NULL; k++)
        esp_picture_wait (10);
      g_assert_null (editor);
    }
  g_string_free (text, TRUE);
}

void
esp_test_add_formula_editor (void)
{
  g_test_add_func ("/widgets/formula-editor/reads", test_reads);
  g_test_add_func ("/widgets/formula-editor/mistakes", test_mistakes);
  g_test_add_func ("/widgets/formula-editor/goes", test_goes);
}
