#include "esp-safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "esp-error.h"
#include "esp-json.h"

static const struct
{
  const char *name;
  size_t size;
} types[] = {
  [ESP_TENSOR_U8] = { "U8", 1 },
  [ESP_TENSOR_F32] = { "F32", 4 },
  [ESP_TENSOR_F64] = { "F64", 8 },
};

typedef struct
{
  const void *data;
  size_t bytes;
} Part;

struct _EspTensorWriter
{
  JsonObject *header;
  JsonObject *metadata;
  GArray *parts; /* of Part */
  size_t bytes;
};

EspTensorWriter *
esp_tensor_writer_new (void)
{
  EspTensorWriter *writer = g_new0 (EspTensorWriter, 1);

  writer->header = json_object_new ();
  writer->metadata = json_object_new ();
  writer->parts = g_array_new (FALSE, FALSE, sizeof (Part));
  json_object_set_object_member (writer->header, "__metadata__", json_object_ref (writer->metadata));

  return writer;
}

void
esp_tensor_writer_free (EspTensorWriter *writer)
{
  if (writer == NULL)
    return;

  json_object_unref (writer->header);
  json_object_unref (writer->metadata);
  g_array_unref (writer->parts);
  g_free (writer);
}

void
esp_tensor_writer_add (
  EspTensorWriter *writer, const char *name, EspTensorType type, const void *data, size_t n)
{
  JsonObject *entry = json_object_new ();
  JsonArray *shape = json_array_new ();
  JsonArray *offsets = json_array_new ();
  Part part = { data, n * types[type].size };

  json_array_add_int_element (shape, (gint64) n);
  json_array_add_int_element (offsets, (gint64) writer->bytes);
  json_array_add_int_element (offsets, (gint64) (writer->bytes + part.bytes));
  json_object_set_string_member (entry, "dtype", types[type].name);
  json_object_set_array_member (entry, "shape", shape);
  json_object_set_array_member (entry, "data_offsets", offsets);
  json_object_set_object_member (writer->header, name, entry);

  g_array_append_val (writer->parts, part);
  writer->bytes += part.bytes;
}

void
esp_tensor_writer_add_text (EspTensorWriter *writer, const char *key, const char *value)
{
  json_object_set_string_member (writer->metadata, key, value);
}

static gboolean
refuse_to_write (const char *path, int reason, GError **error)
{
  g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot write “%s”: %s", path, g_strerror (reason));
  return FALSE;
}

static bool
write_all (int file, const void *data, size_t bytes)
{
  const char *next = data;

  while (bytes > 0)
    {
      ssize_t written = write (file, next, MIN (bytes, (size_t) 1 << 30));

      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        return false;
      next += written;
      bytes -= (size_t) written;
    }

  return true;
}

/* Opens a new file beside @path; returns its descriptor and sets @temporary, or returns −1. */
static int
open_beside (const char *path, char **temporary)
{
  *temporary = g_strconcat (path, ".XXXXXX", NULL);
  return g_mkstemp_full (*temporary, O_RDWR | O_CLOEXEC, 0644);
}

/* Makes the new name survive a crash of the machine; a folder that cannot be synchronised is no error. */
static void
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int descriptor = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (descriptor >= 0)
    {
      fsync (descriptor);
      close (descriptor);
    }
}

gboolean
esp_tensor_check_writable (const char *path, GError **error)
{
  g_autofree char *temporary = NULL;
  int file;

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return refuse_to_write (path, EISDIR, error);
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_autoptr (EspTensorReader) reader = NULL;

      /* renaming would replace these: files that must not be written, devices such as /dev/null, and
       * other files of the user's, named by mistake */
      if (access (path, W_OK) != 0)
        return refuse_to_write (path, errno, error);
      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        reader = esp_tensor_reader_new (path, NULL);
      if (reader == NULL)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                       "“%s” exists and is not a checkpoint, so it was left alone; give another name", path);
          return FALSE;
        }
    }
  file = open_beside (path, &temporary);
  if (file < 0)
    return refuse_to_write (path, errno, error);
  close (file);
  unlink (temporary);

  return TRUE;
}

gboolean
esp_tensor_writer_save (EspTensorWriter *writer, const char *path, GError **error)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), writer->header);
  g_autofree char *header = json_to_string (root, FALSE);
  g_autofree char *temporary = NULL;
  size_t length = strlen (header), padded = (length + 7) / 8 * 8;
  guint64 prefix = GUINT64_TO_LE ((guint64) padded);
  int file = open_beside (path, &temporary);
  bool written;

  if (file < 0)
    return refuse_to_write (path, errno, error);

  written = write_all (file, &prefix, sizeof prefix) && write_all (file, header, length)
            && write_all (file, "       ", padded - length);
  for (guint i = 0; written && i < writer->parts->len; i++)
    {
      const Part *part = &g_array_index (writer->parts, Part, i);

      written = write_all (file, part->data, part->bytes);
    }
  written = written && fsync (file) == 0;

  if (!written || rename (temporary, path) != 0)
    {
      int reason = errno;

      close (file);
      unlink (temporary);
      return refuse_to_write (path, reason, error);
    }
  close (file);
  sync_folder (path);

  return TRUE;
}

