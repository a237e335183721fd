/* Sums: put together, with common factors taken out. */

#include <math.h>

#include "esp-identities.h"
#include "esp-terms.h"

/* Groups in groups; each of them is smaller than the one around it, so this is a matter of the stack. */
#define MAX_NESTED_GROUPS 24

#define MAX_COUNTED_LENGTH (1u << 30)

/* A term of a sum with its powers. */
typedef struct
{
  EspExpression *key;
  EspProduct product;
} Item;

static void
clear_item (gpointer item)
{
  esp_product_clear (&((Item *) item)->product);
}

/* Takes a term apart; what cannot be is one factor. */
static Item
make_item (EspRewriter *rewriter, EspExpression *key, double coefficient)
{
  Item item = { .key = key };

  if (esp_expression_get_operation (key) == ESP_OPERATION_VARIABLE
      || !esp_product_init (&item.product, rewriter, key))
    {
      item.product = (EspProduct){ 1, g_array_sized_new (FALSE, FALSE, sizeof (EspFactor), 1) };
      esp_product_add (&item.product, key, 1);
    }
  item.product.number = esp_number_tidy (item.product.number * coefficient);
  return item;
}

/* What a power takes to read, and the sign that joins it to others. */
static size_t
get_power_length (const EspFactor *factor, double exponent)
{
  /* lengths add up here, and a graph of a few hundred nodes may be longer than can be counted */
  size_t length = MIN (esp_expression_get_length (factor->base), MAX_COUNTED_LENGTH);

  exponent = fabs (exponent);
  return exponent == 0 ? 0 : length + 1 + (exponent == 1 ? 0 : exponent == 0.5 ? 1 : 2);
}

/* Returns how much shorter the term is with the power @exponent of factor @k instead of its own. */
static long
get_gain (const EspProduct *product, guint k, double exponent)
{
  long before = fabs (product->number) == 1 ? 0 : 2, after = before;
  bool above = false, above_after = false;

  for (guint i = 0; i < product->factors->len; i++)
    {
      const EspFactor *factor = &g_array_index (product->factors, EspFactor, i);
      double left = i == k ? exponent : factor->exponent;

      above = above || factor->exponent > 0;
      above_after = above_after || left > 0;
      before += (long) get_power_length (factor, factor->exponent);
      after += (long) get_power_length (factor, left);
    }
  /* without a power above the line there is a number; with one, it needs no sign to join it */
  before += above ? -1 : before > 0 && fabs (product->number) == 1 ? 1 : -1;
  after += above_after ? -1 : fabs (product->number) == 1 ? 1 : -1;
  return before - after;
}

/* A way to group terms: by a power, or where @base is NULL by the size of their number. */
typedef struct
{
  EspExpression *base;
  double exponent;
  double number;
  long saving;
} Group;

static const EspFactor *
find_power (const Item *item, const Group *group)
{
  for (guint i = 0; i < item->product.factors->len; i++)
    {
      const EspFactor *factor = &g_array_index (item->product.factors, EspFactor, i);

      if (factor->base == group->base && factor->exponent * group->exponent > 0)
        return factor;
    }
  return NULL;
}

static bool
is_member (const Item *item, const Group *group)
{
  return group->base == NULL ? fabs (item->product.number) == group->number
                             : find_power (item, group) != NULL;
}

/* Sets what grouping by the power or number of one item saves. */
static void
rate (const GArray *items, Group *group)
{
  long members = 0, saving = 0;
  double least = INFINITY;

  if (group->base == NULL)
    {
      for (guint i = 0; i < items->len; i++)
        members += is_member (&g_array_index (items, Item, i), group);
      group->saving = 2 * (members - 1);
      return;
    }

  for (guint i = 0; i < items->len; i++)
    {
      const EspFactor *factor = find_power (&g_array_index (items, Item, i), group);

      if (factor != NULL)
        least = fmin (least, fabs (factor->exponent));
    }
  group->exponent = group->exponent < 0 ? -least : least;
  for (guint i = 0; i < items->len; i++)
    {
      const Item *item = &g_array_index (items, Item, i);
      const EspFactor *factor = find_power (item, group);

      if (factor == NULL)
        continue;
      members++;
      saving += get_gain (&item->product, (guint) (factor - (EspFactor *) item->product.factors->data),
                          factor->exponent - group->exponent);
    }
  {
    EspFactor factor = { group->base, group->exponent };

    group->saving = members < 2 ? 0 : saving - (long) get_power_length (&factor, factor.exponent);
  }
}

/* Returns whether @a is to be preferred to @b. */
static bool
is_better (const Group *a, const Group *b)
{
  if (a->saving != b->saving)
    return a->saving > b->saving;
  if (a->base == NULL || b->base == NULL)
    return a->base == NULL && (b->base != NULL || a->number < b->number);
  if (a->base != b->base)
    return esp_expression_compare (a->base, b->base) < 0;
  return a->exponent > b->exponent;
}

