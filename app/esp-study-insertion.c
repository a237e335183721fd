#include "esp-study-insertion.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "esp-error.h"
#include "esp-insertion-table.h"
#include "esp-interrupt.h"
#include "esp-progress.h"

/* The work, which a thread of its own does so that a signal need not wait for it. */
typedef struct
{
  const EspStudy *study;
  size_t episodes;
  GArray *rows;
  GError *error;
  _Atomic bool cancelled;
  _Atomic guint n_done; /* environments */
} Work;

static const char *
get_environment (const EspStudy *study, guint i)
{
  return g_array_index (study->environments, EspStudyEnvironment, i).name;
}

static void *
fill (void *data)
{
  Work *work = data;
  g_autoptr (EspPool) pool = esp_pool_new (0);

  for (guint i = 0; i < work->study->environments->len && !atomic_load (&work->cancelled); i++)
    {
      if (!esp_insertion_table_fill (work->rows, get_environment (work->study, i), work->episodes, pool,
                                     &work->cancelled, &work->error))
        break;
      atomic_fetch_add (&work->n_done, 1);
    }

  return NULL;
}

/* Waits for @thread, with progress, and stops it at the first signal. */
static void
follow (Work *work, pthread_t thread)
{
  g_autoptr (EspProgress) progress = esp_progress_new ();
  guint n = work->study->environments->len;
  struct timespec end;

  do
    {
      guint n_done = atomic_load (&work->n_done);
      g_autofree char *text = g_strdup_printf ("%u of %u environments done", n_done, n);

      esp_progress_show (progress, (double) n_done / n, text);
      if (esp_interrupt_has_come ())
        atomic_store (&work->cancelled, true);
      clock_gettime (CLOCK_REALTIME, &end);
      end.tv_nsec += ESP_PROGRESS_MILLISECONDS * 1000000L;
      end.tv_sec += end.tv_nsec / 1000000000L;
      end.tv_nsec %= 1000000000L;
    }
  while (pthread_timedjoin_np (thread, NULL, &end) == ETIMEDOUT);
}

/* Returns the mean of @returns with the interval over its episodes. */
static EspEstimate
estimate (const EspReturns *returns)
{
  double n = (double) returns->episodes;

  if (returns->episodes == 0)
    return (EspEstimate){ 0, NAN, NAN };

  return (EspEstimate){ returns->episodes, returns->mean,
                        returns->episodes > 1 ? esp_student_quantile (n - 1.0) * returns->deviation / sqrt (n)
                                              : NAN };
}

/* Returns how much more the network of @row returns than the formula, with the interval over the pairs of
 * episodes that begin alike, whose luck the two share. */
static EspEstimate
estimate_difference (const EspInsertionRow *row)
{
  double n = (double) row->network_return.episodes;

  if (!row->fits)
    return (EspEstimate){ 0, NAN, NAN };

  return (EspEstimate){ row->network_return.episodes, row->network_return.mean - row->formula_return.mean,
                        n > 1.0 ? esp_student_quantile (n - 1.0) * row->difference_deviation / sqrt (n)
                                : NAN };
}

static void
add_row (EspTable *table, const EspInsertionRow *row)
{
  esp_table_add_text (table, row->environment);
  esp_table_add_text (table, row->name);
  esp_table_add_estimate (table, estimate (&row->formula_return));
  esp_table_add_text (table, row->arrangement);
  esp_table_add_text (table, row->dense ? "yes" : "no");
  esp_table_add_text (table, row->fits ? "yes" : "no");
  esp_table_add_estimate (table, estimate (&row->network_return));
  esp_table_add_estimate (table, estimate_difference (row));
  esp_table_add_number (table, row->fits ? (double) row->n_paths : NAN);
}

static EspTable *
tabulate (const GArray *rows, GString *notes)
{
  static const EspColumn columns[] = {
    { "environment", "environment", 0, TRUE, TRUE },
    { "formula", "formula", 0, TRUE, TRUE },
    { "formula_return", "its return", 2, FALSE, FALSE },
    { "arrangement", "arrangement", 0, TRUE, FALSE },
    { "dense", "dense", 0, TRUE, FALSE },
    { "fits", "fits", 0, TRUE, FALSE },
    { "network_return", "network's return", 2, FALSE, FALSE },
    { "difference", "difference", 2, FALSE, FALSE },
    { "live_paths", "paths", 0, FALSE, FALSE },
  };
  EspTable *table = esp_table_new (columns, G_N_ELEMENTS (columns));

  g_string_append (
    notes, "± is half the width of the 95 % confidence interval of the mean over episodes, the same for the "
           "formula and its networks; that of the difference is over pairs of the same episodes.\n"
           "A network can only hold a form of the formula that its operators have, with a tanh for clipped "
           "actions, and that is another function; the difference says how good a policy it is.\n");
  for (guint i = 0; i < rows->len; i++)
    {
      const EspInsertionRow *row = &g_array_index (rows, EspInsertionRow, i);

      add_row (table, row);
      if (!row->fits)
        g_string_append_printf (notes, "%s, %s, does not fit into %s%s: %s.\n", row->environment, row->name,
                                row->arrangement, row->dense ? "" : " without dense connections",
                                row->reason);
    }

  return table;
}

EspTable *
esp_study_insertion (const EspStudy *study, size_t episodes, GString *notes, GError **error)
{
  g_autoptr (GArray) rows = esp_insertion_table_new ();
  Work work = { .study = study, .episodes = episodes, .rows = rows };
  pthread_t thread;

  if (pthread_create (&thread, NULL, fill, &work) != 0)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYSTEM,
                   "the system has no thread left to measure formulas with");
      return NULL;
    }
  follow (&work, thread);
  if (work.error != NULL)
    {
      g_propagate_error (error, work.error);
      return NULL;
    }

  return tabulate (rows, notes);
}
