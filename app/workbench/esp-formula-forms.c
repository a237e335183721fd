#include "esp-formula-forms.h"

#include <gio/gio.h>

#include "esp-print.h"
#include "esp-simplify.h"

/* Of one side of a step, in nodes; more is not read in a list. */
#define MOST_NODES  60
#define STEP_DIGITS 4

/* One step of one action. */
typedef struct
{
  size_t action;
  size_t number; /* within the action's log, from 0 */
  const char *rule;
  char *before;
  char *after;
} Step;

struct _EspSteps
{
  EspFormula *raw;
  size_t n_actions;
  EspRewriteLog **logs;
  GArray *steps; /* of Step */
};

EspFormula *
esp_forms_get_raw (const EspActor *actor)
{
  return actor->kind == ESP_POLICY_SYMBOLIC ? esp_network_extract_raw (actor->network)
                                            : esp_actor_get_formula (actor);
}

EspFormula *
esp_forms_simplify (EspFormula *formula)
{
  size_t n = esp_formula_get_n_actions (formula);
  g_autoptr (GPtrArray) simple = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);

  for (size_t a = 0; a < n; a++)
    g_ptr_array_add (simple, esp_expression_simplify (esp_formula_get_expression (formula, a)));
  return esp_formula_new ((EspExpression *const *) simple->pdata, n, esp_formula_get_symbols (formula));
}

size_t
esp_forms_get_length (const EspFormula *formula)
{
  size_t length = 0;

  for (size_t a = 0; a < esp_formula_get_n_actions (formula); a++)
    {
      size_t more = esp_formula_get_length (formula, a);

      length = more > G_MAXSIZE - length ? G_MAXSIZE : length + more;
    }
  return length;
}

static void
release_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  esp_formula_unref (data);
  g_task_return_boolean (task, TRUE);
}

static void
release_now (gpointer formula)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_task_data (task, formula, NULL);
  g_task_run_in_thread (task, release_in_thread);
}

void
esp_forms_release (EspFormula *formula)
{
  if (formula == NULL)
    return;
  if (esp_forms_get_length (formula) <= ESP_STEPS_MAX_LENGTH)
    esp_formula_unref (formula);
  else
    g_idle_add_once (release_now, formula);
}

static void
clear_step (gpointer data)
{
  Step *step = data;

  g_free (step->before);
  g_free (step->after);
}

static char *
describe (const EspExpression *expression, const EspSymbols *symbols)
{
  size_t length = esp_expression_get_length (expression);

  return length <= MOST_NODES ? esp_expression_to_unicode (expression, symbols, STEP_DIGITS)
                              : g_strdup_printf ("a term of reading length %zu", length);
}

/* Fills in both sides of @step. */
static void
describe_both (Step *step, const EspRewrite *rewrite, const EspSymbols *symbols)
{
  step->before = describe (rewrite->before, symbols);
  step->after = describe (rewrite->after, symbols);
  if (!g_str_equal (step->before, step->after))
    return;
  /* they only differ in the last digits, or in how they are built: the language tells that apart */
  if (esp_expression_get_length (rewrite->before) > MOST_NODES)
    {
      g_free (step->after);
      step->after = g_strdup ("one of the same length");
      return;
    }
  clear_step (step);
  step->before = esp_expression_to_text (rewrite->before, symbols);
  step->after = esp_expression_to_text (rewrite->after, symbols);
}

EspSteps *
esp_steps_new (EspFormula *raw)
{
  const EspSymbols *symbols = esp_formula_get_symbols (raw);
  EspSteps *steps;

  if (esp_forms_get_length (raw) > ESP_STEPS_MAX_LENGTH)
    return NULL;
  steps = g_new0 (EspSteps, 1);
  steps->raw = esp_formula_ref (raw);
  steps->n_actions = esp_formula_get_n_actions (raw);
  steps->logs = g_new0 (EspRewriteLog *, steps->n_actions);
  steps->steps = g_array_new (FALSE, FALSE, sizeof (Step));
  g_array_set_clear_func (steps->steps, clear_step);
  for (size_t a = 0; a < steps->n_actions; a++)
    {
      /* without bounds: what the policy that runs is simplified by holds everywhere */
      EspExpression *simple = esp_expression_simplify_within (esp_formula_get_expression (raw, a), NULL, 0,
                                                              ESP_DOMAIN_EVERYWHERE, &steps->logs[a]);

      esp_expression_unref (simple);
      for (size_t i = 0; i < esp_rewrite_log_get_n_steps (steps->logs[a]); i++)
        {
          const EspRewrite *rewrite = esp_rewrite_log_get_step (steps->logs[a], i);
          Step step = { .action = a, .number = i, .rule = rewrite->rule };

          describe_both (&step, rewrite, symbols);
          g_array_append_val (steps->steps, step);
        }
    }
  return steps;
}

void
esp_steps_free (EspSteps *steps)
{
  if (steps == NULL)
    return;
  for (size_t a = 0; a < steps->n_actions; a++)
    esp_rewrite_log_free (steps->logs[a]);
  g_free (steps->logs);
  g_array_unref (steps->steps);
  esp_formula_unref (steps->raw);
  g_free (steps);
}

size_t
esp_steps_get_n (const EspSteps *steps)
{
  return steps->steps->len;
}

const char *
esp_steps_get_rule (const EspSteps *steps, size_t i)
{
  return g_array_index (steps->steps, Step, i).rule;
}

const char *
esp_steps_get_before (const EspSteps *steps, size_t i)
{
  return g_array_index (steps->steps, Step, i).before;
}

const char *
esp_steps_get_after (const EspSteps *steps, size_t i)
{
  return g_array_index (steps->steps, Step, i).after;
}

EspFormula *
esp_steps_get_formula (const EspSteps *steps, size_t k)
{
  g_autofree EspExpression **expressions = g_new (EspExpression *, steps->n_actions);
  g_autofree size_t *done = g_new0 (size_t, steps->n_actions);

  for (size_t i = 0; i < k; i++)
    {
      const Step *step = &g_array_index (steps->steps, Step, i);

      done[step->action] = step->number + 1;
    }
  for (size_t a = 0; a < steps->n_actions; a++)
    expressions[a] = esp_rewrite_log_get_expression (steps->logs[a], done[a]);
  return esp_formula_new (expressions, steps->n_actions, esp_formula_get_symbols (steps->raw));
}
