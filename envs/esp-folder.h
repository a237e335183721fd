/* A folder of the user's from which files are read, and nothing outside of it.
 *
 * What a file of the user's names is a path below its own folder: neither `..` nor an absolute path nor a
 * symbolic link leads out, and only regular files are opened, so that no pipe or device keeps the program
 * waiting. Any thread.
 */

#pragma once

#include <stddef.h>

#include <glib.h>

G_BEGIN_DECLS

/* Returns the true path (no symbolic links) of the file @path, or fails with ESP_ERROR_FILE. Free with
 * g_free(). */
char *esp_folder_locate (const char *path, GError **error);

/* Fails with ESP_ERROR_FILE unless @relative, as written in a file of the user's, is a path that stays below
 * its folder as far as its text can say. */
gboolean esp_folder_check_path (const char *relative, GError **error);

/* Returns the true path of @relative below @folder (itself a true path). Fails with ESP_ERROR_FILE where
 * there is no such file or it lies outside of @folder. Free with g_free(). */
char *esp_folder_find (const char *folder, const char *relative, GError **error);

/* Returns the bytes of the regular file @path with a NUL after them, their number in @length. Fails with
 * ESP_ERROR_FILE, or with ESP_ERROR_RANGE for more than @most bytes. Free with g_free(). */
char *esp_folder_read (const char *path, size_t most, size_t *length, GError **error);

G_END_DECLS
