#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "esp-evaluation.h"
#include "esp-polish-private.h"

/* Of so many elements one may be taken out at once whatever it costs, where the formula is too long. */
#define FORCED_SHARE 8

/* A formula that is longer than this, and than so many times the limit, is cut before anything is measured,
 * each time by one of so many paths. */
#define CUT_LENGTH 300
#define CUT_FACTOR 5
#define CUT_SHARE  8

/* What has become of an element on a way of pruning. */
enum
{
  UNTRIED,
  OUT,
  STAYS,
};

/* An element, with what the formula is like without it. */
typedef struct
{
  EspElement element;
  double value;
  size_t total;
} Ranked;

/* One way of pruning: what it has taken out so far, and the return that is left. */
typedef struct
{
  EspNetwork *network;
  uint8_t *fates; /* [elements] */
  double value;
  double best;
  size_t longest;
  size_t total;
  guint n_out;
  guint n_forced; /* that may still go whatever it costs */
  bool settled;   /* it has children, or nothing is left to try */
  bool is_parent;
} Way;

/* A trial that belongs to a way. */
typedef struct
{
  Way *way;
  guint element;
} Attempt;

GArray *
esp_polishing_find_elements (EspNetwork *network)
{
  GArray *elements = g_array_new (FALSE, FALSE, sizeof (EspElement));
  size_t n_weights = network->n_actions * network->arrangement->n_weights;
  size_t n_biases = network->n_actions * network->arrangement->n_biases;

  esp_network_fold_constants (network);
  for (size_t i = 0; i < n_weights; i++)
    if (network->mask[i])
      g_array_append_val (elements, ((EspElement){ .is_bias = false, .index = i }));
  for (size_t i = 0; i < n_biases; i++)
    if (network->biases[i] != 0.0)
      g_array_append_val (elements, ((EspElement){ .is_bias = true, .index = i }));

  return elements;
}

double *
esp_polishing_get_number (const EspNetwork *network, const EspElement *element)
{
  return element->is_bias ? &network->biases[element->index] : &network->weights[element->index];
}

/* The dearest last; of those that cost the same, the one that shortens most first. */
static int
compare_ranks (const void *a, const void *b)
{
  const Ranked *x = a, *y = b;

  if (x->value != y->value)
    return x->value < y->value ? 1 : -1;
  if (x->total != y->total)
    return x->total < y->total ? -1 : 1;
  if (x->element.is_bias != y->element.is_bias)
    return x->element.is_bias ? -1 : 1;
  return x->element.index < y->element.index ? -1 : 1;
}

/* Returns the elements of the network by what their absence costs, of Ranked; fewer if it is over before. */
static GArray *
rank (EspPolishing *polishing)
{
  g_autoptr (GArray) elements = esp_polishing_find_elements (polishing->network);
  const EspElement *list = (const EspElement *) (const void *) elements->data;
  g_autofree EspTrial *trials = g_new0 (EspTrial, MAX (1, elements->len));
  GArray *ranks = g_array_new (FALSE, FALSE, sizeof (Ranked));
  size_t n;

  for (guint i = 0; i < elements->len; i++)
    trials[i] = (EspTrial){ .network = polishing->network, .without = &list[i] };
  n = esp_polishing_measure (polishing, trials, elements->len);
  for (size_t i = 0; i < n; i++)
    g_array_append_val (ranks, ((Ranked){ list[i], trials[i].value, trials[i].total }));
  if (ranks->len > 0)
    qsort (ranks->data, ranks->len, sizeof (Ranked), compare_ranks);

  return ranks;
}

static void
way_free (Way *way)
{
  esp_network_unref (way->network);
  g_free (way->fates);
  g_free (way);
}

/* Returns the way that goes on from @parent by taking out @element, with what @trial measured. */
static Way *
take_out (
  const EspPolishing *polishing, const Way *parent, const GArray *ranks, guint element, const EspTrial *trial)
{
  const EspElement *place = &g_array_index (ranks, Ranked, element).element;
  bool too_long = parent->n_forced > 0 && parent->longest > polishing->settings->length_limit;
  bool dear = trial->value < esp_polishing_get_floor (polishing, parent->best);
  Way *way = g_new0 (Way, 1);

  *way = (Way){ .network = esp_network_copy (parent->network),
                .fates = g_memdup2 (parent->fates, ranks->len),
                .value = trial->value,
                .best = too_long ? trial->value : MAX (parent->best, trial->value),
                .longest = trial->longest,
                .total = trial->total,
                .n_out = parent->n_out + 1,
                .n_forced = parent->n_forced - (dear ? 1 : 0) };
  way->fates[element] = OUT;
  if (place->is_bias)
    way->network->biases[place->index] = 0.0;
  else
    way->network->mask[place->index] = 0;

  return way;
}

