/* Every structure exists once: sharing, walking, and following terms while their constants change. */

#include <math.h>
#include <pthread.h>

#include "esp-formula.h"
#include "esp-identity.h"
#include "esp-visit.h"
#include "random-expression.h"

#define N_THREADS 4
#define N_ROUNDS  300
#define N_KEPT    16

static EspExpression *
make (uint64_t seed, int depth)
{
  EspRandom random;

  esp_random_init (&random, seed, 0);
  return random_expression (&random, 3, depth, true);
}

static void
test_same (void)
{
  size_t before = esp_expression_count_alive ();

  for (uint64_t seed = 0; seed < 500; seed++)
    {
      g_autoptr (EspExpression) a = make (seed, 7);
      g_autoptr (EspExpression) b = make (seed, 7);

      g_assert_true (a == b);
      g_assert_true (esp_expression_equal (a, b));
      g_assert_cmpuint (esp_expression_count_alive (), >, before);
    }
  g_assert_cmpuint (esp_expression_count_alive (), ==, before);
}

static void
test_constants (void)
{
  g_autoptr (EspExpression) zero = esp_expression_constant (0);
  g_autoptr (EspExpression) negative_zero = esp_expression_constant (-0.0);
  g_autoptr (EspExpression) nan = esp_expression_constant (NAN);
  g_autoptr (EspExpression) other_nan = esp_expression_constant (-NAN);

  g_assert_false (esp_expression_equal (zero, negative_zero));
  g_assert_true (esp_expression_equal (nan, other_nan));
}

/* A deep chain is made and freed without recursion, and the table grows and shrinks with it. */
static void
test_deep (void)
{
  size_t before = esp_expression_count_alive ();
  g_autoptr (EspExpression) top = esp_expression_variable (0);

  for (int i = 0; i < 300000; i++)
    {
      EspExpression *next = esp_expression_unary (ESP_OPERATION_SIN, top);

      esp_expression_unref (top);
      top = next;
    }
  g_assert_cmpuint (esp_expression_count_alive (), ==, before + 300001);
  g_clear_pointer (&top, esp_expression_unref);
  g_assert_cmpuint (esp_expression_count_alive (), ==, before);
}

typedef struct
{
  pthread_t thread;
  EspExpression *kept[N_KEPT];
} Worker;

/* All threads make and free the same few expressions all the time, so that many meet a node that another
 * is just letting go. */
static void *
work (void *data)
{
  Worker *worker = data;

  for (int round = 0; round < N_ROUNDS; round++)
    for (int i = 0; i < N_KEPT; i++)
      {
        EspExpression *made = make (i, 5);

        g_assert_true (worker->kept[i] == NULL || worker->kept[i] == made);
        esp_expression_unref (worker->kept[i]);
        worker->kept[i] = made;
        if ((round + i) % 3 == 0)
          g_clear_pointer (&worker->kept[i], esp_expression_unref);
      }
  for (int i = 0; i < N_KEPT; i++)
    {
      esp_expression_unref (worker->kept[i]);
      worker->kept[i] = make (i, 5);
    }
  return NULL;
}

static void
test_threads (void)
{
  size_t before = esp_expression_count_alive ();
  Worker workers[N_THREADS] = { 0 };

  for (int i = 0; i < N_THREADS; i++)
    g_assert_cmpint (pthread_create (&workers[i].thread, NULL, work, &workers[i]), ==, 0);
  for (int i = 0; i < N_THREADS; i++)
    pthread_join (workers[i].thread, NULL);
  for (int i = 0; i < N_THREADS; i++)
    for (int k = 0; k < N_KEPT; k++)
      g_assert_true (workers[i].kept[k] == workers[0].kept[k]);
  for (int i = 0; i < N_THREADS; i++)
    for (int k = 0; k < N_KEPT; k++)
      esp_expression_unref (workers[i].kept[k]);
  g_assert_cmpuint (esp_expression_count_alive (), ==, before);
}

static EspExpression *
parse (const char *text)
{
  static const char *const names[] = { "x", "y", "z" };
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse (text, &(EspSymbols){ 3, names, NULL, NULL }, 1, &error);

  g_assert_no_error (error);
  return esp_expression_ref (esp_formula_get_expression (formula, 0));
}

typedef struct
{
  GString *trace;
  EspOperation skipped;
  EspOperation last;
} Trace;

static EspVisit
note (const EspVisitStep *step, void *data)
{
  Trace *trace = data;
  EspOperation operation = esp_expression_get_operation (step->node);

  if (operation == ESP_OPERATION_VARIABLE)
    g_string_append_c (trace->trace, (char) ('x' + esp_expression_get_index (step->node)));
  else
    g_string_append (trace->trace, esp_operation_get_name (operation));
  if (step->parent != NULL)
    {
      g_assert_cmpuint (step->level, >, 0);
      g_assert_true (esp_expression_get_operand (step->parent, step->position) == step->node);
    }
  if (operation == trace->last)
    return ESP_VISIT_STOP;
  return operation == trace->skipped ? ESP_VISIT_SKIP : ESP_VISIT_CONTINUE;
}

