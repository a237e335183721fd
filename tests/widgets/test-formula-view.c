/* The formula's view: what it says, copies, selects, and how large it sets the formula. */

#include "esp-formula-view.h"
#include "esp-picture.h"
#include "esp-print.h"
#include "esp-samples.h"
#include "test-widgets.h"

static void
keep_text (GObject *source, GAsyncResult *result, gpointer data)
{
  *(char **) data = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);
}

static char *
read_clipboard (GtkWidget *widget)
{
  char *text = NULL;

  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (widget), NULL, keep_text, &text);
  for (int i = 0; i < 300 && !text; i++)
    esp_picture_wait (10);
  g_assert_nonnull (text);
  return text;
}

/* A formula of several actions names each of them. */
static void
test_formula_of_two (void)
{
  const EspEnvironmentInfo *info = esp_test_get_two_actions ();
  g_autoptr (GtkWidget) view = g_object_ref_sink (esp_formula_view_new ());
  g_autoptr (EspExpression) x = esp_expression_variable (0);
  g_autoptr (EspExpression) two = esp_expression_constant (2);
  const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };
  EspExpression *expressions[] = { x, two };
  g_autoptr (EspFormula) formula = esp_formula_new (expressions, 2, &(EspSymbols){ 4, names, NULL, NULL });

  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), formula, info);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, "force = x; second = 2");
  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), NULL, NULL);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_LABEL, "Formula");
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "The formula appears after the first evaluation");
}

static void
test_copy (void)
{
  static const char source[] = "2*tanh(1.23456789*x - theta_dot)";
  GtkWidget *view = esp_formula_view_new ();
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspFormula) formula = esp_sample_formula ("cartpole", source);
  g_autoptr (EspFormula) read = NULL;
  g_autofree char *text = NULL;
  g_autofree char *latex = NULL;
  g_autofree char *expected = NULL;

  gtk_widget_activate_action (view, "formula.copy-text", NULL); /* nothing to copy yet */
  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), formula, esp_sample_environment ("cartpole"));
  g_assert_true (gtk_widget_activate_action (view, "formula.copy-text", NULL));
  text = read_clipboard (view);
  read = esp_sample_formula ("cartpole", text);
  g_assert_true (
    esp_expression_equal (esp_formula_get_expression (read, 0), esp_formula_get_expression (formula, 0)));
  g_assert_true (gtk_widget_activate_action (view, "formula.copy-latex", NULL));
  latex = read_clipboard (view);
  expected = esp_formula_to_latex (formula, (const char *const[]){ "F" }, 0);
  g_assert_cmpstr (latex, ==, expected);
  g_assert_nonnull (strstr (latex, "  F = "));
  g_assert_nonnull (strstr (latex, "\\tanh"));
  g_assert_nonnull (strstr (latex, "1.23456789"));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* A primary click, not the context menu's. */
static void
click (GtkWidget *view, double x, double y)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (view);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_GESTURE_CLICK (controller)
          && gtk_gesture_single_get_button (GTK_GESTURE_SINGLE (controller)) == GDK_BUTTON_PRIMARY)
        g_signal_emit_by_name (controller, "released", 1, x, y);
    }
}

static void
test_select (void)
{
  EspFormulaView *view = ESP_FORMULA_VIEW (esp_formula_view_new ());
  GtkWidget *window = esp_test_show (GTK_WIDGET (view), 500, 200);
  g_autoptr (EspFormula) formula = esp_sample_formula ("cartpole", "1.23456789*x");
  g_autoptr (EspFormula) later = esp_sample_formula ("cartpole", "0.5*theta - 2.5*x");
  g_autoptr (EspFormula) other = esp_sample_formula ("cartpole", "theta");
  g_autofree char *first = NULL;
  double x;

  click (GTK_WIDGET (view), 250, 100);
  g_assert_null (esp_formula_view_get_selected (view));
  esp_formula_view_set_formula (view, formula, esp_sample_environment ("cartpole"));
  esp_picture_wait (200);
  for (x = 20; x < 480 && !esp_formula_view_get_selected (view); x += 4)
    click (GTK_WIDGET (view), x, 100);
  /* The first term from the left is the number, with all its digits. */
  g_object_get (view, "selected", &first, NULL);
  g_assert_cmpstr (first, ==, "1.23456789");
  click (GTK_WIDGET (view), x - 4, 100);
  g_assert_null (esp_formula_view_get_selected (view));
  click (GTK_WIDGET (view), x - 4, 100);
  g_assert_nonnull (esp_formula_view_get_selected (view));
  /* the factor of x stays selected, although it is another number elsewhere */
  esp_formula_view_set_formula (view, later, esp_sample_environment ("cartpole"));
  g_assert_cmpstr (esp_formula_view_get_selected (view), ==, "2.5");
  esp_formula_view_set_formula (view, formula, esp_sample_environment ("cartpole"));
  g_assert_cmpstr (esp_formula_view_get_selected (view), ==, "1.23456789");
  esp_formula_view_set_formula (view, other, esp_sample_environment ("cartpole"));
  g_assert_null (esp_formula_view_get_selected (view));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Where something is drawn: all that differs from the picture's first pixel. */
static GdkRectangle
get_ink (GdkTexture *texture)
{
  int width = gdk_texture_get_width (texture);
  int height = gdk_texture_get_height (texture);
  g_autofree guint32 *pixels = g_new (guint32, (size_t) width * (size_t) height);
  GdkRectangle ink = { 0, 0, 0, 0 };

  gdk_texture_download (texture, (guchar *) pixels, 4 * (size_t) width);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      if (pixels[y * width + x] != pixels[0])
        {
          GdkRectangle point = { x, y, 1, 1 };

          if (ink.width == 0)
            ink = point;
          else
            gdk_rectangle_union (&ink, &point, &ink);
        }
  return ink;
}

static GdkRectangle
get_formula_ink (GtkWidget *view, const char *text)
{
  g_autoptr (EspFormula) formula = esp_sample_formula ("cartpole", text);
  g_autoptr (GdkTexture) texture = NULL;

  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), formula, esp_sample_environment ("cartpole"));
  esp_picture_wait (200);
  texture = esp_picture_take (view);
  return get_ink (texture);
}

