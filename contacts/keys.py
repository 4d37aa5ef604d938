"""The stable portal key of a contact, computed and never stored.

Code written for Invoice Ninja reads the key and builds links from it, so it must stay the same
for life. It is a MAC over the contact's random seed: the database alone does not yield it, its
digest finds the contact, and replacing the seed replaces the key.
"""

import string

from django.utils.crypto import salted_hmac

from agencies.digests import random_text, remember
from agencies.models import SecretDigest
from contacts.models import Contact

_LETTERS = string.digits + string.ascii_letters


def key_of(seed: str) -> str:
    """Letters and digits, as many as the seed has (at most 40; about 5.95 bits each)."""
    value = int.from_bytes(salted_hmac("contacts.key", seed, algorithm="sha256").digest())
    letters = []
    for _ in seed:
        value, position = divmod(value, len(_LETTERS))
        letters.append(_LETTERS[position])
    return "".join(letters)


def portal_key(contact: Contact) -> str:
    return key_of(contact.key_seed)


def replace_key(contact: Contact) -> None:
    """Give the contact another key; the former one is forgotten."""
    former = contact.key_digest
    contact.key_seed = random_text(32)
    contact.key_digest = remember(portal_key(contact), contact.agency)
    contact.save(update_fields=["key_seed", "key_digest", "updated_at"])
    SecretDigest.objects.filter(digest=former).delete()
