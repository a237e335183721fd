/* What tests look at in pictures. */

#pragma once

#include "esp-frame.h"

G_BEGIN_DECLS

/* Mean difference of the bytes of two pictures, over the rows [from, to) of the height. */
double get_difference (const EspFrame *a, const EspFrame *b, double from, double to);

/* Mean of a colour channel, 0 … 2, over the rows [from, to) of the height. */
double get_mean (const EspFrame *frame, double from, double to, int channel);

/* How many different colours there are. */
int count_colours (const EspFrame *frame);

/* The largest mean difference of a block of 8 × 8 pixels: 0 where nothing differs but the smoothness of
 * edges, large where something is missing or out of place. */
double get_worst_block (const EspFrame *a, const EspFrame *b);

/* How many pixels are amber, the limbs of robots, and how many are at least warmer than the blue of the sky.
 */
int count_amber (const EspFrame *frame);
int count_orange (const EspFrame *frame);

G_END_DECLS
