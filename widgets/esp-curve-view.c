#include "esp-curve-view.h"

struct _EspCurveView
{
  GtkWidget parent_instance;
  EspSnapshot *snapshot;
};

G_DEFINE_FINAL_TYPE (EspCurveView, esp_curve_view, GTK_TYPE_WIDGET)

static void
esp_curve_view_dispose (GObject *object)
{
  EspCurveView *view = ESP_CURVE_VIEW (object);

  g_clear_pointer (&view->snapshot, esp_snapshot_unref);
  G_OBJECT_CLASS (esp_curve_view_parent_class)->dispose (object);
}

static void
esp_curve_view_class_init (EspCurveViewClass *class)
{
  G_OBJECT_CLASS (class)->dispose = esp_curve_view_dispose;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (class), "curveview");
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (class), GTK_ACCESSIBLE_ROLE_IMG);
}

static void
esp_curve_view_init (EspCurveView *view)
{
}

GtkWidget *
esp_curve_view_new (void)
{
  return g_object_new (ESP_TYPE_CURVE_VIEW, NULL);
}

void
esp_curve_view_set_snapshot (EspCurveView *view, EspSnapshot *snapshot)
{
  g_return_if_fail (ESP_IS_CURVE_VIEW (view));

  if (view->snapshot == snapshot)
    return;
  g_clear_pointer (&view->snapshot, esp_snapshot_unref);
  view->snapshot = snapshot ? esp_snapshot_ref (snapshot) : NULL;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}
