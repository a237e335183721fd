/* How temperature and allowance fall while a run goes on (ESPL, arXiv 2311.02104).
 *
 * @progress is the share of the schedule that is done; both stay at their target from 1 on.
 */

#pragma once

/* Returns the temperature: linear from 1 to @target. */
double esp_schedule_temperature (double progress, double target);

/* Returns the allowed share of paths: 1 until @warm_up (below 1), then falling to @target with growing
 * speed, ρ = ρ_t + (1 − ρ_t)(1 − x²), x the share done of what follows the warm-up. */
double esp_schedule_allowance (double progress, double warm_up, double target);
