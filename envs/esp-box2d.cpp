#include "esp-box2d.h"

#include <box2d/box2d.h>

namespace
{

/* Radians: what no joint reaches, and by how much an eased limit may be out of date. */
const float no_limit = 1e6f;
const float least_change = 1e-4f;

/* Keeps the contact flags, which lie in the bodies' user data. */
class Listener : public b2ContactListener
{
public:
  void
  BeginContact (b2Contact *contact) override
  {
    mark (contact, 1);
  }

  void
  EndContact (b2Contact *contact) override
  {
    mark (contact, 0);
  }

private:
  static void
  mark (b2Contact *contact, uintptr_t flag)
  {
    contact->GetFixtureA ()->GetBody ()->GetUserData ().pointer = flag;
    contact->GetFixtureB ()->GetBody ()->GetUserData ().pointer = flag;
  }
};

class NearestHit : public b2RayCastCallback
{
public:
  explicit NearestHit (uint16_t mask) : mask (mask)
  {
  }

  float
  ReportFixture (b2Fixture *fixture, const b2Vec2 &point, const b2Vec2 &normal, float fraction) override
  {
    if ((fixture->GetFilterData ().categoryBits & mask) == 0)
      return -1; /* pass through */
    this->fraction = fraction;

    return fraction; /* look no further than here */
  }

  float fraction = 1;

private:
  uint16_t mask;
};

}

struct _EspBox2dWorld
{
  Listener listener; /* outlives the world below, which is destroyed first */
  b2World world{ b2Vec2 (0, -10) };
};

static b2Body *
to_body (EspBox2dBody *body)
{
  return reinterpret_cast<b2Body *> (body);
}

static const b2Body *
to_body (const EspBox2dBody *body)
{
  return reinterpret_cast<const b2Body *> (body);
}

static const b2RevoluteJoint *
to_joint (const EspBox2dJoint *joint)
{
  return reinterpret_cast<const b2RevoluteJoint *> (joint);
}

EspBox2dWorld *
esp_box2d_world_new (void)
{
  EspBox2dWorld *world = new EspBox2dWorld;

  world->world.SetContactListener (&world->listener);

  return world;
}

void
esp_box2d_world_free (EspBox2dWorld *world)
{
  delete world;
}

EspBox2dBody *
esp_box2d_world_add_ground (EspBox2dWorld *world)
{
  b2BodyDef definition;

  return reinterpret_cast<EspBox2dBody *> (world->world.CreateBody (&definition));
}

void
esp_box2d_body_add_edge (EspBox2dBody *ground, const float from[2], const float to[2], float friction)
{
  b2EdgeShape edge;
  b2FixtureDef definition;

  edge.SetTwoSided (b2Vec2 (from[0], from[1]), b2Vec2 (to[0], to[1]));
  definition.shape = &edge;
  definition.friction = friction;
  to_body (ground)->CreateFixture (&definition);
}

EspBox2dBody *
esp_box2d_world_add_body (EspBox2dWorld *world, const EspBox2dMotion *motion, const EspBox2dShape *shape)
{
  b2BodyDef body_definition;
  b2FixtureDef definition;
  b2PolygonShape polygon;
  b2Vec2 vertices[ESP_BOX2D_MAX_VERTICES];
  b2Body *body;

  body_definition.type = b2_dynamicBody;
  body_definition.position.Set (motion->x, motion->y);
  body_definition.angle = motion->angle;
  body = world->world.CreateBody (&body_definition);

  for (size_t i = 0; i < shape->n_vertices; i++)
    vertices[i].Set (shape->vertices[i][0], shape->vertices[i][1]);
  polygon.Set (vertices, static_cast<int32> (shape->n_vertices));
  definition.shape = &polygon;
  definition.density = shape->density;
  definition.friction = shape->friction;
  definition.filter.categoryBits = shape->category;
  definition.filter.maskBits = shape->mask;
  body->CreateFixture (&definition);
  /* only now is the centre of mass where it belongs, whose velocity this is */
  body->SetLinearVelocity (b2Vec2 (motion->vx, motion->vy));
  body->SetAngularVelocity (motion->omega);

  return reinterpret_cast<EspBox2dBody *> (body);
}

