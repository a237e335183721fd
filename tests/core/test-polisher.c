/* The polisher: from a hopeless formula it finds one that balances, tells a front that grows, keeps to its
 * budget, and can be stopped at any time. */

#include <math.h>

#include "esp-evaluation.h"
#include "esp-polisher.h"
#include "esp-trainer.h"
#include "small-run.h"

static const EspEnvironmentInfo *
find_environment (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspEnvironment) environment = esp_environment_new (name, &error);

  g_assert_no_error (error);
  return esp_environment_get_info (environment);
}

static EspFormula *
parse (const char *text)
{
  static const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };
  g_autoptr (GError) error = NULL;
  EspFormula *formula = esp_formula_parse (text, &(EspSymbols){ G_N_ELEMENTS (names), names, NULL, NULL }, 1,
                                           &error);

  g_assert_no_error (error);
  return formula;
}

/* Starts to polish what @actor says, or @text where it is NULL. */
static EspPolisher *
start (EspActor *actor, const char *text, double seconds, size_t n_workers)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("polish_search_episodes=8", "length_limit=15", NULL);
  g_autoptr (EspFormula) formula = actor == NULL ? parse (text) : NULL;

  return esp_polisher_new (&(EspPolisherSettings){ .environment = find_environment ("cartpole"),
                                                   .recipe = recipe,
                                                   .actor = actor,
                                                   .formulas = &formula,
                                                   .n_formulas = actor == NULL,
                                                   .seconds = seconds,
                                                   .seed = 1,
                                                   .n_workers = n_workers });
}

/* Follows @polisher to its end, but cancels it after @n_reports, and returns the last report. */
static EspPolishReport *
follow (EspPolisher *polisher, size_t n_reports)
{
  g_autoptr (EspPolishReport) last = NULL;
  size_t n = 0;

  while (last == NULL || !last->done)
    {
      g_autoptr (EspPolishReport) report = esp_polisher_take_report (polisher);

      if (report != NULL)
        {
          if (last != NULL && last->front != NULL)
            g_assert_nonnull (report->front);
          esp_polish_report_unref (last);
          last = g_steal_pointer (&report);
          if (++n == n_reports)
            esp_polisher_cancel (polisher);
        }
      g_usleep (20000);
    }
  g_assert_null (esp_polisher_take_report (polisher));

  return g_steal_pointer (&last);
}

static void
check_front (const EspArchive *front)
{
  g_assert_cmpuint (esp_archive_get_n (front), >, 0);
  for (size_t i = 1; i < esp_archive_get_n (front); i++)
    {
      g_assert_cmpuint (esp_archive_get (front, i)->length, >, esp_archive_get (front, i - 1)->length);
      g_assert_cmpfloat (esp_archive_get (front, i)->value, >, esp_archive_get (front, i - 1)->value);
    }
}

/* Polishes with more and more time until it was enough for this machine to find what returns @enough. */
static EspPolishReport *
polish (EspActor *actor, const char *text, size_t n_workers, double enough)
{
  for (double seconds = 2.0;; seconds *= 4.0)
    {
      g_autoptr (EspPolisher) polisher = start (actor, text, seconds, n_workers);
      g_autoptr (EspPolishReport) report = follow (polisher, SIZE_MAX);

      if ((report->unseen && report->chosen != NULL && report->chosen_value > enough) || seconds > 100.0)
        return g_steal_pointer (&report);
    }
}

static void
test_finds (void)
{
  g_autoptr (EspPolishReport) report = polish (NULL, "0.1*x", 1, 500.0);

  check_front (report->front);
  g_assert_cmpuint (report->length, ==, 3);
  g_assert_nonnull (report->chosen);
  g_assert_cmpfloat (report->chosen_value, >, 500.0);
  g_assert_cmpuint (esp_formula_get_longest (report->chosen), <=, 15);
  g_assert_true (report->unseen);
  g_assert_cmpfloat (report->before, <, report->chosen_value);

  {
    /* what it says of the chosen one is what anybody measures */
    EspReturns returns = esp_evaluate_formula (report->chosen, find_environment ("cartpole"), ESP_CHOICE_SEED,
                                               report->episodes, NULL, NULL);

    g_assert_cmpfloat (returns.mean, ==, report->chosen_value);
  }
}

static void
test_cancelled (void)
{
  for (size_t n = 1; n < 4; n++)
    {
      g_autoptr (EspPolisher) polisher = start (NULL, "0.1*x", 600.0, n);
      g_autoptr (EspPolishReport) report = follow (polisher, n);

      /* the front is kept, but nothing is chosen */
      check_front (report->front);
      g_assert_null (report->chosen);
      g_assert_false (report->unseen);
    }

  /* before it has begun, and without anybody who looks */
  for (int i = 0; i < 5; i++)
    {
      EspPolisher *polisher = start (NULL, "0.1*x", 600.0, 2);

      if (i % 2 == 0)
        esp_polisher_cancel (polisher);
      g_usleep ((gulong) i * 3000);
      esp_polisher_free (polisher);
    }
}

