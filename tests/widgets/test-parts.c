/* Palette, edges, axes and the network's layout: the parts that draw nothing on a screen. */

#include <adwaita.h>
#include <math.h>

#include "esp-edges.h"
#include "esp-network-layout.h"
#include "esp-palette.h"
#include "esp-picture.h"
#include "esp-plot.h"
#include "esp-samples.h"
#include "esp-text.h"
#include "test-widgets.h"

static void
test_contrast (gconstpointer data)
{
  gboolean dark = GPOINTER_TO_INT (data);
  g_autoptr (GtkWidget) label = g_object_ref_sink (gtk_label_new (NULL));
  const EspPalette *palette;

  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      dark ? ADW_COLOR_SCHEME_FORCE_DARK : ADW_COLOR_SCHEME_FORCE_LIGHT);
  palette = esp_palette_get (label);
  g_assert_cmpfloat (esp_color_contrast (&palette->foreground, &palette->background), >=, 4.5);
  g_assert_cmpfloat (esp_color_contrast (&palette->dim, &palette->background), >=, 4.5);
  g_assert_cmpfloat (esp_color_contrast (&palette->foreground, &palette->card), >=, 4.5);
  g_assert_cmpfloat (esp_color_contrast (&palette->positive, &palette->background), >=, 4.5);
  g_assert_cmpfloat (esp_color_contrast (&palette->negative, &palette->background), >=, 4.5);
  for (int i = 0; i < ESP_N_SERIES; i++)
    g_assert_cmpfloat (esp_color_contrast (&palette->series[i], &palette->background), >=, 4.5);
  g_assert_true ((palette->background.red < 0.5f) == dark);

  /* From the background's lightness towards the other end, without turning back. */
  for (int i = 1; i < 256; i++)
    g_assert_true (dark ? palette->heat[i][1] >= palette->heat[i - 1][1]
                        : palette->heat[i][1] <= palette->heat[i - 1][1]);
  g_assert_cmpint (abs (palette->heat[255][1] - palette->heat[0][1]), >, 100);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_DEFAULT);
}

static void
test_numbers (void)
{
  g_autofree char *negative = esp_text_from_number (-1.23456, 3);
  g_autofree char *none = esp_text_from_number (NAN, 3);
  g_autofree char *thousands = esp_text_from_number (-4210.7, 3);
  g_autofree char *hundreds = esp_text_from_number (224, 2);
  g_autofree char *huge = esp_text_from_number (1.25e9, 3);
  g_autofree char *small = esp_text_from_count (1234);
  g_autofree char *large = esp_text_from_count (1234567);

  g_assert_cmpstr (negative, ==, "−1.23");
  g_assert_cmpstr (thousands, ==, "−4210");
  g_assert_cmpstr (hundreds, ==, "220");
  g_assert_cmpstr (huge, ==, "1.25e+09");
  g_assert_cmpstr (none, ==, "–");
  g_assert_cmpstr (small, ==, "1234");
  g_assert_cmpstr (large, ==, "1\u202f234\u202f567");
}

static void
test_axis (void)
{
  EspAxis axis = esp_axis_new (13, 987, 5, TRUE);
  EspAxis flat = esp_axis_new (3, 3, 5, TRUE);
  EspAxis nothing = esp_axis_new (INFINITY, -INFINITY, 5, TRUE);
  g_autofree char *thousand = esp_axis_format (&axis, 10000);

  g_assert_cmpfloat (axis.low, ==, 0);
  g_assert_cmpfloat (axis.high, ==, 1000);
  g_assert_cmpfloat (axis.tick, ==, 200);
  g_assert_cmpfloat_with_epsilon (esp_axis_place (&axis, 250), 0.25, 1e-12);
  g_assert_cmpfloat (flat.low, <, 3);
  g_assert_cmpfloat (flat.high, >, 3);
  g_assert_cmpfloat (nothing.low, <, nothing.high);
  g_assert_cmpstr (thousand, ==, "10\u202f000");
}

static void
test_find_record (void)
{
  const EspRecord records[] = { { .step = 10 }, { .step = 20 }, { .step = 40 } };
  g_autoptr (EspHistory) history = esp_history_new (records, 3, NULL, 0);

  g_assert_cmpuint (esp_plot_find_record (history, -5), ==, 0);
  g_assert_cmpuint (esp_plot_find_record (history, 14), ==, 0);
  g_assert_cmpuint (esp_plot_find_record (history, 16), ==, 1);
  g_assert_cmpuint (esp_plot_find_record (history, 31), ==, 2);
  g_assert_cmpuint (esp_plot_find_record (history, 1e9), ==, 2);
}

