/* A race: the numbers of several formulas evolve in turn (esp-evolver.h), and after each lap the worse half
 * drops out, until one has the last lap for itself.
 *
 * Which structure has good numbers is not seen before these have evolved for a while, and evolving all to the
 * end would cost as many times as much: successive halving (Karnin, Koren and Somekh 2013).
 */

#pragma once

#include "esp-evolver.h"

G_BEGIN_DECLS

/**
 * EspRace:
 * @tuning: how formulas are measured
 * @evolver: how each evolves
 * @episodes: in which those are compared that end a lap, from ESP_POLISH_SEED on
 * @note: told after each generation the formula as it is now; returns what share of the whole race is spent,
 * 0 … 1; from 1 on the race is over
 * @data: for @note
 */
typedef struct
{
  const EspTuning *tuning;
  EspEvolverSettings evolver;
  size_t episodes;
  double (*note) (void *data, EspFormula *formula);
  void *data;
} EspRace;

/* Lets the @n > 0 formulas @starts race, and returns what the winner has come to, a new reference. Those
 * without numbers have nothing to evolve and do not take part; if none has any, returns the first as it is.
 * Ends early when cancelled. */
EspFormula *esp_race_run (const EspRace *race, EspFormula *const *starts, size_t n, EspPool *pool);

G_END_DECLS
