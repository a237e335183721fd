#include "esp-formula-layout.h"

#include <math.h>

#include "esp-formula-box.h"

#define MARGIN 14.0

/* An unbreakable box on a line. */
typedef struct
{
  EspBox *box;
  double x;
  guint first_open; /* the broken terms that it is part of, in Lines.parts */
  guint n_open;
} Atom;

typedef struct
{
  EspBoxes boxes;
  double width; /* of a line, without margins */
  EspFormulaLayout *layout;

  GArray *atoms;     /* of the present line */
  double x;          /* where the next box goes */
  double indent;     /* where a new line begins */
  double line_begin; /* where the present one began */
  double y;          /* upper end of the present line */
  GArray *open;      /* ids of broken terms around what is placed now */
  GArray *parts;     /* copies of open, for atoms */
} Lines;

static void
flatten (Lines *lines, const EspBox *box, double x, double y)
{
  x += box->x;
  y += box->y;
  if (box->term >= 0)
    {
      EspFormulaArea area = { box->term,
                              GRAPHENE_RECT_INIT ((float) x, (float) (y - box->ascent), (float) box->width,
                                                  (float) (box->ascent + box->descent)) };

      g_array_append_val (lines->layout->areas, area);
    }
  if (box->is_row)
    for (const EspBox *child = box->first; child; child = child->next)
      flatten (lines, child, x, y);
  else
    {
      EspFormulaItem item = {
        .kind = box->kind,
        .dim = box->dim,
        .layout = box->layout,
        .area = GRAPHENE_RECT_INIT ((float) x, (float) (y - box->ascent), (float) box->width,
                                    (float) (box->ascent + box->descent)),
        .y = (float) y,
      };

      if (box->layout)
        item.baseline = (float) pango_layout_get_baseline (box->layout) / PANGO_SCALE;
      g_array_append_val (lines->layout->items, item);
    }
}

/* A broken term covers, on each line, what lies between its first and last box there. */
static void
add_broken_areas (Lines *lines, double top, double height)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < lines->atoms->len; i++)
    {
      const Atom *atom = &g_array_index (lines->atoms, Atom, i);

      for (guint j = 0; j < atom->n_open; j++)
        {
          int term = g_array_index (lines->parts, int, atom->first_open + j);
          gpointer index = g_hash_table_lookup (seen, GINT_TO_POINTER (term + 1));

          if (!index)
            {
              EspFormulaArea area = { term, GRAPHENE_RECT_INIT ((float) atom->x, (float) top,
                                                                (float) atom->box->width, (float) height) };

              g_array_append_val (lines->layout->areas, area);
              g_hash_table_insert (seen, GINT_TO_POINTER (term + 1),
                                   GUINT_TO_POINTER (lines->layout->areas->len));
            }
          else
            {
              EspFormulaArea *area = &g_array_index (lines->layout->areas, EspFormulaArea,
                                                     GPOINTER_TO_UINT (index) - 1);

              area->area.size.width = (float) (atom->x + atom->box->width) - area->area.origin.x;
            }
        }
    }
}

static void
end_line (Lines *lines)
{
  EspFormulaLine line = { 0 };

  if (lines->atoms->len == 0)
    return;
  line.left = g_array_index (lines->atoms, Atom, 0).x;
  for (guint i = 0; i < lines->atoms->len; i++)
    {
      const Atom *atom = &g_array_index (lines->atoms, Atom, i);

      line.ascent = MAX (line.ascent, atom->box->ascent);
      line.descent = MAX (line.descent, atom->box->descent);
      line.right = MAX (line.right, atom->x + atom->box->width);
    }
  line.baseline = round (lines->y + line.ascent);
  add_broken_areas (lines, line.baseline - line.ascent, line.ascent + line.descent);
  for (guint i = 0; i < lines->atoms->len; i++)
    {
      const Atom *atom = &g_array_index (lines->atoms, Atom, i);

      flatten (lines, atom->box, atom->x, line.baseline);
    }
  g_array_append_val (lines->layout->lines, line);
  lines->layout->width = MAX (lines->layout->width, line.right + MARGIN);
  lines->y = line.baseline + line.descent + 0.4 * esp_formula_font_get_size (lines->boxes.font, 0);
  g_array_set_size (lines->atoms, 0);
  g_array_set_size (lines->parts, 0);
}

