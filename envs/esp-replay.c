#include "esp-replay.h"

#include <math.h>
#include <string.h>

/* What precedes the values in a state. */
typedef struct
{
  uint64_t kind;
  uint64_t n_records;
} ReplayHeader;

static size_t
count_values (const EspReplay *replay)
{
  return replay->n_start + replay->capacity * replay->n_record;
}

void
esp_replay_init (EspReplay *replay, size_t n_start, size_t n_record, size_t capacity)
{
  *replay = (EspReplay){ .n_start = n_start, .n_record = n_record, .capacity = capacity };
  replay->values = g_new0 (double, count_values (replay));
}

void
esp_replay_clear (EspReplay *replay)
{
  g_clear_pointer (&replay->values, g_free);
}

void
esp_replay_begin (EspReplay *replay, EspReplayKind kind, const double *values, size_t n)
{
  memset (replay->values + n, 0,
          (replay->n_start + replay->n_records * replay->n_record - n) * sizeof (double));
  memcpy (replay->values, values, n * sizeof (double));
  replay->kind = kind;
  replay->n_records = 0;
}

void
esp_replay_add (EspReplay *replay, const double *values)
{
  memcpy (replay->values + replay->n_start + replay->n_records * replay->n_record, values,
          replay->n_record * sizeof (double));
  replay->n_records++;
}

bool
esp_replay_is_full (const EspReplay *replay)
{
  return replay->n_records == replay->capacity;
}

const double *
esp_replay_get_record (const EspReplay *replay, size_t i)
{
  return replay->values + replay->n_start + i * replay->n_record;
}

size_t
esp_replay_get_size (const EspReplay *replay)
{
  return sizeof (ReplayHeader) + count_values (replay) * sizeof (double);
}

void
esp_replay_write (const EspReplay *replay, void *bytes)
{
  ReplayHeader header = { replay->kind, replay->n_records };

  memcpy (bytes, &header, sizeof header);
  memcpy ((uint8_t *) bytes + sizeof header, replay->values, count_values (replay) * sizeof (double));
}

gboolean
esp_replay_read (EspReplay *replay, const void *bytes)
{
  size_t n = count_values (replay), used;
  const uint8_t *values = (const uint8_t *) bytes + sizeof (ReplayHeader);
  ReplayHeader header;

  memcpy (&header, bytes, sizeof header);
  if (header.kind > ESP_REPLAY_PHYSICS || header.n_records > replay->capacity)
    return FALSE;
  used = replay->n_start + header.n_records * replay->n_record;
  for (size_t i = 0; i < n; i++)
    {
      double value;

      memcpy (&value, values + i * sizeof value, sizeof value);
      if (!isfinite (value) || (i >= used && value != 0))
        return FALSE;
    }

  replay->kind = header.kind;
  replay->n_records = header.n_records;
  memcpy (replay->values, values, n * sizeof (double));

  return TRUE;
}