static void
test_visit (void)
{
  static const struct
  {
    EspVisitFlags flags;
    EspOperation skipped, last;
    const char *trace;
  } cases[] = {
    { ESP_VISIT_BEFORE, ESP_N_OPERATIONS, ESP_N_OPERATIONS, "*+sinxysqrt" },
    { ESP_VISIT_AFTER, ESP_N_OPERATIONS, ESP_N_OPERATIONS, "xsiny+sqrt*" },
    { ESP_VISIT_BEFORE | ESP_VISIT_OCCURRENCES, ESP_N_OPERATIONS, ESP_N_OPERATIONS, "*+sinxysqrt+sinxy" },
    { ESP_VISIT_AFTER | ESP_VISIT_OCCURRENCES, ESP_N_OPERATIONS, ESP_N_OPERATIONS, "xsiny+xsiny+sqrt*" },
    { ESP_VISIT_BEFORE | ESP_VISIT_AFTER, ESP_N_OPERATIONS, ESP_N_OPERATIONS, "*+sinxxsinyy+sqrtsqrt*" },
    { ESP_VISIT_BEFORE, ESP_OPERATION_ADD, ESP_N_OPERATIONS, "*+sqrt" },
    { ESP_VISIT_BEFORE | ESP_VISIT_AFTER, ESP_OPERATION_SIN, ESP_N_OPERATIONS, "*+sinyy+sqrtsqrt*" },
    { ESP_VISIT_BEFORE, ESP_N_OPERATIONS, ESP_OPERATION_SIN, "*+sin" },
    { ESP_VISIT_AFTER, ESP_N_OPERATIONS, ESP_OPERATION_SIN, "xsin" },
  };
  g_autoptr (EspExpression) root = parse ("(sin(x) + y)*sqrt(sin(x) + y)");

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      Trace trace = { text, cases[i].skipped, cases[i].last };
      bool done = esp_expression_visit (&root, 1, cases[i].flags, note, &trace);

      g_assert_cmpstr (text->str, ==, cases[i].trace);
      g_assert_true (done == (cases[i].last == ESP_N_OPERATIONS));
    }
}

static EspVisit
count (const EspVisitStep *step, void *data)
{
  ++*(size_t *) data;
  return ESP_VISIT_CONTINUE;
}

static void
test_visit_much (void)
{
  g_autoptr (EspExpression) deep = esp_expression_variable (0);
  g_autoptr (EspExpression) wide = esp_expression_variable (0);
  size_t n_deep = 0, n_wide = 0;

  for (int i = 0; i < 200000; i++)
    {
      EspExpression *next = esp_expression_unary (ESP_OPERATION_TANH, deep);

      esp_expression_unref (deep);
      deep = next;
    }
  /* 2^61 times x */
  for (int i = 0; i < 61; i++)
    {
      EspExpression *next = esp_expression_binary (ESP_OPERATION_ADD, wide, wide);

      esp_expression_unref (wide);
      wide = next;
    }
  g_assert_true (esp_expression_visit (&deep, 1, ESP_VISIT_BEFORE | ESP_VISIT_OCCURRENCES, count, &n_deep));
  g_assert_true (esp_expression_visit (&wide, 1, ESP_VISIT_BEFORE, count, &n_wide));
  g_assert_cmpuint (n_deep, ==, 200001);
  g_assert_cmpuint (n_wide, ==, 62);
}

static void
test_shape (void)
{
  static const struct
  {
    const char *a, *b;
    bool same;
  } cases[] = {
    { "2*x", "-3*x", true },
    { "2*x + 3*y", "5*y + 7*x", true },
    { "x - 2*y", "3*y + x", true },
    { "-(x + 2)", "1 + x", true },
    { "2*(x*y)", "y*(3*x)", true },
    { "x + (y + z)", "(z + x) - y", true },
    { "sin(2*x)", "sin(3*x)", true },
    { "x", "y", false },
    { "2*x", "x", false },
    { "x/2", "2/x", false },
    { "x - y", "x*y", false },
    { "sin(x)", "cos(x)", false },
    { "sin(x + y)", "sin(x*y)", false },
    { "if(x, y, 1)", "if(y, x, 1)", false },
    { "x + x", "x", false },
    { "pmul(x, y)", "x*y", false },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspExpression) a = parse (cases[i].a);
      g_autoptr (EspExpression) b = parse (cases[i].b);

      if ((esp_expression_get_shape (a) == esp_expression_get_shape (b)) != cases[i].same)
        g_error ("%s and %s: the same shape should be %d", cases[i].a, cases[i].b, cases[i].same);
    }
}