/* Returns false when no grouping saves anything. */
static bool
find_group (const GArray *items, Group *best)
{
  *best = (Group){ .saving = 0 };
  for (guint i = 0; i < items->len; i++)
    {
      const Item *item = &g_array_index (items, Item, i);
      Group group = { .number = fabs (item->product.number) };

      if (group.number != 1)
        {
          rate (items, &group);
          if (group.saving > 0 && is_better (&group, best))
            *best = group;
        }
      for (guint k = 0; k < item->product.factors->len; k++)
        {
          const EspFactor *factor = &g_array_index (item->product.factors, EspFactor, k);

          group = (Group){ .base = factor->base, .exponent = factor->exponent };
          rate (items, &group);
          if (group.saving > 0 && is_better (&group, best))
            *best = group;
        }
    }
  return best->saving > 0;
}

/* Replaces the members of @group among @items by one item. */
static bool
join_group (GArray *items, EspRewriter *rewriter, const Group *group)
{
  EspExpression *inner;
  EspSum members;
  Item joined;
  bool ok = true;

  esp_sum_init_empty (&members);
  for (guint i = 0; i < items->len;)
    {
      Item *item = &g_array_index (items, Item, i);
      EspExpression *key;
      double number = item->product.number;

      if (!is_member (item, group))
        {
          i++;
          continue;
        }
      if (group->base == NULL)
        number = number < 0 ? -1 : 1;
      else
        ok = ok && esp_product_add (&item->product, group->base, -group->exponent);
      item->product.number = 1;
      key = esp_product_build (&item->product, rewriter);
      if (key == NULL)
        ok = false;
      else
        esp_sum_add (&members, key, number);
      g_array_remove_index (items, i);
    }
  inner = ok ? esp_sum_build (&members, rewriter) : NULL;
  esp_sum_clear (&members);
  if (inner == NULL || !esp_product_init (&joined.product, rewriter, inner))
    return false;

  if (group->base == NULL)
    joined.product.number *= group->number;
  else
    ok = esp_product_add (&joined.product, group->base, group->exponent);
  joined.product.number = esp_number_tidy (joined.product.number);
  {
    EspProduct plain = { 1, joined.product.factors };

    joined.key = esp_product_build (&plain, rewriter);
  }
  if (joined.key == NULL || !ok)
    {
      esp_product_clear (&joined.product);
      return false;
    }
  g_array_append_val (items, joined);
  return true;
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  const Item *left = a, *right = b;

  return esp_expression_compare (left->key, right->key);
}

static EspExpression *
build_item (EspRewriter *rewriter, const Item *item, bool positive)
{
  EspProduct product = item->product;

  if (positive)
    product.number = fabs (product.number);
  return esp_product_build_term (&product, rewriter);
}

/* Writes the items one after the other, one that is added first, the constant last. */
static EspExpression *
chain (GArray *items, EspRewriter *rewriter, double constant)
{
  EspBuilder *builder = rewriter->builder;
  EspExpression *result = NULL;
  guint first = 0;

  g_array_sort (items, compare_items);
  while (first < items->len && g_array_index (items, Item, first).product.number < 0)
    first++;
  if (first == items->len)
    {
      first = 0;
      if (constant > 0)
        {
          result = esp_builder_constant (builder, constant);
          constant = 0;
        }
    }

  if (items->len > 0 && result == NULL)
    {
      result = build_item (rewriter, &g_array_index (items, Item, first), false);
      if (result == NULL)
        return NULL;
      g_array_remove_index (items, first);
    }
  for (guint i = 0; i < items->len; i++)
    {
      const Item *item = &g_array_index (items, Item, i);
      EspExpression *next = build_item (rewriter, item, true);

      if (next == NULL)
        return NULL;
      result = esp_builder_binary (
        builder, item->product.number < 0 ? ESP_OPERATION_SUBTRACT : ESP_OPERATION_ADD, result, next);
    }

  if (result == NULL)
    return esp_builder_constant (builder, constant == 0 ? 0 : constant);
  if (constant != 0)
    result = esp_builder_binary (builder, constant < 0 ? ESP_OPERATION_SUBTRACT : ESP_OPERATION_ADD, result,
                                 esp_builder_constant (builder, fabs (constant)));
  return result;
}

EspExpression *
esp_sum_build (EspSum *sum, EspRewriter *rewriter)
{
  g_autoptr (GArray) items = g_array_sized_new (FALSE, FALSE, sizeof (Item), sum->terms->len);
  Group group;
  bool ok = true;

  g_array_set_clear_func (items, clear_item);
  if (sum->terms->len <= ESP_MAX_SEARCHED_TERMS)
    esp_sum_apply_identities (sum, rewriter);
  for (guint i = 0; i < sum->terms->len; i++)
    {
      const EspTerm *term = &g_array_index (sum->terms, EspTerm, i);
      Item item;

      if (term->coefficient == 0)
        continue;
      item = make_item (rewriter, term->key, term->coefficient);
      g_array_append_val (items, item);
    }
  while (ok && items->len > 1 && items->len <= ESP_MAX_SEARCHED_TERMS && rewriter->nesting < MAX_NESTED_GROUPS
         && find_group (items, &group))
    {
      rewriter->rule = "common factor";
      rewriter->nesting++;
      ok = join_group (items, rewriter, &group);
      rewriter->nesting--;
    }
  if (!ok)
    return NULL;
  return chain (items, rewriter, sum->constant);
}
