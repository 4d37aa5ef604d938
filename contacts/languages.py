"""In which language somebody is written to."""

from contextlib import suppress

from django.utils.translation import get_supported_language_variant

from contacts.models import Contact


def language_of(contact: Contact) -> str:
    """The client's or else the agency's, of those in settings.LANGUAGES; English where none is.

    A variant such as de-AT is as good as the language itself.
    """
    client = contact.client.language if contact.client else ""
    for wanted in (client, contact.agency.language):
        with suppress(LookupError):
            return get_supported_language_variant(wanted.replace("_", "-"))
    return "en"
