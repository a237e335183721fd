/* What the window's source files share. */

#pragma once

#include "esp-curve-view.h"
#include "esp-formula-export.h"
#include "esp-formula-view.h"
#include "esp-network-view.h"
#include "esp-robot-view.h"
#include "esp-selector-view.h"
#include "esp-window.h"

struct _EspWindow
{
  AdwApplicationWindow parent_instance;

  EspSession *session;
  gboolean placed;   /* the panels got their first sizes */
  gboolean choosing; /* the drop-downs are being set by us */
  char *message;     /* of the newest snapshot */

  AdwWindowTitle *title;
  GtkDropDown *environment_drop_down;
  GPtrArray *environments; /* what the drop-down lists (const EspEnvironmentInfo *) */
  GtkStack *train_stack;
  AdwSplitButton *run_button;
  GtkSpinButton *run_spin;
  AdwToastOverlay *toasts;
  GtkPaned *rows;
  GtkPaned *upper;
  GtkPaned *learning;
  GtkPaned *lower;

  GtkStack *robot_stack;
  AdwStatusPage *robot_missing;
  EspRobotView *robot_view;
  GtkLabel *speed_label;
  GtkLabel *waiting_label;
  GtkLabel *episode_label;
  GtkLabel *policy_label;

  GtkDropDown *action_drop_down;
  EspNetworkView *network_view;
  GtkLabel *network_label;
  EspSelectorView *selector_view;
  GtkLabel *selector_label;
  EspFormulaView *formula_view;
  GtkLabel *formula_label;
  EspCurveView *curve_view;
  GtkLabel *curve_label;

  GtkFileChooserNative *export_dialogue; /* while it is open */

  GtkLabel *state_label;
  GtkLabel *sentence_label;
  GtkLabel *remaining_label;
  GtkProgressBar *progress;
  GtkLabel *figures_label;
};

/* Adds the window's actions, and the keys that text fields must be able to take. */
void esp_window_add_actions (EspWindow *window);

/* Shows the network and the paths of the action with number @action, if there is one. */
void esp_window_show_action (EspWindow *window, guint action);

/* Enables those actions that make sense in the session's present state. */
void esp_window_update_actions (EspWindow *window);

/* Shows @snapshot in the status line and in the notes of the panels. */
void esp_window_update_status (EspWindow *window, EspSnapshot *snapshot);

/* Asks for a file and writes the present formula to it; writes it to @file at once; or copies it. There must
 * be a formula. All return at once and tell the result by a message. */
void esp_window_export_formula (EspWindow *window, EspFormat format);
void esp_window_save_formula (EspWindow *window, EspFormat format, GFile *file);
void esp_window_copy_formula (EspWindow *window, EspFormat format);

/* Shows a message that goes away by itself. */
void esp_window_toast (EspWindow *window, const char *message);
