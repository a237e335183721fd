#include "esp-patterns.h"

#include <math.h>
#include <string.h>

#include "esp-print.h"

/* How deep a term may be; what is deeper stands as an ellipsis. The recursion below ends there. */
#define MAX_DEPTH 256

/* How tightly a term binds, for parentheses. */
enum
{
  BINDS_SUM,
  BINDS_PRODUCT,
  BINDS_POWER,
  BINDS_ALL,
};

typedef struct
{
  EspPattern pattern;
  size_t last;         /* number of the formula that it was seen in last, from 1 */
  GHashTable *parents; /* keys are the Entry of patterns that this one is directly within */
} Entry;

struct _EspPatterns
{
  GHashTable *entries; /* from text to Entry */
  size_t n;
};

/* A term in normal form. */
typedef struct
{
  char *text;
  size_t nodes;
  int binds;
  gboolean is_number; /* `c` */
  Entry *entry;       /* its pattern, where it is one and patterns are being collected */
} Term;

/* How terms are joined: a sum or a product. */
typedef struct
{
  const char *sign;
  int binds;
} Joint;

static const Joint sum = { " + ", BINDS_SUM };
static const Joint product = { "*", BINDS_PRODUCT };

typedef struct
{
  EspPatterns *patterns; /* NULL to bring into normal form only */
  const EspSymbols *symbols;
} Context;

static void
clear_term (void *data)
{
  g_free (((Term *) data)->text);
}

static GArray *
terms_new (void)
{
  GArray *terms = g_array_new (FALSE, TRUE, sizeof (Term));

  g_array_set_clear_func (terms, clear_term);
  return terms;
}

static void
free_entry (void *data)
{
  Entry *entry = data;

  g_hash_table_unref (entry->parents);
  g_free (entry->pattern.text);
  g_free (entry);
}

EspPatterns *
esp_patterns_new (void)
{
  EspPatterns *patterns = g_new0 (EspPatterns, 1);

  patterns->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_entry);

  return patterns;
}

void
esp_patterns_free (EspPatterns *patterns)
{
  g_hash_table_unref (patterns->entries);
  g_free (patterns);
}

size_t
esp_patterns_get_n (const EspPatterns *patterns)
{
  return patterns->n;
}

/* Counts @term for the formula under way. */
static Entry *
note (const Context *context, const Term *term)
{
  EspPatterns *patterns = context->patterns;
  Entry *entry;

  if (patterns == NULL || term->nodes < ESP_PATTERN_LEAST_NODES)
    return NULL;
  entry = g_hash_table_lookup (patterns->entries, term->text);
  if (entry == NULL)
    {
      entry = g_new0 (Entry, 1);
      entry->pattern.text = g_strdup (term->text);
      entry->pattern.nodes = term->nodes;
      entry->parents = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (patterns->entries, entry->pattern.text, entry);
    }
  if (entry->last != patterns->n + 1)
    {
      entry->last = patterns->n + 1;
      entry->pattern.n_formulas++;
    }

  return entry;
}

static void
put_within (Entry *child, Entry *parent)
{
  if (child != NULL && parent != NULL && child != parent)
    g_hash_table_add (child->parents, parent);
}

static Term
make_number (void)
{
  return (Term){ .text = g_strdup ("c"), .nodes = 1, .binds = BINDS_ALL, .is_number = TRUE };
}

/* By text, but what divides comes last. */
static int
compare_terms (const void *a, const void *b)
{
  const char *first = ((const Term *) a)->text, *second = ((const Term *) b)->text;

  return first[0] != second[0] && (first[0] == '/' || second[0] == '/')
           ? (first[0] == '/') - (second[0] == '/')
           : strcmp (first, second);
}

/* Returns the sum or product of the @n of the sorted @terms that @chosen has in their order, or for NULL of
 * the first @n; not noted. */
static Term
combine (const GArray *terms, const guint *chosen, guint n, const Joint *joint)
{
  GString *text = g_string_new (NULL);
  Term combined = { .binds = joint->binds };

  for (guint i = 0; i < n; i++)
    {
      const Term *term = &g_array_index (terms, Term, chosen != NULL ? chosen[i] : i);

      /* what divides has a sign of its own */
      if (i > 0 && term->text[0] != '/')
        g_string_append (text, joint->sign);
      g_string_append_printf (text, term->binds < joint->binds ? "(%s)" : "%s", term->text);
      combined.nodes += term->nodes + (i > 0 ? 1 : 0);
    }
  combined.text = g_string_free (text, FALSE);

  return combined;
}

