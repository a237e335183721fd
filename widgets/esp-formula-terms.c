#include "esp-formula-terms.h"

#include <math.h>

#include "esp-identity.h"

/* What is left of the nodes that may be shown. */
typedef struct
{
  EspTerms *terms;
  size_t left;
  EspIdentifier *identifier;
} Budget;

static EspTerm *convert (Budget *budget, EspExpression *expression, EspPlace place);

static void
free_term (gpointer data)
{
  EspTerm *term = data;

  g_free (term->children);
  g_free (term);
}

static EspTerm *
new_term (Budget *budget, EspTermKind kind, EspExpression *expression, EspPlace place)
{
  EspTerm *term = g_new0 (EspTerm, 1);

  term->id = (int) budget->terms->all->len;
  term->kind = kind;
  term->expression = expression;
  if (expression)
    {
      term->operation = esp_expression_get_operation (expression);
      term->identity = esp_identifier_identify (budget->identifier, place, expression);
    }
  g_ptr_array_add (budget->terms->all, term);
  return term;
}

static void
add_child (EspTerm *term, EspTerm *child)
{
  term->children = g_renew (EspTerm *, term->children, term->n + 1);
  term->children[term->n++] = child;
}

static void
convert_operands (Budget *budget, EspTerm *term, EspPlace place)
{
  for (size_t i = 0; i < esp_expression_get_n_operands (term->expression); i++)
    add_child (term, convert (budget, esp_expression_get_operand (term->expression, i),
                              esp_place_of_operand (place, term->expression, i)));
}

static bool
is_sum (EspOperation operation)
{
  return operation == ESP_OPERATION_ADD || operation == ESP_OPERATION_SUBTRACT
         || operation == ESP_OPERATION_NEGATE;
}

/* Pulls a leading minus sign out of a number, or of the first factor or numerator. */
static bool
pull_sign (EspTerm *term)
{
  switch (term->kind)
    {
    case ESP_TERM_NUMBER:
      if (!(term->value < 0))
        return false;
      term->value = -term->value;
      return true;
    case ESP_TERM_PRODUCT:
    case ESP_TERM_FRACTION:
      return !term->guarded && pull_sign (term->children[0]);
    default:
      return false;
    }
}

/* Adds the addends of @expression to @sum; says whether there is room for more. */
static bool
add_addends (Budget *budget, EspTerm *sum, EspExpression *expression, EspPlace place, bool negative)
{
  EspOperation operation = esp_expression_get_operation (expression);
  EspTerm *term;

  if (is_sum (operation) && budget->left > 0)
    {
      size_t n = esp_expression_get_n_operands (expression);

      budget->left--;
      for (size_t i = 0; i < n; i++)
        if (!add_addends (budget, sum, esp_expression_get_operand (expression, i),
                          esp_place_of_operand (place, expression, i),
                          negative != (operation != ESP_OPERATION_ADD && i + 1 == n)))
          return false;
      return true;
    }
  term = convert (budget, expression, place);
  term->negative = negative != pull_sign (term);
  add_child (sum, term);
  return term->kind != ESP_TERM_ELLIPSIS;
}

static bool
add_factors (Budget *budget, EspTerm *product, EspExpression *expression, EspPlace place)
{
  EspTerm *term;

  if (esp_expression_get_operation (expression) == ESP_OPERATION_MULTIPLY && budget->left > 0)
    {
      place = esp_place_of_operand (place, expression, 0);
      budget->left--;
      return add_factors (budget, product, esp_expression_get_operand (expression, 0), place)
             && add_factors (budget, product, esp_expression_get_operand (expression, 1), place);
    }
  term = convert (budget, expression, place);
  add_child (product, term);
  return term->kind != ESP_TERM_ELLIPSIS;
}

static EspTerm *
convert (Budget *budget, EspExpression *expression, EspPlace place)
{
  EspTerm *term;

  if (budget->left == 0)
    return new_term (budget, ESP_TERM_ELLIPSIS, NULL, place);

  switch (esp_expression_get_operation (expression))
    {
    case ESP_OPERATION_CONSTANT:
      budget->left--;
      term = new_term (budget, ESP_TERM_NUMBER, expression, place);
      term->value = esp_expression_get_value (expression);
      return term;
    case ESP_OPERATION_VARIABLE:
      budget->left--;
      term = new_term (budget, ESP_TERM_VARIABLE, expression, place);
      term->index = esp_expression_get_index (expression);
      return term;
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
    case ESP_OPERATION_NEGATE:
      term = new_term (budget, ESP_TERM_SUM, expression, place);
      add_addends (budget, term, expression, place, false);
      return term;
    case ESP_OPERATION_MULTIPLY:
      term = new_term (budget, ESP_TERM_PRODUCT, expression, place);
      add_factors (budget, term, expression, place);
      return term;
    case ESP_OPERATION_GUARDED_MULTIPLY:
      term = new_term (budget, ESP_TERM_PRODUCT, expression, place);
      term->guarded = true;
      break;
    case ESP_OPERATION_DIVIDE:
    case ESP_OPERATION_GUARDED_DIVIDE:
      term = new_term (budget, ESP_TERM_FRACTION, expression, place);
      term->guarded = term->operation == ESP_OPERATION_GUARDED_DIVIDE;
      break;
    case ESP_OPERATION_POWER:
      term = new_term (budget, ESP_TERM_POWER, expression, place);
      break;
    default:
      term = new_term (budget, ESP_TERM_FUNCTION, expression, place);
      term->guarded = term->operation == ESP_OPERATION_GUARDED_LOG
                      || term->operation == ESP_OPERATION_GUARDED_EXP;
      break;
    }
  budget->left--;
  convert_operands (budget, term, place);
  return term;
}

EspTerms *
esp_terms_new (EspFormula *formula, size_t most_nodes)
{
  EspTerms *terms = g_new0 (EspTerms, 1);
  g_autoptr (EspIdentifier) identifier = esp_identifier_new ();

  terms->n_actions = esp_formula_get_n_actions (formula);
  terms->roots = g_new0 (EspTerm *, terms->n_actions);
  terms->left_out = g_new0 (size_t, terms->n_actions);
  terms->all = g_ptr_array_new_with_free_func (free_term);
  for (size_t i = 0; i < terms->n_actions; i++)
    {
      Budget budget = { terms, most_nodes, identifier };
      EspPlace place = esp_place_of_action (i);
      size_t length = esp_formula_get_length (formula, i);

      terms->roots[i] = convert (&budget, esp_formula_get_expression (formula, i), place);
      if (terms->roots[i]->expression)
        terms->roots[i]->identity = esp_place_get_identity (place);
      if (length > most_nodes)
        terms->left_out[i] = length - most_nodes;
    }
  return terms;
}

void
esp_terms_free (EspTerms *terms)
{
  if (!terms)
    return;
  g_ptr_array_unref (terms->all);
  g_free (terms->roots);
  g_free (terms->left_out);
  g_free (terms);
}

const EspTerm *
esp_terms_get (const EspTerms *terms, int id)
{
  return id >= 0 && (guint) id < terms->all->len ? g_ptr_array_index (terms->all, (guint) id) : NULL;
}

int
esp_terms_find (const EspTerms *terms, uint64_t identity)
{
  for (guint i = 0; i < terms->all->len; i++)
    {
      const EspTerm *term = g_ptr_array_index (terms->all, i);

      if (term->expression && term->identity == identity)
        return (int) i;
    }
  return -1;
}