static void
begin_line (Lines *lines)
{
  end_line (lines);
  lines->x = lines->indent;
  lines->line_begin = lines->indent;
}

static gboolean
fits (Lines *lines, double width)
{
  return lines->x + width <= MARGIN + lines->width + 0.01;
}

static void
place (Lines *lines, EspBox *box, double space)
{
  Atom atom = { .box = box, .first_open = lines->parts->len, .n_open = lines->open->len };

  if (lines->x > lines->line_begin)
    lines->x += space;
  atom.x = lines->x;
  g_array_append_vals (lines->parts, lines->open->data, lines->open->len);
  g_array_append_val (lines->atoms, atom);
  lines->x += box->width;
}

/* A line may break here if anything stands on it already. */
static void
place_or_break (Lines *lines, EspBox *box, double space)
{
  if (!fits (lines, space + box->width) && lines->x > lines->line_begin)
    begin_line (lines);
  place (lines, box, space);
}

static void place_term (Lines *lines, const EspTerm *term, EspPlace where, EspBox *before, double space);

/* Begins what stands in parentheses, on a new line where there is no room; lines inside are indented. */
static void
open_parenthesis (Lines *lines, EspBox *before, double space, EspBox *name, const EspBox *inner)
{
  EspBox *row = esp_box_new_row (&lines->boxes, -1);
  double em = esp_formula_font_get_size (lines->boxes.font, 0);
  EspBox height = *inner;

  /* As high as a line, not as the tallest of several. */
  height.ascent = MIN (height.ascent, 1.2 * em);
  height.descent = MIN (height.descent, 0.7 * em);
  if (before)
    esp_box_append (row, before, 0);
  if (name)
    esp_box_append (row, name, before ? space : 0);
  esp_box_append (row, esp_box_new_parenthesis (&lines->boxes, ESP_FORMULA_LEFT, &height, 0),
                  before && !name ? space : 0);
  /* Near the end of a line, what follows would be left alone. */
  if (lines->x + row->width > MARGIN + 0.8 * lines->width && lines->x > lines->line_begin)
    begin_line (lines);
  place (lines, row, space);
  /* Deep nesting must leave room for what it nests. */
  lines->indent = MIN (lines->x, MARGIN + 0.35 * lines->width);
}

static void
close_parenthesis (Lines *lines, const EspBox *inner)
{
  double em = esp_formula_font_get_size (lines->boxes.font, 0);
  EspBox height = *inner;

  height.ascent = MIN (height.ascent, 1.2 * em);
  height.descent = MIN (height.descent, 0.7 * em);
  /* Never alone on a line: it hangs over a little rather. */
  place (lines, esp_box_new_parenthesis (&lines->boxes, ESP_FORMULA_RIGHT, &height, 0), 0);
}

static void
place_in_parentheses (Lines *lines, const EspTerm *term, EspBox *before, double space)
{
  EspBox *inner = esp_box_new_term (&lines->boxes, term, ESP_PLACE_FREE, 0);
  double indent = lines->indent;

  open_parenthesis (lines, before, space, NULL, inner);
  place_term (lines, term, ESP_PLACE_FREE, NULL, 0);
  close_parenthesis (lines, inner);
  lines->indent = indent;
}

static void
break_sum (Lines *lines, const EspTerm *term)
{
  double space = 0.22 * esp_formula_font_get_size (lines->boxes.font, 0);

  for (size_t i = 0; i < term->n; i++)
    {
      const EspTerm *addend = term->children[i];
      EspBox *sign = NULL;

      if (i > 0 || addend->negative)
        sign = esp_box_new_operator (&lines->boxes, addend->negative ? "−" : "+", FALSE, 0);
      place_term (lines, addend, sign ? ESP_PLACE_ADDEND : ESP_PLACE_FREE, sign, i > 0 ? space : 0);
    }
}

