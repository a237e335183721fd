/* What the window's source files share. */

#pragma once

#include "esp-curve-view.h"
#include "esp-formula-dialog.h"
#include "esp-formula-export.h"
#include "esp-formula-forms.h"
#include "esp-formula-view.h"
#include "esp-front-view.h"
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
  EspFormula *form;    /* another form of the formula @form_of than the session has; NULL for none */
  EspFormula *form_of; /* compared, never read */
  gboolean form_busy;  /* a form is being found */
  GtkMenuButton *steps_button;
  GtkStack *steps_stack;
  GtkLabel *steps_label;
  GtkLabel *steps_missing;
  GtkListView *steps_list;
  GtkSingleSelection *step_choice; /* its number is that of the steps that are done */
  GAsyncResult *steps_task;        /* that finds the steps, while it does; not referenced */
  EspSteps *steps;                 /* while they are listed */
  EspFormula *step_formula;        /* after the chosen step; NULL while none is */
  EspFormulaDialog *formula_dialog; /* while it is open */
  GtkWidget *follow_button;
  GtkStack *polish_stack;
  AdwSplitButton *polish_button;
  GtkSpinButton *polish_spin;
  GtkProgressBar *polish_progress;
  GtkLabel *polish_label;
  GtkStack *return_stack;
  EspCurveView *curve_view;
  EspFrontView *front_view;
  GtkLabel *curve_label;

  GtkFileChooserNative *export_dialogue; /* while it is open */

  GtkLabel *state_label;
  GtkLabel *sentence_label;
  GtkLabel *remaining_label;
  GtkProgressBar *progress;
  GtkWidget *figures_separator;
  GtkLabel *figures_label;
};

/* Adds the window's actions, and the keys that text fields must be able to take. */
void esp_window_add_actions (EspWindow *window);

/* Shows the network and the paths of the action with number @action, if there is one. */
void esp_window_show_action (EspWindow *window, guint action);

/* Enables or disables the action @name. */
void esp_window_enable (EspWindow *window, const char *name, gboolean enabled);

/* Enables those actions that make sense in the session's present state. */
void esp_window_update_actions (EspWindow *window);

/* Shows @snapshot in the status line and in the notes of the panels. */
void esp_window_update_status (EspWindow *window, EspSnapshot *snapshot);

/* Asks for a file and writes the present formula to it; writes it to @file at once; or copies it. There must
 * be a formula. All return at once and tell the result by a message. */
void esp_window_export_formula (EspWindow *window, EspFormat format);
void esp_window_save_formula (EspWindow *window, EspFormat format, GFile *file);
void esp_window_copy_formula (EspWindow *window, EspFormat format);

/* The formula panel (esp-window-formula.c). */
void esp_window_init_formula (EspWindow *window);
void esp_window_add_formula_actions (EspWindow *window);
void esp_window_update_formula_actions (EspWindow *window);
void esp_window_clear_formula (EspWindow *window); /* before the session closes */

/* Shows the formula on trial, that after the chosen step, or the session's in the chosen form. */
void esp_window_show_formula (EspWindow *window);

/* Chooses the form that the formulas of the session's kind of policy are shown in at first. */
void esp_window_set_formula_kind (EspWindow *window);

/* Returns which formula is shown, where it is not simply the present one, to go before a note (g_free()). */
char *esp_window_describe_form (EspWindow *window);
void esp_window_update_formula_note (EspWindow *window);

/* Says what there is to say of the returns, above the curves or the front. */
void esp_window_update_return_note (EspWindow *window);

/* Opens the list of steps; goes back or forward in it, where that can be done. */
void esp_window_show_steps (EspWindow *window);
void esp_window_move_step (EspWindow *window, int by);
gboolean esp_window_can_move_step (EspWindow *window, int by);

/* Polishing and the front (esp-window-polish.c). Polishes for as long as the spin button says; stops that; shows
 * the run's own formula again; turns the panel of returns to its pages. */
void esp_window_init_polish (EspWindow *window);
void esp_window_connect_polish (EspWindow *window); /* once there is a session */
void esp_window_update_polish (EspWindow *window);  /* the session's formula or its front is another */
void esp_window_update_polish_actions (EspWindow *window);
void esp_window_polish (EspWindow *window);
void esp_window_confirm_polish (EspWindow *window); /* the same, from the popover */
void esp_window_cancel_polish (EspWindow *window);
void esp_window_follow_run (EspWindow *window);
void esp_window_show_curves (EspWindow *window);
void esp_window_show_front (EspWindow *window);

/* Opens the window in which the formula is edited; begins a run of a network again after one of a formula. */
void esp_window_edit_formula (EspWindow *window);
void esp_window_leave_formula (EspWindow *window);

/* Shows a message that goes away by itself. */
void esp_window_toast (EspWindow *window, const char *message);
