#include "esp-frame-private.h"

#include <stdatomic.h>

/* The public part comes first, so that a pointer to it is one to the whole. */
typedef struct
{
  EspFrame frame;
  atomic_int references;
  uint8_t pixels[];
} CountedFrame;

EspFrame *
esp_frame_new (int width, int height, uint8_t **pixels)
{
  CountedFrame *counted = g_malloc (sizeof *counted + (size_t) 3 * width * height);

  counted->frame = (EspFrame){
    .width = width,
    .height = height,
    .stride = (size_t) 3 * width,
    .pixels = counted->pixels,
  };
  atomic_init (&counted->references, 1);
  *pixels = counted->pixels;

  return &counted->frame;
}

EspFrame *
esp_frame_ref (EspFrame *frame)
{
  CountedFrame *counted = (CountedFrame *) frame;

  atomic_fetch_add_explicit (&counted->references, 1, memory_order_relaxed);

  return frame;
}

void
esp_frame_unref (EspFrame *frame)
{
  CountedFrame *counted = (CountedFrame *) frame;

  if (atomic_fetch_sub_explicit (&counted->references, 1, memory_order_acq_rel) == 1)
    g_free (counted);
}
