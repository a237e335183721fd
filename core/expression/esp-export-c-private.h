/* What the parts of the export to C share. Private to it. */

#pragma once

#include "esp-export-c.h"

G_BEGIN_DECLS

/* Appends @value as a constant of C, in the precision that the EspExport @data asks for; in double precision
 * where that is NULL. */
void esp_export_append_c_number (GString *string, double value, const void *data);

/* Appends the program that compares the policy with @vectors, under its macro. */
void esp_export_append_c_self_test (GString *string, const EspTestVectors *vectors, const EspExport *export);

G_END_DECLS
