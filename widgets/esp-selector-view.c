#include "esp-selector-view.h"

struct _EspSelectorView
{
  GtkWidget parent_instance;
  EspSnapshot *snapshot;
  guint action;
};

G_DEFINE_FINAL_TYPE (EspSelectorView, esp_selector_view, GTK_TYPE_WIDGET)

static void
esp_selector_view_dispose (GObject *object)
{
  EspSelectorView *view = ESP_SELECTOR_VIEW (object);

  g_clear_pointer (&view->snapshot, esp_snapshot_unref);
  G_OBJECT_CLASS (esp_selector_view_parent_class)->dispose (object);
}

static void
esp_selector_view_class_init (EspSelectorViewClass *class)
{
  G_OBJECT_CLASS (class)->dispose = esp_selector_view_dispose;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (class), "selectorview");
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (class), GTK_ACCESSIBLE_ROLE_IMG);
}

static void
esp_selector_view_init (EspSelectorView *view)
{
}

GtkWidget *
esp_selector_view_new (void)
{
  return g_object_new (ESP_TYPE_SELECTOR_VIEW, NULL);
}

void
esp_selector_view_set_snapshot (EspSelectorView *view, EspSnapshot *snapshot)
{
  g_return_if_fail (ESP_IS_SELECTOR_VIEW (view));

  if (view->snapshot == snapshot)
    return;
  g_clear_pointer (&view->snapshot, esp_snapshot_unref);
  view->snapshot = snapshot ? esp_snapshot_ref (snapshot) : NULL;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
esp_selector_view_set_action (EspSelectorView *view, guint action)
{
  view->action = action;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

guint
esp_selector_view_get_action (EspSelectorView *view)
{
  return view->action;
}
