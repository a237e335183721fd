/* The few things of Box2D that environments need, for C.
 *
 * A world is a plane with gravity (0, −10) m/s², ground that does not move, bodies, and motors in hinges. All
 * quantities are in SI units and single precision, as in Box2D. Bodies and joints belong to their world and
 * are freed with it.
 *
 * Of contacts only a flag per body is kept: every contact that begins sets it, and every contact that ends
 * clears it, even while another one lasts. That is how the environments that use it are defined.
 *
 * The engine's caches (impulses of the last step) cannot be read or restored: two worlds are the same only if
 * they were made and moved in the same way. A world belongs to one thread at a time. Stepping allocates
 * nothing but what Box2D takes from its own pools.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C"
{
#endif

/* Box2D's limit for polygons. */
#define ESP_BOX2D_MAX_VERTICES 8

  typedef struct _EspBox2dWorld EspBox2dWorld;
  typedef struct _EspBox2dBody EspBox2dBody;
  typedef struct _EspBox2dJoint EspBox2dJoint;

  /**
   * EspBox2dMotion:
   * @x: horizontal position of the body's origin
   * @y: vertical position of the body's origin
   * @angle: angle, counter-clockwise, not wrapped
   * @vx: horizontal velocity of the centre of mass
   * @vy: vertical velocity of the centre of mass
   * @omega: angular velocity
   *
   * How a body lies and moves.
   */
  typedef struct
  {
    float x;
    float y;
    float angle;
    float vx;
    float vy;
    float omega;
  } EspBox2dMotion;

#define ESP_BOX2D_MOTION_VALUES 6

  /**
   * EspBox2dShape:
   * @n_vertices: 3 to 8 for a convex polygon
   * @vertices: its corners relative to the body's origin
   * @density: mass per area
   * @friction: coefficient of friction; that of a contact is the geometric mean
   * @category: the bit by which others choose whether to touch it
   * @mask: the categories that it touches
   *
   * A solid polygon; the centre of mass and the inertia of a body follow from it.
   */
  typedef struct
  {
    size_t n_vertices;
    float vertices[ESP_BOX2D_MAX_VERTICES][2];
    float density;
    float friction;
    uint16_t category;
    uint16_t mask;
  } EspBox2dShape;

  /**
   * EspBox2dHinge:
   * @body_a: one body
   * @body_b: the other
   * @anchor_a: the pivot relative to the origin of @body_a
   * @anchor_b: the pivot relative to the origin of @body_b
   * @reference: angle of @body_b minus that of @body_a at which the joint's angle is 0
   * @lower: smallest angle
   * @upper: largest angle
   * @torque: what the motor can do
   * @speed: what the motor wants
   *
   * A revolute joint with limits and a motor.
   */
  typedef struct
  {
    EspBox2dBody *body_a;
    EspBox2dBody *body_b;
    float anchor_a[2];
    float anchor_b[2];
    float reference;
    float lower;
    float upper;
    float torque;
    float speed;
  } EspBox2dHinge;

  /* Returns an empty world; free with esp_box2d_world_free(). */
  EspBox2dWorld *esp_box2d_world_new (void);

  /* Frees @world and all that is in it; NULL is allowed. */
  void esp_box2d_world_free (EspBox2dWorld *world);

  /* Adds a body that does not move, with its origin at (0, 0) and angle 0. */
  EspBox2dBody *esp_box2d_world_add_ground (EspBox2dWorld *world);

  /* Adds an edge from @from to @to, touched from both sides, to a body that does not move. Its category is 1
   * and it touches all. */
  void esp_box2d_body_add_edge (EspBox2dBody *ground, const float from[2], const float to[2], float friction);

  /* Adds a moving body of one @shape. */
  EspBox2dBody *
  esp_box2d_world_add_body (EspBox2dWorld *world, const EspBox2dMotion *motion, const EspBox2dShape *shape);

  /* Adds a hinge. Bodies that it joins do not touch each other. */
  EspBox2dJoint *esp_box2d_world_add_hinge (EspBox2dWorld *world, const EspBox2dHinge *hinge);

  /* Advances @world by @seconds with so many iterations of the solver, then clears all forces. */
  void esp_box2d_world_step (EspBox2dWorld *world,
                             float seconds,
                             int velocity_iterations,
                             int position_iterations);

  /* Returns the part of the way from @from to @to that a ray goes before it meets a shape with a category in
   * @mask, 1 if there is none. */
  float
  esp_box2d_world_cast_ray (EspBox2dWorld *world, const float from[2], const float to[2], uint16_t mask);

  /* Pushes @body at its centre of mass with @force during the next step. */
  void esp_box2d_body_push (EspBox2dBody *body, const float force[2]);

  /* Changes the motion of @body by @impulse at @point in the world, at once. */
  void esp_box2d_body_kick (EspBox2dBody *body, const float impulse[2], const float point[2]);

  /* Writes how @body lies and moves. */
  void esp_box2d_body_get_motion (const EspBox2dBody *body, EspBox2dMotion *motion);

  /* Returns the contact flag of @body. */
  bool esp_box2d_body_is_touching (const EspBox2dBody *body);

  /* Sets the contact flag of @body, as if a contact had begun or ended. */
  void esp_box2d_body_set_touching (EspBox2dBody *body, bool is_touching);

  /* Returns whether the engine still moves @body; what has rested for half a second falls asleep. */
  bool esp_box2d_body_is_awake (const EspBox2dBody *body);

  /* Sets what the motor of @joint wants and can do, and wakes its bodies. */
  void esp_box2d_joint_set_motor (EspBox2dJoint *joint, float speed, float torque);

  /* Makes @joint behave during the next step at its limits as in Box2D 2.3: to be called before each step,
   * with the limits that it was made with. There a joint is stopped at a limit only when a step begins at or
   * beyond it, so that it overshoots, and it may rest by up to 2 degrees beyond. Box2D 2.4 looks ahead and
   * stops it exactly. */
  void esp_box2d_joint_ease_limits (EspBox2dJoint *joint, float lower, float upper);

  /* Returns the angle of @joint. */
  float esp_box2d_joint_get_angle (const EspBox2dJoint *joint);

  /* Returns the angular velocity of @joint. */
  float esp_box2d_joint_get_speed (const EspBox2dJoint *joint);

#ifdef __cplusplus
}
#endif
