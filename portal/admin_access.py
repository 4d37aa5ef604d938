"""What staff do about somebody's ways into the portal, on the list and the page of people."""

from django.contrib import admin, messages
from django.utils import timezone

from contacts.admin import ContactAdmin
from portal.key_login import give_new_key
from portal.second_factor import reset


@admin.action(description="Replace the key link of the selected people", permissions=["change"])
def replace_key_links(model_admin, request, queryset):
    for contact in queryset.select_related("agency"):
        give_new_key(contact, at=timezone.now())
    model_admin.message_user(request, "The former links open nothing any more.")


@admin.action(
    description="Take the second factors of the selected people away", permissions=["change"]
)
def reset_second_factors(model_admin, request, queryset):
    for contact in queryset.select_related("agency"):
        if reset(contact, at=timezone.now()):
            told = f"{contact} has no second factor any more, is signed out, and is told by mail."
            model_admin.message_user(request, told)
        else:
            model_admin.message_user(request, f"{contact} had no second factor.", messages.WARNING)


# The page belongs to a floor below, which knows nothing of the portal.
ContactAdmin.actions = [replace_key_links, reset_second_factors]
