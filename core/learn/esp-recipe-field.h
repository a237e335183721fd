/* One field of a recipe: what it is called, what it may be, and how it is read and written as JSON.
 *
 * The table of all fields, in esp-recipe-field.c, is the one place where each is said to be; the rest goes
 * through it.
 */

#pragma once

#include <json-glib/json-glib.h>

#include "esp-recipe-private.h"

G_BEGIN_DECLS

/* What a field's value is: a whole number, a number, true or false, a text, one of several words, or a list
 * of whole numbers (widths) or of numbers (scales). */
typedef enum
{
  ESP_FIELD_COUNT,
  ESP_FIELD_NUMBER,
  ESP_FIELD_SWITCH,
  ESP_FIELD_TEXT,
  ESP_FIELD_CHOICE,
  ESP_FIELD_WIDTHS,
  ESP_FIELD_SCALES,
} EspFieldType;

/**
 * EspRecipeField:
 * @offset: of its value in an EspRecipe
 * @low: of the number, or of each number of a list
 * @high: likewise
 * @initial: the default, as JSON
 * @documentation: one sentence
 * @words: of a choice: what it may be, NULL-terminated
 */
typedef struct
{
  const char *name;
  EspFieldType type;
  size_t offset;
  double low, high;
  const char *initial;
  const char *documentation;
  const char *const *words;
} EspRecipeField;

/* Returns all fields, in the order in which they are listed; @n receives how many. */
const EspRecipeField *esp_recipe_field_get_all (size_t *n);

/* Returns the field @name; NULL with an error if there is none. */
const EspRecipeField *esp_recipe_field_find (const char *name, GError **error);

/* Sets the field of @recipe from @node. Returns FALSE with an error if it cannot be that. */
gboolean
esp_recipe_field_read (const EspRecipeField *field, EspRecipe *recipe, JsonNode *node, GError **error);

/* The same from a text: JSON, or a text or a word without quotation marks. */
gboolean
esp_recipe_field_read_text (const EspRecipeField *field, EspRecipe *recipe, const char *text, GError **error);

/* Appends the value that @recipe has, as JSON. */
void esp_recipe_field_write (const EspRecipeField *field, const EspRecipe *recipe, GString *text);

/* Returns the word that @recipe has for a choice, which is never freed. */
const char *esp_recipe_field_get_word (const EspRecipeField *field, const EspRecipe *recipe);

/* Frees what the value owns. */
void esp_recipe_field_clear (const EspRecipeField *field, EspRecipe *recipe);

/* Appends a line on the field for users: its name, what it means, its default and range. */
void esp_recipe_field_describe (const EspRecipeField *field, GString *text);

G_END_DECLS
