/* Places for the features of a formula: which operator of which layer computes each.
 *
 * With dense connections every operator reads whatever lies before it, so that an assignment of the features
 * to operators is all there is to find. Where a layer sees the one before alone, what is needed further on is
 * carried there by operators that hand their argument on as it is: id; if-else, with both branches the same;
 * division by 1; and multiplication by 1 where the guard cannot act. Carriers take sums of features as well,
 * so that what is added up in the end travels as one number.
 */

#include <string.h>

#include "esp-error.h"
#include "esp-network-insert-private.h"

/* Places that are tried before the search for an assignment gives up; real networks need a few hundred. */
#define MAX_TRIES 200000

/* The layer, as its number among those of operators, that the output would be. */
#define OUTPUT_LAYER(insertion) ((insertion)->arrangement->n_layers - 1)

typedef struct
{
  EspInsertion *insertion;
  EspSum *output;
  const EspSum *placed_output;
  bool is_sequential;
  size_t n_tries;
  guint n_features; /* without carriers */
  guint furthest;   /* the last feature that the search came to */
  bool taken[ESP_MAX_LAYERS + 1][ESP_MAX_LAYER_OPERATORS];
  /* the layer that could not carry something, and what; from 1, 0 for none */
  size_t stuck_layer;
  guint stuck_feature;
} Search;

static EspFeature *
get_feature (const EspInsertion *insertion, guint number)
{
  return &g_array_index (insertion->features, EspFeature, number);
}

static const EspTerm *
get_term (const EspSum *sum, guint t)
{
  return &g_array_index (sum->terms, EspTerm, t);
}

/* Only features that the output depends on need a place; others were cancelled. */
static void
find_needed (EspInsertion *insertion, const EspSum *output)
{
  for (guint t = 0; t < output->terms->len; t++)
    get_feature (insertion, get_term (output, t)->feature)->needed = true;
  for (guint i = insertion->features->len; i-- > 0;)
    {
      const EspFeature *feature = get_feature (insertion, i);

      for (size_t k = 0; feature->needed && k < ESP_MAX_OPERANDS && feature->arguments[k] != NULL; k++)
        for (guint t = 0; t < feature->arguments[k]->terms->len; t++)
          get_feature (insertion, get_term (feature->arguments[k], t)->feature)->needed = true;
    }
}

static bool
find_ranges (EspInsertion *insertion, GError **error)
{
  size_t n_layers = insertion->arrangement->n_layers - 1;
  guint n = insertion->features->len;

  for (guint i = 0; i < n; i++)
    {
      EspFeature *feature = get_feature (insertion, i);

      feature->earliest = 0;
      feature->latest = n_layers;
      for (size_t k = 0; k < ESP_MAX_OPERANDS && feature->arguments[k] != NULL; k++)
        for (guint t = 0; t < feature->arguments[k]->terms->len; t++)
          {
            guint number = get_term (feature->arguments[k], t)->feature;
            const EspFeature *argument = get_feature (insertion, number);

            if (!argument->is_input)
              feature->earliest = MAX (feature->earliest, argument->earliest + 1);
          }
    }
  for (guint i = n; i-- > 0;)
    {
      EspFeature *feature = get_feature (insertion, i);

      if (feature->is_input || !feature->needed)
        continue;
      if (feature->earliest + 1 > feature->latest)
        {
          g_autofree char *text = esp_insertion_show (insertion, feature->expression);

          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                       "“%s” is nested too deeply: the symbolic network has %zu %s of operators", text,
                       n_layers, n_layers == 1 ? "layer" : "layers");
          return false;
        }
      for (size_t k = 0; k < ESP_MAX_OPERANDS && feature->arguments[k] != NULL; k++)
        for (guint t = 0; t < feature->arguments[k]->terms->len; t++)
          {
            guint number = get_term (feature->arguments[k], t)->feature;
            EspFeature *argument = get_feature (insertion, number);

            argument->latest = MIN (argument->latest, feature->latest - 1);
          }
    }
  return true;
}

/* Returns whether the sum of features @form cannot leave the range that a product leaves alone. */
static bool
is_bounded (const EspInsertion *insertion, const EspSum *form)
{
  double low = form->bias, high = form->bias;

  for (guint t = 0; t < form->terms->len; t++)
    {
      const EspTerm *term = get_term (form, t);
      EspInterval bounds = esp_expression_bound (get_feature (insertion, term->feature)->expression,
                                                 insertion->box, insertion->symbols->n);

      low += term->weight * (term->weight > 0 ? bounds.low : bounds.high);
      high += term->weight * (term->weight > 0 ? bounds.high : bounds.low);
    }
  return low >= -ESP_GUARD_MULTIPLY && high <= ESP_GUARD_MULTIPLY;
}