static void
break_product (Lines *lines, const EspTerm *term, EspBox *before, double space)
{
  double gap = 0.15 * esp_formula_font_get_size (lines->boxes.font, 0);

  place_term (lines, term->children[0], ESP_PLACE_FIRST_FACTOR, before, space);
  for (size_t i = 1; i < term->n; i++)
    {
      EspBox *dot = NULL;

      /* A factor on another line than the one before it needs its sign to be read as one. */
      if (term->children[i - 1]->kind != ESP_TERM_NUMBER
          || esp_term_needs_dot (term, term->children[i - 1], term->children[i]))
        dot = esp_box_new_operator (&lines->boxes, "·", term->guarded, 0);
      place_term (lines, term->children[i], ESP_PLACE_FACTOR, dot, gap);
    }
}

static void
break_fraction (Lines *lines, const EspTerm *term, EspBox *before, double space)
{
  place_term (lines, term->children[0], ESP_PLACE_BASE, before, space);
  place_term (lines, term->children[1], ESP_PLACE_BASE,
              esp_box_new_operator (&lines->boxes, "/", term->guarded, 0), 0);
}

static void
break_function (Lines *lines, const EspTerm *term, EspBox *before, double space)
{
  EspBox *inner = esp_box_new_row (&lines->boxes, -1);
  double indent = lines->indent;

  for (size_t i = 0; i < term->n; i++)
    esp_box_append (inner, esp_box_new_term (&lines->boxes, term->children[i], ESP_PLACE_FREE, 0), 0);
  open_parenthesis (lines, before, space, esp_box_new_function_name (&lines->boxes, term, 0), inner);
  for (size_t i = 0; i < term->n; i++)
    {
      place_term (lines, term->children[i], ESP_PLACE_FREE, NULL,
                  i > 0 ? 0.25 * esp_formula_font_get_size (lines->boxes.font, 0) : 0);
      if (i + 1 < term->n)
        place (lines, esp_box_new_text (&lines->boxes, ",", FALSE, 0), 0);
    }
  close_parenthesis (lines, inner);
  lines->indent = indent;
}

static gboolean
can_break (const EspTerm *term)
{
  switch (term->kind)
    {
    case ESP_TERM_SUM:
    case ESP_TERM_PRODUCT:
    case ESP_TERM_FRACTION:
      return TRUE;
    case ESP_TERM_FUNCTION:
      return term->operation != ESP_OPERATION_SQRT && term->operation != ESP_OPERATION_ABS;
    default:
      return FALSE;
    }
}

/* Places @term, after the sign @before where it is not NULL: on this line, or on a new one, or broken. */
static void
place_term (Lines *lines, const EspTerm *term, EspPlace where, EspBox *before, double space)
{
  EspBox *box = esp_box_new_term (&lines->boxes, term, where, 0);
  EspBox *row = box;

  if (before)
    {
      row = esp_box_new_row (&lines->boxes, -1);
      esp_box_append (row, before, 0);
      esp_box_append (row, box, space);
    }
  /* What fits on a line of its own moves there whole; only what does not is broken. */
  if (!can_break (term) || fits (lines, space + row->width)
      || lines->indent + row->width <= MARGIN + lines->width)
    {
      place_or_break (lines, row, space);
      return;
    }

  if (esp_term_needs_parentheses (&lines->boxes, term, where))
    {
      place_in_parentheses (lines, term, before, space);
      return;
    }
  /* A sign never ends a line: it goes with what follows. A sum has none, being in parentheses then. */
  g_array_append_val (lines->open, term->id);
  switch (term->kind)
    {
    case ESP_TERM_SUM:
      break_sum (lines, term);
      break;
    case ESP_TERM_PRODUCT:
      break_product (lines, term, before, space);
      break;
    case ESP_TERM_FRACTION:
      break_fraction (lines, term, before, space);
      break;
    default:
      break_function (lines, term, before, space);
      break;
    }
  g_array_set_size (lines->open, lines->open->len - 1);
}

