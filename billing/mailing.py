"""Documents on their way to people: who gets them, and what goes into the mail."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext, override

from agencies.errors import DomainError
from billing import linking
from billing.document_words import document_words_in
from billing.drafting import DocumentIsDeleted
from billing.holding import hold
from billing.models import Credit, Invoice
from billing.papers import paper_of
from billing.speaking import speaker
from clients.models import Client
from contacts.languages import language_of
from contacts.letters import notice
from contacts.mailing import Attachment, deliverable, queue_message
from contacts.models import Contact


class NobodyToMail(DomainError):
    """No person of the client gets documents by mail at an address that can be used."""

    code = "nobody_to_mail"


class NotIssued(DomainError):
    code = "not_issued"


@transaction.atomic
def send_document(
    document: Invoice | Credit, *, at: datetime, to: Sequence[Contact] | None = None
) -> list[Contact]:
    """Queue an issued document with its PDF; see post(). Sent again it is the same document.

    Raises NotIssued, DocumentIsDeleted, NobodyToMail and what printing raises.
    """
    client, held = hold(document)
    if held.deleted_at:
        raise DocumentIsDeleted("This is deleted. Restore it first.")
    if not held.is_issued:
        raise NotIssued(f"{held} is not issued yet. Issue it first.")
    voice = speaker(held.language)
    words = document_words_in(voice.words.language)
    name = words.invoice if isinstance(held, Invoice) else words.credit
    title = f"{name} {held.number}"
    told = [f"{words.total}: {voice.money(held.total, held.currency)}"]
    if isinstance(held, Invoice):
        told.append(f"{words.amount_due}: {voice.money(held.balance, held.currency)}")
        told.append(f"{words.due}: {voice.date(held.due_on)}")
    people = post(
        client,
        kind="invoice" if isinstance(held, Invoice) else "credit",
        document=held,
        title=title,
        told=told,
        attachment=Attachment(
            f"{_plain(held.number)}.pdf", paper_of(held).content, "application/pdf"
        ),
        at=at,
        to=to,
    )
    held.sent_at = held.updated_at = at
    held.save(update_fields=["sent_at", "updated_at"])
    return people


def post(
    client: Client,
    *,
    kind: str,
    document: linking.Document,
    title: str,
    told: Sequence[str],
    attachment: Attachment,
    at: datetime,
    to: Sequence[Contact] | None = None,
) -> list[Contact]:
    """Queue one mail each to these people, or to all of the client who get documents by mail.

    Returns to whom. `told` are lines of plain text. Each mail has a link of its own to the
    document, where the agency has a portal. Raises NobodyToMail.
    """
    people = [one for one in (readers(client) if to is None else to) if not deliverable(one.email)]
    if not people:
        raise NobodyToMail(
            f"Nobody at {client} gets documents by mail at an address that can be used."
        )
    for person in people:
        with override(language_of(person)):
            letter = notice(
                agency=client.agency,
                subject=f"{title} · {client.agency.name}"[:255],
                heading=title,
                paragraphs=["\n".join(told)],
                label=gettext("Open it in the browser"),
                address=linking.address_of(document, person, at=at),
            )
        queue_message(
            to=person, kind=kind, subject=letter.subject, text=letter.text, html=letter.html,
            attachments=[attachment],
        )  # fmt: skip
    return people


def readers(client: Client) -> list[Contact]:
    """The people of a client who get documents by mail, the primary first."""
    people = Contact.objects.filter(client=client, receives_mail=True).select_related(
        "agency", "client__agency"
    )
    return list(people.present().primary_first())


def _plain(number: str) -> str:
    """As the name of a file."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in number)