static bool
are_equal (const EspSum *a, const EspSum *b)
{
  if (a->bias != b->bias || a->terms->len != b->terms->len)
    return false;
  for (guint t = 0; t < a->terms->len; t++)
    if (get_term (a, t)->feature != get_term (b, t)->feature
        || get_term (a, t)->weight != get_term (b, t)->weight)
      return false;
  return true;
}

/* Returns the number of a carrier of @form in layer @l, a new one where there is none yet; 0, which is never
 * that of a carrier, where no operator is free for it. */
static guint
find_carrier (Search *search, size_t l, const EspSum *form)
{
  static const EspOperator carriers[] = { ESP_OPERATOR_IDENTITY, ESP_OPERATOR_IF_ELSE, ESP_OPERATOR_DIVIDE,
                                          ESP_OPERATOR_MULTIPLY };
  EspInsertion *insertion = search->insertion;
  const EspLayer *layer = &insertion->arrangement->layers[l];

  for (guint i = search->n_features; i < insertion->features->len; i++)
    if (get_feature (insertion, i)->layer == l
        && are_equal (get_feature (insertion, i)
                        ->arguments[get_feature (insertion, i)->operator_ == ESP_OPERATOR_IF_ELSE ? 1 : 0],
                      form))
      return i;

  for (size_t c = 0; c < G_N_ELEMENTS (carriers); c++)
    for (size_t slot = 0; slot < layer->n_operators; slot++)
      {
        EspFeature carrier = { .needed = true, .operator_ = carriers[c], .layer = l, .slot = slot };
        EspSum *copy;

        if (search->taken[l][slot] || layer->operators[slot] != carriers[c]
            || (carriers[c] == ESP_OPERATOR_MULTIPLY && !is_bounded (insertion, form)))
          continue;
        copy = esp_insertion_new_sum (insertion, form->bias);
        g_array_append_vals (copy->terms, form->terms->data, form->terms->len);
        carrier.arguments[0] = copy;
        if (carriers[c] == ESP_OPERATOR_IF_ELSE)
          {
            carrier.arguments[0] = esp_insertion_new_sum (insertion, 0);
            carrier.arguments[1] = carrier.arguments[2] = copy;
          }
        else if (carriers[c] != ESP_OPERATOR_IDENTITY)
          carrier.arguments[1] = esp_insertion_new_sum (insertion, 1);
        search->taken[l][slot] = true;
        g_array_append_val (insertion->features, carrier);
        return insertion->features->len - 1;
      }
  /* of all attempts, the one that came nearest to the observations */
  if (search->stuck_layer == 0 || l + 1 < search->stuck_layer)
    {
      search->stuck_layer = l + 1;
      search->stuck_feature = get_term (form, 0)->feature;
    }
  return 0;
}

/* Returns @sum as a reader of layer @l sees it, whose features from before @l come by carriers: all together
 * by one, or with @single each by its own. NULL where no operator is free. */
static const EspSum *
carry_sum (Search *search, size_t l, const EspSum *sum, bool single)
{
  EspInsertion *insertion = search->insertion;
  EspSum *seen = esp_insertion_new_sum (insertion, sum->bias), *rest = esp_insertion_new_sum (insertion, 0);
  double scale = 1;

  for (guint t = 0; t < sum->terms->len; t++)
    {
      EspTerm term = *get_term (sum, t);
      const EspFeature *feature = get_feature (insertion, term.feature);

      if (!feature->is_input && feature->layer == l)
        g_array_append_val (seen->terms, term);
      else if (single)
        {
          EspTerm carried = { 0, term.weight };

          g_array_set_size (rest->terms, 0);
          term.weight = 1;
          g_array_append_val (rest->terms, term);
          carried.feature = find_carrier (search, l, rest);
          if (carried.feature == 0)
            return NULL;
          g_array_append_val (seen->terms, carried);
        }
      else
        {
          /* in multiples of the first weight, so that sums that differ by a factor share a carrier */
          if (rest->terms->len == 0)
            scale = term.weight;
          term.weight /= scale;
          g_array_append_val (rest->terms, term);
        }
    }
  if (!single && rest->terms->len > 0)
    {
      EspTerm carried = { find_carrier (search, l, rest), scale };

      if (carried.feature == 0)
        return NULL;
      g_array_append_val (seen->terms, carried);
    }
  return seen;
}

/* Finds the carriers for the places that all features have, from the output back to the observations, so that
 * what carries is itself carried. Leaves the operators that were taken as they were where it fails. */