static bool
may_go (const EspPolishing *polishing, const Way *way, const EspTrial *trial)
{
  bool too_long = way->n_forced > 0 && way->longest > polishing->settings->length_limit;

  return isfinite (trial->value)
         && (too_long || trial->value >= esp_polishing_get_floor (polishing, way->best));
}

/* Two ways that took out the same are the same way, whatever they tried besides. */
static bool
is_known (const GPtrArray *ways, const Way *way, guint n_elements)
{
  for (guint i = 0; i < ways->len; i++)
    {
      const Way *other = g_ptr_array_index (ways, i);
      bool same = other->n_out == way->n_out;

      for (guint e = 0; same && e < n_elements; e++)
        same = (other->fates[e] == OUT) == (way->fates[e] == OUT);
      if (same)
        return true;
    }

  return false;
}

/* Lists what each way that is not settled tries next: as many elements as the beam is wide. */
static GArray *
list_attempts (const GPtrArray *ways, guint n_elements, size_t beam)
{
  GArray *attempts = g_array_new (FALSE, FALSE, sizeof (Attempt));

  for (guint w = 0; w < ways->len; w++)
    {
      Way *way = g_ptr_array_index (ways, w);
      size_t n = 0;

      for (guint e = 0; !way->settled && e < n_elements && n < beam; e++)
        if (way->fates[e] == UNTRIED)
          {
            g_array_append_val (attempts, ((Attempt){ way, e }));
            n++;
          }
      way->settled |= n == 0;
    }

  return attempts;
}

/* Does @attempts and adds the ways that come of them to @children. */
static void
try_attempts (EspPolishing *polishing, const GArray *ranks, const GArray *attempts, GPtrArray *children)
{
  g_autofree EspTrial *trials = g_new0 (EspTrial, attempts->len);
  size_t n;

  for (guint i = 0; i < attempts->len; i++)
    {
      const Attempt *attempt = &g_array_index (attempts, Attempt, i);

      trials[i].network = attempt->way->network;
      trials[i].without = &g_array_index (ranks, Ranked, attempt->element).element;
    }
  n = esp_polishing_measure (polishing, trials, attempts->len);

  /* what did not work is not tried again further on */
  for (size_t i = 0; i < n; i++)
    {
      const Attempt *attempt = &g_array_index (attempts, Attempt, i);

      if (!may_go (polishing, attempt->way, &trials[i]))
        attempt->way->fates[attempt->element] = STAYS;
    }
  for (size_t i = 0; i < n; i++)
    {
      const Attempt *attempt = &g_array_index (attempts, Attempt, i);
      Way *child;

      if (!may_go (polishing, attempt->way, &trials[i]))
        continue;
      attempt->way->settled = attempt->way->is_parent = true;
      child = take_out (polishing, attempt->way, ranks, attempt->element, &trials[i]);
      if (is_known (children, child, ranks->len))
        way_free (child);
      else
        g_ptr_array_add (children, child);
    }
}

/* The better first, of equal ones the shorter. The sort is stable, so what was found first stays first. */
static int
compare_ways (const void *a, const void *b)
{
  const Way *x = *(Way *const *) a, *y = *(Way *const *) b;

  if (x->value != y->value)
    return x->value < y->value ? 1 : -1;
  return x->total != y->total ? (x->total < y->total ? -1 : 1) : 0;
}

/* Of the @ends, the shortest that is as good as the best but for the tolerance, and of equally short ones the
 * best. */
static Way *
choose_end (const EspPolishing *polishing, const GPtrArray *ends)
{
  double best = -HUGE_VAL;
  Way *chosen = NULL;

  for (guint i = 0; i < ends->len; i++)
    best = MAX (best, ((const Way *) g_ptr_array_index (ends, i))->value);
  for (guint i = 0; i < ends->len; i++)
    {
      Way *way = g_ptr_array_index (ends, i);

      if (way->value < esp_polishing_get_floor (polishing, best))
        continue;
      if (chosen == NULL || way->total < chosen->total
          || (way->total == chosen->total && way->value > chosen->value))
        chosen = way;
    }

  return chosen;
}

/* Follows the ways from @ways, which it empties, to their ends. */
static GPtrArray *
follow (EspPolishing *polishing, const GArray *ranks, GPtrArray *ways)
{
  size_t beam = MAX (1, polishing->settings->beam);
  GPtrArray *ends = g_ptr_array_new_with_free_func ((GDestroyNotify) way_free);

  while (ways->len > 0)
    {
      g_autoptr (GPtrArray) children = g_ptr_array_new_with_free_func ((GDestroyNotify) way_free);
      bool over = false;

      for (;;)
        {
          g_autoptr (GArray) attempts = list_attempts (ways, ranks->len, beam);

          over = esp_polishing_is_over (polishing);
          if (attempts->len == 0 || over)
            break;
          try_attempts (polishing, ranks, attempts, children);
        }
      while (ways->len > 0)
        {
          Way *way = g_ptr_array_steal_index (ways, 0);

          if (way->is_parent)
            way_free (way);
          else
            g_ptr_array_add (ends, way);
        }
      g_ptr_array_sort (children, compare_ways);
      for (size_t i = 0; children->len > 0 && i < beam; i++)
        g_ptr_array_add (over ? ends : ways, g_ptr_array_steal_index (children, 0));
    }

  return ends;
}

