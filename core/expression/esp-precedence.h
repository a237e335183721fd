/* What binds how tightly, and where minus signs stand: shared by the ways of printing. */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/**
 * EspPrecedence:
 *
 * From what binds loosest to what binds tightest. An expression is put in parentheses where something
 * tighter is needed.
 */
typedef enum
{
  ESP_PRECEDENCE_SUM,
  ESP_PRECEDENCE_PRODUCT,
  ESP_PRECEDENCE_SIGN,
  ESP_PRECEDENCE_POWER,
  ESP_PRECEDENCE_ATOM,
  /* as what is needed: parentheses around everything */
  ESP_PRECEDENCE_ENCLOSED,
} EspPrecedence;

/* Returns whether @expression is short and shallow enough to be printed. */
bool esp_expression_is_printable (const EspExpression *expression);

/* Returns how tightly @expression binds, as it is written in the language. */
EspPrecedence esp_expression_get_precedence (const EspExpression *expression);

/* Returns whether the value is a constant with a minus sign, −0 and −∞ included. */
bool esp_expression_is_negative_constant (const EspExpression *expression);

/* Returns whether @expression reads as a product or number with a minus sign in front, such as −2·x,
 * which can be written without it behind another minus sign. */
bool esp_expression_leads_with_minus (const EspExpression *expression);

/* Returns whether @expression is a whole number of at most three digits, and sets @value to it. */
bool esp_expression_is_short_integer (const EspExpression *expression, int *value);

/* Appends a whole number as superscript digits. */
void esp_append_superscript (GString *string, int value);

G_END_DECLS
