#include "esp-archive.h"

#include <math.h>
#include <stdatomic.h>

struct _EspArchive
{
  _Atomic int references;
  size_t depth;
  GArray *entries; /* of EspArchiveEntry */
};

static void
clear_entry (void *data)
{
  EspArchiveEntry *entry = data;

  esp_formula_unref (entry->formula);
}

EspArchive *
esp_archive_new (size_t depth)
{
  EspArchive *archive = g_new (EspArchive, 1);

  g_assert (depth > 0);
  archive->references = 1;
  archive->depth = depth;
  archive->entries = g_array_new (FALSE, FALSE, sizeof (EspArchiveEntry));
  g_array_set_clear_func (archive->entries, clear_entry);

  return archive;
}

EspArchive *
esp_archive_ref (EspArchive *archive)
{
  atomic_fetch_add_explicit (&archive->references, 1, memory_order_relaxed);
  return archive;
}

void
esp_archive_unref (EspArchive *archive)
{
  if (archive == NULL || atomic_fetch_sub_explicit (&archive->references, 1, memory_order_acq_rel) > 1)
    return;

  g_array_unref (archive->entries);
  g_free (archive);
}

size_t
esp_archive_get_n (const EspArchive *archive)
{
  return archive->entries->len;
}

const EspArchiveEntry *
esp_archive_get (const EspArchive *archive, size_t i)
{
  g_assert (i < archive->entries->len);

  return &g_array_index (archive->entries, EspArchiveEntry, i);
}

/* How many of the entries before @end equal or beat @value. */
static size_t
count_rivals (const EspArchive *archive, guint end, double value)
{
  size_t n = 0;

  for (guint i = 0; i < end; i++)
    if (esp_archive_get (archive, i)->value >= value)
      n++;

  return n;
}

double
esp_archive_get_bar (const EspArchive *archive, size_t length)
{
  double bar = -HUGE_VAL;
  guint end = 0;

  while (end < archive->entries->len && esp_archive_get (archive, end)->length <= length)
    end++;
  for (guint i = 0; i < end; i++)
    {
      double value = esp_archive_get (archive, i)->value;

      if (value > bar && count_rivals (archive, end, value) >= archive->depth)
        bar = value;
    }

  return bar;
}

double
esp_archive_get_best (const EspArchive *archive, size_t length)
{
  double best = -HUGE_VAL;

  for (size_t i = 0; i < archive->entries->len && esp_archive_get (archive, i)->length <= length; i++)
    best = fmax (best, esp_archive_get (archive, i)->value);

  return best;
}

bool
esp_archive_offer (EspArchive *archive, EspFormula *formula, double value)
{
  EspArchiveEntry entry = { formula, esp_formula_get_total_length (formula), value };
  guint place = 0;

  /* a NaN never gets in */
  if (!(value > esp_archive_get_bar (archive, entry.length)))
    return false;

  while (place < archive->entries->len
         && (esp_archive_get (archive, place)->length < entry.length
             || (esp_archive_get (archive, place)->length == entry.length
                 && esp_archive_get (archive, place)->value >= value)))
    place++;
  /* the same function in other words is no news */
  if (place > 0 && esp_archive_get (archive, place - 1)->length == entry.length
      && esp_archive_get (archive, place - 1)->value == value)
    return false;

  esp_formula_ref (formula);
  g_array_insert_val (archive->entries, place, entry);
  for (guint i = archive->entries->len - 1; i > place; i--)
    if (count_rivals (archive, i, esp_archive_get (archive, i)->value) >= archive->depth)
      g_array_remove_index (archive->entries, i);

  return true;
}

EspArchive *
esp_archive_get_front (const EspArchive *archive)
{
  EspArchive *front = esp_archive_new (1);

  for (size_t i = 0; i < esp_archive_get_n (archive); i++)
    esp_archive_offer (front, esp_archive_get (archive, i)->formula, esp_archive_get (archive, i)->value);

  return front;
}

const EspArchiveEntry *
esp_archive_choose (const EspArchive *archive, size_t length_limit, double tolerance)
{
  const EspArchiveEntry *best = NULL;

  for (size_t i = 0; i < esp_archive_get_n (archive); i++)
    if (esp_formula_get_longest (esp_archive_get (archive, i)->formula) <= length_limit)
      best = esp_archive_get (archive, i);
  for (size_t i = 0; best != NULL && i < esp_archive_get_n (archive); i++)
    {
      const EspArchiveEntry *entry = esp_archive_get (archive, i);

      if (esp_formula_get_longest (entry->formula) <= length_limit
          && entry->value >= best->value - tolerance * fabs (best->value))
        return entry;
    }

  return NULL;
}
