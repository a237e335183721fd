#include "esp-text.h"

#include <math.h>
#include <string.h>

#include "esp-formula-layout.h"

/* Enough for the labels of one view; a view whose labels keep changing starts afresh here. */
#define MAX_TEXTS 1024

/* Serif letters look smaller than those of a window's font. */
#define NAME_SCALE 1.25

/* A typeset name. */
typedef struct
{
  EspFormulaFont *font;
  EspFormulaLayout *layout;
} Name;

struct _EspTexts
{
  GtkWidget *widget;
  GHashTable *layouts; /* "size text" → PangoLayout */
  GHashTable *names;   /* "size name" → Name */
  GString *key;
};

static void
free_name (gpointer data)
{
  Name *name = data;

  esp_formula_layout_free (name->layout);
  esp_formula_font_free (name->font);
  g_free (name);
}

EspTexts *
esp_texts_new (GtkWidget *widget)
{
  EspTexts *texts = g_new0 (EspTexts, 1);

  texts->widget = widget;
  texts->layouts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  texts->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_name);
  texts->key = g_string_new (NULL);
  return texts;
}

void
esp_texts_free (EspTexts *texts)
{
  if (!texts)
    return;
  g_hash_table_unref (texts->layouts);
  g_hash_table_unref (texts->names);
  g_string_free (texts->key, TRUE);
  g_free (texts);
}

void
esp_texts_clear (EspTexts *texts)
{
  g_hash_table_remove_all (texts->layouts);
  g_hash_table_remove_all (texts->names);
}

double
esp_texts_get_font_size (EspTexts *texts)
{
  PangoContext *context = gtk_widget_get_pango_context (texts->widget);
  const PangoFontDescription *font = pango_context_get_font_description (context);
  double size = pango_font_description_get_size (font) / (double) PANGO_SCALE;

  if (!pango_font_description_get_size_is_absolute (font))
    size *= pango_cairo_context_get_resolution (context) / 72;
  return size > 0 ? size : 14;
}

PangoLayout *
esp_texts_get (EspTexts *texts, const char *text, double size)
{
  PangoLayout *layout;
  PangoFontDescription *font;
  int quarters = (int) lround (4 * size);

  g_string_printf (texts->key, "%d %s", quarters, text);
  layout = g_hash_table_lookup (texts->layouts, texts->key->str);
  if (layout)
    return layout;

  if (g_hash_table_size (texts->layouts) >= MAX_TEXTS)
    g_hash_table_remove_all (texts->layouts);
  layout = gtk_widget_create_pango_layout (texts->widget, text);
  font = pango_font_description_copy (
    pango_context_get_font_description (gtk_widget_get_pango_context (texts->widget)));
  pango_font_description_set_absolute_size (font, quarters * (PANGO_SCALE / 4.0));
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  g_hash_table_insert (texts->layouts, g_strdup (texts->key->str), layout);
  return layout;
}

double
esp_texts_get_width (EspTexts *texts, const char *text, double size)
{
  PangoRectangle logical;

  pango_layout_get_extents (esp_texts_get (texts, text, size), NULL, &logical);
  return logical.width / (double) PANGO_SCALE;
}

static void
draw_layout (GtkSnapshot *snapshot, PangoLayout *layout, const GdkRGBA *color, double x, double y)
{
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) x, (float) y));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
}

void
esp_texts_draw (EspTexts *texts,
                GtkSnapshot *snapshot,
                const char *text,
                double size,
                const GdkRGBA *color,
                double x,
                double y,
                double align)
{
  PangoLayout *layout = esp_texts_get (texts, text, size);
  PangoRectangle logical;

  pango_layout_get_extents (layout, NULL, &logical);
  draw_layout (snapshot, layout, color, x - align * logical.width / PANGO_SCALE,
               y - 0.5 * logical.height / PANGO_SCALE);
}

static const Name *
get_name (EspTexts *texts, const char *text, double size)
{
  int quarters = (int) lround (4 * size);
  Name *name;

  g_string_printf (texts->key, "%d %s", quarters, text);
  name = g_hash_table_lookup (texts->names, texts->key->str);
  if (name)
    return name;

  if (g_hash_table_size (texts->names) >= MAX_TEXTS)
    g_hash_table_remove_all (texts->names);
  name = g_new0 (Name, 1);
  name->font = esp_formula_font_new (gtk_widget_get_pango_context (texts->widget), NAME_SCALE * quarters / 4);
  name->layout = esp_formula_layout_new_name (name->font, text);
  g_hash_table_insert (texts->names, g_strdup (texts->key->str), name);
  return name;
}

double
esp_texts_get_name_width (EspTexts *texts, const char *name, double size)
{
  return get_name (texts, name, size)->layout->width;
}

void
esp_texts_draw_name (EspTexts *texts,
                     GtkSnapshot *snapshot,
                     const char *text,
                     double size,
                     const GdkRGBA *color,
                     double x,
                     double y,
                     double align)
{
  const Name *name = get_name (texts, text, size);

  /* Small letters have their middle a quarter of the size above the baseline. */
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (roundf ((float) (x - align * name->layout->width)),
                                                          roundf ((float) (y + 0.25 * NAME_SCALE * size
                                                                           - 0.75 * name->layout->height))));
  esp_formula_layout_draw (name->layout, snapshot, 1, color, color);
  gtk_snapshot_restore (snapshot);
}