/* The ink of an edge is its length times its width times its opacity, whatever its direction. */
static void
test_edge_ink (void)
{
  for (int rise = 0; rise <= 80; rise += 40)
    {
      g_autofree EspEdgeJob *job = esp_edge_job_new (1);
      g_autofree guint8 *pixels = g_malloc0 (200 * 120 * 3);
      double ink = 0, length = 0;

      job->width = 200;
      job->height = 120;
      job->edges[0] = (EspEdge){ 20, 20, 180, 20 + (float) rise, 3, 0.8f, { 255, 255, 255, 0 } };
      esp_edge_job_draw (job, pixels);
      for (size_t i = 0; i < 200 * 120; i++)
        ink += pixels[3 * i] / 255.0;
      for (int x = 20; x < 180; x++)
        {
          double slope;

          esp_edge_get_y (&job->edges[0], x + 0.5, &slope);
          length += sqrt (1 + slope * slope);
        }
      g_assert_cmpfloat_with_epsilon (ink, length * 3 * 0.8, 0.03 * length * 3 * 0.8);
    }
}

static void
test_edge_outside (void)
{
  g_autofree EspEdgeJob *job = esp_edge_job_new (4);
  g_autofree guint8 *pixels = g_malloc (30 * 20 * 3);

  /* Beyond every side, upside down, and without length: nothing is written outside (checked by ASan). */
  job->width = 30;
  job->height = 20;
  job->background[1] = 7;
  job->edges[0] = (EspEdge){ -500, -90, 900, 300, 9, 1, { 255 } };
  job->edges[1] = (EspEdge){ 5, 500, 25, -500, 30, 1, { 255 } };
  job->edges[2] = (EspEdge){ 10, 5, 10, 15, 3, 1, { 255 } };
  job->edges[3] = (EspEdge){ 40, 5, 90, 15, 3, 1, { 255 } };
  esp_edge_job_draw (job, pixels);
  g_assert_cmpint (pixels[1], ==, 7);
}

static void
test_edge_distance (void)
{
  const EspEdge edge = { .x0 = 0, .y0 = 0, .x1 = 100, .y1 = 60 };

  g_assert_cmpfloat (esp_edge_get_distance (&edge, 50, 30), <, 1e-6);
  g_assert_cmpfloat (esp_edge_get_distance (&edge, -1, 0), >, 1e6);
  /* At its middle the edge rises by 0.9 a pixel. */
  g_assert_cmpfloat_with_epsilon (esp_edge_get_distance (&edge, 50, 40), 10 / sqrt (1 + 0.81), 1e-5);
}

static void
keep_picture (GdkTexture *texture, const EspEdgeView *view, gpointer data)
{
  GdkTexture **kept = data;

  g_assert_cmpfloat (view->zoom, ==, 2);
  g_set_object (kept, texture);
}

static void
test_painter (void)
{
  g_autoptr (GdkTexture) texture = NULL;
  EspEdgePainter *painter = esp_edge_painter_new (keep_picture, &texture);

  for (int i = 1; i <= 20; i++)
    {
      EspEdgeJob *job = esp_edge_job_new (1);

      job->width = 10 * i;
      job->height = 10;
      job->view.zoom = 2;
      esp_edge_painter_submit (painter, job);
    }
  for (int i = 0; i < 200 && (!texture || gdk_texture_get_width (texture) != 200); i++)
    esp_picture_wait (10);
  g_assert_nonnull (texture);
  g_assert_cmpint (gdk_texture_get_width (texture), ==, 200);
  esp_edge_painter_free (painter);

  /* With a job under way. */
  painter = esp_edge_painter_new (keep_picture, &texture);
  esp_edge_painter_submit (
    painter, g_memdup2 (&(EspEdgeJob){ .width = 900, .height = 900, .view.zoom = 2 }, sizeof (EspEdgeJob)));
  esp_edge_painter_free (painter);
}

