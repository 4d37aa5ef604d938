"""Making, finding, taking back and renewing the links to single documents."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext, override

from agencies.digests import agency_of, digest_of, random_text, remember
from agencies.models import Agency, Membership
from agencies.scope import acting_for
from billing.linking import Document
from billing.models import Credit, Invoice, KeptStatement
from clients.editing import hold_client
from contacts.enrolling import fold_email
from contacts.languages import language_of
from contacts.letters import notice
from contacts.mailing import deliverable, queue_message
from contacts.models import Contact
from portal.branding import portal_url
from portal.link_models import DocumentLink
from portal.rights import Right, set_rights
from portal.seeing import credits_for, invoices_for

LASTS = timedelta(days=30)
LENGTH = 43
# To one person for one document, however often a stale link is tried.
PAUSE = timedelta(minutes=10)
PER_DAY = 5


def make_link(
    document: Document, person: Contact, *, at: datetime, lasts: timedelta = LASTS
) -> tuple[DocumentLink, str]:
    """Returns the link and its address, which carries the secret. Called within acting_for()."""
    secret = random_text(LENGTH)
    link = DocumentLink.objects.create(
        agency_id=person.agency_id,
        contact=person,
        address=fold_email(person.email),
        digest=remember(secret, person.agency),
        made_at=at,
        expires_at=at + lasts,
        **{_kind_of(document): document},
    )
    return link, f"{portal_url(person.agency)}document/{secret}"


def address_for(document: Document, person: Contact, at: datetime) -> str:
    """For the mail of a document; empty where its reader could not open it in a portal."""
    opens = person.agency.portal_enabled and _is_there(person, document)
    return make_link(document, person, at=at)[1] if opens else ""


def find(secret: str, *, agency: Agency, at: datetime) -> DocumentLink | None:
    """What this secret opens now; changes nothing. Called within acting_for()."""
    if len(secret) != LENGTH:
        return None
    link = _links().filter(digest=digest_of(secret), expires_at__gt=at).first()
    return link if link and _may_open(link) else None


@transaction.atomic
def revoke(link: DocumentLink, *, by: Membership | None, at: datetime) -> None:
    """Twice is once."""
    standing = DocumentLink.objects.filter(pk=link.pk, revoked_at__isnull=True)
    standing.update(revoked_at=at, revoked_by=by)


def renew(secret: str, *, agency: Agency, at: datetime) -> DocumentLink | None:
    """Mail a fresh link to the address on file of whom the old one was for; None where not.

    What was taken back stays so. The caller must answer alike in either case.
    """
    if len(secret) != LENGTH or agency_of(secret) != agency:
        return None
    with acting_for(agency.pk, door="portal"):
        stale = _links().filter(digest=digest_of(secret)).first()
        return _renew(stale, at=at) if stale else None


def _renew(stale: DocumentLink, *, at: datetime) -> DocumentLink | None:
    person, document = stale.contact, stale.document
    # Several who ask at once wait here for each other.
    hold_client(document.client_id)
    made = DocumentLink.objects.filter(contact=person, **{_kind_of(document): document})
    recent = made.filter(made_at__gt=at - timedelta(days=1))
    if (
        made.filter(revoked_at__isnull=False).exists()
        or recent.count() >= PER_DAY
        or recent.filter(made_at__gt=at - PAUSE).exists()
        or deliverable(person.email)
        or not _is_there(person, document)
    ):
        return None
    fresh, address = make_link(document, person, at=at)
    with override(language_of(person)):
        letter = notice(
            agency=person.agency,
            subject=gettext("A new link from %(agency)s") % {"agency": person.agency.name},
            heading=gettext("Here is a new link"),
            paragraphs=[gettext("Somebody with an old link, probably you, asked for it.")],
            label=gettext("Open the document"),
            address=address,
        )
    fresh.mail = queue_message(
        to=person, kind="document_link", subject=letter.subject, text=letter.text, html=letter.html
    )
    fresh.save(update_fields=["mail"])
    return fresh


def _links() -> QuerySet[DocumentLink]:
    return DocumentLink.objects.select_related(
        "contact__client__agency", "invoice__client__agency", "credit__client__agency",
        "statement__client__agency",
    )  # fmt: skip


def _may_open(link: DocumentLink) -> bool:
    own = fold_email(link.contact.email) == link.address
    return own and link.revoked_at is None and _is_there(link.contact, link.document)


def _is_there(person: Contact, document: Document) -> bool:
    """For people of its client who may come in and see such; drafts and cancelled ones are not."""
    if not person.may_enter_portal() or person.client_id != document.client_id:
        return False
    rights = set_rights(person)
    if isinstance(document, KeptStatement):
        return Right.STATEMENTS in rights
    is_invoice = isinstance(document, Invoice)
    seen = invoices_for(person, everything=True) if is_invoice else credits_for(person)
    return Right.INVOICES in rights and seen.filter(pk=document.pk).exists()


def _kind_of(document: Document) -> str:
    if isinstance(document, Invoice):
        return "invoice"
    return "credit" if isinstance(document, Credit) else "statement"
