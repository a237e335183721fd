/* The rewrite log: what the simplifier did, one rule after the other, so that each step can be shown and
 * undone. */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/**
 * EspDomain:
 * @ESP_DOMAIN_EVERYWHERE: nothing is assumed of the variables
 * @ESP_DOMAIN_LIMITS: the limits of the environment's observations
 * @ESP_DOMAIN_VISITED: the range of the states that were visited; outside of it, the result may differ
 *
 * Where a simplified expression is the same function.
 */
typedef enum
{
  ESP_DOMAIN_EVERYWHERE,
  ESP_DOMAIN_LIMITS,
  ESP_DOMAIN_VISITED,
} EspDomain;

/**
 * EspRewrite:
 * @rule: name of the rule; static
 * @before: the sub-expression that was replaced, wherever it stood
 * @after: what replaced it
 * @needs_bounds: whether it only holds within the bounds that were given
 *
 * One step; the expressions are owned by the log.
 */
typedef struct
{
  const char *rule;
  EspExpression *before;
  EspExpression *after;
  bool needs_bounds;
} EspRewrite;

/**
 * EspRewriteLog:
 *
 * Steps from a raw expression to its simplified form. Immutable, except while the simplifier writes it; any
 * thread.
 */
typedef struct _EspRewriteLog EspRewriteLog;

/* Frees @log with its expressions. */
void esp_rewrite_log_free (EspRewriteLog *log);

/* Returns how many steps there are. */
size_t esp_rewrite_log_get_n_steps (const EspRewriteLog *log);

/* Returns step @i, owned by @log. */
const EspRewrite *esp_rewrite_log_get_step (const EspRewriteLog *log, size_t i);

/* Returns the whole expression after the first @k steps, owned by @log: the raw one for 0, the simplified one
 * for all steps. Taking one step less undoes the last. */
EspExpression *esp_rewrite_log_get_expression (const EspRewriteLog *log, size_t k);

/* Returns where the steps hold: ESP_DOMAIN_EVERYWHERE unless one of them needs bounds. */
EspDomain esp_rewrite_log_get_domain (const EspRewriteLog *log);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspRewriteLog, esp_rewrite_log_free)

G_END_DECLS
