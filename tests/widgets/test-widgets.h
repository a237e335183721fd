/* The groups of tests of the widgets, one a file. */

#pragma once

#include <gtk/gtk.h>

/* Adds the group's tests. */
void esp_test_add_palette (void);
void esp_test_add_edges (void);
void esp_test_add_network_layout (void);
void esp_test_add_formula_layout (void);
void esp_test_add_views (void);

/* Shows @widget (consumed) in a window of this size and waits until it was drawn; returns the window. */
GtkWidget *esp_test_show (GtkWidget *widget, int width, int height);
