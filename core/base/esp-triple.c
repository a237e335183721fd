#include "esp-triple.h"

#include <stddef.h>

#define UNREAD 4u
#define INDEX  3u

void
esp_triple_init (EspTriple *triple, EspReferenceFunction reference, EspReleaseFunction release)
{
  for (int i = 0; i < 3; i++)
    triple->slots[i] = NULL;
  triple->writing = 0;
  triple->reading = 1;
  atomic_init (&triple->middle, 2);
  triple->reference = reference;
  triple->release = release;
}

void
esp_triple_clear (EspTriple *triple)
{
  for (int i = 0; i < 3; i++)
    {
      if (triple->slots[i] != NULL)
        triple->release (triple->slots[i]);
      triple->slots[i] = NULL;
    }
}

void
esp_triple_publish (EspTriple *triple, void *object)
{
  void **slot = &triple->slots[triple->writing];

  /* what lies in the writer's slot is two publications old; nobody else can reach it */
  if (*slot != NULL)
    triple->release (*slot);
  *slot = triple->reference (object);

  triple->writing
    = atomic_exchange_explicit (&triple->middle, triple->writing | UNREAD, memory_order_acq_rel) & INDEX;
}

void *
esp_triple_take (EspTriple *triple)
{
  if (!(atomic_load_explicit (&triple->middle, memory_order_relaxed) & UNREAD))
    return NULL;

  triple->reading
    = atomic_exchange_explicit (&triple->middle, triple->reading, memory_order_acq_rel) & INDEX;

  return triple->reference (triple->slots[triple->reading]);
}
