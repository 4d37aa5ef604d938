"""What staff do about somebody's ways into the portal, on the list and the page of people."""

from django.contrib import admin
from django.utils import timezone

from contacts.admin import ContactAdmin
from portal.key_login import give_new_key


@admin.action(description="Replace the key link of the selected people", permissions=["change"])
def replace_key_links(model_admin, request, queryset):
    for contact in queryset.select_related("agency"):
        give_new_key(contact, at=timezone.now())
    model_admin.message_user(request, "The former links open nothing any more.")


# The page belongs to a floor below, which knows nothing of the portal.
ContactAdmin.actions = [replace_key_links]
