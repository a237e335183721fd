#include "esp-front-view.h"

#include <math.h>

#include "esp-cursor.h"
#include "esp-plot.h"
#include "esp-print.h"
#include "esp-text.h"

#define NO_POINT G_MAXSIZE

/* How near the pointer must be, in pixels. */
#define REACH 32

/* A card is not a page. */
#define CARD_MAX_LENGTH     200
#define CARD_MAX_CHARACTERS 320
#define CARD_DIGITS         4

/* A formula that lies so many times farther below the best one than the next does is drawn at the bottom,
 * where it does not take the others' room: at most half of them. */
#define OUTLYING 5

struct _EspFrontView
{
  GtkWidget parent_instance;

  EspArchive *front;
  const EspEnvironmentInfo *environment;
  EspFormula *chosen;
  const char *placeholder;

  EspTexts *texts;
  EspCursor cursor;
  size_t point; /* where the keys are; NO_POINT before they were used */
};

G_DEFINE_FINAL_TYPE (EspFrontView, esp_front_view, GTK_TYPE_WIDGET)

static guint activated_signal;

/* A plot in its place, and what its axes span. */
typedef struct
{
  graphene_rect_t area;
  double text_size;
  EspAxis returns;
  double shortest; /* as logarithms */
  double longest;
} Plot;

static size_t
get_n (EspFrontView *view)
{
  return view->front == NULL ? 0 : esp_archive_get_n (view->front);
}

/* Returns the reading length of an entry as it is drawn. */
static double
get_length (const EspArchiveEntry *entry)
{
  return log ((double) MAX (entry->length, 1));
}

/* Returns the first entry that sets the scale of the returns. */
static size_t
find_first_scaled (EspFrontView *view)
{
  size_t n = get_n (view);
  double best = esp_archive_get (view->front, n - 1)->value;

  for (size_t i = n / 2; i > 0 && i + 1 < n; i--)
    if (best - esp_archive_get (view->front, i - 1)->value
        > OUTLYING * (best - esp_archive_get (view->front, i)->value))
      return i;
  return 0;
}

static Plot
get_plot (EspFrontView *view)
{
  float width = (float) gtk_widget_get_width (GTK_WIDGET (view));
  float height = (float) gtk_widget_get_height (GTK_WIDGET (view));
  double size = 0.78 * esp_texts_get_font_size (view->texts);
  float line = (float) (1.45 * size);
  float margin = 10;
  float gutter = (float) (2 * size);
  size_t n = get_n (view);
  Plot plot = { .text_size = size };

  plot.returns = esp_axis_new (esp_archive_get (view->front, find_first_scaled (view))->value,
                               esp_archive_get (view->front, n - 1)->value, height / 48, TRUE);
  plot.shortest = get_length (esp_archive_get (view->front, 0));
  plot.longest = get_length (esp_archive_get (view->front, n - 1));
  if (plot.longest - plot.shortest < 1)
    {
      double middle = (plot.longest + plot.shortest) / 2;

      plot.shortest = MAX (0, middle - 0.5);
      plot.longest = plot.shortest + 1;
    }
  for (double tick = plot.returns.low; tick <= plot.returns.high + 0.5 * plot.returns.tick;
       tick += plot.returns.tick)
    {
      g_autofree char *text = esp_axis_format (&plot.returns, tick);

      gutter = MAX (gutter, (float) esp_texts_get_width (view->texts, text, size));
    }
  gutter += 7;
  plot.area = GRAPHENE_RECT_INIT (margin + gutter, margin + 1.35f * line,
                                  MAX (width - 2 * margin - gutter - 8, 10),
                                  MAX (height - 2 * margin - 3.6f * line, 10));
  return plot;
}

static float
get_x (const Plot *plot, double length)
{
  /* points at the ends keep off the edges */
  return plot->area.origin.x + 8
         + (float) ((length - plot->shortest) / (plot->longest - plot->shortest))
             * (plot->area.size.width - 16);
}

static float
get_y (const Plot *plot, double value)
{
  return plot->area.origin.y
         + (1 - (float) CLAMP (esp_axis_place (&plot->returns, value), 0, 1)) * plot->area.size.height;
}

static graphene_point_t
get_place (EspFrontView *view, const Plot *plot, size_t i)
{
  const EspArchiveEntry *entry = esp_archive_get (view->front, i);

  return GRAPHENE_POINT_INIT (get_x (plot, get_length (entry)), get_y (plot, entry->value));
}

