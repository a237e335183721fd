/* Expressions: the formulas that people read.
 *
 * An expression is an immutable node of a directed acyclic graph, counted by references; any thread
 * may make, read and reference it. Every structure exists once in the process: as long as an expression
 * is alive, making the same again gives the same pointer, so equal is the same and sharing is as much as
 * there can be ("hash consing": A. P. Ershov, 1958). Arithmetic is double precision.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * EspOperation:
 * @ESP_OPERATION_CONSTANT: a number
 * @ESP_OPERATION_VARIABLE: an observation, by index
 * @ESP_OPERATION_ADD: a + b
 * @ESP_OPERATION_SUBTRACT: a − b
 * @ESP_OPERATION_MULTIPLY: a · b
 * @ESP_OPERATION_DIVIDE: a / b
 * @ESP_OPERATION_POWER: a ^ b
 * @ESP_OPERATION_NEGATE: −a
 * @ESP_OPERATION_SIN: sin a
 * @ESP_OPERATION_COS: cos a
 * @ESP_OPERATION_EXP: e ^ a
 * @ESP_OPERATION_LOG: ln a
 * @ESP_OPERATION_SQRT: square root of a
 * @ESP_OPERATION_ABS: |a|
 * @ESP_OPERATION_SIGN: −1, 0 or 1
 * @ESP_OPERATION_TANH: tanh a
 * @ESP_OPERATION_SIGMOID: 1 / (1 + e ^ −a)
 * @ESP_OPERATION_MIN: the smaller of a and b
 * @ESP_OPERATION_MAX: the larger of a and b
 * @ESP_OPERATION_IF: b where a > 0, else c: `if(a,b,c)`
 * @ESP_OPERATION_CLAMP: a limited to b … c: `clamp(a,b,c)`
 * @ESP_OPERATION_GUARDED_MULTIPLY: `pmul(a,b)`: both arguments clamped to ±100, then multiplied
 * @ESP_OPERATION_GUARDED_DIVIDE: `pdiv(a,b)`: a / b where b ≥ 0.01, else 0
 * @ESP_OPERATION_GUARDED_LOG: `plog(a)`: ln max(a, 0.001)
 * @ESP_OPERATION_GUARDED_EXP: `pexp(a)`: e ^ clamp(a, −10, 4)
 * @ESP_OPERATION_SOFT_IF: `softif(a,b,c)`: sigmoid(a)·b + (1 − sigmoid(a))·c
 *
 * What a node does. The guarded operations and the soft if-else are those of the symbolic network.
 */
typedef enum
{
  ESP_OPERATION_CONSTANT,
  ESP_OPERATION_VARIABLE,
  ESP_OPERATION_ADD,
  ESP_OPERATION_SUBTRACT,
  ESP_OPERATION_MULTIPLY,
  ESP_OPERATION_DIVIDE,
  ESP_OPERATION_POWER,
  ESP_OPERATION_NEGATE,
  ESP_OPERATION_SIN,
  ESP_OPERATION_COS,
  ESP_OPERATION_EXP,
  ESP_OPERATION_LOG,
  ESP_OPERATION_SQRT,
  ESP_OPERATION_ABS,
  ESP_OPERATION_SIGN,
  ESP_OPERATION_TANH,
  ESP_OPERATION_SIGMOID,
  ESP_OPERATION_MIN,
  ESP_OPERATION_MAX,
  ESP_OPERATION_IF,
  ESP_OPERATION_CLAMP,
  ESP_OPERATION_GUARDED_MULTIPLY,
  ESP_OPERATION_GUARDED_DIVIDE,
  ESP_OPERATION_GUARDED_LOG,
  ESP_OPERATION_GUARDED_EXP,
  ESP_OPERATION_SOFT_IF,
  ESP_N_OPERATIONS,
} EspOperation;

#define ESP_MAX_OPERANDS 3

/* Nodes from the root to the deepest leaf beyond which no text is read or printed. */
#define ESP_EXPRESSION_MAX_DEPTH 4096

