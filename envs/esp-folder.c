#include "esp-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "esp-error.h"

static void
set_unreadable (const char *path, int code, GError **error)
{
  g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot read “%s”: %s", path, g_strerror (code));
}

char *
esp_folder_locate (const char *path, GError **error)
{
  char *found = realpath (path, NULL);
  char *copy;

  if (found == NULL)
    {
      set_unreadable (path, errno, error);
      return NULL;
    }
  copy = g_strdup (found);
  free (found);

  return copy;
}

gboolean
esp_folder_check_path (const char *relative, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (relative, "/", -1);
  gboolean leaves = relative[0] == '\0' || relative[0] == '/' || strpbrk (relative, "\\:") != NULL;

  for (char **part = parts; *part != NULL; part++)
    leaves |= strcmp (*part, "..") == 0;
  for (const char *c = relative; *c != '\0'; c++)
    leaves |= g_ascii_iscntrl (*c);
  if (!leaves)
    return TRUE;
  g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
               "“%s” is refused: files must lie in the folder of the environment and be named relative to it",
               relative);

  return FALSE;
}

char *
esp_folder_find (const char *folder, const char *relative, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *found = NULL;
  size_t length = strlen (folder);

  if (!esp_folder_check_path (relative, error))
    return NULL;
  path = g_build_filename (folder, relative, NULL);
  found = esp_folder_locate (path, error);
  if (found == NULL)
    return NULL;
  if (strcmp (folder, "/") != 0 && (strncmp (found, folder, length) != 0 || found[length] != '/'))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                   "“%s” is refused: it is a link that leads out of the folder of the environment", relative);
      return NULL;
    }

  return g_steal_pointer (&found);
}

static char *
read_all (int file, const char *path, size_t size, size_t *length, GError **error)
{
  g_autofree char *bytes = g_malloc (size + 1);
  size_t n = 0;
  ssize_t read_now;

  /* a file that shrinks meanwhile is read as far as it goes; one that grows, as far as it went */
  while (n < size && ((read_now = read (file, bytes + n, size - n)) > 0 || (read_now < 0 && errno == EINTR)))
    n += MAX (read_now, 0);
  if (n < size && read_now < 0)
    {
      set_unreadable (path, errno, error);
      return NULL;
    }
  bytes[n] = '\0';
  *length = n;

  return g_steal_pointer (&bytes);
}

char *
esp_folder_read (const char *path, size_t most, size_t *length, GError **error)
{
  struct stat about;
  int file = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  char *bytes = NULL;

  if (file < 0 || fstat (file, &about) < 0)
    set_unreadable (path, errno, error);
  else if (!S_ISREG (about.st_mode))
    g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "“%s” is not a file", path);
  else if ((size_t) about.st_size > most)
    g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "“%s” is larger than %zu KiB", path, most >> 10);
  else
    bytes = read_all (file, path, (size_t) about.st_size, length, error);
  if (file >= 0)
    close (file);

  return bytes;
}