/* The network of a run that has hardly begun is too long to be edited. */
static void
test_network (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("arrangement=S0", NULL);
  g_autoptr (EspRun) run = small_run ("cartpole", recipe, 3);
  g_autoptr (EspActor) actor = NULL;
  g_autoptr (EspPolishReport) report = NULL;

  take_steps (run, NULL, 60);
  actor = esp_policy_get_actor (&run->sac.policy);
  report = polish (actor, NULL, 2, 0.0);
  g_assert_cmpuint (report->length, >, 1000);
  check_front (report->front);
  g_assert_nonnull (report->chosen);
  g_assert_cmpuint (esp_formula_get_longest (report->chosen), <=, 15);
}

/* A budget that is over before anything was found leaves everything as it was. */
static void
test_no_time (void)
{
  g_autoptr (EspPolisher) polisher = start (NULL, "0.1*x", 0.0, 1);
  g_autoptr (EspPolishReport) report = NULL;

  report = follow (polisher, SIZE_MAX);
  g_assert_true (report->done);
  g_assert_false (report->unseen);
  if (report->front == NULL)
    g_assert_null (report->chosen);
}

static void
offer (EspArchive *archive, const char *text, double value)
{
  g_autoptr (EspFormula) formula = parse (text);

  g_assert_true (esp_archive_offer (archive, formula, value));
}

/* Of a front, the best that is not too long, or what is shorter and as good. */
static void
test_choice (void)
{
  g_autoptr (EspArchive) deep = esp_archive_new (3);
  g_autoptr (EspArchive) front = NULL;

  offer (deep, "x", 10.0);
  offer (deep, "theta", 9.0);
  offer (deep, "2*x", 99.9);
  offer (deep, "2*x + theta", 100.0);
  offer (deep, "3*x + theta", 98.0);
  offer (deep, "2*x + theta*x_dot - 1", 200.0);
  front = esp_archive_get_front (deep);
  g_assert_cmpuint (esp_archive_get_n (front), ==, 4);
  check_front (front);

  g_assert_cmpfloat (esp_archive_choose (front, 100, 0.0)->value, ==, 200.0);
  g_assert_cmpfloat (esp_archive_choose (front, 5, 0.0)->value, ==, 100.0);
  g_assert_cmpfloat (esp_archive_choose (front, 5, 0.01)->value, ==, 99.9);
  g_assert_cmpfloat (esp_archive_choose (front, 100, 0.6)->value, ==, 99.9);
  g_assert_null (esp_archive_choose (front, 0, 0.0));
}

/* The search that ends a run tells its front while it goes on, and the last one is the result's. */
static void
test_final_choice (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("steps=400", "arrangement=mul,sin,id", "length_limit=15",
                                               "polish_search_episodes=4", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (EspTrainer) trainer = esp_trainer_new ("cartpole", recipe, 2, &error);
  g_autoptr (EspArchive) last = NULL;
  EspResult result;
  bool done = false;
  unsigned n_fronts = 0;

  g_assert_no_error (error);
  esp_trainer_set_watched (trainer, true);
  /* so long that the trainer looks after it several times, however fast the machine is */
  esp_trainer_set_polish_seconds (trainer, 2.0);
  esp_trainer_run (trainer);
  while (!done)
    {
      g_autoptr (EspSnapshot) snapshot = esp_trainer_take_snapshot (trainer, ESP_CONSUMER_WINDOW);

      g_usleep (5000);
      if (snapshot == NULL)
        continue;
      if (snapshot->state == ESP_RUN_TRAINING || snapshot->state == ESP_RUN_PAUSED)
        g_assert_null (snapshot->front);
      if (snapshot->state == ESP_RUN_FINISHING && snapshot->front != NULL && snapshot->front != last)
        {
          check_front (snapshot->front);
          n_fronts++;
          g_clear_pointer (&last, esp_archive_unref);
          last = esp_archive_ref (snapshot->front);
        }
      done = snapshot->state == ESP_RUN_DONE;
      if (done)
        {
          g_assert_true (esp_trainer_get_result (trainer, &result));
          g_assert_true (snapshot->front == result.front);
          esp_result_clear (&result);
        }
    }
  g_assert_cmpuint (n_fronts, >, 0);

  /* a new run has none */
  esp_trainer_restart (trainer, 3);
  esp_trainer_pause (trainer);
  while (esp_trainer_wait (trainer, 1000) != ESP_RUN_PAUSED)
    ;
  {
    g_autoptr (EspSnapshot) snapshot = esp_trainer_take_snapshot (trainer, ESP_CONSUMER_WINDOW);

    g_assert_null (snapshot->front);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/polisher/finds", test_finds);
  g_test_add_func ("/polisher/cancelled", test_cancelled);
  g_test_add_func ("/polisher/network", test_network);
  g_test_add_func ("/polisher/no-time", test_no_time);
  g_test_add_func ("/polisher/choice", test_choice);
  g_test_add_func ("/polisher/final-choice", test_final_choice);

  return g_test_run ();
}