/* The thresholds of the guarded operations (ESPL's operators; the division is EQL÷'s). */
#define ESP_GUARD_MULTIPLY 100.0
#define ESP_GUARD_DIVIDE   0.01
#define ESP_GUARD_LOG      0.001
#define ESP_GUARD_EXP_LOW  (-10.0)
#define ESP_GUARD_EXP_HIGH 4.0

/**
 * EspExpression:
 *
 * An immutable expression. Expressions of equal structure are the same pointer.
 */
typedef struct _EspExpression EspExpression;

/* Constructors: each returns a new reference, to the expression of this structure that is alive where
 * there is one; the operands are referenced, not consumed. Nothing is simplified. A constant may be
 * infinite; every NaN becomes the same NaN, and the two zeros are different. Any thread. */
EspExpression *esp_expression_constant (double value);
EspExpression *esp_expression_variable (size_t index);
EspExpression *esp_expression_apply (EspOperation operation, EspExpression *const *operands);
EspExpression *esp_expression_unary (EspOperation operation, EspExpression *a);
EspExpression *esp_expression_binary (EspOperation operation, EspExpression *a, EspExpression *b);

/* Counts a reference; returns @expression. Any thread. */
EspExpression *esp_expression_ref (EspExpression *expression);

/* Drops a reference; NULL is allowed. Deep expressions are freed without recursion. Any thread. */
void esp_expression_unref (EspExpression *expression);

/* Returns what the node does. */
EspOperation esp_expression_get_operation (const EspExpression *expression);

/* Returns the number of operands: 0 for leaves, up to ESP_MAX_OPERANDS. */
size_t esp_expression_get_n_operands (const EspExpression *expression);

/* Returns operand @i, owned by @expression. */
EspExpression *esp_expression_get_operand (const EspExpression *expression, size_t i);

/* Returns the value of a constant. */
double esp_expression_get_value (const EspExpression *expression);

/* Returns the index of a variable. */
size_t esp_expression_get_index (const EspExpression *expression);

/* Returns whether both have the same structure, constants compared bit by bit: whether they are the same
 * pointer. */
bool esp_expression_equal (const EspExpression *a, const EspExpression *b);

/* Returns the name of @operation in the language, such as "pdiv" or "+"; static. */
const char *esp_operation_get_name (EspOperation operation);

/* Returns the number of operands of @operation. */
size_t esp_operation_get_n_operands (EspOperation operation);

/* Returns the value of @operation for the @operands that it takes (not for leaves). This is the one
 * definition of every operation's value; evaluator, simplifier and network agree with it.
 *
 * An operand that is NaN makes the value NaN, except that `if` takes its third operand when the first
 * is NaN and looks only at the operand it takes, `pdiv` is 0 when the second is NaN, and `^` follows
 * C's pow(), where x^0 and 1^x are 1 for every x. Where bounds of `clamp` cross, the lower one wins. */
double esp_operation_evaluate (EspOperation operation, const double *operands);

/* Returns the reading length: nodes of the expression written as a binary tree, leaves and shared
 * sub-terms counted each time they are read, a guarded operation as one node; G_MAXSIZE when it
 * would overflow. */
size_t esp_expression_get_length (const EspExpression *expression);

/* Returns the number of nodes from the root to the deepest leaf, 1 for a leaf; G_MAXUINT when it
 * would overflow. */
unsigned int esp_expression_get_depth (const EspExpression *expression);

/* Returns a hash of the structure, the same for expressions that are equal, in every run. */
uint64_t esp_expression_get_hash (const EspExpression *expression);

/* Returns a hash of the structure that does not change when constants do, in every run the same: all
 * constants are alike, and so are orders and signs of addends and orders of factors, because they follow
 * from the constants' values. Expressions of one shape are the same formula with other numbers. */
uint64_t esp_expression_get_shape (const EspExpression *expression);

/* Returns how many different expressions are alive in the process, for tests and diagnosis. Any thread. */
size_t esp_expression_count_alive (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspExpression, esp_expression_unref)

G_END_DECLS
