#include "esp-formula-view.h"

#include "esp-formula-canvas.h"
#include "esp-palette.h"
#include "esp-print.h"
#include "esp-text.h"

/* Of a formula that is copied, in nodes: printing a longer one would hold the main thread up. */
#define MOST_COPIED 20000

/* Of a hovered term's text, in characters. */
#define MOST_TEXT 400

struct _EspFormulaView
{
  GtkWidget parent_instance;

  EspFormula *formula;
  const EspEnvironmentInfo *environment;
  const char *placeholder;

  EspFormulaCanvas *canvas; /* inside the scrolled window, as all the others may be gone after dispose */
  GtkWidget *scrolled;
  GtkWidget *menu;
  EspTexts *texts;

  double pointer_x;
  double pointer_y;
  int hovered;
  char *hovered_markup; /* what the card says */
  int selected_term;
  uint64_t selected_identity; /* by which it is found in the next snapshot; 0 for none */
  char *selected;
};

enum
{
  PROPERTY_SELECTED = 1,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (EspFormulaView, esp_formula_view, GTK_TYPE_WIDGET)

/* The names that the formula's variables have; the arrays are the caller's. */
static EspSymbols
get_symbols (EspFormulaView *view,
             const char *names[ESP_MAX_OBSERVATIONS],
             const char *unicode[ESP_MAX_OBSERVATIONS],
             const char *latex[ESP_MAX_OBSERVATIONS])
{
  const EspEnvironmentInfo *environment = view->environment;
  size_t n = environment ? MIN (environment->n_observations, ESP_MAX_OBSERVATIONS) : 0;

  for (size_t i = 0; i < n; i++)
    {
      const EspSignal *signal = &environment->observations[i];

      names[i] = signal->name;
      unicode[i] = signal->unicode ? signal->unicode : signal->name;
      latex[i] = signal->latex ? signal->latex : signal->name;
    }
  return (EspSymbols){ n, names, unicode, latex };
}

static char *
get_unicode_text (EspFormulaView *view, const EspExpression *expression, int digits)
{
  const char *names[ESP_MAX_OBSERVATIONS], *unicode[ESP_MAX_OBSERVATIONS], *latex[ESP_MAX_OBSERVATIONS];
  EspSymbols symbols = get_symbols (view, names, unicode, latex);

  return esp_expression_to_unicode (expression, &symbols, digits);
}

/* Selects @term of the formula that is shown now. */
static void
set_selected (EspFormulaView *view, int term)
{
  EspExpression *expression = esp_formula_canvas_get_expression (view->canvas, term);
  g_autofree char *text = expression ? get_unicode_text (view, expression, 0) : NULL;

  view->selected_term = expression ? term : -1;
  view->selected_identity = esp_formula_canvas_get_identity (view->canvas, view->selected_term);
  esp_formula_canvas_mark (view->canvas, view->hovered, view->selected_term);
  if (g_strcmp0 (text, view->selected) == 0)
    return;
  g_free (view->selected);
  view->selected = g_steal_pointer (&text);
  g_object_notify_by_pspec (G_OBJECT (view), properties[PROPERTY_SELECTED]);
}

static char *
describe_term (EspFormulaView *view, int term)
{
  EspExpression *expression = esp_formula_canvas_get_expression (view->canvas, term);
  const char *guard = esp_formula_canvas_get_guard (view->canvas, term);
  const EspSignal *signal = NULL;
  g_autofree char *text = NULL;
  g_autofree char *note = NULL;

  if (!expression)
    return NULL;
  if (esp_expression_get_length (expression) > MOST_TEXT)
    text = g_strdup_printf ("%zu nodes", esp_expression_get_length (expression));
  else
    text = get_unicode_text (view, expression, 0);
  if (g_utf8_strlen (text, -1) > MOST_TEXT)
    {
      g_autofree char *whole = text;
      g_autofree char *cut = g_utf8_substring (whole, 0, MOST_TEXT);

      text = g_strconcat (cut, "…", NULL);
    }
  if (esp_expression_get_operation (expression) == ESP_OPERATION_VARIABLE
      && esp_expression_get_index (expression) < view->environment->n_observations)
    signal = &view->environment->observations[esp_expression_get_index (expression)];
  if (signal && signal->description)
    note = g_strdup_printf ("%s%s%s", signal->description, signal->unit && signal->unit[0] ? ", " : "",
                            signal->unit ? signal->unit : "");
  else if (guard)
    note = g_strdup (guard);
  if (note)
    return g_markup_printf_escaped ("%s\n<small>%s</small>", text, note);
  return g_markup_printf_escaped ("%s", text);
}

static void
set_hovered (EspFormulaView *view, int term)
{
  if (view->hovered != term)
    {
      view->hovered = term;
      g_clear_pointer (&view->hovered_markup, g_free);
      view->hovered_markup = describe_term (view, term);
      esp_formula_canvas_mark (view->canvas, view->hovered, view->selected_term);
      gtk_widget_queue_draw (GTK_WIDGET (view));
    }
  else if (term >= 0)
    gtk_widget_queue_draw (GTK_WIDGET (view));
}

static int
find_term (EspFormulaView *view, double x, double y)
{
  double canvas_x, canvas_y;

  if (!gtk_widget_translate_coordinates (GTK_WIDGET (view), GTK_WIDGET (view->canvas), x, y, &canvas_x,
                                         &canvas_y))
    return -1;
  return esp_formula_canvas_find (view->canvas, canvas_x, canvas_y);
}

static void
on_motion (GtkEventControllerMotion *controller, double x, double y, gpointer data)
{
  EspFormulaView *view = data;

  view->pointer_x = x;
  view->pointer_y = y;
  set_hovered (view, find_term (view, x, y));
}

static void
on_leave (GtkEventControllerMotion *controller, gpointer data)
{
  set_hovered (data, -1);
}

static void
on_released (GtkGestureClick *gesture, int n_press, double x, double y, gpointer data)
{
  EspFormulaView *view = data;
  int term = find_term (view, x, y);

  gtk_widget_grab_focus (GTK_WIDGET (view));
  set_selected (view, term == view->selected_term ? -1 : term);
}

static void
on_secondary_pressed (GtkGestureClick *gesture, int n_press, double x, double y, gpointer data)
{
  EspFormulaView *view = data;

  if (!view->formula)
    return;
  gtk_popover_set_pointing_to (GTK_POPOVER (view->menu), &(GdkRectangle){ (int) x, (int) y, 1, 1 });
  gtk_popover_popup (GTK_POPOVER (view->menu));
}

static gboolean
on_key_pressed (
  GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, gpointer data)
{
  EspFormulaView *view = data;

  if (key != GDK_KEY_Escape || view->selected_term < 0)
    return GDK_EVENT_PROPAGATE;
  set_selected (view, -1);
  return GDK_EVENT_STOP;
}

static void
copy_text (GtkWidget *widget, const char *name, GVariant *parameter)
{
  EspFormulaView *view = ESP_FORMULA_VIEW (widget);

  if (view->formula)
    gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), esp_formula_get_text (view->formula));
}