static bool
carry (Search *search, bool single)
{
  EspInsertion *insertion = search->insertion;
  bool taken[ESP_MAX_LAYERS + 1][ESP_MAX_LAYER_OPERATORS];
  bool is_done = true;

  memcpy (taken, search->taken, sizeof taken);
  g_array_set_size (insertion->features, search->n_features);
  search->placed_output = carry_sum (search, OUTPUT_LAYER (insertion) - 1, search->output, single);
  is_done = search->placed_output != NULL;
  for (size_t l = OUTPUT_LAYER (insertion); is_done && l-- > 0;)
    for (guint i = 0; is_done && i < insertion->features->len; i++)
      for (size_t k = 0; is_done && k < ESP_MAX_OPERANDS; k++)
        {
          const EspFeature *feature = get_feature (insertion, i);
          const EspSum *argument = feature->arguments[k], *placed = argument;

          if (feature->is_input || !feature->needed || feature->layer != l || argument == NULL)
            continue;
          if (l > 0)
            placed = carry_sum (search, l - 1, argument, single);
          /* the array of features may have moved */
          get_feature (insertion, i)->placed[k] = placed;
          is_done = placed != NULL;
        }
  if (!is_done)
    memcpy (search->taken, taken, sizeof taken);
  return is_done;
}

/* With all features in their places, sees to it that they reach what reads them. */
static bool
connect (Search *search)
{
  if (search->is_sequential)
    return carry (search, false) || carry (search, true);

  search->placed_output = search->output;
  for (guint i = 0; i < search->n_features; i++)
    {
      EspFeature *feature = get_feature (search->insertion, i);

      for (size_t k = 0; k < ESP_MAX_OPERANDS; k++)
        feature->placed[k] = feature->arguments[k];
    }
  return true;
}

/* Finds places for the feature @i and all after it. Arguments come before what reads them, so every feature
 * only looks back. */
static bool
place_features (Search *search, guint i)
{
  EspInsertion *insertion = search->insertion;
  size_t first = 0, latest;
  EspOperator operator_;

  while (i < search->n_features
         && (!get_feature (insertion, i)->needed || get_feature (insertion, i)->is_input))
    i++;
  search->furthest = MAX (search->furthest, i);
  if (i == search->n_features)
    {
      search->n_tries++;
      return connect (search);
    }

  for (size_t k = 0; k < ESP_MAX_OPERANDS && get_feature (insertion, i)->arguments[k] != NULL; k++)
    for (guint t = 0; t < get_feature (insertion, i)->arguments[k]->terms->len; t++)
      {
        const EspFeature *argument = get_feature (
          insertion, get_term (get_feature (insertion, i)->arguments[k], t)->feature);

        if (!argument->is_input)
          first = MAX (first, argument->layer + 1);
      }
  latest = get_feature (insertion, i)->latest;
  operator_ = get_feature (insertion, i)->operator_;
  for (size_t l = first; l < latest; l++)
    {
      const EspLayer *layer = &insertion->arrangement->layers[l];
      size_t slot = 0;

      while (slot < layer->n_operators && (search->taken[l][slot] || layer->operators[slot] != operator_))
        slot++;
      if (slot == layer->n_operators)
        continue;
      if (search->n_tries++ >= MAX_TRIES)
        return false;
      search->taken[l][slot] = true;
      get_feature (insertion, i)->layer = l;
      get_feature (insertion, i)->slot = slot;
      if (place_features (search, i + 1))
        return true;
      search->taken[l][slot] = false;
    }
  return false;
}

/* Says why there are no places. */
static void
refuse (const Search *search, GError **error)
{
  const EspInsertion *insertion = search->insertion;
  const EspFeature *feature = get_feature (insertion, search->furthest);
  g_autofree char *text = NULL;

  /* everything had a place, but did not get to what reads it */
  if (search->furthest == search->n_features)
    {
      text = esp_insertion_show (insertion, get_feature (insertion, search->stuck_feature)->expression);
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_USAGE,
        "there is nothing in layer %zu to carry “%s” on: without dense connections that takes an id, "
        "if or div that is free, or a mul for what stays within ±%g",
        search->stuck_layer, text, ESP_GUARD_MULTIPLY);
      return;
    }
  text = esp_insertion_show (insertion, feature->expression);
  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
               search->n_tries >= MAX_TRIES
                 ? "no place was found for “%s”: operator %s, and the search was given up"
                 : "there is no place for “%s”: the symbolic network has too few operators %s in the layers "
                   "that could hold it",
               text, esp_operator_get_symbol (feature->operator_));
}

const EspSum *
esp_insertion_place (EspInsertion *insertion, EspSum *output, GError **error)
{
  Search search = { .insertion = insertion, .output = output, .n_features = insertion->features->len };

  for (size_t l = 0; l < insertion->arrangement->n_layers; l++)
    search.is_sequential = search.is_sequential || insertion->arrangement->layers[l].first_feature > 0;
  find_needed (insertion, output);
  if (!find_ranges (insertion, error))
    return NULL;
  if (place_features (&search, 0))
    return search.placed_output;
  refuse (&search, error);
  return NULL;
}
