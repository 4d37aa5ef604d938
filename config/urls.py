from django.contrib import admin
from django.urls import include, path

from config.mail_events import mail_events

urlpatterns = [
    path("v1/", include("api.native.urls")),
    # Invoice Ninja's base lies below Grow CRM's: the longer one first.
    path("api/v1/", include("api.invoiceninja.urls")),
    path("api/", include("api.growcrm.urls")),
    path("docs/api/", include("api.reference")),
    path("admin/", admin.site.urls),
    path("mail/events/<slug:provider>", mail_events),
    path("", include("portal.urls")),
]

handler400 = "config.failures.bad_request"
handler500 = "config.failures.server_error"