static void
copy_latex (GtkWidget *widget, const char *name, GVariant *parameter)
{
  EspFormulaView *view = ESP_FORMULA_VIEW (widget);
  const char *actions[ESP_MAX_ACTIONS] = { NULL };
  g_autofree char *text = NULL;

  if (!view->formula)
    return;
  for (size_t i = 0; view->environment != NULL && i < view->environment->n_actions; i++)
    actions[i] = view->environment->actions[i].latex;
  text = esp_formula_to_latex (view->formula, actions, 0);
  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text);
}

static void
esp_formula_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  EspFormulaView *view = ESP_FORMULA_VIEW (widget);
  const EspPalette *palette = esp_palette_get (widget);

  gtk_snapshot_append_color (snapshot, &palette->background,
                             &GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                                  (float) gtk_widget_get_height (widget)));
  GTK_WIDGET_CLASS (esp_formula_view_parent_class)->snapshot (widget, snapshot);
  if (view->hovered_markup)
    {
      palette = esp_palette_get (widget);
      esp_texts_draw_card (view->texts, snapshot, palette, view->hovered_markup, view->pointer_x,
                           view->pointer_y);
    }
}

static void
esp_formula_view_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  EspFormulaView *view = ESP_FORMULA_VIEW (widget);

  gtk_widget_allocate (view->scrolled, width, height, baseline, NULL);
  gtk_popover_present (GTK_POPOVER (view->menu));
}

