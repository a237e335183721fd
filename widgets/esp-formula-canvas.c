#include "esp-formula-canvas.h"

#include <math.h>

#include "esp-formula-layout.h"
#include "esp-palette.h"
#include "esp-text.h"

/* A formula of more nodes cannot be read anyway, and typesetting has to stay quick. */
#define MOST_NODES 400

/* Sizes of the formula's font, in tenths of the text around: the least, at which exponents can still be
 * read; the greatest; the greatest of a formula in several lines, since short lines read badly; and from
 * which on a formula on one line is large enough not to be broken. */
#define LEAST_SIZE       14
#define MOST_SIZE        26
#define MOST_BROKEN_SIZE 20
#define COMFORTABLE_SIZE 18
/* The next formula is set larger only if it can be by this much, so that sizes do not jump about while
 * formulas come and go. */
#define LEAST_GROWTH 3

/* The share of the room that a formula's lines cover when it is full; the rest are ends of lines. */
#define USUAL_FILL 0.75

/* More than any formula's width. */
#define ENDLESS 1e6

struct _EspFormulaCanvas
{
  GtkWidget parent_instance;

  EspFormula *formula;
  const EspEnvironmentInfo *environment;
  const char *placeholder;
  EspTerms *terms;
  int hovered;
  int selected;

  EspTexts *texts;
  EspFormulaFont *font;     /* of the least size: greater ones are drawn enlarged, which costs nothing */
  EspFormulaLayout *layout; /* NULL when out of date */
  int size;                 /* that it is drawn at; 0 before the first formula */
  int room_width;           /* that it was made for */
  int room_height;
  GskRenderNode *picture; /* the formula without marks; NULL when out of date */

  GtkAdjustment *adjustments[2]; /* by orientation */
};

enum
{
  PROPERTY_HADJUSTMENT = 1,
  PROPERTY_VADJUSTMENT,
  PROPERTY_HSCROLL_POLICY,
  PROPERTY_VSCROLL_POLICY,
};

G_DEFINE_FINAL_TYPE_WITH_CODE (EspFormulaCanvas,
                               esp_formula_canvas,
                               GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL))

static void
forget_layout (EspFormulaCanvas *canvas)
{
  g_clear_pointer (&canvas->picture, gsk_render_node_unref);
  g_clear_pointer (&canvas->layout, esp_formula_layout_free);
}

/* How many times larger than its layout the formula is drawn. */
static double
get_scale (EspFormulaCanvas *canvas)
{
  return canvas->size / (double) LEAST_SIZE;
}

static EspFormulaLayout *
new_layout (EspFormulaCanvas *canvas, double width)
{
  if (!canvas->font)
    canvas->font = esp_formula_font_new (gtk_widget_get_pango_context (GTK_WIDGET (canvas)),
                                         LEAST_SIZE / 10.0 * esp_texts_get_font_size (canvas->texts));
  return esp_formula_layout_new (canvas->font, canvas->terms, canvas->environment, width);
}

/* The greatest size at which @layout fits the room, without regard to the bounds of sizes. */
static int
get_fitting_size (EspFormulaCanvas *canvas, const EspFormulaLayout *layout)
{
  double scale = MIN (canvas->room_width / MAX (layout->width, 1),
                      canvas->room_height / MAX (layout->height, 1));

  return (int) floor (LEAST_SIZE * MIN (scale, 100));
}

/* Keeps @layout (consumed) for @size. */
static void
take_layout (EspFormulaCanvas *canvas, EspFormulaLayout *layout, int size)
{
  forget_layout (canvas);
  canvas->layout = layout;
  canvas->size = size;
}

static double
get_extent (EspFormulaCanvas *canvas, GtkOrientation orientation)
{
  if (!canvas->layout)
    return 0;
  return get_scale (canvas)
         * (orientation == GTK_ORIENTATION_HORIZONTAL ? canvas->layout->width : canvas->layout->height);
}

/* Lays the formula out in lines for @size; returns whether all of them fit the room. */
static gboolean
try_broken (EspFormulaCanvas *canvas, int size)
{
  EspFormulaLayout *layout = new_layout (canvas, canvas->room_width * LEAST_SIZE / (double) size);

  if (get_fitting_size (canvas, layout) < size && size > LEAST_SIZE)
    {
      esp_formula_layout_free (layout);
      return FALSE;
    }
  take_layout (canvas, layout, size);
  return get_fitting_size (canvas, layout) >= size;
}

/* Looks for lines at a size above @size, of a formula that covers @area on one line at the least size. Where
 * it has none of @size either, which is the least one then, that is the last resort. */
