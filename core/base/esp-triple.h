/* Lock-free hand-over of immutable objects from one writer thread to one reader thread.
 *
 * A triple buffer: the writer fills its own slot and swaps it with the middle one, the reader swaps
 * its own slot with the middle one when that holds something new. The newest object wins; neither
 * side ever waits. Slots hold references of objects that are counted by the two functions given at
 * initialisation. One reader each: a further consumer gets a triple buffer of its own.
 */

#pragma once

#include <stdatomic.h>
#include <stdbool.h>

typedef void *(*EspReferenceFunction) (void *object);
typedef void (*EspReleaseFunction) (void *object);

/**
 * EspTriple:
 *
 * Initialise with esp_triple_init() before any thread uses it; the fields are private.
 */
typedef struct
{
  void *slots[3];
  _Atomic unsigned middle; /* index of the middle slot, with 4 added while it is unread */
  unsigned writing;
  unsigned reading;
  EspReferenceFunction reference;
  EspReleaseFunction release;
} EspTriple;

/* Prepares an empty buffer for objects counted by @reference and @release. */
void esp_triple_init (EspTriple *triple, EspReferenceFunction reference, EspReleaseFunction release);

/* Drops the references in all slots. Neither thread may use @triple any more. */
void esp_triple_clear (EspTriple *triple);

/* Writer thread: makes @object the newest one; takes a reference of its own. */
void esp_triple_publish (EspTriple *triple, void *object);

/* Reader thread: returns a new reference to the newest object, or NULL if it was taken before. */
void *esp_triple_take (EspTriple *triple);
