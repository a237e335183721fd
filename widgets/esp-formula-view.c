#include "esp-formula-view.h"

struct _EspFormulaView
{
  GtkWidget parent_instance;
  EspFormula *formula;
  const EspEnvironmentInfo *environment;
  char *selected;
};

G_DEFINE_FINAL_TYPE (EspFormulaView, esp_formula_view, GTK_TYPE_WIDGET)

static void
esp_formula_view_dispose (GObject *object)
{
  EspFormulaView *view = ESP_FORMULA_VIEW (object);

  g_clear_pointer (&view->formula, esp_formula_unref);
  g_clear_pointer (&view->selected, g_free);
  G_OBJECT_CLASS (esp_formula_view_parent_class)->dispose (object);
}

static void
esp_formula_view_class_init (EspFormulaViewClass *class)
{
  G_OBJECT_CLASS (class)->dispose = esp_formula_view_dispose;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (class), "formulaview");
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (class), GTK_ACCESSIBLE_ROLE_IMG);
}

static void
esp_formula_view_init (EspFormulaView *view)
{
}

GtkWidget *
esp_formula_view_new (void)
{
  return g_object_new (ESP_TYPE_FORMULA_VIEW, NULL);
}

void
esp_formula_view_set_formula (EspFormulaView *view, EspFormula *formula, const EspEnvironmentInfo *environment)
{
  g_clear_pointer (&view->formula, esp_formula_unref);
  view->formula = formula ? esp_formula_ref (formula) : NULL;
  view->environment = environment;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

EspFormula *
esp_formula_view_get_formula (EspFormulaView *view)
{
  return view->formula;
}

const char *
esp_formula_view_get_selected (EspFormulaView *view)
{
  return view->selected;
}
