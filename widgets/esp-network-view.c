#include "esp-network-view.h"

struct _EspNetworkView
{
  GtkWidget parent_instance;
  EspSnapshot *snapshot;
  guint action;
};

G_DEFINE_FINAL_TYPE (EspNetworkView, esp_network_view, GTK_TYPE_WIDGET)

static void
esp_network_view_dispose (GObject *object)
{
  EspNetworkView *view = ESP_NETWORK_VIEW (object);

  g_clear_pointer (&view->snapshot, esp_snapshot_unref);
  G_OBJECT_CLASS (esp_network_view_parent_class)->dispose (object);
}

static void
esp_network_view_class_init (EspNetworkViewClass *class)
{
  G_OBJECT_CLASS (class)->dispose = esp_network_view_dispose;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (class), "networkview");
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (class), GTK_ACCESSIBLE_ROLE_IMG);
}

static void
esp_network_view_init (EspNetworkView *view)
{
}

GtkWidget *
esp_network_view_new (void)
{
  return g_object_new (ESP_TYPE_NETWORK_VIEW, NULL);
}

void
esp_network_view_set_snapshot (EspNetworkView *view, EspSnapshot *snapshot)
{
  g_return_if_fail (ESP_IS_NETWORK_VIEW (view));

  if (view->snapshot == snapshot)
    return;
  g_clear_pointer (&view->snapshot, esp_snapshot_unref);
  view->snapshot = snapshot ? esp_snapshot_ref (snapshot) : NULL;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
esp_network_view_set_action (EspNetworkView *view, guint action)
{
  view->action = action;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

guint
esp_network_view_get_action (EspNetworkView *view)
{
  return view->action;
}

void
esp_network_view_reset (EspNetworkView *view)
{
  gtk_widget_queue_draw (GTK_WIDGET (view));
}
