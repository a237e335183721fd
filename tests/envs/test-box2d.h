/* Parts of the tests of lunar lander and bipedal walker that are in files of their own. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Add the tests against recordings, and of the returns of fixed policies. */
void add_recording_tests (void);
void add_return_tests (void);

G_END_DECLS