static void
test_placing (void)
{
  g_autoptr (EspSnapshot) snapshot = esp_sample_snapshot ("cartpole", "S0", 0.5);
  g_autoptr (EspNetworkLayout) layout = esp_network_layout_new (snapshot->arrangement);
  const struct
  {
    double width;
    double height;
  } sizes[] = { { 420, 300 }, { 900, 500 }, { 160, 110 } };

  g_assert_cmpuint (snapshot->arrangement->n_weights, ==, 660);
  for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      esp_network_layout_place (layout, sizes[s].width, sizes[s].height, 30, 50);
      for (size_t i = 0; i < layout->n_nodes; i++)
        {
          const EspNode *a = &layout->nodes[i];

          g_assert_cmpfloat (a->x - a->half_width, >=, 0);
          g_assert_cmpfloat (a->x + a->half_width, <=, sizes[s].width);
          g_assert_cmpfloat (a->y - a->half_height, >=, 0);
          g_assert_cmpfloat (a->y + a->half_height, <=, sizes[s].height);
          for (size_t j = 0; j < i; j++)
            {
              const EspNode *b = &layout->nodes[j];

              g_assert_true (fabsf (a->x - b->x) > a->half_width + b->half_width
                             || fabsf (a->y - b->y) > a->half_height + b->half_height);
            }
        }
      for (size_t i = 0; i < snapshot->arrangement->n_weights; i++)
        g_assert_cmpfloat (layout->nodes[layout->paths[i].source].x, <,
                           layout->nodes[layout->paths[i].target].x);
    }
}

/* x → × → output lives; a masked path into a dead end and one out of an unreached operator do not. */
static void
test_live (void)
{
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new ("mul,sin/cos", 2, NULL);
  g_autoptr (EspNetworkLayout) layout = esp_network_layout_new (arrangement);
  float probabilities[64] = { 0 };
  bool live[8];
  size_t output = arrangement->layers[2].weights;

  g_assert_cmpuint (arrangement->n_weights, ==, 6 + 4 + 5);
  g_assert_cmpuint (layout->n_nodes, ==, 6);
  probabilities[0] = 0.9f;                                  /* first input → ×, argument 1 */
  probabilities[output + 2] = 0.9f;                         /* × → output */
  probabilities[4] = 0.9f;                                  /* first input → sin, which leads nowhere */
  probabilities[output + 4] = 0.9f;                         /* cos, which nothing reaches, → output */
  probabilities[arrangement->layers[1].weights + 2] = 0.5f; /* × → cos: at the threshold, not above */
  g_assert_cmpuint (esp_network_layout_get_live (layout, probabilities, 0.5, live), ==, 2);
  g_assert_true (live[0]);
  g_assert_false (live[1]);
  g_assert_true (live[2]);
  g_assert_false (live[3]);
  g_assert_false (live[4]);
  g_assert_true (live[5]);

  memset (probabilities, 0, sizeof probabilities);
  g_assert_cmpuint (esp_network_layout_get_live (layout, probabilities, 0.5, live), ==, 0);
  g_assert_false (live[5]);
}

static void
test_names (void)
{
  const EspEnvironmentInfo *environment = esp_sample_environment ("cartpole");
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new ("mul*3/div/sin", 4, NULL);
  g_autoptr (EspNetworkLayout) layout = esp_network_layout_new (arrangement);
  g_autofree char *second = esp_network_layout_describe_path (layout, environment, 0, 2 * 4 + 1);
  g_autofree char *output = esp_network_layout_describe_path (layout, environment, 0,
                                                              arrangement->layers[3].weights + 8);

  g_assert_cmpstr (second, ==, "ẋ → ×\u20092 in layer 1, argument 1");
  g_assert_cmpstr (output, ==, "sin\u20091 in layer 3 → force");
}

void
esp_test_add_palette (void)
{
  g_test_add_data_func ("/widgets/palette/light", GINT_TO_POINTER (FALSE), test_contrast);
  g_test_add_data_func ("/widgets/palette/dark", GINT_TO_POINTER (TRUE), test_contrast);
  g_test_add_func ("/widgets/text/numbers", test_numbers);
  g_test_add_func ("/widgets/plot/axis", test_axis);
  g_test_add_func ("/widgets/plot/record", test_find_record);
}

void
esp_test_add_edges (void)
{
  g_test_add_func ("/widgets/edges/ink", test_edge_ink);
  g_test_add_func ("/widgets/edges/outside", test_edge_outside);
  g_test_add_func ("/widgets/edges/distance", test_edge_distance);
  g_test_add_func ("/widgets/edges/painter", test_painter);
}

void
esp_test_add_network_layout (void)
{
  g_test_add_func ("/widgets/network-layout/placing", test_placing);
  g_test_add_func ("/widgets/network-layout/live", test_live);
  g_test_add_func ("/widgets/network-layout/names", test_names);
}