/* Notes what is chosen of @terms, and returns its pattern; there is none where nothing is divided. */
static Entry *
note_chosen (const Context *context, const GArray *terms, const guint *chosen, guint n, const Joint *joint)
{
  Term term = combine (terms, chosen, n, joint);
  Entry *entry = term.text[0] != '/' ? note (context, &term) : NULL;

  clear_term (&term);

  return entry;
}

/* Notes every choice of two or more of @terms, each of which lies within those with one more, and all within
 * @whole. */
static void
note_choices (const Context *context, const GArray *terms, const Joint *joint, Entry *whole)
{
  guint all = (1u << terms->len) - 1;
  Entry *entries[1u << ESP_PATTERN_MAX_CHOICE] = { NULL };

  for (guint choice = 1; choice < all; choice++)
    {
      guint chosen[ESP_PATTERN_MAX_CHOICE], n = 0;

      for (guint i = 0; i < terms->len; i++)
        if (choice >> i & 1)
          chosen[n++] = i;
      entries[choice] = n == 1 ? g_array_index (terms, Term, chosen[0]).entry
                               : note_chosen (context, terms, chosen, n, joint);
    }
  entries[all] = whole;
  for (guint choice = 1; choice < all; choice++)
    for (guint i = 0; i < terms->len; i++)
      if ((choice >> i & 1) == 0)
        put_within (entries[choice], entries[choice | 1u << i]);
}

static void
note_pairs (const Context *context, const GArray *terms, const Joint *joint, Entry *whole)
{
  for (guint i = 0; i < terms->len; i++)
    for (guint k = i + 1; k < terms->len; k++)
      {
        Entry *entry = note_chosen (context, terms, (guint[]){ i, k }, 2, joint);

        put_within (g_array_index (terms, Term, i).entry, entry);
        put_within (g_array_index (terms, Term, k).entry, entry);
        put_within (entry, whole);
      }
}

/* Returns the sum or product of @terms, which it sorts, @with_number times `c`; notes it and its parts. */
static Term
join (const Context *context, GArray *terms, const Joint *joint, gboolean with_number)
{
  Entry *bare = NULL;
  Term joined;

  g_array_sort (terms, compare_terms);
  if (terms->len == 1 && !with_number)
    {
      Term only = g_array_index (terms, Term, 0);

      only.text = g_strdup (only.text);
      return only;
    }

  joined = combine (terms, NULL, terms->len, joint);
  if (with_number)
    {
      char *text = g_strconcat (joined.text[0] == '/' ? "c" : "c*", joined.text, NULL);

      /* the product without its number is a part of it as well */
      if (terms->len > 1)
        bare = note_chosen (context, terms, NULL, terms->len, joint);
      g_free (joined.text);
      joined.text = text;
      joined.nodes += 2;
    }
  joined.entry = note (context, &joined);
  if (context->patterns == NULL)
    return joined;

  for (guint i = 0; i < terms->len; i++)
    put_within (g_array_index (terms, Term, i).entry, joined.entry);
  put_within (bare, joined.entry);
  if (terms->len > 1 && terms->len <= ESP_PATTERN_MAX_CHOICE)
    note_choices (context, terms, joint, bare != NULL ? bare : joined.entry);
  else
    note_pairs (context, terms, joint, bare != NULL ? bare : joined.entry);

  return joined;
}

static Term normalise (const Context *context, const EspExpression *expression, unsigned depth);

/* Collects the factors of the product @expression, or with @divides of what divides; returns whether there is
 * a number among them. */
