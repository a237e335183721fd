/* Boxes and lines of typeset formulas. */

#include <math.h>

#include "esp-formula-layout.h"
#include "esp-samples.h"
#include "test-widgets.h"

typedef struct
{
  EspFormula *formula;
  EspTerms *terms;
  EspFormulaFont *font;
  EspFormulaLayout *layout;
} Typeset;

static void
typeset (Typeset *set, EspFormula *formula, double width)
{
  PangoFontMap *map = pango_cairo_font_map_get_default ();
  PangoContext *context = pango_font_map_create_context (map);

  set->formula = formula;
  set->terms = esp_terms_new (formula, 400);
  set->font = esp_formula_font_new (context, 20);
  set->layout = esp_formula_layout_new (set->font, set->terms, esp_sample_environment ("cartpole"), width);
  g_object_unref (context);
}

static void
clear (Typeset *set)
{
  esp_formula_layout_free (set->layout);
  esp_formula_font_free (set->font);
  esp_terms_free (set->terms);
  esp_formula_unref (set->formula);
}

static const EspFormulaItem *
get_item (const Typeset *set, guint i)
{
  return &g_array_index (set->layout->items, EspFormulaItem, i);
}

static const EspFormulaItem *
find_text (const Typeset *set, const char *text)
{
  for (guint i = 0; i < set->layout->items->len; i++)
    if (get_item (set, i)->layout && g_str_equal (pango_layout_get_text (get_item (set, i)->layout), text))
      return get_item (set, i);
  return NULL;
}

static const EspFormulaItem *
find_kind (const Typeset *set, EspFormulaItemKind kind)
{
  for (guint i = 0; i < set->layout->items->len; i++)
    if (get_item (set, i)->kind == kind)
      return get_item (set, i);
  return NULL;
}

static float
get_right (const EspFormulaItem *item)
{
  return item->area.origin.x + item->area.size.width;
}

static float
get_bottom (const EspFormulaItem *item)
{
  return item->area.origin.y + item->area.size.height;
}

static const char formulas[][200] = {
  "x",
  "-x - 2",
  "2*tanh(1.5312*x + 2.21*x_dot + 31.94*theta)",
  "(x + 1)*(theta - 2)^2/(theta_dot + 1)",
  "pdiv(3.2*sin(1.2*theta_dot + 0.3), pexp(theta) + 1.05) - plog(x)*pmul(x + 1, theta)",
  "exp(-theta)*sqrt(abs(x) + 1)/(1 + sqrt(x/theta)) - 1e-5",
  "if(x, theta, 1) + softif(x, theta, 1) + clamp(x, -1, 1) + min(x, 2)*max(theta, 3) - "
  "sign(x)*sigmoid(theta)",
  "-(-x)*-3 - -theta + (2^3)^theta^2",
};

static gboolean
is_drawn (const EspFormulaItem *item)
{
  return item->kind == ESP_FORMULA_TEXT || item->kind == ESP_FORMULA_RULE;
}

/* No two glyphs or rules touch, everything is inside its line and the panel. */
static void
test_overlap (void)
{
  for (size_t f = 0; f < G_N_ELEMENTS (formulas); f++)
    for (double width = 200; width <= 900; width += 350)
      {
        Typeset set;

        typeset (&set, esp_sample_formula ("cartpole", formulas[f]), width);
        for (guint i = 0; i < set.layout->items->len; i++)
          {
            const EspFormulaItem *a = get_item (&set, i);

            g_assert_cmpfloat (a->area.origin.x, >=, 0);
            g_assert_cmpfloat (a->area.origin.y, >=, 0);
            g_assert_cmpfloat (get_right (a), <=, set.layout->width);
            g_assert_cmpfloat (get_bottom (a), <=, set.layout->height);
            for (guint j = 0; j < i; j++)
              {
                const EspFormulaItem *b = get_item (&set, j);

                /* Roots reach under their own rule, and nothing else may overlap. */
                if (is_drawn (a) && is_drawn (b))
                  g_assert_false (
                    a->area.origin.x + 0.5f < get_right (b) && b->area.origin.x + 0.5f < get_right (a)
                    && a->area.origin.y + 0.5f < get_bottom (b) && b->area.origin.y + 0.5f < get_bottom (a));
              }
          }
        clear (&set);
      }
}

static void
test_baseline (void)
{
  Typeset set;
  const EspFormulaLine *line;

  typeset (&set, esp_sample_formula ("cartpole", "1.5 + theta^2"), 900);
  g_assert_cmpuint (set.layout->lines->len, ==, 1);
  line = &g_array_index (set.layout->lines, EspFormulaLine, 0);
  g_assert_cmpfloat_with_epsilon (find_text (&set, "1.5")->y, line->baseline, 0.01);
  g_assert_cmpfloat_with_epsilon (find_text (&set, "+")->y, line->baseline, 0.01);
  g_assert_cmpfloat (find_text (&set, "2")->y, <, line->baseline - 5);
  clear (&set);
}

