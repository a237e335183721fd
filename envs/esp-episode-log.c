#include "esp-episode-log.h"

#include <math.h>
#include <string.h>

/* What precedes the values in a state. */
typedef struct
{
  uint64_t kind;
  uint64_t n_records;
} LogHeader;

static size_t
count_values (const EspEpisodeLog *log)
{
  return log->n_start + log->capacity * log->n_record;
}

void
esp_episode_log_init (EspEpisodeLog *log, size_t n_start, size_t n_record, size_t capacity)
{
  *log = (EspEpisodeLog){ .n_start = n_start, .n_record = n_record, .capacity = capacity };
  log->values = g_new0 (double, count_values (log));
}

void
esp_episode_log_clear (EspEpisodeLog *log)
{
  g_clear_pointer (&log->values, g_free);
}

void
esp_episode_log_begin (EspEpisodeLog *log, EspEpisodeLogKind kind, const double *values, size_t n)
{
  memset (log->values + n, 0, (log->n_start + log->n_records * log->n_record - n) * sizeof (double));
  memcpy (log->values, values, n * sizeof (double));
  log->kind = kind;
  log->n_records = 0;
}

void
esp_episode_log_add (EspEpisodeLog *log, const double *values)
{
  memcpy (log->values + log->n_start + log->n_records * log->n_record, values,
          log->n_record * sizeof (double));
  log->n_records++;
}

bool
esp_episode_log_is_full (const EspEpisodeLog *log)
{
  return log->n_records == log->capacity;
}

const double *
esp_episode_log_get_record (const EspEpisodeLog *log, size_t i)
{
  return log->values + log->n_start + i * log->n_record;
}

size_t
esp_episode_log_get_size (const EspEpisodeLog *log)
{
  return sizeof (LogHeader) + count_values (log) * sizeof (double);
}

void
esp_episode_log_write (const EspEpisodeLog *log, void *bytes)
{
  LogHeader header = { log->kind, log->n_records };

  memcpy (bytes, &header, sizeof header);
  memcpy ((uint8_t *) bytes + sizeof header, log->values, count_values (log) * sizeof (double));
}

gboolean
esp_episode_log_read (EspEpisodeLog *log, const void *bytes)
{
  size_t n = count_values (log), used;
  const uint8_t *values = (const uint8_t *) bytes + sizeof (LogHeader);
  LogHeader header;

  memcpy (&header, bytes, sizeof header);
  if (header.kind > ESP_EPISODE_LOG_PHYSICS || header.n_records > log->capacity)
    return FALSE;
  used = log->n_start + header.n_records * log->n_record;
  for (size_t i = 0; i < n; i++)
    {
      double value;

      memcpy (&value, values + i * sizeof value, sizeof value);
      if (!isfinite (value) || (i >= used && value != 0))
        return FALSE;
    }

  log->kind = header.kind;
  log->n_records = header.n_records;
  memcpy (log->values, values, n * sizeof (double));

  return TRUE;
}

bool
esp_episode_log_is_plausible (const EspEpisodeLog *log,
                              bool (*is_reset) (const double *values),
                              bool (*is_physics) (const double *values),
                              double limit)
{
  if (!(log->kind == ESP_EPISODE_LOG_RESET ? is_reset (log->values) : is_physics (log->values)))
    return false;
  for (size_t t = 0; t < log->n_records; t++)
    {
      const double *record = esp_episode_log_get_record (log, t);

      for (size_t i = 0; i < log->n_record; i++)
        {
          if (!(fabs (record[i]) <= limit))
            return false;
        }
    }

  return true;
}