static gboolean
collect_factors (
  const Context *context, const EspExpression *expression, gboolean divides, unsigned depth, GArray *factors)
{
  EspOperation operation = esp_expression_get_operation (expression);
  Term term;

  if (depth < MAX_DEPTH)
    switch (operation)
      {
      case ESP_OPERATION_NEGATE:
        collect_factors (context, esp_expression_get_operand (expression, 0), divides, depth + 1, factors);
        return TRUE;

      case ESP_OPERATION_MULTIPLY:
      case ESP_OPERATION_DIVIDE:
        {
          gboolean second = operation == ESP_OPERATION_DIVIDE ? !divides : divides;
          gboolean a = collect_factors (context, esp_expression_get_operand (expression, 0), divides,
                                        depth + 1, factors);
          gboolean b = collect_factors (context, esp_expression_get_operand (expression, 1), second,
                                        depth + 1, factors);

          return a || b;
        }

      default:
        break;
      }

  term = normalise (context, expression, depth + 1);
  if (term.is_number)
    {
      clear_term (&term);
      return TRUE;
    }
  if (divides)
    {
      char *text = g_strdup_printf (term.binds <= BINDS_PRODUCT ? "/(%s)" : "/%s", term.text);

      g_free (term.text);
      term.text = text;
      term.binds = BINDS_PRODUCT;
    }
  g_array_append_val (factors, term);

  return FALSE;
}

static Term
normalise_product (const Context *context,
                   const EspExpression *expression,
                   unsigned depth,
                   gboolean with_number)
{
  g_autoptr (GArray) factors = terms_new ();

  with_number |= collect_factors (context, expression, FALSE, depth, factors);
  if (factors->len == 0)
    return make_number ();

  return join (context, factors, &product, with_number);
}

static void
collect_addends (const Context *context, const EspExpression *expression, unsigned depth, GArray *addends)
{
  EspOperation operation = esp_expression_get_operation (expression);
  Term term;

  if (depth < MAX_DEPTH)
    switch (operation)
      {
      case ESP_OPERATION_ADD:
      case ESP_OPERATION_SUBTRACT:
        collect_addends (context, esp_expression_get_operand (expression, 0), depth + 1, addends);
        collect_addends (context, esp_expression_get_operand (expression, 1), depth + 1, addends);
        return;

      case ESP_OPERATION_NEGATE:
        collect_addends (context, esp_expression_get_operand (expression, 0), depth + 1, addends);
        return;

      default:
        break;
      }

  term = normalise_product (context, expression, depth + 1, TRUE);
  for (guint i = 0; i < addends->len; i++)
    if (strcmp (g_array_index (addends, Term, i).text, term.text) == 0)
      {
        /* c*x + c*x is c*x, and c + c is c */
        clear_term (&term);
        return;
      }
  g_array_append_val (addends, term);
}

/* Returns whether the order of the operands means nothing. */
static gboolean
is_symmetric (EspOperation operation)
{
  return operation == ESP_OPERATION_MIN || operation == ESP_OPERATION_MAX
         || operation == ESP_OPERATION_GUARDED_MULTIPLY;
}

static Term
normalise_call (const Context *context, const EspExpression *expression, unsigned depth)
{
  EspOperation operation = esp_expression_get_operation (expression);
  size_t n = esp_expression_get_n_operands (expression);
  g_autoptr (GArray) operands = terms_new ();
  gboolean is_number = TRUE;
  GString *text = g_string_new (esp_operation_get_name (operation));
  Term term = { .nodes = 1, .binds = BINDS_ALL };

  for (size_t i = 0; i < n; i++)
    {
      Term operand = normalise (context, esp_expression_get_operand (expression, i), depth + 1);

      is_number &= operand.is_number;
      g_array_append_val (operands, operand);
    }
  if (is_number)
    {
      g_string_free (text, TRUE);
      return make_number ();
    }
  if (is_symmetric (operation))
    g_array_sort (operands, compare_terms);
  for (guint i = 0; i < operands->len; i++)
    {
      g_string_append_printf (text, "%s%s", i == 0 ? "(" : ", ", g_array_index (operands, Term, i).text);
      term.nodes += g_array_index (operands, Term, i).nodes;
    }
  g_string_append_c (text, ')');
  term.text = g_string_free (text, FALSE);
  term.entry = note (context, &term);
  for (guint i = 0; i < operands->len; i++)
    put_within (g_array_index (operands, Term, i).entry, term.entry);

  return term;
}

