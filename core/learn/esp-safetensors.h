/* Safetensors files: named arrays and text metadata (github.com/huggingface/safetensors, the format's
 * own description): eight bytes of header length, little endian, a JSON header, and the arrays.
 *
 * A reader may be given any file: every offset and size is checked, and nothing in it is executed.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  ESP_TENSOR_U8,
  ESP_TENSOR_F32,
  ESP_TENSOR_F64,
} EspTensorType;

typedef struct _EspTensorWriter EspTensorWriter;
typedef struct _EspTensorReader EspTensorReader;

/* Returns a writer that collects arrays; they are not copied and must live until it is freed. */
EspTensorWriter *esp_tensor_writer_new (void);
void esp_tensor_writer_free (EspTensorWriter *writer);

/* Adds the array @name of @n elements of @type. */
void esp_tensor_writer_add (EspTensorWriter *writer,
                            const char *name,
                            EspTensorType type,
                            const void *data,
                            size_t n);

/* Adds the text @value as @key to the metadata. */
void esp_tensor_writer_add_text (EspTensorWriter *writer, const char *key, const char *value);

/* Writes the file @path atomically: it is either the old one or the whole new one, whatever happens.
 * Fails with ESP_ERROR_FILE. */
gboolean esp_tensor_writer_save (EspTensorWriter *writer, const char *path, GError **error);

/* Fails with ESP_ERROR_FILE unless a file can be written at @path, where there may be nothing yet or an
 * older safetensors file, but no other file or device; leaves what is there as it is. */
gboolean esp_tensor_check_writable (const char *path, GError **error);

/* Maps the file @path. Fails with ESP_ERROR_FILE or ESP_ERROR_SYNTAX. */
EspTensorReader *esp_tensor_reader_new (const char *path, GError **error);
void esp_tensor_reader_free (EspTensorReader *reader);

/* Returns the text of @key in the metadata, owned by @reader, or NULL. */
const char *esp_tensor_reader_get_text (EspTensorReader *reader, const char *key);

/* Returns the number of elements of the array @name of @type, or 0 if there is none. */
size_t esp_tensor_reader_get_length (EspTensorReader *reader, const char *name, EspTensorType type);

/* Copies the array @name, which must have @type and exactly @n elements, to @data. Fails with
 * ESP_ERROR_FILE. */
gboolean esp_tensor_reader_read (EspTensorReader *reader,
                                 const char *name,
                                 EspTensorType type,
                                 void *data,
                                 size_t n,
                                 GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspTensorWriter, esp_tensor_writer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspTensorReader, esp_tensor_reader_free)

G_END_DECLS
