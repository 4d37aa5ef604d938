"""How the mail of a document leads to it on the web. The portal, a floor above, makes the link."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from billing.models import Credit, Invoice, KeptStatement
from contacts.models import Contact

Document: TypeAlias = Invoice | Credit | KeptStatement
# The address that opens the document for this person; empty where there is none.
Linker: TypeAlias = Callable[[Document, Contact, datetime], str]

_linkers: list[Linker] = []


def link_by(linker: Linker) -> None:
    """Called once, when the application that makes links is ready."""
    _linkers[:] = [linker]


def address_of(document: Document, person: Contact, *, at: datetime) -> str:
    """Called within acting_for(), in the transaction that queues the mail."""
    return _linkers[0](document, person, at) if _linkers else ""