bool
esp_polishing_prune (EspPolishing *polishing)
{
  g_autoptr (GPtrArray) ways = g_ptr_array_new_with_free_func ((GDestroyNotify) way_free);
  g_autoptr (GPtrArray) ends = NULL;
  g_autoptr (GArray) ranks = rank (polishing);
  g_autoptr (EspFormula) formula = NULL;
  Way *first, *end;

  if (ranks->len == 0 || esp_polishing_is_over (polishing))
    return false;

  formula = esp_network_extract (polishing->network);
  first = g_new0 (Way, 1);
  *first = (Way){ .network = esp_network_copy (polishing->network),
                  .fates = g_new0 (uint8_t, ranks->len),
                  .value = polishing->best,
                  .best = polishing->best,
                  .longest = esp_formula_get_longest (formula),
                  .total = esp_formula_get_total_length (formula),
                  .n_forced = 1 + ranks->len / FORCED_SHARE };
  g_ptr_array_add (ways, first);
  ends = follow (polishing, ranks, ways);

  end = choose_end (polishing, ends);
  if (end == NULL || end->n_out == 0)
    return false;
  esp_network_unref (polishing->network);
  polishing->network = esp_network_ref (end->network);
  polishing->best = end->best;

  return true;
}

/* Adds up the squares of all features of @network, [n_actions][n_features], over an episode. */
static void
measure_features (const EspPolishing *polishing, const EspNetwork *network, double *squares)
{
  size_t n = network->n_actions * network->arrangement->n_features;
  g_autofree double *features = g_new0 (double, n);
  g_autoptr (EspEnvironment) environment = esp_environment_new (network->environment->name, NULL);
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS];
  EspStep step;

  g_assert (environment != NULL);
  memset (squares, 0, n * sizeof *squares);
  esp_environment_reset (environment, ESP_POLISH_SEED, observation);
  do
    {
      esp_network_evaluate (network, observation, features, action);
      for (size_t i = 0; i < n; i++)
        if (isfinite (features[i]))
          squares[i] += features[i] * features[i];
      step = esp_environment_step (environment, action, observation);
    }
  while (!step.terminated && !step.truncated && !esp_polishing_is_cancelled (polishing));
}

/* A path, with what it contributes. */
typedef struct
{
  size_t path;
  double contribution;
} Contribution;

static int
compare_contributions (const void *a, const void *b)
{
  const Contribution *x = a, *y = b;

  if (x->contribution != y->contribution)
    return x->contribution < y->contribution ? -1 : 1;
  return x->path < y->path ? -1 : 1;
}

/* Returns the open paths, the one that contributes least first, of Contribution. */
static GArray *
list_contributions (const EspPolishing *polishing, const EspNetwork *network)
{
  const EspArrangement *arrangement = network->arrangement;
  g_autofree double *squares = g_new (double, network->n_actions * arrangement->n_features);
  GArray *list = g_array_new (FALSE, FALSE, sizeof (Contribution));

  measure_features (polishing, network, squares);
  for (size_t a = 0; a < network->n_actions; a++)
    for (size_t l = 0; l < arrangement->n_layers; l++)
      {
        const EspLayer *layer = &arrangement->layers[l];

        for (size_t i = 0; i < layer->n_arguments * layer->n_features; i++)
          {
            size_t path = a * arrangement->n_weights + layer->weights + i;
            double size = sqrt (squares[a * arrangement->n_features + i % layer->n_features]);

            if (network->mask[path])
              g_array_append_val (list, ((Contribution){ path, fabs (network->weights[path]) * size
                                                                 * (double) network->probabilities[path] }));
          }
      }
  if (list->len > 0)
    qsort (list->data, list->len, sizeof (Contribution), compare_contributions);

  return list;
}

void
esp_polishing_cut (EspPolishing *polishing)
{
  EspNetwork *network = polishing->network;
  size_t limit = MAX (CUT_LENGTH, CUT_FACTOR * polishing->settings->length_limit);

  while (!esp_polishing_is_cancelled (polishing))
    {
      g_autoptr (EspFormula) formula = esp_network_extract (network);
      g_autoptr (GArray) list = NULL;

      if (esp_formula_get_longest (formula) <= limit)
        return;
      list = list_contributions (polishing, network);
      for (guint i = 0; i < list->len && i <= list->len / CUT_SHARE; i++)
        network->mask[g_array_index (list, Contribution, i).path] = 0;
      esp_network_drop_dead (network);
    }
}