static void
test_fraction (void)
{
  Typeset set;
  const EspFormulaItem *rule, *above, *below;

  typeset (&set, esp_sample_formula ("cartpole", "7/(8 + x)"), 900);
  rule = find_kind (&set, ESP_FORMULA_RULE);
  above = find_text (&set, "7");
  below = find_text (&set, "8");
  g_assert_cmpfloat (get_bottom (above), <, rule->area.origin.y);
  g_assert_cmpfloat (below->area.origin.y, >, get_bottom (rule));
  g_assert_cmpfloat (below->area.origin.x, >, rule->area.origin.x);
  g_assert_cmpfloat_with_epsilon (above->area.origin.x + above->area.size.width / 2,
                                  rule->area.origin.x + rule->area.size.width / 2, 0.01);
  /* What stands under a bar needs no parentheses. */
  g_assert_null (find_text (&set, "("));
  clear (&set);
}

static void
test_parentheses (void)
{
  Typeset set;
  const EspFormulaItem *left, *right, *rule;

  typeset (&set, esp_sample_formula ("cartpole", "sin((1 + x)/(2 + theta))"), 900);
  left = find_kind (&set, ESP_FORMULA_LEFT);
  right = find_kind (&set, ESP_FORMULA_RIGHT);
  rule = find_kind (&set, ESP_FORMULA_RULE);
  g_assert_nonnull (left);
  g_assert_nonnull (right);
  g_assert_cmpfloat (left->area.size.height, ==, right->area.size.height);
  g_assert_cmpfloat (get_right (left), <=, rule->area.origin.x);
  g_assert_cmpfloat (right->area.origin.x, >=, get_right (rule));
  g_assert_cmpfloat (left->area.origin.y, <, find_text (&set, "1")->area.origin.y);
  g_assert_cmpfloat (get_bottom (left), >, get_bottom (find_text (&set, "2")));
  clear (&set);

  typeset (&set, esp_sample_formula ("cartpole", "sin(x)"), 900);
  g_assert_null (find_kind (&set, ESP_FORMULA_LEFT));
  g_assert_nonnull (find_text (&set, "("));
  clear (&set);
}

static void
test_accent (void)
{
  Typeset set;
  const EspFormulaItem *dot;

  typeset (&set, esp_sample_formula ("cartpole", "theta_dot"), 900);
  dot = find_kind (&set, ESP_FORMULA_DOT);
  g_assert_nonnull (dot);
  for (guint i = 0; i < set.layout->items->len; i++)
    if (get_item (&set, i) != dot && get_item (&set, i)->area.origin.x < get_right (dot)
        && get_right (get_item (&set, i)) > dot->area.origin.x)
      g_assert_cmpfloat (get_bottom (dot), <=, get_item (&set, i)->area.origin.y);
  clear (&set);
}

static void
test_numbers (void)
{
  Typeset set;

  typeset (&set, esp_sample_formula ("cartpole", "-1.23456e-7*x"), 900);
  g_assert_nonnull (find_text (&set, "−1.23·10"));
  g_assert_nonnull (find_text (&set, "−7"));
  clear (&set);

  /* The sign of a constant becomes the sum's. */
  typeset (&set, esp_sample_formula ("cartpole", "x + -1.23456*theta"), 900);
  g_assert_nonnull (find_text (&set, "−"));
  g_assert_nonnull (find_text (&set, "1.23"));
  g_assert_null (find_text (&set, "+"));
  clear (&set);
}

static void
test_guards (void)
{
  Typeset set;
  const EspFormulaItem *mark;

  typeset (&set, esp_sample_formula ("cartpole", "pdiv(x, theta)"), 900);
  mark = find_text (&set, "g");
  g_assert_nonnull (mark);
  g_assert_true (mark->dim);
  g_assert_nonnull (find_kind (&set, ESP_FORMULA_RULE));
  clear (&set);

  typeset (&set, esp_sample_formula ("cartpole", "x/theta"), 900);
  g_assert_null (find_text (&set, "g"));
  clear (&set);
}