static void
esp_formula_view_measure (GtkWidget *widget,
                          GtkOrientation orientation,
                          int for_size,
                          int *minimum,
                          int *natural,
                          int *minimum_baseline,
                          int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : 60;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 420 : 120;
}

static void
esp_formula_view_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (esp_formula_view_parent_class)->css_changed (widget, change);
  esp_texts_clear (ESP_FORMULA_VIEW (widget)->texts);
}

static void
esp_formula_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id == PROPERTY_SELECTED)
    g_value_set_string (value, ESP_FORMULA_VIEW (object)->selected);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
esp_formula_view_dispose (GObject *object)
{
  EspFormulaView *view = ESP_FORMULA_VIEW (object);

  g_clear_pointer (&view->menu, gtk_widget_unparent);
  g_clear_pointer (&view->scrolled, gtk_widget_unparent);
  view->canvas = NULL;
  g_clear_pointer (&view->formula, esp_formula_unref);
  g_clear_pointer (&view->selected, g_free);
  g_clear_pointer (&view->hovered_markup, g_free);
  G_OBJECT_CLASS (esp_formula_view_parent_class)->dispose (object);
}

static void
esp_formula_view_finalize (GObject *object)
{
  g_clear_pointer (&ESP_FORMULA_VIEW (object)->texts, esp_texts_free);
  G_OBJECT_CLASS (esp_formula_view_parent_class)->finalize (object);
}

static void
esp_formula_view_class_init (EspFormulaViewClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->get_property = esp_formula_view_get_property;
  object_class->dispose = esp_formula_view_dispose;
  object_class->finalize = esp_formula_view_finalize;
  widget_class->snapshot = esp_formula_view_snapshot;
  widget_class->size_allocate = esp_formula_view_size_allocate;
  widget_class->measure = esp_formula_view_measure;
  widget_class->css_changed = esp_formula_view_css_changed;
  properties[PROPERTY_SELECTED] = g_param_spec_string ("selected", NULL, NULL, NULL,
                                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  gtk_widget_class_install_action (widget_class, "formula.copy-text", NULL, copy_text);
  gtk_widget_class_install_action (widget_class, "formula.copy-latex", NULL, copy_latex);
  gtk_widget_class_set_css_name (widget_class, "formulaview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
esp_formula_view_init (EspFormulaView *view)
{
  GtkWidget *widget = GTK_WIDGET (view);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *secondary = gtk_gesture_click_new ();

  g_autoptr (GMenu) menu = g_menu_new ();

  view->placeholder = ESP_FORMULA_PLACEHOLDER;
  view->texts = esp_texts_new (widget);
  view->hovered = -1;
  view->selected_term = -1;
  view->canvas = ESP_FORMULA_CANVAS (esp_formula_canvas_new ());
  view->scrolled = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (view->scrolled), GTK_WIDGET (view->canvas));
  gtk_widget_set_parent (view->scrolled, widget);

  g_menu_append (menu, "Copy as _Text", "formula.copy-text");
  g_menu_append (menu, "Copy as _LaTeX", "formula.copy-latex");
  view->menu = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
  gtk_popover_set_has_arrow (GTK_POPOVER (view->menu), FALSE);
  gtk_widget_set_halign (view->menu, GTK_ALIGN_START);
  gtk_widget_set_parent (view->menu, widget);

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (secondary), GDK_BUTTON_SECONDARY);
  g_signal_connect (motion, "enter", G_CALLBACK (on_motion), view);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), view);
  g_signal_connect (motion, "leave", G_CALLBACK (on_leave), view);
  g_signal_connect (click, "released", G_CALLBACK (on_released), view);
  g_signal_connect (secondary, "pressed", G_CALLBACK (on_secondary_pressed), view);
  g_signal_connect (key, "key-pressed", G_CALLBACK (on_key_pressed), view);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_add_controller (widget, key);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (secondary));

  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_widget_action_set_enabled (widget, "formula.copy-text", FALSE);
  gtk_widget_action_set_enabled (widget, "formula.copy-latex", FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, "Formula",
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, view->placeholder, -1);
}

