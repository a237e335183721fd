/* Where the program's data files are. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns the path of the data file @name, such as `models/cartpole.xml`, whether it exists or not: in
 * the folder that the environment variable ESPALIER_RESOURCES names, else in `resources/` of the source
 * tree the program was built in, else in the installed data folder. Free with g_free(). Any thread. */
char *esp_resource_path (const char *name);

G_END_DECLS