EspBox2dJoint *
esp_box2d_world_add_hinge (EspBox2dWorld *world, const EspBox2dHinge *hinge)
{
  b2RevoluteJointDef definition;

  definition.bodyA = to_body (hinge->body_a);
  definition.bodyB = to_body (hinge->body_b);
  definition.localAnchorA.Set (hinge->anchor_a[0], hinge->anchor_a[1]);
  definition.localAnchorB.Set (hinge->anchor_b[0], hinge->anchor_b[1]);
  definition.referenceAngle = hinge->reference;
  definition.enableLimit = true;
  definition.lowerAngle = hinge->lower;
  definition.upperAngle = hinge->upper;
  definition.enableMotor = true;
  definition.maxMotorTorque = hinge->torque;
  definition.motorSpeed = hinge->speed;

  return reinterpret_cast<EspBox2dJoint *> (world->world.CreateJoint (&definition));
}

void
esp_box2d_world_step (EspBox2dWorld *world, float seconds, int velocity_iterations, int position_iterations)
{
  world->world.Step (seconds, velocity_iterations, position_iterations);
}

float
esp_box2d_world_cast_ray (EspBox2dWorld *world, const float from[2], const float to[2], uint16_t mask)
{
  NearestHit hit (mask);

  world->world.RayCast (&hit, b2Vec2 (from[0], from[1]), b2Vec2 (to[0], to[1]));

  return hit.fraction;
}

void
esp_box2d_body_push (EspBox2dBody *body, const float force[2])
{
  to_body (body)->ApplyForceToCenter (b2Vec2 (force[0], force[1]), true);
}

void
esp_box2d_body_kick (EspBox2dBody *body, const float impulse[2], const float point[2])
{
  to_body (body)->ApplyLinearImpulse (b2Vec2 (impulse[0], impulse[1]), b2Vec2 (point[0], point[1]), true);
}

void
esp_box2d_body_get_motion (const EspBox2dBody *body, EspBox2dMotion *motion)
{
  const b2Body *from = to_body (body);

  motion->x = from->GetPosition ().x;
  motion->y = from->GetPosition ().y;
  motion->angle = from->GetAngle ();
  motion->vx = from->GetLinearVelocity ().x;
  motion->vy = from->GetLinearVelocity ().y;
  motion->omega = from->GetAngularVelocity ();
}

bool
esp_box2d_body_is_touching (const EspBox2dBody *body)
{
  /* Box2D 2.4.1 has no constant access to user data */
  return const_cast<b2Body *> (to_body (body))->GetUserData ().pointer != 0;
}

void
esp_box2d_body_set_touching (EspBox2dBody *body, bool is_touching)
{
  to_body (body)->GetUserData ().pointer = is_touching;
}

bool
esp_box2d_body_is_awake (const EspBox2dBody *body)
{
  return to_body (body)->IsAwake ();
}

void
esp_box2d_joint_set_motor (EspBox2dJoint *joint, float speed, float torque)
{
  b2RevoluteJoint *to = reinterpret_cast<b2RevoluteJoint *> (joint);
  b2Body *bodies[] = { to->GetBodyA (), to->GetBodyB () };

  /* waking what is awake would put off its sleep */
  for (b2Body *body : bodies)
    {
      if (!body->IsAwake ())
        body->SetAwake (true);
    }
  to->SetMotorSpeed (speed);
  to->SetMaxMotorTorque (torque);
}

void
esp_box2d_joint_ease_limits (EspBox2dJoint *joint, float lower, float upper)
{
  b2RevoluteJoint *to = reinterpret_cast<b2RevoluteJoint *> (joint);
  float angle = to->GetJointAngle ();
  float eased_lower = angle <= lower ? b2Max (angle, lower - b2_angularSlop) : -no_limit;
  float eased_upper = angle >= upper ? b2Min (angle, upper + b2_angularSlop) : no_limit;

  /* a change wakes the bodies, so that trembling at a limit would keep them from sleep */
  if (b2Abs (eased_lower - to->GetLowerLimit ()) > least_change
      || b2Abs (eased_upper - to->GetUpperLimit ()) > least_change)
    to->SetLimits (eased_lower, eased_upper);
}

float
esp_box2d_joint_get_angle (const EspBox2dJoint *joint)
{
  return to_joint (joint)->GetJointAngle ();
}

float
esp_box2d_joint_get_speed (const EspBox2dJoint *joint)
{
  return to_joint (joint)->GetJointSpeed ();
}