double
esp_texts_draw_entry (EspTexts *texts,
                      GtkSnapshot *snapshot,
                      EspMark mark,
                      const char *text,
                      double size,
                      const GdkRGBA *color,
                      double x,
                      double y)
{
  double mark_width = mark == ESP_MARK_DOT ? 0.7 * size : 1.2 * size;
  double gap = 0.4 * size;
  float left = roundf ((float) x);
  float top = roundf ((float) y);

  if (snapshot)
    {
      if (mark == ESP_MARK_DOT)
        {
          float diameter = roundf ((float) mark_width);
          graphene_rect_t area = GRAPHENE_RECT_INIT (left, top - floorf (diameter / 2), diameter, diameter);
          GskRoundedRect circle;

          gsk_rounded_rect_init_from_rect (&circle, &area, diameter / 2);
          gtk_snapshot_push_rounded_clip (snapshot, &circle);
          gtk_snapshot_append_color (snapshot, color, &area);
          gtk_snapshot_pop (snapshot);
        }
      else
        {
          int n_parts = mark == ESP_MARK_DASHES ? 2 : 1;
          float length = roundf ((float) (mark_width * (mark == ESP_MARK_DASHES ? 0.4 : 1)));

          for (int i = 0; i < n_parts; i++)
            gtk_snapshot_append_color (
              snapshot, color,
              &GRAPHENE_RECT_INIT (left + (float) i * ((float) mark_width - length), top, length, 2));
        }
      esp_texts_draw (texts, snapshot, text, size, color, x + mark_width + gap, y, 0);
    }
  return mark_width + gap + esp_texts_get_width (texts, text, size);
}

void
esp_texts_draw_card (
  EspTexts *texts, GtkSnapshot *snapshot, const EspPalette *palette, const char *markup, double x, double y)
{
  const float padding = 8;
  float width = (float) gtk_widget_get_width (texts->widget);
  float height = (float) gtk_widget_get_height (texts->widget);
  PangoLayout *layout = gtk_widget_create_pango_layout (texts->widget, NULL);
  PangoFontDescription *font = pango_font_description_copy (
    pango_context_get_font_description (gtk_widget_get_pango_context (texts->widget)));
  PangoRectangle logical;
  GskRoundedRect outline;
  graphene_rect_t area;
  GdkRGBA shade = { 0, 0, 0, 0.25f };
  GdkRGBA borders[4];
  float widths[4] = { 1, 1, 1, 1 };

  pango_font_description_set_absolute_size (font, 0.9 * esp_texts_get_font_size (texts) * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  pango_layout_set_markup (layout, markup, -1);
  pango_layout_set_width (layout, (int) (MAX (width - 4 * padding, 60) * PANGO_SCALE));
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_get_extents (layout, NULL, &logical);
  area.size.width = (float) logical.width / PANGO_SCALE + 2 * padding;
  area.size.height = (float) logical.height / PANGO_SCALE + 1.5f * padding;

  /* Right of and below the pointer; on the other side where there is no room. */
  area.origin.x = (float) x + 14;
  if (area.origin.x + area.size.width > width - 2)
    area.origin.x = (float) x - 10 - area.size.width;
  area.origin.x = CLAMP (area.origin.x, 2, MAX (2, width - 2 - area.size.width));
  area.origin.y = (float) y + 16;
  if (area.origin.y + area.size.height > height - 2)
    area.origin.y = (float) y - 10 - area.size.height;
  area.origin.y = MAX (area.origin.y, 2);
  area.origin.x = roundf (area.origin.x);
  area.origin.y = roundf (area.origin.y);

  for (int i = 0; i < 4; i++)
    borders[i] = palette->border;
  gsk_rounded_rect_init_from_rect (&outline, &area, 8);
  gtk_snapshot_append_outset_shadow (snapshot, &outline, &shade, 0, 1, 0, 3);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &palette->card, &area);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_append_border (snapshot, &outline, widths, borders);
  draw_layout (snapshot, layout, &palette->foreground,
               area.origin.x + padding - (float) logical.x / PANGO_SCALE, area.origin.y + 0.75f * padding);
  g_object_unref (layout);
}

void
esp_texts_draw_placeholder (EspTexts *texts,
                            GtkSnapshot *snapshot,
                            const EspPalette *palette,
                            const char *text)
{
  double size = esp_texts_get_font_size (texts);
  double width = gtk_widget_get_width (texts->widget);
  double needed = esp_texts_get_width (texts, text, size);

  if (needed > width - 16)
    size *= MAX ((width - 16) / needed, 0.5);
  esp_texts_draw (texts, snapshot, text, size, &palette->dim, width / 2,
                  gtk_widget_get_height (texts->widget) / 2.0, 0.5);
}

char *
esp_text_from_number (double value, int digits)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  char format[8];
  GString *text;

  if (isnan (value))
    return g_strdup ("–");
  if (isinf (value))
    return g_strdup (value > 0 ? "∞" : "−∞");
  g_snprintf (format, sizeof format, "%%.%dg", CLAMP (digits, 1, 17));
  g_ascii_formatd (buffer, sizeof buffer, format, value == 0 ? 0 : value);
  /* 220 and 4200 are read more easily than 2.2e+02 and 4.2e+03 */
  if (strchr (buffer, 'e') != NULL && fabs (value) >= 1 && fabs (value) < 1e6)
    g_ascii_formatd (buffer, sizeof buffer, "%.0f", g_ascii_strtod (buffer, NULL));
  text = g_string_new (buffer);
  g_string_replace (text, "-", "−", 0);
  return g_string_free (text, FALSE);
}

char *
esp_text_from_count (guint64 count)
{
  char digits[32];
  GString *text = g_string_new (NULL);
  size_t n;

  g_snprintf (digits, sizeof digits, "%" G_GUINT64_FORMAT, count);
  n = strlen (digits);
  for (size_t i = 0; i < n; i++)
    {
      /* Four digits read well without a gap. */
      if (n > 4 && i > 0 && (n - i) % 3 == 0)
        g_string_append (text, "\u202f");
      g_string_append_c (text, digits[i]);
    }
  return g_string_free (text, FALSE);
}
