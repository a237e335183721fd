#include "esp-visit.h"

/* A node whose operands are being visited. */
typedef struct
{
  EspVisitStep step;
  size_t next;
} Frame;

typedef struct
{
  GArray *stack;
  /* the nodes met so far; NULL when each occurrence counts */
  GHashTable *met;
  EspVisitFlags flags;
  EspVisitor visitor;
  void *data;
} Walk;

/* Returns false when the walk is to end. */
static bool
enter (Walk *walk, EspExpression *node, EspExpression *parent, size_t position)
{
  Frame frame = { { node, parent, position, walk->stack->len, false }, 0 };

  if (walk->met != NULL && !g_hash_table_add (walk->met, node))
    return true;

  if ((walk->flags & ESP_VISIT_BEFORE) != 0)
    switch (walk->visitor (&frame.step, walk->data))
      {
      case ESP_VISIT_CONTINUE:
        break;
      case ESP_VISIT_SKIP:
        return true;
      case ESP_VISIT_STOP:
        return false;
      }
  g_array_append_val (walk->stack, frame);
  return true;
}

static bool
leave (Walk *walk)
{
  EspVisitStep step = g_array_index (walk->stack, Frame, walk->stack->len - 1).step;

  g_array_set_size (walk->stack, walk->stack->len - 1);
  step.after = true;
  return (walk->flags & ESP_VISIT_AFTER) == 0 || walk->visitor (&step, walk->data) != ESP_VISIT_STOP;
}

bool
esp_expression_visit (
  EspExpression *const *roots, size_t n, EspVisitFlags flags, EspVisitor visitor, void *data)
{
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (Frame));
  g_autoptr (GHashTable) met = (flags & ESP_VISIT_OCCURRENCES) == 0 ? g_hash_table_new (NULL, NULL) : NULL;
  Walk walk = { stack, met, flags, visitor, data };

  for (size_t i = 0; i < n; i++)
    {
      if (!enter (&walk, roots[i], NULL, i))
        return false;
      while (stack->len > 0)
        {
          Frame *top = &g_array_index (stack, Frame, stack->len - 1);
          EspExpression *node = top->step.node;
          size_t next = top->next;

          if (next == esp_expression_get_n_operands (node))
            {
              if (!leave (&walk))
                return false;
              continue;
            }
          top->next++;
          if (!enter (&walk, esp_expression_get_operand (node, next), node, next))
            return false;
        }
    }

  return true;
}