static void
fit_broken (EspFormulaCanvas *canvas, double area, int size, int previous_size)
{
  double room = (double) canvas->room_width * canvas->room_height;
  int guess = MIN ((int) (LEAST_SIZE * sqrt (USUAL_FILL * room / area)), MOST_BROKEN_SIZE);
  int growth = 1;

  if (previous_size > size && previous_size <= MOST_BROKEN_SIZE
      && ABS (guess - previous_size) < 2 * LEAST_GROWTH)
    {
      guess = previous_size;
      growth = LEAST_GROWTH;
    }
  for (int tries = 0; tries < 2 && guess > size; tries++)
    {
      int greater;

      if (!try_broken (canvas, guess))
        {
          guess -= 2;
          continue;
        }
      /* Twice as large a size is twice as many lines, each twice as high. */
      greater = MIN (
        (int) (guess * sqrt (canvas->room_height / get_extent (canvas, GTK_ORIENTATION_VERTICAL))),
        MOST_BROKEN_SIZE);
      if (greater >= guess + growth)
        try_broken (canvas, greater);
      return;
    }
  if (!canvas->layout)
    try_broken (canvas, LEAST_SIZE);
}

/* Finds the greatest size, and the lines for it: one layout for a formula that fits on a line, and at most
 * three more for others. */
static void
fit (EspFormulaCanvas *canvas, int previous_size)
{
  EspFormulaLayout *whole = new_layout (canvas, ENDLESS);
  double area = whole->width * whole->height;
  int size = MIN (get_fitting_size (canvas, whole), MOST_SIZE);

  forget_layout (canvas);
  if (size >= COMFORTABLE_SIZE)
    {
      gboolean is_little = previous_size >= COMFORTABLE_SIZE && size > previous_size
                           && size < previous_size + LEAST_GROWTH;

      take_layout (canvas, whole, is_little ? previous_size : size);
      return;
    }
  if (size >= LEAST_SIZE)
    take_layout (canvas, whole, size);
  else
    esp_formula_layout_free (whole);
  /* What fits in several lines may well be a little larger than it is on one. */
  fit_broken (canvas, area, MAX (size, LEAST_SIZE), previous_size);
}

/* Where the formula's upper left corner is: in the middle of the room, or scrolled. */
static double
get_origin (EspFormulaCanvas *canvas, GtkOrientation orientation)
{
  double room = orientation == GTK_ORIENTATION_HORIZONTAL ? canvas->room_width : canvas->room_height;
  double extent = get_extent (canvas, orientation);

  if (extent <= room)
    return round ((room - extent) / 2);
  return canvas->adjustments[orientation]
           ? -round (gtk_adjustment_get_value (canvas->adjustments[orientation]))
           : 0;
}

static void
configure_adjustment (EspFormulaCanvas *canvas, GtkOrientation orientation)
{
  double room = orientation == GTK_ORIENTATION_HORIZONTAL ? canvas->room_width : canvas->room_height;
  double upper = MAX (ceil (get_extent (canvas, orientation)), room);
  GtkAdjustment *adjustment = canvas->adjustments[orientation];

  if (adjustment)
    gtk_adjustment_configure (adjustment, CLAMP (gtk_adjustment_get_value (adjustment), 0, upper - room), 0,
                              upper, 0.1 * room, 0.9 * room, room);
}

static void
esp_formula_canvas_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  EspFormulaCanvas *canvas = ESP_FORMULA_CANVAS (widget);
  gboolean same_room = width == canvas->room_width && height == canvas->room_height;

  canvas->room_width = width;
  canvas->room_height = height;
  if (canvas->terms && (!canvas->layout || !same_room))
    fit (canvas, same_room ? canvas->size : 0);
  configure_adjustment (canvas, GTK_ORIENTATION_HORIZONTAL);
  configure_adjustment (canvas, GTK_ORIENTATION_VERTICAL);
}

static void
esp_formula_canvas_measure (GtkWidget *widget,
                            GtkOrientation orientation,
                            int for_size,
                            int *minimum,
                            int *natural,
                            int *minimum_baseline,
                            int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : 40;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 420 : 60;
}

static void
draw_marks (EspFormulaCanvas *canvas, GtkSnapshot *snapshot, const GdkRGBA *color, int term, float border)
{
  float scale = (float) get_scale (canvas);

  if (term < 0)
    return;
  for (guint i = 0; i < canvas->layout->areas->len; i++)
    {
      const EspFormulaArea *area = &g_array_index (canvas->layout->areas, EspFormulaArea, i);
      graphene_rect_t box;
      GskRoundedRect outline;

      if (area->term != term)
        continue;
      graphene_rect_scale (&area->area, scale, scale, &box);
      graphene_rect_inset (&box, -3, -3);
      gsk_rounded_rect_init_from_rect (&outline, &box, 5);
      gtk_snapshot_push_rounded_clip (snapshot, &outline);
      gtk_snapshot_append_color (snapshot, &(GdkRGBA){ color->red, color->green, color->blue, 0.16f }, &box);
      gtk_snapshot_pop (snapshot);
      if (border > 0)
        gtk_snapshot_append_border (snapshot, &outline, (float[4]){ border, border, border, border },
                                    (GdkRGBA[4]){ *color, *color, *color, *color });
    }
}

