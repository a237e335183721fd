/* The simplifier: the same function, shorter to read.
 *
 * The domain rule: wherever all sub-terms that the value depends on are finite (those of a branch of `if`
 * that is not taken, and the dividend of `pdiv` where its guard is active, do not count) and no intermediate
 * result over- or underflows, the simplified expression has the same value, up to rounding. So a rewriting
 * may remove a singularity, as x/x = 1 does, and extend the domain, as √x² = x does for (√x)², but it never
 * creates one: no √(a·b) becomes √a·√b, and no log (a·b) log a + log b, unless what is needed for it is
 * proven.
 *
 * Time is bounded: at most 100 passes go through the graph, each considers every node once; a sum of n terms
 * with f factors each is searched n times at most for n·f ways to group its terms, which are rated in n·f
 * steps, and not at all for n > 24; multiplying out stops at 40 terms and is tried up to a reading length of
 * 200. Two to four passes are usual.
 */

#pragma once

#include "esp-expression.h"
#include "esp-interval.h"
#include "esp-rewrite-log.h"

G_BEGIN_DECLS

/* Returns a new reference to an expression with the same value wherever @expression is defined (see above),
 * that never has a greater reading length. Terms, factors and constants are gathered in canonical order, with
 * common factors taken out or multiplied out, whichever is shorter; identities of powers, exponentials,
 * logarithms, sines, signs and choices are used, and guards go where they are never active. Numbers
 * that are folded are rounded to 12 digits where that is within a few units in the last place. Idempotent and
 * deterministic. Any thread. */
EspExpression *esp_expression_simplify (EspExpression *expression);

/* As esp_expression_simplify(), for variables within the @box[n] (NULL for anywhere), which is that of
 * @domain: guards, conditions and absolute values go where the box decides them, and the result is the same
 * function only there. Writes the steps to @log, free with esp_rewrite_log_free(); NULL for none. */
EspExpression *esp_expression_simplify_within (
  EspExpression *expression, const EspInterval *box, size_t n, EspDomain domain, EspRewriteLog **log);

G_END_DECLS
