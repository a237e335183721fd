/* The state of an engine that cannot restore its caches: how the episode began, and what was done since.
 *
 * Included by the sources of environments only. A log is a start (the numbers that the reset drew, or a
 * physical state that was set) and the records of the steps since, each of a fixed number of values. Making
 * the start anew and taking the same steps leads to the same state, bit for bit.
 *
 * The space is fixed, so that a state has a fixed size and stepping allocates nothing. When it is full, the
 * environment begins anew at its physical state, with cold caches; with room for an episode's longest
 * run this only happens to those who go on after the end.
 */

#pragma once

#include "esp-environment.h"

/**
 * EspEpisodeLogKind:
 * @ESP_EPISODE_LOG_RESET: an episode that begins with the numbers that a reset draws
 * @ESP_EPISODE_LOG_PHYSICS: one that begins at a physical state
 *
 * What the values of a start mean.
 */
typedef enum
{
  ESP_EPISODE_LOG_RESET,
  ESP_EPISODE_LOG_PHYSICS,
} EspEpisodeLogKind;

/**
 * EspEpisodeLog:
 * @kind: an EspEpisodeLogKind
 * @n_records: how many steps there are
 * @n_start: room for the start's values
 * @n_record: values of one record
 * @capacity: room for records
 * @values: the start, then the records; what is not used is 0
 */
typedef struct
{
  uint64_t kind;
  uint64_t n_records;
  size_t n_start;
  size_t n_record;
  size_t capacity;
  double *values;
} EspEpisodeLog;

/* Makes an empty log; free what it holds with esp_episode_log_clear(). */
void esp_episode_log_init (EspEpisodeLog *log, size_t n_start, size_t n_record, size_t capacity);

/* Frees what @log holds. */
void esp_episode_log_clear (EspEpisodeLog *log);

/* Begins anew with the @n values of a start, at most n_start. */
void esp_episode_log_begin (EspEpisodeLog *log, EspEpisodeLogKind kind, const double *values, size_t n);

/* Adds the record of a step (@values[n_record]). There must be room. */
void esp_episode_log_add (EspEpisodeLog *log, const double *values);

/* Returns whether there is no room for another record. */
bool esp_episode_log_is_full (const EspEpisodeLog *log);

/* Returns the record @i (n_record values). */
const double *esp_episode_log_get_record (const EspEpisodeLog *log, size_t i);

/* Returns how many bytes esp_episode_log_write() writes; constant. */
size_t esp_episode_log_get_size (const EspEpisodeLog *log);

/* Writes @log to @bytes. */
void esp_episode_log_write (const EspEpisodeLog *log, void *bytes);

/* Reads @log, which must have been made for the same environment, from @bytes. FALSE, with nothing
 * changed, unless these are a known kind, as many records as there is room for, finite values, and 0 where
 * nothing is used. What the values mean is for the caller to check. */
gboolean esp_episode_log_read (EspEpisodeLog *log, const void *bytes);

/* Returns whether what @log starts with is a start as @is_reset or @is_physics has it, whichever it is, and
 * no number of its records is beyond @limit. */
bool esp_episode_log_is_plausible (const EspEpisodeLog *log,
                                   bool (*is_reset) (const double *values),
                                   bool (*is_physics) (const double *values),
                                   double limit);
