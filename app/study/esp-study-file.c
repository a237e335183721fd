#include "esp-study-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "esp-error.h"

struct _EspStudyFile
{
  char *path;
  int descriptor;
};

static gboolean
refuse (GError **error, const char *path, const char *what)
{
  g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot %s “%s”: %s", what, path, g_strerror (errno));
  return FALSE;
}

/* What a file is being read into. */
typedef struct
{
  const char *path;
  GPtrArray *records;
  GString *line;
  guint n_lines;
  gboolean may_end_early; /* whether a last line without an end may be wrong */
  off_t end;              /* of the last line that is sound */
} Reading;

/* Takes the line that has been read; @ended says whether there was a newline after it. */
static gboolean
take_line (Reading *reading, gboolean ended, GError **error)
{
  g_autofree char *base = g_path_get_basename (reading->path);
  g_autofree char *shown = g_filename_display_name (base);
  g_autofree char *name = g_strdup_printf ("line %u of %s", ++reading->n_lines, shown);
  EspStudyRecord *record;
  g_autoptr (GError) failure = NULL;

  if (reading->n_lines > ESP_STUDY_MAX_LINES)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "“%s” has more than %u lines", reading->path,
                   ESP_STUDY_MAX_LINES);
      return FALSE;
    }
  if (strspn (reading->line->str, " \t\r") != reading->line->len)
    {
      record = esp_study_record_parse (name, reading->line->str, reading->line->len, &failure);
      if (record == NULL && (ended || !reading->may_end_early))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      if (record == NULL)
        return TRUE;
      g_ptr_array_add (reading->records, record);
    }
  reading->end += (off_t) reading->line->len + (ended ? 1 : 0);
  g_string_truncate (reading->line, 0);

  return TRUE;
}

static gboolean
take_block (Reading *reading, const char *block, gsize length, GError **error)
{
  while (length > 0)
    {
      const char *newline = memchr (block, '\n', length);
      gsize taken = newline != NULL ? (gsize) (newline - block) : length;

      if (reading->line->len + taken > ESP_JSON_MAX_BYTES)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "line %u of “%s” is larger than %u MiB",
                       reading->n_lines + 1, reading->path, ESP_JSON_MAX_BYTES >> 20);
          return FALSE;
        }
      g_string_append_len (reading->line, block, (gssize) taken);
      if (newline == NULL)
        return TRUE;
      if (!take_line (reading, TRUE, error))
        return FALSE;
      block += taken + 1;
      length -= taken + 1;
    }

  return TRUE;
}

/* Reads all of @descriptor. */
static gboolean
read_records (Reading *reading, int descriptor, GError **error)
{
  g_autoptr (GString) line = g_string_new (NULL);
  char block[65536];
  ssize_t n;

  reading->line = line;
  while ((n = read (descriptor, block, sizeof block)) > 0 || (n < 0 && errno == EINTR))
    if (n > 0 && !take_block (reading, block, (gsize) n, error))
      return FALSE;
  if (n < 0)
    return refuse (error, reading->path, "read");

  return line->len == 0 || take_line (reading, FALSE, error);
}

gboolean
esp_study_file_read (const char *path, GPtrArray *records, GError **error)
{
  Reading reading = { .path = path, .records = records };
  int descriptor = open (path, O_RDONLY | O_CLOEXEC);
  gboolean is_read;

  if (descriptor < 0)
    return refuse (error, path, "read");
  is_read = read_records (&reading, descriptor, error);
  close (descriptor);

  return is_read;
}

/* Makes sure that the next record begins a line. */
static gboolean
mend_end (EspStudyFile *file, const Reading *reading, off_t size, GError **error)
{
  char last;

  if (reading->end < size)
    return ftruncate (file->descriptor, reading->end) == 0 || refuse (error, file->path, "write");
  if (size == 0 || pread (file->descriptor, &last, 1, size - 1) != 1 || last == '\n')
    return TRUE;

  return write (file->descriptor, "\n", 1) == 1 || refuse (error, file->path, "write");
}

/* Makes the open @file ready for appending. */
static gboolean
prepare (EspStudyFile *file, gboolean resume, GPtrArray *records, GError **error)
{
  Reading reading = { .path = file->path, .records = records, .may_end_early = TRUE };
  struct stat status;

  if (fstat (file->descriptor, &status) != 0)
    return refuse (error, file->path, "write");
  if (!S_ISREG (status.st_mode))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "“%s” is not a file that results can be added to",
                   file->path);
      return FALSE;
    }
  if (flock (file->descriptor, LOCK_EX | LOCK_NB) != 0)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                   "another study is writing to “%s”; give another --output", file->path);
      return FALSE;
    }
  if (!resume && status.st_size > 0)
    {
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_FILE,
        "“%s” holds results already; use --resume to go on with them, remove it, or give another name",
        file->path);
      return FALSE;
    }

  return read_records (&reading, file->descriptor, error) && mend_end (file, &reading, status.st_size, error);
}

EspStudyFile *
esp_study_file_open (const char *path, gboolean resume, GPtrArray *records, GError **error)
{
  g_autoptr (EspStudyFile) file = g_new0 (EspStudyFile, 1);

  file->path = g_strdup (path);
  /* a pipe that nobody reads must not block */
  file->descriptor = open (path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
  if (file->descriptor < 0)
    {
      refuse (error, path, "write");
      return NULL;
    }

  return prepare (file, resume, records, error) ? g_steal_pointer (&file) : NULL;
}

gboolean
esp_study_file_append (EspStudyFile *file, const EspStudyRecord *record, const char *study, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  struct stat status;
  gsize done = 0;

  esp_study_record_append_json (record, study, text);
  if (fstat (file->descriptor, &status) != 0)
    return refuse (error, file->path, "write");
  while (done < text->len)
    {
      ssize_t n = write (file->descriptor, text->str + done, text->len - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          int reason = errno;

          /* half a record is none; where even this fails, reading drops it */
          if (ftruncate (file->descriptor, status.st_size) != 0)
            g_debug ("the end of %s stays broken", file->path);
          errno = reason;
          return refuse (error, file->path, "write");
        }
      done += (gsize) n;
    }
  fsync (file->descriptor);

  return TRUE;
}

void
esp_study_file_close (EspStudyFile *file)
{
  if (file->descriptor >= 0)
    close (file->descriptor);
  g_free (file->path);
  g_free (file);
}