static gboolean
is_outlying (EspFrontView *view, const Plot *plot, size_t i)
{
  return esp_archive_get (view->front, i)->value < plot->returns.low;
}

/* Returns the point nearest to @x, @y, or NO_POINT where none is near. */
static size_t
find_point (EspFrontView *view, double x, double y)
{
  Plot plot = get_plot (view);
  size_t nearest = NO_POINT;
  double least = REACH;

  for (size_t i = 0; i < get_n (view); i++)
    {
      graphene_point_t place = get_place (view, &plot, i);
      double distance = hypot (place.x - x, place.y - y);

      if (distance < least)
        {
          least = distance;
          nearest = i;
        }
    }
  return nearest;
}

static size_t
find_formula (EspFrontView *view, const EspFormula *formula)
{
  for (size_t i = 0; formula != NULL && i < get_n (view); i++)
    if (esp_archive_get (view->front, i)->formula == formula)
      return i;
  return NO_POINT;
}

/* Returns what the pointer or the keys point at. */
static size_t
get_point (EspFrontView *view)
{
  if (get_n (view) == 0)
    return NO_POINT;
  switch (view->cursor.mode)
    {
    case ESP_CURSOR_POINTER:
      return find_point (view, view->cursor.x, view->cursor.y);
    case ESP_CURSOR_KEYS:
      return view->point;
    default:
      return NO_POINT;
    }
}

static void
draw_axes (EspFrontView *view, const Plot *plot, GtkSnapshot *snapshot, const EspPalette *palette)
{
  static const double multiples[] = { 1, 1.5, 2, 3, 4, 5, 7 };
  const graphene_rect_t *area = &plot->area;
  double below = area->origin.y + area->size.height + 1.1 * plot->text_size;
  double free_from = -G_MAXDOUBLE;

  for (double tick = plot->returns.low; tick <= plot->returns.high + 0.5 * plot->returns.tick;
       tick += plot->returns.tick)
    {
      g_autofree char *text = esp_axis_format (&plot->returns, tick);
      float y = roundf (get_y (plot, tick));

      gtk_snapshot_append_color (snapshot, &palette->grid,
                                 &GRAPHENE_RECT_INIT (area->origin.x, y, area->size.width, 1));
      esp_texts_draw (view->texts, snapshot, text, plot->text_size, &palette->dim, area->origin.x - 7, y, 1);
    }
  for (double power = 1; power < 1e15; power *= 10)
    for (gsize i = 0; i < G_N_ELEMENTS (multiples); i++)
      {
        double length = log (multiples[i] * power);
        g_autofree char *text = esp_text_from_count ((guint64) (multiples[i] * power));
        double half = esp_texts_get_width (view->texts, text, plot->text_size) / 2;
        float x = roundf (get_x (plot, length));

        if (length < plot->shortest - 1e-9 || length > plot->longest + 1e-9
            || fmod (multiples[i] * power, 1) != 0 || x - half < free_from)
          continue;
        gtk_snapshot_append_color (snapshot, &palette->grid,
                                   &GRAPHENE_RECT_INIT (x, area->origin.y, 1, area->size.height));
        esp_texts_draw (view->texts, snapshot, text, plot->text_size, &palette->dim, x, below, 0.5);
        free_from = x + half + plot->text_size;
      }
  esp_texts_draw (view->texts, snapshot, "reading length", plot->text_size, &palette->dim,
                  area->origin.x + area->size.width / 2, below + 1.35 * plot->text_size, 0.5);
}

static void
draw_legend (EspFrontView *view, const Plot *plot, GtkSnapshot *snapshot, const EspPalette *palette)
{
  static const char *const lines[] = { "return of the best formula of each length, no shorter one beats it",
                                       "return of the best formula of each length", "best of each length" };
  double width = plot->area.size.width;

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    if (i + 1 == G_N_ELEMENTS (lines)
        || esp_texts_draw_entry (view->texts, NULL, ESP_MARK_DOT, lines[i], plot->text_size,
                                 &palette->series[2], 0, 0)
             <= width)
      {
        esp_texts_draw_entry (view->texts, snapshot, ESP_MARK_DOT, lines[i], plot->text_size,
                              &palette->series[2], plot->area.origin.x, 10 + 0.6 * plot->text_size);
        return;
      }
}

