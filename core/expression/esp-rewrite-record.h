/* How the simplifier writes a rewrite log. Private to it. */

#pragma once

#include "esp-builder.h"
#include "esp-rewrite-log.h"

G_BEGIN_DECLS

/* Returns a log without steps of the raw @expression, for rules whose bounds are those of @domain. */
EspRewriteLog *esp_rewrite_log_new (EspExpression *expression, EspDomain domain);

/* Adds a step. */
void esp_rewrite_log_add (
  EspRewriteLog *log, const char *rule, EspExpression *before, EspExpression *after, bool needs_bounds);

/* Drops all steps but the first @n. */
void esp_rewrite_log_truncate (EspRewriteLog *log, size_t n);

/* Works out the whole expressions, so that the last one is @simplified. Steps that change nothing are
 * dropped. All expressions are of @builder. */
void esp_rewrite_log_finish (EspRewriteLog *log, EspBuilder *builder, EspExpression *simplified);

G_END_DECLS
