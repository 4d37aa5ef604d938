"""In which language somebody is written to."""

from contextlib import suppress

from django.utils.translation import get_supported_language_variant

from agencies.models import Agency
from contacts.models import Contact


def language_of(contact: Contact) -> str:
    """Their own, the client's or else the agency's, of those in settings.LANGUAGES, or English.

    A variant such as de-AT is as good as the language itself.
    """
    client = contact.client.language if contact.client else ""
    return _first_known(contact.language, client, contact.agency.language)


def language_of_agency(agency: Agency) -> str:
    """The same for somebody of whom nothing is known."""
    return _first_known(agency.language)


def _first_known(*wanted: str) -> str:
    for tag in wanted:
        with suppress(LookupError):
            return get_supported_language_variant(tag.replace("_", "-"))
    return "en"