static void
test_wrap (void)
{
  Typeset wide, narrow;

  typeset (&wide, esp_sample_formula ("cartpole", formulas[2]), 2000);
  typeset (&narrow, esp_sample_formula ("cartpole", formulas[2]), 300);
  g_assert_cmpuint (wide.layout->lines->len, ==, 1);
  g_assert_cmpuint (narrow.layout->lines->len, >, 1);
  g_assert_cmpfloat (narrow.layout->width, <=, 300);
  for (guint i = 1; i < narrow.layout->lines->len; i++)
    {
      const EspFormulaLine *above = &g_array_index (narrow.layout->lines, EspFormulaLine, i - 1);
      const EspFormulaLine *line = &g_array_index (narrow.layout->lines, EspFormulaLine, i);
      const EspFormulaItem *first = NULL;

      g_assert_cmpfloat (line->baseline - line->ascent, >=, above->baseline + above->descent);
      /* Each line but the first begins with a sign, and stands right of the action's name. */
      for (guint j = 0; j < narrow.layout->items->len; j++)
        if (fabs (get_item (&narrow, j)->y - line->baseline) < 0.5
            && (!first || get_item (&narrow, j)->area.origin.x < first->area.origin.x))
          first = get_item (&narrow, j);
      g_assert_cmpstr (pango_layout_get_text (first->layout), ==, "+");
      g_assert_cmpfloat (first->area.origin.x, >, get_right (find_text (&narrow, "=")));
    }
  clear (&wide);
  clear (&narrow);
}

static void
test_long (void)
{
  Typeset set;
  guint n_notes = 0;

  typeset (&set, esp_sample_long_formula ("cartpole", 1000), 420);
  for (guint i = 0; i < set.layout->items->len; i++)
    if (get_item (&set, i)->layout
        && g_str_has_suffix (pango_layout_get_text (get_item (&set, i)->layout), "nodes more"))
      n_notes++;
  g_assert_cmpuint (n_notes, ==, 1);
  g_assert_cmpuint (set.terms->left_out[0], >, 8000);
  g_assert_cmpuint (set.terms->all->len, <, 900);
  clear (&set);

  typeset (&set, esp_sample_long_formula ("cartpole", 20), 420);
  g_assert_cmpuint (set.terms->left_out[0], ==, 0);
  g_assert_null (find_text (&set, "…"));
  clear (&set);
}

static EspFormula *
new_tower (size_t height)
{
  g_autoptr (EspExpression) top = esp_expression_variable (0);
  const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };

  for (size_t i = 0; i < height; i++)
    {
      EspExpression *next = esp_expression_unary (i % 2 ? ESP_OPERATION_SIN : ESP_OPERATION_SQRT, top);

      esp_expression_unref (top);
      top = next;
    }
  return esp_formula_new (&top, 1, &(EspSymbols){ 4, names, NULL, NULL });
}

/* Depth is bounded as well as length. */
static void
test_deep (void)
{
  Typeset set;

  typeset (&set, new_tower (3000), 420);
  g_assert_nonnull (find_text (&set, "…"));
  clear (&set);
}

static void
test_find (void)
{
  Typeset set;
  const EspFormulaItem *text;
  int number, theta, outside;

  typeset (&set, esp_sample_formula ("cartpole", "1.5*x + sin(theta + 2)"), 900);
  text = find_text (&set, "1.5");
  number = esp_formula_layout_find (set.layout, text->area.origin.x + 2, text->y - 3);
  g_assert_cmpint (esp_expression_get_operation (esp_terms_get (set.terms, number)->expression), ==,
                   ESP_OPERATION_CONSTANT);
  text = find_text (&set, "sin");
  theta = esp_formula_layout_find (set.layout, text->area.origin.x + 2, text->y - 3);
  g_assert_cmpint (esp_expression_get_operation (esp_terms_get (set.terms, theta)->expression), ==,
                   ESP_OPERATION_SIN);
  outside = esp_formula_layout_find (set.layout, 2, 2);
  g_assert_cmpint (outside, ==, -1);
  g_assert_null (esp_terms_get (set.terms, outside));
  clear (&set);
}

void
esp_test_add_formula_layout (void)
{
  g_test_add_func ("/widgets/formula-layout/overlap", test_overlap);
  g_test_add_func ("/widgets/formula-layout/baseline", test_baseline);
  g_test_add_func ("/widgets/formula-layout/fraction", test_fraction);
  g_test_add_func ("/widgets/formula-layout/parentheses", test_parentheses);
  g_test_add_func ("/widgets/formula-layout/accent", test_accent);
  g_test_add_func ("/widgets/formula-layout/numbers", test_numbers);
  g_test_add_func ("/widgets/formula-layout/guards", test_guards);
  g_test_add_func ("/widgets/formula-layout/wrap", test_wrap);
  g_test_add_func ("/widgets/formula-layout/long", test_long);
  g_test_add_func ("/widgets/formula-layout/deep", test_deep);
  g_test_add_func ("/widgets/formula-layout/find", test_find);
}