static void
draw_points (EspFrontView *view, const Plot *plot, GtkSnapshot *snapshot, const EspPalette *palette)
{
  size_t n = get_n (view);
  size_t chosen = find_formula (view, view->chosen);
  size_t pointed = get_point (view);
  graphene_rect_t area = plot->area;
  cairo_t *cr;

  graphene_rect_inset (&area, -12, -12);
  cr = gtk_snapshot_append_cairo (snapshot, &area);

  /* what can be had for a length: each step goes on until a longer formula is better */
  for (size_t i = 0; i < n; i++)
    {
      graphene_point_t place = get_place (view, plot, i);

      cairo_line_to (cr, place.x, i == 0 ? place.y : get_place (view, plot, i - 1).y);
      cairo_line_to (cr, place.x, place.y);
    }
  cairo_line_to (cr, plot->area.origin.x + plot->area.size.width, get_place (view, plot, n - 1).y);
  gdk_cairo_set_source_rgba (
    cr, &(GdkRGBA){ palette->series[2].red, palette->series[2].green, palette->series[2].blue, 0.45f });
  cairo_set_line_width (cr, 1.6);
  cairo_stroke (cr);

  for (size_t i = 0; i < n; i++)
    {
      graphene_point_t place = get_place (view, plot, i);
      double radius = i == pointed ? 5.5 : 4;

      cairo_new_path (cr);
      if (is_outlying (view, plot, i))
        {
          /* an arrow: farther down than the picture goes */
          cairo_move_to (cr, place.x - radius, place.y - radius);
          cairo_line_to (cr, place.x + radius, place.y - radius);
          cairo_line_to (cr, place.x, place.y + 0.8 * radius);
          cairo_close_path (cr);
        }
      else
        cairo_arc (cr, place.x, place.y, radius, 0, 2 * G_PI);
      gdk_cairo_set_source_rgba (cr, &palette->series[2]);
      cairo_fill (cr);
      if (i != chosen)
        continue;
      cairo_new_path (cr);
      cairo_arc (cr, place.x, place.y, 8.5, 0, 2 * G_PI);
      gdk_cairo_set_source_rgba (cr, &palette->accent);
      cairo_set_line_width (cr, 2.2);
      cairo_stroke (cr);
    }
  cairo_destroy (cr);

  /* how far down */
  for (size_t i = 0; i < n; i++)
    if (is_outlying (view, plot, i))
      {
        graphene_point_t place = get_place (view, plot, i);
        g_autofree char *value = esp_text_from_number (esp_archive_get (view->front, i)->value, 4);
        double room = i + 1 < n ? get_place (view, plot, i + 1).x - place.x : G_MAXDOUBLE;

        if (esp_texts_get_width (view->texts, value, plot->text_size) + 16 < room)
          esp_texts_draw (view->texts, snapshot, value, plot->text_size, &palette->dim, place.x + 8,
                          place.y - plot->text_size, 0);
      }
}

/* Appends the expression of @action as text that a card has room for. */
static void
append_expression (GString *text, EspFrontView *view, const EspFormula *formula, size_t action)
{
  g_autofree char *printed = NULL;
  g_autofree char *escaped = NULL;

  if (esp_formula_get_length (formula, action) <= CARD_MAX_LENGTH)
    printed = esp_expression_to_unicode (esp_formula_get_expression (formula, action),
                                         esp_formula_get_symbols (formula), CARD_DIGITS);
  if (printed != NULL && g_utf8_strlen (printed, -1) > CARD_MAX_CHARACTERS)
    {
      g_autofree char *cut = g_utf8_substring (printed, 0, CARD_MAX_CHARACTERS);

      g_free (printed);
      printed = g_strconcat (cut, "…", NULL);
    }
  escaped = g_markup_escape_text (printed == NULL ? "…" : printed, -1);
  g_string_append_c (text, '\n');
  if (esp_formula_get_n_actions (formula) > 1 && view->environment != NULL)
    g_string_append_printf (text, "%s = ", view->environment->actions[action].name);
  g_string_append (text, escaped);
}

