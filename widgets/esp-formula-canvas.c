#include "esp-formula-canvas.h"

#include <math.h>

#include "esp-formula-layout.h"
#include "esp-palette.h"
#include "esp-text.h"

/* A formula of more nodes cannot be read anyway, and typesetting has to stay quick. */
#define MOST_NODES 400

/* Of the text around, so that exponents can be read. */
#define FORMULA_SCALE 1.4

#define LEAST_WIDTH 160

struct _EspFormulaCanvas
{
  GtkWidget parent_instance;

  EspFormula *formula;
  const EspEnvironmentInfo *environment;
  EspTerms *terms;
  int hovered;
  int selected;

  EspTexts *texts;
  EspFormulaFont *font;
  EspFormulaLayout *layout;
  int layout_width;       /* that @layout was made for */
  int unbreakable_width;  /* of the widest part that cannot be broken; -1 when unknown */
  GskRenderNode *picture; /* the formula without marks; NULL when out of date */
};

G_DEFINE_FINAL_TYPE (EspFormulaCanvas, esp_formula_canvas, GTK_TYPE_WIDGET)

static void
forget_layout (EspFormulaCanvas *canvas)
{
  g_clear_pointer (&canvas->picture, gsk_render_node_unref);
  g_clear_pointer (&canvas->layout, esp_formula_layout_free);
  canvas->unbreakable_width = -1;
}

static EspFormulaFont *
get_font (EspFormulaCanvas *canvas)
{
  if (!canvas->font)
    canvas->font = esp_formula_font_new (gtk_widget_get_pango_context (GTK_WIDGET (canvas)),
                                         FORMULA_SCALE * esp_texts_get_font_size (canvas->texts));
  return canvas->font;
}

static const EspFormulaLayout *
get_layout (EspFormulaCanvas *canvas, int width)
{
  if (canvas->layout && canvas->layout_width == width)
    return canvas->layout;
  g_clear_pointer (&canvas->picture, gsk_render_node_unref);
  g_clear_pointer (&canvas->layout, esp_formula_layout_free);
  canvas->layout = esp_formula_layout_new (get_font (canvas), canvas->terms, canvas->environment, width);
  canvas->layout_width = width;
  return canvas->layout;
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
  EspFormulaCanvas *canvas = ESP_FORMULA_CANVAS (widget);

  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? LEAST_WIDTH : 40;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 420 : 60;
  if (!canvas->terms)
    return;
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      if (canvas->unbreakable_width < 0)
        {
          g_autoptr (EspFormulaLayout) narrow = esp_formula_layout_new (get_font (canvas), canvas->terms,
                                                                        canvas->environment, LEAST_WIDTH);

          canvas->unbreakable_width = (int) ceil (narrow->width);
        }
      *minimum = MAX (*minimum, canvas->unbreakable_width);
      *natural = MAX (*natural, *minimum);
    }
  else
    {
      *minimum = (int) ceil (get_layout (canvas, for_size > 0 ? for_size : 420)->height);
      *natural = *minimum;
    }
}

static GtkSizeRequestMode
esp_formula_canvas_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
draw_marks (EspFormulaCanvas *canvas, GtkSnapshot *snapshot, const GdkRGBA *color, int term, float border)
{
  if (term < 0)
    return;
  for (guint i = 0; i < canvas->layout->areas->len; i++)
    {
      const EspFormulaArea *area = &g_array_index (canvas->layout->areas, EspFormulaArea, i);
      graphene_rect_t box = area->area;
      GskRoundedRect outline;

      if (area->term != term)
        continue;
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

  if (!canvas->terms)
    {
      esp_texts_draw_placeholder (canvas->texts, snapshot, palette,
                                  "The formula appears after the first evaluation");
      return;
    }
  get_layout (canvas, gtk_widget_get_width (widget));
  draw_marks (canvas, snapshot, &palette->accent, canvas->hovered, 0);
  draw_marks (canvas, snapshot, &palette->accent, canvas->selected, 1.5f);
  if (!canvas->picture)
    {
      GtkSnapshot *picture = gtk_snapshot_new ();

      esp_formula_layout_draw (canvas->layout, picture, &palette->foreground, &palette->dim);
      canvas->picture = gtk_snapshot_free_to_node (picture);
    }
  if (canvas->picture)
    gtk_snapshot_append_node (snapshot, canvas->picture);
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
                          - FORMULA_SCALE * esp_texts_get_font_size (canvas->texts))
                      > 0.01;
  if (!font_changed)
    return;
  forget_layout (canvas);
  g_clear_pointer (&canvas->font, esp_formula_font_free);
  gtk_widget_queue_resize (widget);
}

static void
esp_formula_canvas_dispose (GObject *object)
{
  EspFormulaCanvas *canvas = ESP_FORMULA_CANVAS (object);

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

  G_OBJECT_CLASS (class)->dispose = esp_formula_canvas_dispose;
  G_OBJECT_CLASS (class)->finalize = esp_formula_canvas_finalize;
  widget_class->measure = esp_formula_canvas_measure;
  widget_class->get_request_mode = esp_formula_canvas_get_request_mode;
  widget_class->snapshot = esp_formula_canvas_snapshot;
  widget_class->css_changed = esp_formula_canvas_css_changed;
  gtk_widget_class_set_css_name (widget_class, "formulacanvas");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
esp_formula_canvas_init (EspFormulaCanvas *canvas)
{
  canvas->texts = esp_texts_new (GTK_WIDGET (canvas));
  canvas->hovered = -1;
  canvas->selected = -1;
  canvas->unbreakable_width = -1;
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
  gtk_widget_queue_resize (GTK_WIDGET (canvas));
}

int
esp_formula_canvas_find (EspFormulaCanvas *canvas, double x, double y)
{
  return canvas->layout ? esp_formula_layout_find (canvas->layout, x, y) : -1;
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
