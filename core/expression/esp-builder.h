/* Keeping the many small terms of a rewriting alive until it is done. */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/**
 * EspBuilder:
 *
 * Makes expressions and owns the references to them. What it returns is borrowed, and lives as long as
 * the builder. It belongs to one thread at a time.
 */
typedef struct _EspBuilder EspBuilder;

/* Returns a builder without expressions; esp_builder_free() it. */
EspBuilder *esp_builder_new (void);

/* Drops all its references. */
void esp_builder_free (EspBuilder *builder);

/* Returns the expression of this structure, borrowed. */
EspExpression *esp_builder_constant (EspBuilder *builder, double value);
EspExpression *esp_builder_variable (EspBuilder *builder, size_t index);
EspExpression *
esp_builder_apply (EspBuilder *builder, EspOperation operation, EspExpression *const *operands);
EspExpression *esp_builder_unary (EspBuilder *builder, EspOperation operation, EspExpression *a);
EspExpression *
esp_builder_binary (EspBuilder *builder, EspOperation operation, EspExpression *a, EspExpression *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspBuilder, esp_builder_free)

G_END_DECLS
