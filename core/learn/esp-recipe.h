/* Recipes: all hyperparameters of a run.
 *
 * A recipe is a JSON object in resources/recipes/ENVIRONMENT/NAME.json or, for every environment that has
 * none of this name, resources/recipes/NAME.json, or a file of the user's. With "base": NAME it begins with
 * what that recipe of the environment says: so a neural policy has the critics and the steps of the symbolic
 * one it is compared with. Every field has a default, a range and a sentence of documentation in the table of
 * esp-recipe.c; a field that is unknown or out of range is refused by name.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

typedef struct _EspRecipe EspRecipe;

/* What a policy is made of. */
typedef enum
{
  ESP_POLICY_SYMBOLIC, /* a symbolic network for each action; a formula comes out */
  ESP_POLICY_NEURAL,   /* a multi-layer perceptron, to compare with */
  ESP_POLICY_EXPRESSION, /* a formula of the user's, whose constants are trained */
} EspPolicyKind;

/* How it learns. */
typedef enum
{
  ESP_ALGORITHM_SAC, /* soft actor-critic, arXiv 1812.05905 */
  ESP_ALGORITHM_TD3, /* twin delayed deterministic policy gradient, arXiv 1802.09477 */
} EspAlgorithm;

/* Returns the recipe @name of @environment; @name is a recipe's name such as `default`, or the path of
 * a file (anything with a `/` or ending in `.json`); NULL is `default`. Fails with ESP_ERROR_USAGE
 * where there is none, or as esp_recipe_set() and esp_json_load() do. */
EspRecipe *esp_recipe_load (const char *environment, const char *name, GError **error);

/* Returns a recipe of the fields in the JSON object @text, called @name; the others have their defaults.
 * Fails as esp_recipe_set() and esp_json_parse() do. */
EspRecipe *
esp_recipe_new_from_json (const char *name, const char *text, size_t length, GError **error);

/* Applies @assignment, `field=value`. Fails with ESP_ERROR_USAGE for an unknown field and with
 * ESP_ERROR_RANGE for a value out of range, and changes nothing then. Not once a trainer has it. */
gboolean esp_recipe_set (EspRecipe *recipe, const char *assignment, GError **error);

EspRecipe *esp_recipe_ref (EspRecipe *recipe);
void esp_recipe_unref (EspRecipe *recipe);

/* Returns the name: `default`, or the file's name without folder and ending; owned by @recipe. */
const char *esp_recipe_get_name (const EspRecipe *recipe);

/* Returns which kind of policy it trains. */
EspPolicyKind esp_recipe_get_policy (const EspRecipe *recipe);

/* Returns the name of that kind or of the algorithm, as in recipes; static. */
const char *esp_recipe_get_policy_name (const EspRecipe *recipe);
const char *esp_recipe_get_algorithm_name (const EspRecipe *recipe);

/* Returns the steps of the run. */
uint64_t esp_recipe_get_steps (const EspRecipe *recipe);

/* Returns the names of the recipes that ship for @environment, those for all included, NULL-terminated;
 * g_strfreev() it. */
char **esp_recipe_list (const char *environment);

/* Returns all fields as a JSON object (free with g_free()). */
char *esp_recipe_to_json (const EspRecipe *recipe);

/* Returns the documentation of all fields, one a line: name, default, range, sentence (g_free()). */
char *esp_recipe_describe_fields (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspRecipe, esp_recipe_unref)

G_END_DECLS
