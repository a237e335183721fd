/* The groups of tests of the widgets, one a file. */

#pragma once

#include <gtk/gtk.h>

#include "esp-environment.h"

/* Adds the group's tests. */
void esp_test_add_palette (void);
void esp_test_add_edges (void);
void esp_test_add_network_layout (void);
void esp_test_add_formula_layout (void);
void esp_test_add_views (void);
void esp_test_add_curves (void);
void esp_test_add_formula_view (void);
void esp_test_add_formula_editor (void);
void esp_test_add_front_view (void);

/* Shows @widget (consumed) in a window of this size and waits until it was drawn; returns the window. */
GtkWidget *esp_test_show (GtkWidget *widget, int width, int height);

/* Returns what @view looks like once all that waits has been drawn. */
GdkTexture *esp_test_take_settled_picture (GtkWidget *view);

/* Returns how many pixels differ between two pictures of the same size. */
size_t esp_test_count_differences (GdkTexture *a, GdkTexture *b);

/* Returns a description with two actions. No built-in environment has them: cart-pole with its force
 * twice. */
const EspEnvironmentInfo *esp_test_get_two_actions (void);
