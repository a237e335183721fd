/* The figures beside the curves, for returns of every size. */

#include "esp-curve-plot.h"
#include "esp-curve-view.h"
#include "esp-samples.h"
#include "test-widgets.h"

/* Returns a snapshot whose evaluations and records return from @low to @high. */
static EspSnapshot *
make_snapshot (double low, double high)
{
  EspSnapshot *snapshot = esp_sample_snapshot ("cartpole", "S0", 0.7);
  const EspHistory *history = snapshot->history;

  g_assert_cmpuint (history->n_evaluations, >, 2);
  for (size_t i = 0; i < history->n_records; i++)
    snapshot->history->records[i].episode_return = low;
  for (size_t i = 0; i < history->n_evaluations; i++)
    {
      EspEvaluation *evaluation = &snapshot->history->evaluations[i];
      double mean = low + (high - low) * (double) i / (double) (history->n_evaluations - 1);

      evaluation->sampled = evaluation->masked = evaluation->formula = (EspReturns){
        .mean = mean, .deviation = (high - low) / 3, .episodes = 10
      };
    }

  return snapshot;
}

/* Every label has room to the left of the curves, and is written out. */
static void
test_labels (void)
{
  static const double ranges[][2] = {
    { 0, 1 },     { 0, 4012 },     { -1234, 4012 }, { -0.3, 0.31 }, { -123456, -120000 },
    { 0, 1.5e7 }, { -1e-4, 2e-4 },
  };
  static const float sizes[][2] = { { 200, 120 }, { 420, 300 }, { 900, 700 } };
  GtkWidget *window = esp_test_show (esp_curve_view_new (), 420, 300);
  g_autoptr (EspTexts) texts = esp_texts_new (window);

  for (size_t i = 0; i < G_N_ELEMENTS (ranges); i++)
    for (size_t k = 0; k < G_N_ELEMENTS (sizes); k++)
      {
        g_autoptr (EspSnapshot) snapshot = make_snapshot (ranges[i][0], ranges[i][1]);
        EspCurvePlot plot = esp_curve_plot_new (texts, snapshot, sizes[k][0], sizes[k][1]);

        g_assert_cmpfloat (plot.returns.low, <=, ranges[i][0]);
        g_assert_cmpfloat (plot.returns.high, >=, ranges[i][1]);
        for (double tick = plot.returns.low; tick <= plot.returns.high + 0.5 * plot.returns.tick;
             tick += plot.returns.tick)
          {
            g_autofree char *text = esp_axis_format (&plot.returns, tick);

            g_assert_null (strchr (text, 'e'));
            g_assert_cmpfloat (plot.area.origin.x - esp_texts_get_width (texts, text, plot.text_size), >=,
                               10);
          }
      }
  gtk_window_destroy (GTK_WINDOW (window));
}

void
esp_test_add_curves (void)
{
  g_test_add_func ("/widgets/curve/labels", test_labels);
}