struct _EspTensorReader
{
  char *name;
  GMappedFile *file;
  JsonNode *root;
  const char *data;
  size_t bytes;
};

/* A header is some dozen lines of JSON per array. */
#define MAX_HEADER_BYTES (4u << 20)

static EspTensorReader *
refuse_to_read (const char *name, GError **error)
{
  g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "“%s” is not a safetensors file or is damaged", name);
  return NULL;
}

EspTensorReader *
esp_tensor_reader_new (const char *path, GError **error)
{
  g_autoptr (EspTensorReader) reader = g_new0 (EspTensorReader, 1);
  struct stat status;
  int descriptor;
  guint64 length;
  size_t size;

  reader->name = g_path_get_basename (path);
  /* not waiting, because opening a pipe would wait for a writer */
  descriptor = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot read “%s”: %s", path, g_strerror (errno));
      return NULL;
    }
  if (fstat (descriptor, &status) == 0 && S_ISREG (status.st_mode))
    reader->file = g_mapped_file_new_from_fd (descriptor, FALSE, NULL);
  close (descriptor);
  if (reader->file == NULL)
    return refuse_to_read (reader->name, error);

  size = g_mapped_file_get_length (reader->file);
  if (size < sizeof length)
    return refuse_to_read (reader->name, error);
  memcpy (&length, g_mapped_file_get_contents (reader->file), sizeof length);
  length = GUINT64_FROM_LE (length);
  if (length > size - sizeof length || length > MAX_HEADER_BYTES)
    return refuse_to_read (reader->name, error);

  reader->root
    = esp_json_parse (reader->name, g_mapped_file_get_contents (reader->file) + sizeof length, length, NULL);
  if (reader->root == NULL || !JSON_NODE_HOLDS_OBJECT (reader->root))
    return refuse_to_read (reader->name, error);
  reader->data = g_mapped_file_get_contents (reader->file) + sizeof length + length;
  reader->bytes = size - sizeof length - length;

  return g_steal_pointer (&reader);
}

void
esp_tensor_reader_free (EspTensorReader *reader)
{
  if (reader == NULL)
    return;

  g_free (reader->name);
  g_clear_pointer (&reader->file, g_mapped_file_unref);
  g_clear_pointer (&reader->root, json_node_unref);
  g_free (reader);
}

const char *
esp_tensor_reader_get_text (EspTensorReader *reader, const char *key)
{
  JsonObject *header = json_node_get_object (reader->root);
  JsonNode *metadata = json_object_get_member (header, "__metadata__");
  JsonNode *text;

  if (metadata == NULL || !JSON_NODE_HOLDS_OBJECT (metadata))
    return NULL;
  text = json_object_get_member (json_node_get_object (metadata), key);
  if (text == NULL || !JSON_NODE_HOLDS_VALUE (text) || json_node_get_value_type (text) != G_TYPE_STRING)
    return NULL;

  return json_node_get_string (text);
}

/* Finds the bytes of the array @name of @type; NULL where it is missing or its offsets are wrong. */
static const char *
find_array (EspTensorReader *reader, const char *name, EspTensorType type, size_t *n)
{
  JsonNode *node = json_object_get_member (json_node_get_object (reader->root), name);
  JsonNode *dtype, *offsets;
  gint64 bounds[2];

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  dtype = json_object_get_member (json_node_get_object (node), "dtype");
  offsets = json_object_get_member (json_node_get_object (node), "data_offsets");
  if (dtype == NULL || !JSON_NODE_HOLDS_VALUE (dtype) || json_node_get_value_type (dtype) != G_TYPE_STRING
      || strcmp (json_node_get_string (dtype), types[type].name) != 0 || offsets == NULL
      || !JSON_NODE_HOLDS_ARRAY (offsets) || json_array_get_length (json_node_get_array (offsets)) != 2)
    return NULL;
  for (guint i = 0; i < 2; i++)
    {
      JsonNode *bound = json_array_get_element (json_node_get_array (offsets), i);

      if (!JSON_NODE_HOLDS_VALUE (bound) || json_node_get_value_type (bound) != G_TYPE_INT64)
        return NULL;
      bounds[i] = json_node_get_int (bound);
    }
  if (bounds[0] < 0 || bounds[1] < bounds[0] || (guint64) bounds[1] > reader->bytes
      || (size_t) (bounds[1] - bounds[0]) % types[type].size != 0)
    return NULL;

  *n = (size_t) (bounds[1] - bounds[0]) / types[type].size;
  return reader->data + bounds[0];
}

size_t
esp_tensor_reader_get_length (EspTensorReader *reader, const char *name, EspTensorType type)
{
  size_t n;

  return find_array (reader, name, type, &n) != NULL ? n : 0;
}

gboolean
esp_tensor_reader_read (EspTensorReader *reader,
                        const char *name,
                        EspTensorType type,
                        void *data,
                        size_t n,
                        GError **error)
{
  size_t stored;
  const char *bytes = find_array (reader, name, type, &stored);

  if (bytes == NULL || stored != n)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                   "“%s” does not belong to this run: its array “%s” is missing or has another size",
                   reader->name, name);
      return FALSE;
    }
  if (n > 0)
    memcpy (data, bytes, n * types[type].size);

  return TRUE;
}
