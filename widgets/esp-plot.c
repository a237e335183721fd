#include "esp-plot.h"

#include <math.h>

EspAxis
esp_axis_new (double low, double high, double n_ticks, gboolean whole)
{
  double raw, power, unit;

  if (!isfinite (low) || !isfinite (high) || low > high)
    {
      low = 0;
      high = 1;
    }
  if (high - low <= 1e-9 * MAX (fabs (low), fabs (high)) || high == low)
    {
      double room = MAX (fabs (low) * 0.1, 0.5);

      low -= room;
      high += room;
    }
  raw = (high - low) / MAX (n_ticks, 1);
  power = pow (10, floor (log10 (raw)));
  unit = raw / power;
  unit = unit <= 1.0001 ? 1 : unit <= 2.0001 ? 2 : unit <= 5.0001 ? 5 : 10;
  if (whole)
    {
      low = floor (low / (unit * power) + 1e-6) * unit * power;
      high = ceil (high / (unit * power) - 1e-6) * unit * power;
    }
  return (EspAxis){ low, high, unit * power };
}

double
esp_axis_place (const EspAxis *axis, double value)
{
  return (value - axis->low) / (axis->high - axis->low);
}

char *
esp_axis_format (const EspAxis *axis, double value)
{
  char format[8];
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  int decimals = axis->tick < 1 ? CLAMP ((int) ceil (-log10 (axis->tick) - 1e-9), 0, 9) : 0;
  GString *text;

  if (fabs (value) < axis->tick * 1e-6)
    value = 0;
  if (fabs (value) >= 1e15)
    return g_strdup (g_ascii_formatd (buffer, sizeof buffer, "%.2g", value));
  g_snprintf (format, sizeof format, "%%.%df", decimals);
  text = g_string_new (g_ascii_formatd (buffer, sizeof buffer, format, value));
  g_string_replace (text, "-", "−", 0);
  if (decimals == 0 && fabs (value) >= 10000)
    for (gssize i = (gssize) text->len - 3; i > (value < 0 ? (gssize) strlen ("−") : 0); i -= 3)
      g_string_insert (text, i, "\u202f");
  return g_string_free (text, FALSE);
}

double
esp_plot_get_last_step (const EspSnapshot *snapshot)
{
  return (double) MAX (MAX (snapshot->n_steps, snapshot->step), 1);
}

size_t
esp_plot_find_record (const EspHistory *history, double step)
{
  size_t low = 0;
  size_t high = history->n_records - 1;

  while (low < high)
    {
      size_t middle = (low + high) / 2;

      if ((double) history->records[middle].step < step)
        low = middle + 1;
      else
        high = middle;
    }
  if (low > 0 && step - (double) history->records[low - 1].step < (double) history->records[low].step - step)
    low--;
  return low;
}

void
esp_plot_trace_records (cairo_t *cr,
                        const graphene_rect_t *area,
                        const EspAxis *x_axis,
                        const EspAxis *y_axis,
                        const EspHistory *history,
                        EspPlotValue value,
                        gconstpointer data)
{
  size_t i = 0;

  while (i < history->n_records)
    {
      double x = esp_axis_place (x_axis, (double) history->records[i].step) * area->size.width;
      double column = floor (x / 2);
      double first = NAN, least = NAN, greatest = NAN;

      for (; i < history->n_records
             && floor (esp_axis_place (x_axis, (double) history->records[i].step) * area->size.width / 2)
                  <= column;
           i++)
        {
          double y = value (&history->records[i], data);

          if (!isfinite (y))
            continue;
          y = area->origin.y + area->size.height * (1 - CLAMP (esp_axis_place (y_axis, y), -0.5, 1.5));
          if (isnan (first))
            first = least = greatest = y;
          least = MIN (least, y);
          greatest = MAX (greatest, y);
        }
      if (isnan (first))
        continue;
      x += area->origin.x;
      if (least == greatest)
        cairo_line_to (cr, x, first);
      else if (first - least < greatest - first)
        {
          cairo_line_to (cr, x, least);
          cairo_line_to (cr, x, greatest);
        }
      else
        {
          cairo_line_to (cr, x, greatest);
          cairo_line_to (cr, x, least);
        }
    }
}

GdkTexture *
esp_plot_new_picture (guint8 *pixels, int width, int height)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (pixels, 3 * (size_t) width * (size_t) height);

  return gdk_memory_texture_new (width, height, GDK_MEMORY_R8G8B8, bytes, 3 * (size_t) width);
}
