#include "esp-palette.h"

#include <math.h>

#include <adwaita.h>

/* OKLab (B. Ottosson, 2020): a colour space in which equal distances look equal. */
typedef struct
{
  double l;
  double a;
  double b;
} Oklab;

static double
linear_from_srgb (double c)
{
  return c <= 0.04045 ? c / 12.92 : pow ((c + 0.055) / 1.055, 2.4);
}

static double
srgb_from_linear (double c)
{
  c = CLAMP (c, 0, 1);
  return c <= 0.0031308 ? 12.92 * c : 1.055 * pow (c, 1 / 2.4) - 0.055;
}

static Oklab
oklab_from_color (const GdkRGBA *color)
{
  double r = linear_from_srgb (color->red);
  double g = linear_from_srgb (color->green);
  double b = linear_from_srgb (color->blue);
  double l = cbrt (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  double m = cbrt (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  double s = cbrt (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);

  return (Oklab){
    0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
  };
}

static void
bytes_from_oklab (Oklab color, guint8 bytes[3])
{
  double l = pow (color.l + 0.3963377774 * color.a + 0.2158037573 * color.b, 3);
  double m = pow (color.l - 0.1055613458 * color.a - 0.0638541728 * color.b, 3);
  double s = pow (color.l - 0.0894841775 * color.a - 1.2914855480 * color.b, 3);

  bytes[0] = (guint8) lround (255
                              * srgb_from_linear (4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s));
  bytes[1] = (guint8) lround (255
                              * srgb_from_linear (-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s));
  bytes[2] = (guint8) lround (255
                              * srgb_from_linear (-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

const guint8 *
esp_palette_get_heat (const EspPalette *palette, double amount)
{
  return palette->heat[amount > 0 ? (int) lround (255 * MIN (amount, 1)) : 0];
}

GdkRGBA
esp_color_mix (const GdkRGBA *a, const GdkRGBA *b, double amount)
{
  float t = (float) amount;

  return (GdkRGBA){ a->red + t * (b->red - a->red), a->green + t * (b->green - a->green),
                    a->blue + t * (b->blue - a->blue), 1 };
}

GdkRGBA
esp_color_fade (const GdkRGBA *color, double alpha)
{
  return (GdkRGBA){ color->red, color->green, color->blue, (float) alpha };
}

static double
luminance (const GdkRGBA *color)
{
  return 0.2126 * linear_from_srgb (color->red) + 0.7152 * linear_from_srgb (color->green)
         + 0.0722 * linear_from_srgb (color->blue);
}

double
esp_color_contrast (const GdkRGBA *a, const GdkRGBA *b)
{
  double la = luminance (a);
  double lb = luminance (b);

  return (MAX (la, lb) + 0.05) / (MIN (la, lb) + 0.05);
}

static GdkRGBA
color_from_hex (guint32 hex)
{
  return (GdkRGBA){ (float) (hex >> 16 & 255) / 255, (float) (hex >> 8 & 255) / 255,
                    (float) (hex & 255) / 255, 1 };
}

static void
fill_palette (EspPalette *palette, gboolean dark, GdkRGBA background, GdkRGBA foreground)
{
  GdkRGBA hottest = color_from_hex (dark ? 0xa8d4ff : 0x0b3d7d);
  /* A cell of probability 0 is still seen to be a cell. */
  GdkRGBA coldest = esp_color_mix (&background, &foreground, 0.05);
  Oklab cold = oklab_from_color (&coldest);
  Oklab hot = oklab_from_color (&hottest);

  palette->background = background;
  palette->foreground = foreground;
  palette->dim = esp_color_mix (&background, &foreground, 0.72);
  palette->grid = esp_color_mix (&background, &foreground, dark ? 0.14 : 0.11);
  palette->card = dark ? esp_color_mix (&background, &foreground, 0.10) : background;
  palette->border = esp_color_mix (&background, &foreground, 0.38);
  palette->accent = color_from_hex (dark ? 0x78aeed : 0x1c71d8);
  palette->positive = color_from_hex (dark ? 0x62a0ea : 0x1a5fb4);
  palette->negative = color_from_hex (dark ? 0xffa348 : 0xc64600);
  palette->series[0] = palette->negative;
  palette->series[1] = palette->positive;
  palette->series[2] = color_from_hex (dark ? 0x5bd6a5 : 0x0f7352);

  for (int i = 0; i < 256; i++)
    {
      double t = i / 255.0;

      bytes_from_oklab ((Oklab){ cold.l + t * (hot.l - cold.l), cold.a + t * (hot.a - cold.a),
                                 cold.b + t * (hot.b - cold.b) },
                        palette->heat[i]);
    }
}

const EspPalette *
esp_palette_get (GtkWidget *widget)
{
  static EspPalette palettes[2];
  static gboolean filled[2];
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  GtkStyleContext *context = gtk_widget_get_style_context (widget);
  EspPalette *palette = &palettes[dark];
  GdkRGBA background, foreground;

  if (!gtk_style_context_lookup_color (context, "view_bg_color", &background) || background.alpha < 1)
    background = color_from_hex (dark ? 0x1e1e1e : 0xffffff);
  gtk_style_context_get_color (context, &foreground);
  foreground = esp_color_mix (&background, &foreground, foreground.alpha);
  /* A backdrop or insensitive style may dim the text below what can be read on a projector. */
  if (esp_color_contrast (&foreground, &background) < 10)
    foreground = color_from_hex (dark ? 0xf0f0f0 : 0x303030);

  if (!filled[dark] || !gdk_rgba_equal (&palette->background, &background)
      || !gdk_rgba_equal (&palette->foreground, &foreground))
    fill_palette (palette, dark, background, foreground);
  filled[dark] = TRUE;
  return palette;
}