static void
place_action (Lines *lines, const EspTerms *terms, size_t action)
{
  double em = esp_formula_font_get_size (lines->boxes.font, 0);
  const EspEnvironmentInfo *environment = lines->boxes.environment;
  EspBox *name = esp_box_new_row (&lines->boxes, -1);

  esp_box_append (name,
                  esp_box_new_name (
                    &lines->boxes,
                    environment && action < environment->n_actions ? environment->actions[action].name : "?",
                    0),
                  0);
  esp_box_append (name, esp_box_new_text (&lines->boxes, "=", FALSE, 0), 0.28 * em);
  lines->indent = MARGIN;
  begin_line (lines);
  place (lines, name, 0);
  lines->x += 0.28 * em;
  lines->indent = MARGIN + MIN (lines->x - MARGIN, 0.3 * lines->width);
  lines->line_begin = lines->x;
  place_term (lines, terms->roots[action], ESP_PLACE_FREE, NULL, 0);
  if (terms->left_out[action] > 0)
    {
      g_autofree char *text = terms->left_out[action] < 1000000000
                                ? g_strdup_printf ("… %zu nodes more", terms->left_out[action])
                                : g_strdup ("… very many nodes more");
      EspBox *note = esp_box_new_text (&lines->boxes, text, FALSE, 1);

      note->dim = TRUE;
      begin_line (lines);
      place (lines, note, 0);
    }
  end_line (lines);
  lines->y += 0.35 * em;
}

static EspFormulaLayout *
new_empty_layout (void)
{
  EspFormulaLayout *layout = g_new0 (EspFormulaLayout, 1);

  layout->items = g_array_new (FALSE, FALSE, sizeof (EspFormulaItem));
  layout->areas = g_array_new (FALSE, FALSE, sizeof (EspFormulaArea));
  layout->lines = g_array_new (FALSE, FALSE, sizeof (EspFormulaLine));
  return layout;
}

EspFormulaLayout *
esp_formula_layout_new_name (EspFormulaFont *font, const char *name)
{
  double em = esp_formula_font_get_size (font, 0);
  Lines lines = {
    .boxes = { font, NULL, g_ptr_array_new_with_free_func (g_free) },
    .layout = new_empty_layout (),
  };
  EspBox *box = esp_box_new_name (&lines.boxes, name, 0);

  flatten (&lines, box, 0, 1.2 * em);
  lines.layout->width = box->width;
  lines.layout->height = 1.6 * em;
  g_ptr_array_unref (lines.boxes.all);
  return lines.layout;
}

EspFormulaLayout *
esp_formula_layout_new (EspFormulaFont *font,
                        const EspTerms *terms,
                        const EspEnvironmentInfo *environment,
                        double width)
{
  EspFormulaLayout *layout = new_empty_layout ();
  Lines lines = {
    .boxes = { font, environment, g_ptr_array_new_with_free_func (g_free) },
    .width = MAX (width - 2 * MARGIN, 40),
    .layout = layout,
    .atoms = g_array_new (FALSE, FALSE, sizeof (Atom)),
    .open = g_array_new (FALSE, FALSE, sizeof (int)),
    .parts = g_array_new (FALSE, FALSE, sizeof (int)),
    .y = MARGIN,
  };

  for (size_t i = 0; i < terms->n_actions; i++)
    place_action (&lines, terms, i);
  if (layout->lines->len > 0)
    {
      const EspFormulaLine *last = &g_array_index (layout->lines, EspFormulaLine, layout->lines->len - 1);

      layout->height = last->baseline + last->descent + MARGIN;
    }
  g_ptr_array_unref (lines.boxes.all);
  g_array_unref (lines.atoms);
  g_array_unref (lines.open);
  g_array_unref (lines.parts);
  return layout;
}

void
esp_formula_layout_free (EspFormulaLayout *layout)
{
  if (!layout)
    return;
  g_array_unref (layout->items);
  g_array_unref (layout->areas);
  g_array_unref (layout->lines);
  g_free (layout);
}

int
esp_formula_layout_find (const EspFormulaLayout *layout, double x, double y)
{
  const graphene_point_t point = GRAPHENE_POINT_INIT ((float) x, (float) y);
  int term = -1;
  float least = G_MAXFLOAT;

  for (guint i = 0; i < layout->areas->len; i++)
    {
      const EspFormulaArea *area = &g_array_index (layout->areas, EspFormulaArea, i);
      float size = area->area.size.width * area->area.size.height;

      if (graphene_rect_contains_point (&area->area, &point) && size <= least)
        {
          least = size;
          term = area->term;
        }
    }
  return term;
}

