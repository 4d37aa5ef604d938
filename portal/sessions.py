"""Browsers that are signed in. A session is asked anew with each page whether it still may be."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from agencies.digests import digest_of, random_text
from agencies.models import Agency
from agencies.scope import acting_for
from clients.models import Client
from contacts.enrolling import fold_email
from contacts.models import Contact
from portal.access_models import PortalSession
from portal.models import Invite

# Without a page asked for, and in all.
IDLE = timedelta(days=14)
LONGEST = timedelta(days=90)
LENGTH = 43
# So long after coming in somebody need not prove again who they are.
FRESH = timedelta(minutes=10)
# The time of the last page is not written down with every page.
_SEEN_EVERY = timedelta(minutes=5)
# To prove a second factor, or to set one up.
PENDING = timedelta(minutes=30)


def people(address: str, *, at: datetime) -> list[Contact]:
    """Whom the owner of this mailbox may be: at each client one contact, by the client's name.

    They were invited, and that was not taken back. An invitation that is still open counts, since
    it went to the same mailbox. Called within acting_for().
    """
    unexpired = Q(accepted_at__isnull=False) | Q(expires_at__gt=at)
    invited = Invite.objects.standing().filter(unexpired, contact=OuterRef("pk"))
    found = (
        Contact.objects.with_email(address)
        .filter(Exists(invited))
        .select_related("client__agency")
        .order_by("client__name", "id")
    )
    return [one for one in found if address and _is_theirs(one, address)]


@transaction.atomic
def begin(
    contact: Contact,
    *,
    address: str,
    means: PortalSession.Means,
    browser: str,
    former: PortalSession | None,
    at: datetime,
    is_pending: bool = False,
) -> str:
    """Let a browser in; returns its secret. Whoever was in there before is out.

    A pending one only as far as to where a second factor is proven.
    """
    if former:
        end(former, at=at)
    secret = random_text(LENGTH)
    PortalSession.objects.create(
        agency_id=contact.agency_id,
        contact=contact,
        address=fold_email(address),
        digest=digest_of(secret),
        means=means,
        is_pending=is_pending,
        browser=browser[:200],
        opened_at=at,
        seen_at=at,
    )
    if not is_pending:
        _welcome(contact, at=at)
    return secret


def confirm(session: PortalSession, *, at: datetime) -> str:
    """A second factor was proven: the session goes on, under another secret, which is returned."""
    secret = random_text(LENGTH)
    PortalSession.objects.filter(pk=session.pk).update(
        digest=digest_of(secret), is_pending=False, second_factor_at=at, seen_at=at
    )
    _welcome(session.contact, at=at)
    return secret


def find(secret: str, *, at: datetime) -> PortalSession | None:
    """The session with this secret, if its person may be in by now. Called within acting_for()."""
    session = find_any(secret, at=at)
    return None if session is None or awaits_factor(session) else session


def awaits_factor(session: PortalSession) -> bool:
    """Also where the agency has come to demand one since."""
    demanded = session.contact.agency.portal_demands_second_factor
    return session.is_pending or (demanded and session.second_factor_at is None)


def find_any(secret: str, *, at: datetime) -> PortalSession | None:
    """The same, also where a second factor is still to be proven."""
    if len(secret) != LENGTH:
        return None
    session = (
        PortalSession.objects.filter(
            digest=digest_of(secret),
            ended_at__isnull=True,
            seen_at__gt=at - IDLE,
            opened_at__gt=at - LONGEST,
        )
        .exclude(is_pending=True, opened_at__lte=at - PENDING)
        .select_related("contact__client__agency")
        .first()
    )
    if session is None or not _may_stay(session, at=at):
        return None
    if session.is_pending:
        return session
    if session.seen_at < at - _SEEN_EVERY:
        PortalSession.objects.filter(pk=session.pk).update(seen_at=at)
        _note(session.contact, at=at)
    return session


def standing(address: str, *, at: datetime) -> list[PortalSession]:
    """Every browser in which this person is signed in, the one last used first."""
    return list(
        PortalSession.objects.filter(
            address=fold_email(address),
            ended_at__isnull=True,
            is_pending=False,
            seen_at__gt=at - IDLE,
            opened_at__gt=at - LONGEST,
        )
    )


def become(session: PortalSession, contact_id: int, *, at: datetime) -> bool:
    """Go on as the same person's contact at another client; False where there is none."""
    chosen = next((p for p in people(session.address, at=at) if p.pk == contact_id), None)
    if chosen is None:
        return False
    PortalSession.objects.filter(pk=session.pk).update(contact=chosen)
    _welcome(chosen, at=at)
    return True


def end(session: PortalSession, *, at: datetime) -> None:
    """Twice is once."""
    PortalSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(ended_at=at)


def end_all(address: str, *, at: datetime) -> None:
    PortalSession.objects.filter(address=fold_email(address), ended_at__isnull=True).update(
        ended_at=at
    )


def end_others(session: PortalSession, *, at: datetime) -> None:
    """Sign the person out everywhere but here."""
    others = PortalSession.objects.filter(address=session.address, ended_at__isnull=True)
    others.exclude(pk=session.pk).update(ended_at=at)


def is_fresh(session: PortalSession, *, at: datetime) -> bool:
    """Whether the person has only just come in; by a link for life that says nothing."""
    return session.means != PortalSession.Means.KEY and session.opened_at > at - FRESH


def forget_old(*, before: datetime) -> None:
    """Delete sessions that nobody has used since, in every agency."""
    for agency_id in Agency.objects.values_list("pk", flat=True):
        with acting_for(agency_id, door="job"):
            PortalSession.objects.filter(seen_at__lt=before).delete()


def _may_stay(session: PortalSession, *, at: datetime) -> bool:
    contact = session.contact
    accepted = Q(accepted_at__isnull=False)
    # Who is not quite in has not accepted it yet.
    usable = accepted | Q(expires_at__gt=at) if session.is_pending else accepted
    invited = Invite.objects.standing().filter(usable, contact=contact)
    return _is_theirs(contact, session.address) and invited.exists()


def _is_theirs(contact: Contact, address: str) -> bool:
    return contact.may_enter_portal() and fold_email(contact.email) == fold_email(address)


def _welcome(contact: Contact, *, at: datetime) -> None:
    """Whoever comes in accepts the invitation that is still open: it went to the same mailbox."""
    unused = Invite.objects.standing().unused()
    unused.filter(contact=contact, expires_at__gt=at).update(accepted_at=at)
    _note(contact, at=at)


def _note(contact: Contact, *, at: datetime) -> None:
    Contact.objects.filter(pk=contact.pk).update(last_seen_at=at)
    Client.objects.filter(contacts=contact).update(portal_last_seen_at=at)