/* The identities of all terms, in reading order. */
typedef struct
{
  EspIdentifier *identifier;
  GPtrArray *terms;
  GArray *identities;
} List;

static void
list_terms (List *list, EspExpression *expression, EspPlace place)
{
  uint64_t identity = esp_identifier_identify (list->identifier, place, expression);

  g_ptr_array_add (list->terms, expression);
  g_array_append_val (list->identities, identity);
  for (size_t i = 0; i < esp_expression_get_n_operands (expression); i++)
    list_terms (list, esp_expression_get_operand (expression, i),
                esp_place_of_operand (place, expression, i));
}

/* Returns the identity of the @number-th occurrence of @term in @text; 0 where there is none. */
static uint64_t
identify (const char *text, const char *term, size_t number)
{
  g_autoptr (EspExpression) expression = parse (text);
  g_autoptr (EspExpression) wanted = parse (term);
  g_autoptr (GPtrArray) terms = g_ptr_array_new ();
  g_autoptr (GArray) identities = g_array_new (FALSE, FALSE, sizeof (uint64_t));
  g_autoptr (EspIdentifier) identifier = esp_identifier_new ();
  List list = { identifier, terms, identities };

  list_terms (&list, expression, esp_place_of_action (0));
  for (guint i = 0; i < terms->len; i++)
    {
      for (guint k = 0; k < i; k++)
        g_assert_cmpuint (g_array_index (identities, uint64_t, i), !=,
                          g_array_index (identities, uint64_t, k));
      if (g_ptr_array_index (terms, i) == wanted && number-- == 0)
        return g_array_index (identities, uint64_t, i);
    }
  g_error ("%s is not in %s", term, text);
}

static void
test_identity (void)
{
  static const struct
  {
    const char *before, *term, *after, *later_term;
    size_t number, later_number;
    bool same;
  } cases[] = {
    /* constants change */
    { "2*x + 3*y", "2*x", "2.5*x - 4*y", "2.5*x", 0, 0, true },
    { "2*x + 3*y", "3*y", "2.5*x - 4*y", "4*y", 0, 0, true },
    { "2*x + 3*y", "3", "2.5*x + 4*y", "4", 0, 0, true },
    { "2*x + 3*y", "3", "2.5*x + 4*y", "2.5", 0, 0, false },
    /* addends come and go, and change their order */
    { "2*x + 3*y", "3*y", "5*y + sin(z) + 2*x", "5*y", 0, 0, true },
    { "2*x", "2*x", "z + 3*x", "3*x", 0, 0, true },
    { "tanh(2*x + 3*sin(4*y))", "4", "z + tanh(7*z + 2*sin(5*y) + x)", "5", 0, 0, true },
    /* elsewhere is not there */
    { "2*x + 3*y", "2*x", "sin(2*x) + 3*y", "2*x", 0, 0, false },
    { "if(x, y, z)", "y", "if(x, z, y)", "y", 0, 0, false },
    /* equal ones are told apart by their order */
    { "sin(2*x) + sin(3*x)", "sin(2*x)", "sin(5*x) + sin(6*x)", "sin(5*x)", 0, 0, true },
    { "sin(2*x) + sin(3*x)", "sin(3*x)", "sin(5*x) + sin(6*x)", "sin(6*x)", 0, 0, true },
    { "sin(2*x) + sin(3*x)", "x", "sin(5*x) + sin(6*x)", "x", 1, 1, true },
    { "sin(2*x) + sin(3*x)", "x", "sin(5*x) + sin(6*x)", "x", 1, 0, false },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      uint64_t before = identify (cases[i].before, cases[i].term, cases[i].number);
      uint64_t after = identify (cases[i].after, cases[i].later_term, cases[i].later_number);

      if ((before == after) != cases[i].same)
        g_error ("%s in %s, %s in %s: the same term should be %d", cases[i].term, cases[i].before,
                 cases[i].later_term, cases[i].after, cases[i].same);
    }
  g_assert_cmpuint (esp_place_get_identity (esp_place_of_action (0)), !=,
                    esp_place_get_identity (esp_place_of_action (1)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sharing/same", test_same);
  g_test_add_func ("/sharing/constants", test_constants);
  g_test_add_func ("/sharing/deep", test_deep);
  g_test_add_func ("/sharing/threads", test_threads);
  g_test_add_func ("/sharing/visit", test_visit);
  g_test_add_func ("/sharing/visit-much", test_visit_much);
  g_test_add_func ("/sharing/shape", test_shape);
  g_test_add_func ("/sharing/identity", test_identity);
  return g_test_run ();
}