/* Traces the outline of a parenthesis: a crescent, thickest in its middle. */
static void
trace_parenthesis (cairo_t *cr, const graphene_rect_t *area, gboolean left)
{
  double inset = 0.22 * area->size.width;
  double tip = left ? area->origin.x + area->size.width - inset : area->origin.x + inset;
  double back = left ? area->origin.x + 0.12 * area->size.width : area->origin.x + 0.88 * area->size.width;
  double thickness = (left ? 1 : -1) * CLAMP (0.035 * area->size.height, 1.1, 2.2);
  double top = area->origin.y;
  double bottom = area->origin.y + area->size.height;
  double bend = 0.28 * area->size.height;
  /* A cubic reaches three quarters of the way to its control points. */
  double control = tip + (back - tip) * 4 / 3;

  cairo_move_to (cr, tip, top);
  cairo_curve_to (cr, control, top + bend, control, bottom - bend, tip, bottom);
  cairo_curve_to (cr, control + thickness * 4 / 3, bottom - bend, control + thickness * 4 / 3, top + bend,
                  tip, top);
  cairo_close_path (cr);
}

static void
trace_root (cairo_t *cr, const graphene_rect_t *area)
{
  double x = area->origin.x;
  double top = area->origin.y;
  double w = area->size.width;
  double bottom = top + area->size.height;
  double middle = bottom - MIN (0.45 * area->size.height, 1.1 * w);

  cairo_move_to (cr, x + 0.08 * w, middle + 0.12 * w);
  cairo_line_to (cr, x + 0.26 * w, middle);
  cairo_line_to (cr, x + 0.52 * w, bottom - 0.28 * w);
  cairo_line_to (cr, x + w - 1, top);
  cairo_line_to (cr, x + w, top);
  cairo_line_to (cr, x + w, top + 1);
  cairo_line_to (cr, x + 0.53 * w, bottom);
  cairo_line_to (cr, x + 0.2 * w, middle + 0.14 * w);
  cairo_line_to (cr, x + 0.1 * w, middle + 0.2 * w);
  cairo_close_path (cr);
}

void
esp_formula_layout_draw (const EspFormulaLayout *layout,
                         GtkSnapshot *snapshot,
                         double scale,
                         const GdkRGBA *color,
                         const GdkRGBA *dim)
{
  gboolean has_paths = FALSE;
  float factor = (float) scale;
  cairo_t *cr;

  for (guint i = 0; i < layout->items->len; i++)
    {
      const EspFormulaItem *item = &g_array_index (layout->items, EspFormulaItem, i);

      switch (item->kind)
        {
        case ESP_FORMULA_TEXT:
          gtk_snapshot_save (snapshot);
          gtk_snapshot_translate (snapshot,
                                  &GRAPHENE_POINT_INIT (item->area.origin.x, item->y - item->baseline));
          gtk_snapshot_append_layout (snapshot, item->layout, item->dim ? dim : color);
          gtk_snapshot_restore (snapshot);
          break;
        case ESP_FORMULA_RULE:
          gtk_snapshot_append_color (
            snapshot, color,
            &GRAPHENE_RECT_INIT (item->area.origin.x, roundf (factor * item->area.origin.y) / factor,
                                 item->area.size.width,
                                 MAX (roundf (factor * item->area.size.height), 1) / factor));
          break;
        default:
          has_paths = TRUE;
          break;
        }
    }
  if (!has_paths)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) ceil (scale * layout->width),
                                                                 (float) ceil (scale * layout->height)));
  gdk_cairo_set_source_rgba (cr, color);
  for (guint i = 0; i < layout->items->len; i++)
    {
      const EspFormulaItem *item = &g_array_index (layout->items, EspFormulaItem, i);

      switch (item->kind)
        {
        case ESP_FORMULA_LEFT:
        case ESP_FORMULA_RIGHT:
          trace_parenthesis (cr, &item->area, item->kind == ESP_FORMULA_LEFT);
          break;
        case ESP_FORMULA_ROOT:
          trace_root (cr, &item->area);
          break;
        case ESP_FORMULA_DOT:
          cairo_new_sub_path (cr);
          cairo_arc (cr, item->area.origin.x + item->area.size.width / 2,
                     item->area.origin.y + item->area.size.height / 2, item->area.size.width / 2, 0,
                     2 * G_PI);
          break;
        default:
          continue;
        }
      cairo_fill (cr);
    }
  cairo_destroy (cr);
}