/* A short formula is large and in the middle; a longer one is smaller, fits as well, and sizes do not
 * jump for a digit more or less. */
static void
test_fit (void)
{
  static const char short_text[] = "theta";
  static const char middle_text[] = "2*tanh(7.41*theta + 0.783*theta_dot + 1.5*x)";
  static const char slightly_shorter_text[] = "2*tanh(7.4*theta + 0.783*theta_dot + 1.5*x)";
  static const char long_text[] =
    "2*tanh(7.41*theta + 0.783*theta_dot + 1.5*x + 2.25*sin(3.5*x_dot + 1.25) + "
    "0.125*cos(4.5*theta + 1.75*x) + 3.125*theta*theta_dot + 4.5*x*x_dot)";
  GtkWidget *view = esp_formula_view_new ();
  GtkWidget *window = esp_test_show (view, 600, 240);
  GdkRectangle small, middle, shorter, large;

  small = get_formula_ink (view, short_text);
  g_assert_cmpint (ABS (small.x + small.width / 2 - 300), <, 30);
  g_assert_cmpint (ABS (small.y + small.height / 2 - 120), <, 20);
  middle = get_formula_ink (view, middle_text);
  g_assert_cmpint (middle.width, >, 450);
  g_assert_cmpint (middle.width, <, 600);
  g_assert_cmpint (middle.height, <, 80); /* one line */
  g_assert_cmpint (ABS (middle.x + middle.width / 2 - 300), <, 30);
  /* The same size: only the digit is gone, although the rest could be larger. */
  shorter = get_formula_ink (view, slightly_shorter_text);
  g_assert_cmpint (shorter.width, <, middle.width);
  g_assert_cmpint (ABS (shorter.height - middle.height), <=, 1);
  large = get_formula_ink (view, long_text);
  g_assert_cmpint (large.height, >, middle.height);
  g_assert_cmpint (large.x, >, 0);
  g_assert_cmpint (large.y, >, 0);
  g_assert_cmpint (large.x + large.width, <, 600);
  g_assert_cmpint (large.y + large.height, <, 240);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* What does not fit the room scrolls, and comes back. */
static void
test_scroll (void)
{
  GtkWidget *view = esp_formula_view_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *window;
  GtkWidget *scrolled = gtk_widget_get_first_child (view);
  GtkAdjustment *adjustment;
  g_autoptr (EspFormula) formula = esp_sample_long_formula ("cartpole", 60);
  g_autoptr (EspFormula) brief = esp_sample_formula ("cartpole", "theta");
  g_autoptr (GdkTexture) top = NULL;
  g_autoptr (GdkTexture) below = NULL;

  gtk_widget_set_vexpand (view, TRUE);
  gtk_box_append (GTK_BOX (box), view);
  window = esp_test_show (box, 400, 120);
  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), formula, esp_sample_environment ("cartpole"));
  top = esp_test_take_settled_picture (view);
  g_assert_true (GTK_IS_SCROLLED_WINDOW (scrolled));
  adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled));
  g_assert_cmpfloat (gtk_adjustment_get_upper (adjustment), >, 240);
  gtk_adjustment_set_value (adjustment, 100);
  below = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (top, below), >, 1000);
  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), brief, esp_sample_environment ("cartpole"));
  esp_picture_wait (100);
  g_assert_cmpfloat (gtk_adjustment_get_upper (adjustment), ==, 120);
  g_assert_cmpfloat (gtk_adjustment_get_value (adjustment), ==, 0);
  gtk_window_destroy (GTK_WINDOW (window));
}

void
esp_test_add_formula_view (void)
{
  g_test_add_func ("/widgets/formula/two-actions", test_formula_of_two);
  g_test_add_func ("/widgets/formula/copy", test_copy);
  g_test_add_func ("/widgets/formula/select", test_select);
  g_test_add_func ("/widgets/formula/fit", test_fit);
  g_test_add_func ("/widgets/formula/scroll", test_scroll);
}