static void
esp_formula_canvas_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  EspFormulaCanvas *canvas = ESP_FORMULA_CANVAS (widget);
  const EspPalette *palette = esp_palette_get (widget);

  if (!canvas->terms || !canvas->layout)
    {
      esp_texts_draw_placeholder (canvas->texts, snapshot, palette, canvas->placeholder);
      return;
    }
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot,
                          &GRAPHENE_POINT_INIT ((float) get_origin (canvas, GTK_ORIENTATION_HORIZONTAL),
                                                (float) get_origin (canvas, GTK_ORIENTATION_VERTICAL)));
  draw_marks (canvas, snapshot, &palette->accent, canvas->hovered, 0);
  draw_marks (canvas, snapshot, &palette->accent, canvas->selected, 1.5f);
  if (!canvas->picture)
    {
      GtkSnapshot *picture = gtk_snapshot_new ();

      gtk_snapshot_scale (picture, (float) get_scale (canvas), (float) get_scale (canvas));
      esp_formula_layout_draw (canvas->layout, picture, get_scale (canvas), &palette->foreground,
                               &palette->dim);
      canvas->picture = gtk_snapshot_free_to_node (picture);
    }
  if (canvas->picture)
    gtk_snapshot_append_node (snapshot, canvas->picture);
  gtk_snapshot_restore (snapshot);
}

static void
esp_formula_canvas_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  EspFormulaCanvas *canvas = ESP_FORMULA_CANVAS (widget);
  gboolean font_changed;

  GTK_WIDGET_CLASS (esp_formula_canvas_parent_class)->css_changed (widget, change);
  esp_texts_clear (canvas->texts);
  g_clear_pointer (&canvas->picture, gsk_render_node_unref);
  font_changed = canvas->font
                 && fabs (esp_formula_font_get_base_size (canvas->font)
                          - LEAST_SIZE / 10.0 * esp_texts_get_font_size (canvas->texts))
                      > 0.01;
  if (!font_changed)
    return;
  forget_layout (canvas);
  g_clear_pointer (&canvas->font, esp_formula_font_free);
  gtk_widget_queue_resize (widget);
}

static void
set_adjustment (EspFormulaCanvas *canvas, GtkOrientation orientation, GtkAdjustment *adjustment)
{
  GtkAdjustment **place = &canvas->adjustments[orientation];

  if (*place)
    g_signal_handlers_disconnect_by_func (*place, gtk_widget_queue_draw, canvas);
  if (g_set_object (place, adjustment) && adjustment)
    configure_adjustment (canvas, orientation);
  if (adjustment)
    g_signal_connect_swapped (adjustment, "value-changed", G_CALLBACK (gtk_widget_queue_draw), canvas);
}

static void
esp_formula_canvas_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  EspFormulaCanvas *canvas = ESP_FORMULA_CANVAS (object);

  switch (id)
    {
    case PROPERTY_HADJUSTMENT:
      g_value_set_object (value, canvas->adjustments[GTK_ORIENTATION_HORIZONTAL]);
      break;
    case PROPERTY_VADJUSTMENT:
      g_value_set_object (value, canvas->adjustments[GTK_ORIENTATION_VERTICAL]);
      break;
    case PROPERTY_HSCROLL_POLICY:
    case PROPERTY_VSCROLL_POLICY:
      g_value_set_enum (value, GTK_SCROLL_MINIMUM);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
    }
}

static void
esp_formula_canvas_set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  EspFormulaCanvas *canvas = ESP_FORMULA_CANVAS (object);

  switch (id)
    {
    case PROPERTY_HADJUSTMENT:
      set_adjustment (canvas, GTK_ORIENTATION_HORIZONTAL, g_value_get_object (value));
      break;
    case PROPERTY_VADJUSTMENT:
      set_adjustment (canvas, GTK_ORIENTATION_VERTICAL, g_value_get_object (value));
      break;
    case PROPERTY_HSCROLL_POLICY:
    case PROPERTY_VSCROLL_POLICY:
      /* The formula takes the room that it is given, whatever the policy. */
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
      break;
    }
}

static void
esp_formula_canvas_dispose (GObject *object)
{
  EspFormulaCanvas *canvas = ESP_FORMULA_CANVAS (object);

  set_adjustment (canvas, GTK_ORIENTATION_HORIZONTAL, NULL);
  set_adjustment (canvas, GTK_ORIENTATION_VERTICAL, NULL);
  forget_layout (canvas);
  g_clear_pointer (&canvas->font, esp_formula_font_free);
  g_clear_pointer (&canvas->terms, esp_terms_free);
  g_clear_pointer (&canvas->formula, esp_formula_unref);
  G_OBJECT_CLASS (esp_formula_canvas_parent_class)->dispose (object);
}