/* A power keeps its exponent where that is a number: x^2 and x^3 are different shapes. */
static Term
normalise_power (const Context *context, const EspExpression *expression, unsigned depth)
{
  const EspExpression *exponent = esp_expression_get_operand (expression, 1);
  Term base = normalise (context, esp_expression_get_operand (expression, 0), depth + 1);
  GString *text;
  Term power, term;

  if (esp_expression_get_operation (exponent) == ESP_OPERATION_CONSTANT)
    power = (Term){ .text = esp_number_to_text (esp_expression_get_value (exponent)),
                    .nodes = 1,
                    .binds = esp_expression_get_value (exponent) < 0.0 ? BINDS_SUM : BINDS_ALL,
                    .is_number = TRUE };
  else
    power = normalise (context, exponent, depth + 1);
  if (base.is_number && power.is_number)
    {
      clear_term (&base);
      clear_term (&power);
      return make_number ();
    }

  text = g_string_new (NULL);
  g_string_append_printf (text, base.binds < BINDS_ALL ? "(%s)" : "%s", base.text);
  g_string_append_printf (text, power.binds < BINDS_ALL ? "^(%s)" : "^%s", power.text);
  term = (Term){ .text = g_string_free (text, FALSE),
                 .nodes = base.nodes + power.nodes + 1,
                 .binds = BINDS_POWER };
  term.entry = note (context, &term);
  put_within (base.entry, term.entry);
  put_within (power.entry, term.entry);
  clear_term (&base);
  clear_term (&power);

  return term;
}

static Term
normalise (const Context *context, const EspExpression *expression, unsigned depth)
{
  g_autoptr (GArray) addends = NULL;

  if (depth > MAX_DEPTH)
    return (Term){ .text = g_strdup ("…"), .nodes = 1, .binds = BINDS_ALL };

  switch (esp_expression_get_operation (expression))
    {
    case ESP_OPERATION_CONSTANT:
      return make_number ();

    case ESP_OPERATION_VARIABLE:
      {
        size_t index = esp_expression_get_index (expression);

        return (Term){ .text = index < context->symbols->n ? g_strdup (context->symbols->names[index])
                                                           : g_strdup_printf ("s%zu", index + 1),
                       .nodes = 1,
                       .binds = BINDS_ALL };
      }

    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
      addends = terms_new ();
      collect_addends (context, expression, depth, addends);
      return join (context, addends, &sum, FALSE);

    case ESP_OPERATION_NEGATE:
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_DIVIDE:
      return normalise_product (context, expression, depth, FALSE);

    case ESP_OPERATION_POWER:
      return normalise_power (context, expression, depth);

    default:
      return normalise_call (context, expression, depth);
    }
}

gboolean
esp_patterns_add (EspPatterns *patterns, const EspFormula *formula)
{
  Context context = { patterns, esp_formula_get_symbols (formula) };

  if (esp_formula_get_total_length (formula) > ESP_PATTERN_MAX_LENGTH)
    return FALSE;

  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    {
      Term term = normalise (&context, esp_formula_get_expression (formula, i), 0);

      clear_term (&term);
    }
  patterns->n++;

  return TRUE;
}

char *
esp_pattern_normalise (const EspExpression *expression, const EspSymbols *symbols)
{
  Context context = { NULL, symbols };

  return normalise (&context, expression, 0).text;
}

/* Whether no larger pattern is in the same formulas: each that has this one within is in some of them. */
static gboolean
is_closed (const Entry *entry)
{
  GHashTableIter iter;
  void *parent;

  g_hash_table_iter_init (&iter, entry->parents);
  while (g_hash_table_iter_next (&iter, &parent, NULL))
    if (((const Entry *) parent)->pattern.n_formulas >= entry->pattern.n_formulas)
      return FALSE;

  return TRUE;
}

static int
compare_patterns (const void *a, const void *b)
{
  const EspPattern *first = a, *second = b;

  if (first->n_formulas != second->n_formulas)
    return first->n_formulas > second->n_formulas ? -1 : 1;
  if (first->nodes != second->nodes)
    return first->nodes > second->nodes ? -1 : 1;

  return strcmp (first->text, second->text);
}

GArray *
esp_patterns_list (const EspPatterns *patterns, size_t least)
{
  GArray *list = g_array_new (FALSE, TRUE, sizeof (EspPattern));
  GHashTableIter iter;
  void *value;

  g_hash_table_iter_init (&iter, patterns->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Entry *entry = value;

      if (entry->pattern.n_formulas >= least && is_closed (entry))
        g_array_append_val (list, entry->pattern);
    }
  g_array_sort (list, compare_patterns);

  return list;
}
