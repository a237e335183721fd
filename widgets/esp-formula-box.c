#include "esp-formula-box.h"

#include <math.h>
#include <string.h>

#include "esp-print.h"

static const double level_scales[ESP_N_LEVELS] = { 1, 0.86, 0.7, 0.58 };

struct _EspFormulaFont
{
  PangoContext *context;
  double size;
  gboolean is_math;
  PangoFontDescription *description;
  GHashTable *layouts; /* "level style text" → PangoLayout */
  GString *key;
};

static const char math_font[] = "Latin Modern Math";

/* Listing the families is slow, and they do not change while the program runs. */
static gboolean
has_math_font (PangoContext *context)
{
  static int known = -1;
  PangoFontFamily **families;
  int n_families;

  if (known >= 0)
    return known;
  known = FALSE;
  pango_context_list_families (context, &families, &n_families);
  for (int i = 0; i < n_families; i++)
    if (g_str_equal (pango_font_family_get_name (families[i]), math_font))
      known = TRUE;
  g_free (families);
  return known;
}

EspFormulaFont *
esp_formula_font_new (PangoContext *context, double size)
{
  EspFormulaFont *font = g_new0 (EspFormulaFont, 1);

  font->context = g_object_ref (context);
  font->size = size;
  font->is_math = has_math_font (context);
  font->description = pango_font_description_new ();
  pango_font_description_set_family_static (font->description, font->is_math ? math_font : "serif");
  font->layouts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  font->key = g_string_new (NULL);
  return font;
}

void
esp_formula_font_free (EspFormulaFont *font)
{
  if (!font)
    return;
  g_hash_table_unref (font->layouts);
  g_string_free (font->key, TRUE);
  pango_font_description_free (font->description);
  g_object_unref (font->context);
  g_free (font);
}

double
esp_formula_font_get_base_size (EspFormulaFont *font)
{
  return font->size;
}

double
esp_formula_font_get_size (EspFormulaFont *font, int level)
{
  return font->size * level_scales[CLAMP (level, 0, ESP_N_LEVELS - 1)];
}

/* The letter of Unicode's mathematical italics, which a mathematics font has instead of a style. */
static gunichar
get_math_italic (gunichar c)
{
  if (c == 'h')
    return 0x210e;
  if (c >= 'a' && c <= 'z')
    return 0x1d44e + (c - 'a');
  if (c >= 'A' && c <= 'Z')
    return 0x1d434 + (c - 'A');
  if (c >= 0x3b1 && c <= 0x3c9)
    return 0x1d6fc + (c - 0x3b1);
  return c;
}