static void
esp_formula_canvas_finalize (GObject *object)
{
  g_clear_pointer (&ESP_FORMULA_CANVAS (object)->texts, esp_texts_free);
  G_OBJECT_CLASS (esp_formula_canvas_parent_class)->finalize (object);
}

static void
esp_formula_canvas_class_init (EspFormulaCanvasClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = esp_formula_canvas_get_property;
  object_class->set_property = esp_formula_canvas_set_property;
  object_class->dispose = esp_formula_canvas_dispose;
  object_class->finalize = esp_formula_canvas_finalize;
  widget_class->measure = esp_formula_canvas_measure;
  widget_class->size_allocate = esp_formula_canvas_size_allocate;
  widget_class->snapshot = esp_formula_canvas_snapshot;
  widget_class->css_changed = esp_formula_canvas_css_changed;
  g_object_class_override_property (object_class, PROPERTY_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (object_class, PROPERTY_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (object_class, PROPERTY_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (object_class, PROPERTY_VSCROLL_POLICY, "vscroll-policy");
  gtk_widget_class_set_css_name (widget_class, "formulacanvas");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
esp_formula_canvas_init (EspFormulaCanvas *canvas)
{
  canvas->texts = esp_texts_new (GTK_WIDGET (canvas));
  canvas->placeholder = ESP_FORMULA_PLACEHOLDER;
  canvas->hovered = -1;
  canvas->selected = -1;
  gtk_widget_set_overflow (GTK_WIDGET (canvas), GTK_OVERFLOW_HIDDEN);
}

GtkWidget *
esp_formula_canvas_new (void)
{
  return g_object_new (ESP_TYPE_FORMULA_CANVAS, NULL);
}

void
esp_formula_canvas_set_formula (EspFormulaCanvas *canvas,
                                EspFormula *formula,
                                const EspEnvironmentInfo *environment)
{
  if (formula)
    esp_formula_ref (formula);
  forget_layout (canvas);
  g_clear_pointer (&canvas->terms, esp_terms_free);
  g_clear_pointer (&canvas->formula, esp_formula_unref);
  /* The numbers of the last formula are of no further use. */
  g_clear_pointer (&canvas->font, esp_formula_font_free);
  canvas->formula = formula;
  canvas->environment = environment;
  canvas->hovered = -1;
  canvas->selected = -1;
  if (formula)
    canvas->terms = esp_terms_new (formula, MOST_NODES);
  else
    canvas->size = 0;
  /* Not only an allocation: the scrolled window must have its turn as well, for its bars. */
  gtk_widget_queue_resize (GTK_WIDGET (canvas));
}

void
esp_formula_canvas_set_placeholder (EspFormulaCanvas *canvas, const char *text)
{
  canvas->placeholder = text;
  if (canvas->formula == NULL)
    gtk_widget_queue_draw (GTK_WIDGET (canvas));
}

int
esp_formula_canvas_find (EspFormulaCanvas *canvas, double x, double y)
{
  double scale = get_scale (canvas);

  if (!canvas->layout)
    return -1;
  return esp_formula_layout_find (canvas->layout,
                                  (x - get_origin (canvas, GTK_ORIENTATION_HORIZONTAL)) / scale,
                                  (y - get_origin (canvas, GTK_ORIENTATION_VERTICAL)) / scale);
}

void
esp_formula_canvas_mark (EspFormulaCanvas *canvas, int hovered, int selected)
{
  if (canvas->hovered == hovered && canvas->selected == selected)
    return;
  canvas->hovered = hovered;
  canvas->selected = selected;
  gtk_widget_queue_draw (GTK_WIDGET (canvas));
}

EspExpression *
esp_formula_canvas_get_expression (EspFormulaCanvas *canvas, int id)
{
  const EspTerm *term = canvas->terms ? esp_terms_get (canvas->terms, id) : NULL;

  return term ? term->expression : NULL;
}

const char *
esp_formula_canvas_get_guard (EspFormulaCanvas *canvas, int id)
{
  EspExpression *expression = esp_formula_canvas_get_expression (canvas, id);

  switch (expression ? esp_expression_get_operation (expression) : ESP_OPERATION_CONSTANT)
    {
    case ESP_OPERATION_GUARDED_MULTIPLY:
      return "guarded: factors limited to −100 … 100";
    case ESP_OPERATION_GUARDED_DIVIDE:
      return "guarded: 0 where the denominator is below 0.01";
    case ESP_OPERATION_GUARDED_LOG:
      return "guarded: argument at least 0.001";
    case ESP_OPERATION_GUARDED_EXP:
      return "guarded: argument limited to −10 … 4";
    default:
      return NULL;
    }
}
