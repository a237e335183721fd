/* The live picture of an environment.
 *
 * A viewer owns a render thread. The thread has an instance of the environment of its own, steps it in
 * (scaled) real time under a policy that the program chooses, draws it with MuJoCo in a hidden window's
 * OpenGL context, and hands finished frames to a callback. Watching never disturbs training: nothing
 * is shared with a learner but the policy function.
 *
 * Motion between two steps is drawn by interpolation, so slow motion is smooth. When an episode ends, its
 * last pose is held for a moment; then the next episode starts with the next seed. Frames are drawn only
 * when the picture would change, at most 60 per second on a GPU and 30 on software OpenGL, where the
 * thread also keeps to a share of one core by drawing fewer, though not below 10 per second.
 *
 * Threads: esp_viewer_new() and esp_viewer_free() belong to the program's main thread (GLFW's rule). All
 * other calls may come from any thread; they hand over under a short lock, the newest value wins, and the
 * effect shows in one of the next frames. Make one viewer and keep it: a window's context costs memory that
 * OpenGL drivers do not fully give back.
 */

#pragma once

#include "esp-frame.h"

G_BEGIN_DECLS

typedef struct _EspViewer EspViewer;

/**
 * EspPolicyFunction:
 * @data: what was given to esp_viewer_set_policy()
 * @observation: the present observation (n_observations of the environment)
 * @action: to be written (n_actions of the environment), in physical units; it is clipped afterwards
 *
 * Chooses an action. Called on the render thread, once per step.
 */
typedef void (*EspPolicyFunction) (void *data, const double *observation, double *action);

/**
 * EspFrameFunction:
 * @frame: a finished frame; take a reference with esp_frame_ref() to keep it
 * @data: what was given to esp_viewer_new()
 *
 * Receives each frame. Called on the render thread, which waits for it: hand over and return.
 */
typedef void (*EspFrameFunction) (EspFrame *frame, void *data);

/**
 * EspViewerFailedFunction:
 * @error: ESP_ERROR_SYSTEM with a sentence for the user; belongs to the viewer
 * @data: what was given to esp_viewer_new()
 *
 * Receives the reason why no more frames will come. Called at most once, on the render thread.
 */
typedef void (*EspViewerFailedFunction) (const GError *error, void *data);

/* Makes a viewer of the environment @name, at its first episode with seed 0, and starts its thread. Nothing
 * is drawn before esp_viewer_set_size(). @frame_function must not be NULL, @failed_function may be; both get
 * @data, which must live until esp_viewer_free() returns.
 *
 * Fails with ESP_ERROR_USAGE for an unknown environment, ESP_ERROR_FILE if its scene cannot be loaded, and
 * ESP_ERROR_SYSTEM without a display or OpenGL. Main thread. */
EspViewer *esp_viewer_new (const char *name,
                           EspFrameFunction frame_function,
                           EspViewerFailedFunction failed_function,
                           void *data,
                           GError **error);

/* Ends the thread, waits for it (no callback runs after that) and destroys the window. NULL is allowed. Main
 * thread. */
void esp_viewer_free (EspViewer *viewer);

/* Shows the environment @name from now on: episode with seed 0, default camera, zero action. A policy set
 * before belonged to the old environment and is dropped; set the new one afterwards. Fails as
 * esp_viewer_new() does and then leaves the picture as it is. */
gboolean esp_viewer_set_environment (EspViewer *viewer, const char *name, GError **error);

/* Acts with @function and @data from the next step on; NULL means zero action. The viewer takes over @data
 * and calls @destroy (which may be NULL) when it is not used any more, on the render thread or on that of
 * the call which replaced it. */
void
esp_viewer_set_policy (EspViewer *viewer, EspPolicyFunction function, void *data, GDestroyNotify destroy);

/* Draws frames of exactly @width × @height device pixels; 0 stops drawing and time, and more than
 * ESP_FRAME_MAX_SIZE is cut to that. */
void esp_viewer_set_size (EspViewer *viewer, int width, int height);

/* Lets simulated time pass @speed times as fast as real time, 0 for pause. Cut to 0 … 16; NaN is 0. */
void esp_viewer_set_speed (EspViewer *viewer, double speed);

/* The speeds to offer: 1/8, 1/4, 1/2, 1, 2, 4, 8, 16. */
#define ESP_VIEWER_N_SPEEDS 8
extern const double esp_viewer_speeds[ESP_VIEWER_N_SPEEDS];

/* Starts a new episode with @seed at once; the following ones take the next seeds. */
void esp_viewer_restart (EspViewer *viewer, uint64_t seed);

/* Turns the camera about the point it looks at, by a pointer movement of @dx to the right and @dy downwards,
 * in heights of the view. */
void esp_viewer_orbit (EspViewer *viewer, double dx, double dy);

/* Moves the camera and the point it looks at in the picture plane so that the scene follows a pointer
 * movement of @dx to the right and @dy downwards, in heights of the view. */
void esp_viewer_pan (EspViewer *viewer, double dx, double dy);

/* Moves the camera towards the point it looks at (@amount > 0) or away from it; 0.05 suits one click of a
 * mouse wheel. */
void esp_viewer_zoom (EspViewer *viewer, double amount);

/* Puts the camera back to where the scene wants it. */
void esp_viewer_reset_camera (EspViewer *viewer);

/* Stops (or resumes) both time and drawing, for when the picture is not on screen. A new viewer is active. */
void esp_viewer_set_active (EspViewer *viewer, gboolean active);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspViewer, esp_viewer_free)

G_END_DECLS