static char *
describe_point (EspFrontView *view, size_t point)
{
  const EspArchiveEntry *entry = esp_archive_get (view->front, point);
  g_autofree char *value = esp_text_from_number (entry->value, 5);
  g_autofree char *length = esp_text_from_count (entry->length);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "<b>return %s</b>, reading length %s%s", value, length,
                          point == find_formula (view, view->chosen) ? ", in use" : "");
  for (size_t a = 0; a < esp_formula_get_n_actions (entry->formula); a++)
    append_expression (text, view, entry->formula, a);
  return g_string_free (text, FALSE);
}

static char *
describe (GtkWidget *widget)
{
  EspFrontView *view = ESP_FRONT_VIEW (widget);
  size_t n = get_n (view);
  const EspArchiveEntry *first, *last;
  g_autofree char *least = NULL;
  g_autofree char *greatest = NULL;

  if (n == 0)
    return NULL;
  if (view->cursor.mode == ESP_CURSOR_KEYS)
    return describe_point (view, view->point);
  first = esp_archive_get (view->front, 0);
  last = esp_archive_get (view->front, n - 1);
  least = esp_text_from_number (first->value, 5);
  greatest = esp_text_from_number (last->value, 5);
  return g_strdup_printf (
    "%zu formulas, from return %s at reading length %zu to %s at %zu; arrow keys choose, "
    "Return uses",
    n, least, first->length, greatest, last->length);
}

static gboolean
move_cursor (GtkWidget *widget, EspMove move)
{
  EspFrontView *view = ESP_FRONT_VIEW (widget);
  size_t n = get_n (view);
  size_t pointed = get_point (view);

  if (n == 0)
    return FALSE;
  if (pointed != NO_POINT)
    view->point = pointed;
  if (view->point == NO_POINT)
    view->point = find_formula (view, view->chosen);
  if (view->point == NO_POINT)
    view->point = n - 1;
  /* The first key shows where the keys are. */
  else if (view->cursor.mode != ESP_CURSOR_NONE)
    /* longer formulas return more: up is where the right is */
    view->point = esp_cursor_move_along (move == ESP_MOVE_UP     ? ESP_MOVE_RIGHT
                                         : move == ESP_MOVE_DOWN ? ESP_MOVE_LEFT
                                                                 : move,
                                         view->point, n - 1, 1);
  return TRUE;
}

static gboolean
activate_point (EspFrontView *view, size_t point)
{
  g_autoptr (EspFormula) formula = NULL;

  if (point == NO_POINT || point >= get_n (view))
    return FALSE;
  formula = esp_formula_ref (esp_archive_get (view->front, point)->formula);
  g_signal_emit (view, activated_signal, 0, formula);
  return TRUE;
}

static gboolean
on_key_pressed (
  GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, gpointer data)
{
  EspFrontView *view = data;

  if (modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SHIFT_MASK)
      || (key != GDK_KEY_Return && key != GDK_KEY_KP_Enter && key != GDK_KEY_ISO_Enter))
    return GDK_EVENT_PROPAGATE;
  return activate_point (view, get_point (view)) ? GDK_EVENT_STOP : GDK_EVENT_PROPAGATE;
}

static void
on_released (GtkGestureClick *gesture, int n_press, double x, double y, gpointer data)
{
  EspFrontView *view = data;

  if (get_n (view) > 0)
    activate_point (view, find_point (view, x, y));
}

static void
esp_front_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  EspFrontView *view = ESP_FRONT_VIEW (widget);
  const EspPalette *palette = esp_palette_get (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  size_t point = get_point (view);
  Plot plot;

  if (width < 2 || height < 2)
    return;
  gtk_snapshot_append_color (snapshot, &palette->background,
                             &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  if (get_n (view) == 0)
    {
      esp_texts_draw_placeholder (
        view->texts, snapshot, palette,
        view->placeholder == NULL ? "Polish the formula to see what each length can do" : view->placeholder);
      return;
    }
  plot = get_plot (view);
  draw_axes (view, &plot, snapshot, palette);
  draw_legend (view, &plot, snapshot, palette);
  draw_points (view, &plot, snapshot, palette);
  if (point != NO_POINT)
    {
      graphene_point_t place = get_place (view, &plot, point);
      g_autofree char *markup = describe_point (view, point);

      esp_texts_draw_card (view->texts, snapshot, palette, markup, place.x, place.y);
    }
}

static void
esp_front_view_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (esp_front_view_parent_class)->css_changed (widget, change);
  esp_texts_clear (ESP_FRONT_VIEW (widget)->texts);
  gtk_widget_queue_draw (widget);
}