GtkWidget *
esp_formula_view_new (void)
{
  return g_object_new (ESP_TYPE_FORMULA_VIEW, NULL);
}

static void
update_description (EspFormulaView *view)
{
  g_autoptr (GString) description = g_string_new (NULL);

  if (!view->formula)
    g_string_append (description, view->placeholder);
  else
    for (size_t i = 0; i < esp_formula_get_n_actions (view->formula); i++)
      {
        g_autofree char *text = esp_formula_get_length (view->formula, i) > MOST_TEXT
                                  ? g_strdup_printf ("a formula of %zu nodes",
                                                     esp_formula_get_length (view->formula, i))
                                  : get_unicode_text (view, esp_formula_get_expression (view->formula, i), 3);

        g_string_append_printf (description, "%s%s = %s", i > 0 ? "; " : "",
                                view->environment && i < view->environment->n_actions
                                  ? view->environment->actions[i].name
                                  : "action",
                                text);
      }
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  description->str, -1);
}

static gboolean
can_copy (const EspFormula *formula)
{
  size_t length = 0;

  for (size_t i = 0; formula != NULL && i < esp_formula_get_n_actions (formula); i++)
    length = MIN (length, MOST_COPIED) + MIN (esp_formula_get_length (formula, i), MOST_COPIED + 1);
  return formula != NULL && length <= MOST_COPIED;
}

void
esp_formula_view_set_formula (EspFormulaView *view,
                              EspFormula *formula,
                              const EspEnvironmentInfo *environment)
{
  g_return_if_fail (ESP_IS_FORMULA_VIEW (view));
  g_return_if_fail (formula == NULL || environment != NULL);

  if (view->formula == formula && view->environment == environment)
    return;
  if (view->environment != environment)
    set_selected (view, -1);
  set_hovered (view, -1);
  if (formula)
    esp_formula_ref (formula);
  g_clear_pointer (&view->formula, esp_formula_unref);
  view->formula = formula;
  view->environment = environment;
  esp_formula_canvas_set_formula (view->canvas, formula, environment);
  set_selected (view, esp_formula_canvas_find_identity (view->canvas, view->selected_identity));
  gtk_widget_action_set_enabled (GTK_WIDGET (view), "formula.copy-text", can_copy (formula));
  gtk_widget_action_set_enabled (GTK_WIDGET (view), "formula.copy-latex", can_copy (formula));
  update_description (view);
}

void
esp_formula_view_set_placeholder (EspFormulaView *view, const char *text)
{
  g_return_if_fail (ESP_IS_FORMULA_VIEW (view));

  view->placeholder = text == NULL ? ESP_FORMULA_PLACEHOLDER : text;
  esp_formula_canvas_set_placeholder (view->canvas, view->placeholder);
  if (view->formula == NULL)
    update_description (view);
}

EspFormula *
esp_formula_view_get_formula (EspFormulaView *view)
{
  g_return_val_if_fail (ESP_IS_FORMULA_VIEW (view), NULL);

  return view->formula;
}

const char *
esp_formula_view_get_selected (EspFormulaView *view)
{
  g_return_val_if_fail (ESP_IS_FORMULA_VIEW (view), NULL);

  return view->selected;
}