static PangoLayout *
get_layout (EspFormulaFont *font, const char *text, gboolean italic, int level)
{
  PangoLayout *layout;

  g_string_printf (font->key, "%d%c%s", level, italic ? 'i' : 'r', text);
  layout = g_hash_table_lookup (font->layouts, font->key->str);
  if (layout)
    return layout;

  layout = pango_layout_new (font->context);
  pango_font_description_set_absolute_size (font->description,
                                            esp_formula_font_get_size (font, level) * PANGO_SCALE);
  pango_font_description_set_style (font->description,
                                    italic && !font->is_math ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
  pango_layout_set_font_description (layout, font->description);
  if (italic && font->is_math)
    {
      GString *letters = g_string_new (NULL);

      for (const char *c = text; *c; c = g_utf8_next_char (c))
        g_string_append_unichar (letters, get_math_italic (g_utf8_get_char (c)));
      pango_layout_set_text (layout, letters->str, -1);
      g_string_free (letters, TRUE);
    }
  else
    pango_layout_set_text (layout, text, -1);
  g_hash_table_insert (font->layouts, g_strdup (font->key->str), layout);
  return layout;
}

static EspBox *
new_box (EspBoxes *boxes)
{
  EspBox *box = g_new0 (EspBox, 1);

  box->term = -1;
  g_ptr_array_add (boxes->all, box);
  return box;
}

EspBox *
esp_box_new_text (EspBoxes *boxes, const char *text, gboolean italic, int level)
{
  EspBox *box = new_box (boxes);
  double em = esp_formula_font_get_size (boxes->font, level);
  PangoRectangle ink, logical;
  double baseline;

  box->kind = ESP_FORMULA_TEXT;
  box->layout = get_layout (boxes->font, text, italic, level);
  pango_layout_get_extents (box->layout, &ink, &logical);
  baseline = pango_layout_get_baseline (box->layout) / (double) PANGO_SCALE;
  box->width = logical.width / (double) PANGO_SCALE;
  /* Ink, since a mathematics font's line height is made for its tallest signs. */
  box->ascent = MAX (baseline - ink.y / (double) PANGO_SCALE, 0.43 * em);
  box->descent = MAX ((ink.y + ink.height) / (double) PANGO_SCALE - baseline, 0);
  return box;
}

EspBox *
esp_box_new_row (EspBoxes *boxes, int term)
{
  EspBox *box = new_box (boxes);

  box->is_row = TRUE;
  box->term = term;
  return box;
}

static void
add_child (EspBox *row, EspBox *child, double x, double y)
{
  child->x = x;
  child->y = y;
  if (row->last)
    row->last->next = child;
  else
    row->first = child;
  row->last = child;
  row->width = MAX (row->width, x + child->width);
  row->ascent = MAX (row->ascent, child->ascent - y);
  row->descent = MAX (row->descent, child->descent + y);
}

void
esp_box_append (EspBox *row, EspBox *child, double space)
{
  add_child (row, child, row->width + space, 0);
}

EspBox *
esp_box_new_parenthesis (EspBoxes *boxes, EspFormulaItemKind kind, const EspBox *inner, int level)
{
  double em = esp_formula_font_get_size (boxes->font, level);
  EspBox *box;

  /* The font's own sign where it is high enough. */
  if (inner->ascent <= 0.8 * em && inner->descent <= 0.3 * em)
    return esp_box_new_text (boxes, kind == ESP_FORMULA_LEFT ? "(" : ")", FALSE, level);
  box = new_box (boxes);
  box->kind = kind;
  box->ascent = inner->ascent + 0.08 * em;
  box->descent = inner->descent + 0.08 * em;
  box->width = MIN (0.3 * em + 0.04 * (box->ascent + box->descent), 0.55 * em);
  return box;
}

static EspBox *
new_rule (EspBoxes *boxes, double width, double thickness)
{
  EspBox *box = new_box (boxes);

  box->kind = ESP_FORMULA_RULE;
  box->width = width;
  box->ascent = thickness / 2;
  box->descent = thickness / 2;
  return box;
}

static double
get_rule_thickness (EspBoxes *boxes, int level)
{
  return MAX (1, 0.05 * esp_formula_font_get_size (boxes->font, level));
}

/* The height of fraction bars and minus signs above the baseline. */
static double
get_axis (EspBoxes *boxes, int level)
{
  return 0.25 * esp_formula_font_get_size (boxes->font, level);
}

static int
get_script_level (int level)
{
  return level < 2 ? 2 : 3;
}

static EspBox *
new_guard_mark (EspBoxes *boxes)
{
  EspBox *mark = esp_box_new_text (boxes, "g", FALSE, ESP_N_LEVELS - 1);

  mark->dim = TRUE;
  return mark;
}

EspBox *
esp_box_new_operator (EspBoxes *boxes, const char *sign, gboolean guarded, int level)
{
  EspBox *row = esp_box_new_row (boxes, -1);

  esp_box_append (row, esp_box_new_text (boxes, sign, FALSE, level), 0);
  if (guarded)
    add_child (row, new_guard_mark (boxes), row->width, 0.2 * esp_formula_font_get_size (boxes->font, level));
  return row;
}

static const char *
get_function_name (const EspTerm *term)
{
  switch (term->operation)
    {
    case ESP_OPERATION_LOG:
    case ESP_OPERATION_GUARDED_LOG:
      return "ln";
    case ESP_OPERATION_GUARDED_EXP:
      return "exp";
    case ESP_OPERATION_SIGMOID:
      return "sigmoid";
    case ESP_OPERATION_SOFT_IF:
      return "softif";
    default:
      return esp_operation_get_name (term->operation);
    }
}

EspBox *
esp_box_new_function_name (EspBoxes *boxes, const EspTerm *term, int level)
{
  return esp_box_new_operator (boxes, get_function_name (term), term->guarded, level);
}

/* A letter with what its combining marks draw above it. */
static EspBox *
new_letter (EspBoxes *boxes, gunichar letter, int n_dots, gboolean italic, int level)
{
  double em = esp_formula_font_get_size (boxes->font, level);
  double size = 0.13 * em;
  EspBox *row;
  EspBox *base;
  char text[7] = { 0 };

  g_unichar_to_utf8 (letter, text);
  base = esp_box_new_text (boxes, text, italic, level);
  if (n_dots == 0)
    return base;
  row = esp_box_new_row (boxes, -1);
  add_child (row, base, 0, 0);
  for (int i = 0; i < n_dots; i++)
    {
      EspBox *dot = new_box (boxes);

      dot->kind = ESP_FORMULA_DOT;
      dot->width = size;
      dot->ascent = size;
      /* Slanted letters lean to the right at the top. */
      add_child (row, dot,
                 base->width / 2 + (italic ? 0.05 * em : 0) - size / 2
                   + (i - (n_dots - 1) / 2.0) * 1.7 * size,
                 -base->ascent - 0.1 * em);
    }
  row->width = MAX (base->width, row->width);
  return row;
}

static gboolean
is_subscript (gunichar c)
{
  return c >= 0x2080 && c <= 0x2089;
}

static EspBox *
new_word (EspBoxes *boxes, const char *word, int level)
{
  EspBox *row = esp_box_new_row (boxes, -1);
  int n_letters = 0;

  for (const char *c = word; *c; c = g_utf8_next_char (c))
    if (g_unichar_isalpha (g_utf8_get_char (c)))
      n_letters++;
  for (const char *c = word; *c;)
    {
      gunichar letter = g_utf8_get_char (c);
      int n_dots = 0;

      c = g_utf8_next_char (c);
      if (is_subscript (letter))
        {
          char digit[2] = { (char) ('0' + (letter - 0x2080)), 0 };

          add_child (row, esp_box_new_text (boxes, digit, FALSE, get_script_level (level)), row->width,
                     0.2 * esp_formula_font_get_size (boxes->font, level));
          continue;
        }
      for (; *c && (g_utf8_get_char (c) == 0x307 || g_utf8_get_char (c) == 0x308); c = g_utf8_next_char (c))
        n_dots += g_utf8_get_char (c) == 0x307 ? 1 : 2;
      esp_box_append (row, new_letter (boxes, letter, n_dots, n_letters == 1, level), 0);
    }
  return row;
}

EspBox *
esp_box_new_name (EspBoxes *boxes, const char *name, int level)
{
  g_autofree char *decomposed = g_utf8_normalize (name, -1, G_NORMALIZE_NFD);
  g_auto (GStrv) words = g_strsplit (decomposed ? decomposed : name, " ", -1);
  EspBox *row = esp_box_new_row (boxes, -1);

  for (int i = 0; words[i]; i++)
    esp_box_append (row, new_word (boxes, words[i], level),
                    i > 0 ? 0.17 * esp_formula_font_get_size (boxes->font, level) : 0);
  return row;
}

static const char *
get_variable_name (EspBoxes *boxes, const EspTerm *term)
{
  const EspEnvironmentInfo *environment = boxes->environment;

  if (!environment || term->index >= environment->n_observations)
    return "?";
  return environment->observations[term->index].unicode ? environment->observations[term->index].unicode
                                                        : environment->observations[term->index].name;
}

static gboolean
has_exponent (double value)
{
  g_autofree char *text = esp_number_to_short_text (value, 3);

  return strchr (text, 'e') != NULL;
}

gboolean
esp_term_needs_parentheses (EspBoxes *boxes, const EspTerm *term, EspPlace place)
{
  switch (term->kind)
    {
    case ESP_TERM_SUM:
      return place != ESP_PLACE_FREE;
    case ESP_TERM_PRODUCT:
      return place == ESP_PLACE_BASE || (term->guarded && place >= ESP_PLACE_FIRST_FACTOR)
             || (place == ESP_PLACE_FACTOR && term->children[0]->value < 0)
             || (place == ESP_PLACE_ADDEND && term->children[0]->value < 0);
    case ESP_TERM_NUMBER:
      return (signbit (term->value) && place != ESP_PLACE_FREE && place != ESP_PLACE_FIRST_FACTOR)
             || (place == ESP_PLACE_BASE && has_exponent (term->value));
    case ESP_TERM_VARIABLE:
      return (place == ESP_PLACE_BASE || place == ESP_PLACE_FACTOR || place == ESP_PLACE_FIRST_FACTOR)
             && strchr (get_variable_name (boxes, term), ' ');
    case ESP_TERM_FRACTION:
    case ESP_TERM_POWER:
      return place == ESP_PLACE_BASE;
    case ESP_TERM_FUNCTION:
      return place == ESP_PLACE_BASE && term->operation != ESP_OPERATION_ABS;
    default:
      return FALSE;
    }
}

gboolean
esp_term_needs_dot (const EspTerm *product, const EspTerm *left, const EspTerm *right)
{
  return product->guarded || right->kind == ESP_TERM_NUMBER
         || (right->kind == ESP_TERM_POWER && right->children[0]->kind == ESP_TERM_NUMBER)
         || (left->kind == ESP_TERM_NUMBER && right->kind == ESP_TERM_FRACTION);
}

static EspBox *
new_number (EspBoxes *boxes, const EspTerm *term, int level)
{
  g_autofree char *text = esp_number_to_short_text (term->value, 3);
  EspBox *row = esp_box_new_row (boxes, term->id);
  g_auto (GStrv) parts = g_strsplit (text, "e", 2);
  GString *digits = g_string_new (parts[0]);

  g_string_replace (digits, "-", "−", 0);
  if (parts[1])
    {
      const char *exponent = parts[1][0] == '+' ? parts[1] + 1 : parts[1];
      gboolean is_negative = exponent[0] == '-';
      GString *power = g_string_new (is_negative ? "−" : "");

      exponent += is_negative;
      while (exponent[0] == '0' && exponent[1])
        exponent++;
      g_string_append (power, exponent);
      g_string_append (digits, "·10");
      esp_box_append (row, esp_box_new_text (boxes, digits->str, FALSE, level), 0);
      add_child (row, esp_box_new_text (boxes, power->str, FALSE, get_script_level (level)), row->width,
                 -0.42 * esp_formula_font_get_size (boxes->font, level));
      g_string_free (power, TRUE);
    }
  else
    esp_box_append (row, esp_box_new_text (boxes, digits->str, FALSE, level), 0);
  g_string_free (digits, TRUE);
  return row;
}

static EspBox *
new_sum (EspBoxes *boxes, const EspTerm *term, int level)
{
  double space = 0.22 * esp_formula_font_get_size (boxes->font, level);
  EspBox *row = esp_box_new_row (boxes, term->id);

  for (size_t i = 0; i < term->n; i++)
    {
      const EspTerm *addend = term->children[i];

      if (i > 0 || addend->negative)
        {
          esp_box_append (row, esp_box_new_operator (boxes, addend->negative ? "−" : "+", FALSE, level),
                          i > 0 ? space : 0);
          esp_box_append (row, esp_box_new_term (boxes, addend, ESP_PLACE_ADDEND, level), i > 0 ? space : 0);
        }
      else
        esp_box_append (row, esp_box_new_term (boxes, addend, ESP_PLACE_FREE, level), 0);
    }
  return row;
}

static EspBox *
new_product (EspBoxes *boxes, const EspTerm *term, int level)
{
  double space = 0.15 * esp_formula_font_get_size (boxes->font, level);
  EspBox *row = esp_box_new_row (boxes, term->id);

  for (size_t i = 0; i < term->n; i++)
    {
      if (i > 0 && esp_term_needs_dot (term, term->children[i - 1], term->children[i]))
        esp_box_append (row, esp_box_new_operator (boxes, "·", term->guarded, level), space);
      esp_box_append (row,
                      esp_box_new_term (boxes, term->children[i],
                                        i == 0 ? ESP_PLACE_FIRST_FACTOR : ESP_PLACE_FACTOR, level),
                      i > 0 ? space : 0);
    }
  return row;
}

static EspBox *
new_fraction (EspBoxes *boxes, const EspTerm *term, int level)
{
  int inner = MIN (level + 1, ESP_N_LEVELS - 1);
  double em = esp_formula_font_get_size (boxes->font, level);
  double axis = get_axis (boxes, level);
  double thickness = get_rule_thickness (boxes, level);
  double gap = 0.12 * em + thickness / 2;
  EspBox *row = esp_box_new_row (boxes, term->id);
  EspBox *numerator = esp_box_new_term (boxes, term->children[0], ESP_PLACE_FREE, inner);
  EspBox *denominator = esp_box_new_term (boxes, term->children[1], ESP_PLACE_FREE, inner);
  double width = MAX (numerator->width, denominator->width) + 0.2 * em;
  double left = 0.06 * em;

  add_child (row, new_rule (boxes, width, thickness), left, -axis);
  add_child (row, numerator, left + (width - numerator->width) / 2, -axis - gap - numerator->descent);
  add_child (row, denominator, left + (width - denominator->width) / 2, -axis + gap + denominator->ascent);
  if (term->guarded)
    add_child (row, new_guard_mark (boxes), left + width + 0.04 * em, -axis + 0.2 * em);
  row->width += 0.06 * em;
  return row;
}

static EspBox *
new_power (EspBoxes *boxes, const EspTerm *term, EspBox *base, const EspTerm *exponent, int level)
{
  double em = esp_formula_font_get_size (boxes->font, level);
  EspBox *row = esp_box_new_row (boxes, term->id);
  EspBox *upper = esp_box_new_term (boxes, exponent, ESP_PLACE_FREE, get_script_level (level));

  add_child (row, base, 0, 0);
  /* Its baseline no lower than TeX's, and its depth clear of the base's middle. */
  add_child (row, upper, base->width + 0.06 * em,
             -MAX (MAX (0.4 * em, base->ascent - 0.3 * em), upper->descent + 0.3 * em));
  row->width += 0.04 * em;
  return row;
}

static EspBox *
new_root (EspBoxes *boxes, const EspTerm *term, int level)
{
  double em = esp_formula_font_get_size (boxes->font, level);
  double thickness = get_rule_thickness (boxes, level);
  EspBox *row = esp_box_new_row (boxes, term->id);
  EspBox *inner = esp_box_new_term (boxes, term->children[0], ESP_PLACE_FREE, level);
  EspBox *sign = new_box (boxes);
  double top = inner->ascent + 0.14 * em;

  sign->kind = ESP_FORMULA_ROOT;
  sign->width = 0.55 * em;
  sign->ascent = top + thickness / 2;
  sign->descent = inner->descent + 0.04 * em;
  add_child (row, sign, 0, 0);
  add_child (row, new_rule (boxes, inner->width + 0.1 * em, thickness), sign->width, -top);
  add_child (row, inner, sign->width + 0.05 * em, 0);
  return row;
}

static EspBox *
new_absolute (EspBoxes *boxes, const EspTerm *term, int level)
{
  double em = esp_formula_font_get_size (boxes->font, level);
  double thickness = get_rule_thickness (boxes, level);
  EspBox *row = esp_box_new_row (boxes, term->id);
  EspBox *inner = esp_box_new_term (boxes, term->children[0], ESP_PLACE_FREE, level);

  for (int side = 0; side < 2; side++)
    {
      EspBox *bar = new_rule (boxes, thickness, 0);

      bar->ascent = MAX (inner->ascent, 0.65 * em) + 0.08 * em;
      bar->descent = MAX (inner->descent, 0.15 * em) + 0.08 * em;
      esp_box_append (row, bar, 0.1 * em);
      if (side == 0)
        esp_box_append (row, inner, 0.1 * em);
    }
  row->width += 0.1 * em;
  return row;
}

static EspBox *
new_function (EspBoxes *boxes, const EspTerm *term, int level)
{
  double em = esp_formula_font_get_size (boxes->font, level);
  EspBox *row = esp_box_new_row (boxes, term->id);
  EspBox *arguments = esp_box_new_row (boxes, -1);

  for (size_t i = 0; i < term->n; i++)
    {
      if (i > 0)
        esp_box_append (arguments, esp_box_new_text (boxes, ",", FALSE, level), 0);
      esp_box_append (arguments, esp_box_new_term (boxes, term->children[i], ESP_PLACE_FREE, level),
                      i > 0 ? 0.25 * em : 0);
    }
  esp_box_append (row, esp_box_new_function_name (boxes, term, level), 0);
  esp_box_append (row, esp_box_new_parenthesis (boxes, ESP_FORMULA_LEFT, arguments, level), 0);
  esp_box_append (row, arguments, 0);
  esp_box_append (row, esp_box_new_parenthesis (boxes, ESP_FORMULA_RIGHT, arguments, level), 0);
  return row;
}

/* Whether an exponent is small enough to be read as one. */
static gboolean
is_simple (const EspTerm *term, int depth)
{
  if (depth > 2 || term->n > 2 || term->kind == ESP_TERM_FRACTION)
    return FALSE;
  for (size_t i = 0; i < term->n; i++)
    if (!is_simple (term->children[i], depth + 1))
      return FALSE;
  return TRUE;
}

static EspBox *
new_bare_term (EspBoxes *boxes, const EspTerm *term, int level)
{
  EspBox *row;

  switch (term->kind)
    {
    case ESP_TERM_NUMBER:
      return new_number (boxes, term, level);
    case ESP_TERM_VARIABLE:
      row = esp_box_new_row (boxes, term->id);
      esp_box_append (row, esp_box_new_name (boxes, get_variable_name (boxes, term), level), 0);
      return row;
    case ESP_TERM_SUM:
      return new_sum (boxes, term, level);
    case ESP_TERM_PRODUCT:
      return new_product (boxes, term, level);
    case ESP_TERM_FRACTION:
      return new_fraction (boxes, term, level);
    case ESP_TERM_POWER:
      return new_power (boxes, term, esp_box_new_term (boxes, term->children[0], ESP_PLACE_BASE, level),
                        term->children[1], level);
    case ESP_TERM_FUNCTION:
      if (term->operation == ESP_OPERATION_SQRT)
        return new_root (boxes, term, level);
      if (term->operation == ESP_OPERATION_ABS)
        return new_absolute (boxes, term, level);
      if (term->operation == ESP_OPERATION_EXP && is_simple (term->children[0], 0))
        return new_power (boxes, term, esp_box_new_text (boxes, "e", FALSE, level), term->children[0], level);
      return new_function (boxes, term, level);
    default:
      row = esp_box_new_text (boxes, "…", FALSE, level);
      row->dim = TRUE;
      return row;
    }
}

EspBox *
esp_box_new_term (EspBoxes *boxes, const EspTerm *term, EspPlace place, int level)
{
  EspBox *inner = new_bare_term (boxes, term, level);
  EspBox *row;

  if (!esp_term_needs_parentheses (boxes, term, place))
    return inner;
  row = esp_box_new_row (boxes, -1);
  esp_box_append (row, esp_box_new_parenthesis (boxes, ESP_FORMULA_LEFT, inner, level), 0);
  esp_box_append (row, inner, 0);
  esp_box_append (row, esp_box_new_parenthesis (boxes, ESP_FORMULA_RIGHT, inner, level), 0);
  return row;
}