static void
esp_front_view_measure (GtkWidget *widget,
                        GtkOrientation orientation,
                        int for_size,
                        int *minimum,
                        int *natural,
                        int *minimum_baseline,
                        int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : 110;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 420 : 300;
}

static void
esp_front_view_dispose (GObject *object)
{
  EspFrontView *view = ESP_FRONT_VIEW (object);

  g_clear_pointer (&view->front, esp_archive_unref);
  g_clear_pointer (&view->chosen, esp_formula_unref);
  G_OBJECT_CLASS (esp_front_view_parent_class)->dispose (object);
}

static void
esp_front_view_finalize (GObject *object)
{
  EspFrontView *view = ESP_FRONT_VIEW (object);

  esp_cursor_clear (&view->cursor);
  g_clear_pointer (&view->texts, esp_texts_free);
  G_OBJECT_CLASS (esp_front_view_parent_class)->finalize (object);
}

static void
esp_front_view_class_init (EspFrontViewClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->dispose = esp_front_view_dispose;
  object_class->finalize = esp_front_view_finalize;
  widget_class->snapshot = esp_front_view_snapshot;
  widget_class->css_changed = esp_front_view_css_changed;
  widget_class->measure = esp_front_view_measure;
  gtk_widget_class_set_css_name (widget_class, "frontview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);

  activated_signal = g_signal_new ("activated", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
esp_front_view_init (EspFrontView *view)
{
  GtkWidget *widget = GTK_WIDGET (view);
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  view->texts = esp_texts_new (widget);
  view->point = NO_POINT;
  esp_cursor_init (&view->cursor, widget, move_cursor, describe);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key_pressed), view);
  g_signal_connect (click, "released", G_CALLBACK (on_released), view);
  gtk_widget_add_controller (widget, keys);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  "Return against reading length", -1);
}

GtkWidget *
esp_front_view_new (void)
{
  return g_object_new (ESP_TYPE_FRONT_VIEW, NULL);
}

/* Points at the formula that the keys pointed at before, or where it is gone at what is best of its length.
 */
static void
move_to_length (EspFrontView *view, const EspFormula *formula, size_t length)
{
  size_t n = get_n (view);

  view->point = find_formula (view, formula);
  for (size_t i = 0; view->point == NO_POINT && i < n; i++)
    if (i + 1 == n || esp_archive_get (view->front, i + 1)->length > length)
      view->point = i;
  if (n == 0)
    esp_cursor_drop_keys (&view->cursor);
}

void
esp_front_view_set_front (EspFrontView *view, EspArchive *front, const EspEnvironmentInfo *environment)
{
  g_autoptr (EspArchive) old = NULL;
  const EspArchiveEntry *entry;

  g_return_if_fail (ESP_IS_FRONT_VIEW (view));

  if (front == view->front)
    return;
  old = view->front;
  view->front = front == NULL ? NULL : esp_archive_ref (front);
  view->environment = environment;
  if (view->point != NO_POINT)
    {
      entry = esp_archive_get (old, view->point);
      move_to_length (view, entry->formula, entry->length);
    }
  esp_cursor_update_description (&view->cursor);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
esp_front_view_set_chosen (EspFrontView *view, EspFormula *formula)
{
  g_return_if_fail (ESP_IS_FRONT_VIEW (view));

  /* one that is no point, perhaps of a network of millions of nodes, is not kept */
  if (find_formula (view, formula) == NO_POINT)
    formula = NULL;
  if (formula == view->chosen)
    return;
  g_clear_pointer (&view->chosen, esp_formula_unref);
  view->chosen = formula == NULL ? NULL : esp_formula_ref (formula);
  esp_cursor_update_description (&view->cursor);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
esp_front_view_set_placeholder (EspFrontView *view, const char *text)
{
  g_return_if_fail (ESP_IS_FRONT_VIEW (view));

  if (g_strcmp0 (text, view->placeholder) == 0)
    return;
  view->placeholder = text;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

graphene_point_t
esp_front_view_get_place (EspFrontView *view, size_t i)
{
  Plot plot;

  g_return_val_if_fail (ESP_IS_FRONT_VIEW (view) && i < get_n (view), GRAPHENE_POINT_INIT (0, 0));

  plot = get_plot (view);
  return get_place (view, &plot, i);
}
