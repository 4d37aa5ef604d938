"""Signing in without a password: a mail with a link and a code, of which one works once."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils.crypto import constant_time_compare, salted_hmac

from agencies.digests import agency_of, digest_of, random_text, remember
from agencies.models import Agency, SecretDigest
from agencies.scope import acting_for
from contacts.enrolling import fold_email
from contacts.mailing import deliverable, queue_message
from contacts.models import Contact
from portal.access_models import SignInLink
from portal.letters import sign_in
from portal.sessions import people

LASTS = timedelta(minutes=15)
LENGTH = 43
DIGITS = 6
# Guesses at a code, of a million; whoever asks for somebody else's mail has no more than these a
# day. The links in the mails work all the same.
TRIES = 5
TRIES_PER_DAY = 20
PER_HOUR = 5


def send(address: str, *, agency: Agency, asker_digest: str, at: datetime) -> SignInLink | None:
    """Mail a link and a code to somebody who may come in; to others nothing is sent.

    Meant for a job: the page that asked has answered long since, to everybody alike.
    `asker_digest` is that of the browser's secret, in which alone the code works.
    """
    address = fold_email(address)
    with acting_for(agency.pk, door="portal"):
        found = people(address, at=at)
        if not agency.portal_enabled or not found or deliverable(found[0].email):
            return None
        # Several at once count one after the other.
        whom = Contact.objects.select_for_update(no_key=True).get(pk=found[0].pk)
        recent = SignInLink.objects.filter(address=address, sent_at__gt=at - timedelta(hours=1))
        if recent.count() >= PER_HOUR:
            return None
        return _send(whom, address, agency, asker_digest, at=at)


def find(secret: str, *, agency: Agency, at: datetime) -> SignInLink | None:
    """The link that this secret opens now; changes nothing."""
    if len(secret) != LENGTH or agency_of(secret) != agency:
        return None
    with acting_for(agency.pk, door="portal"):
        return _usable(at).filter(digest=digest_of(secret)).first()


def use(secret: str, *, agency: Agency, at: datetime) -> list[Contact]:
    """Use the link up; whom it lets in, which is nobody where it does not work any more.

    Of several at once only one succeeds.
    """
    link = find(secret, agency=agency, at=at)
    if link is None:
        return []
    with acting_for(agency.pk, door="portal"):
        return _spend(link, at=at)


def use_code(code: str, *, asker: str, agency: Agency, at: datetime) -> list[Contact]:
    """The same by the code, in the browser that holds the secret `asker`."""
    with acting_for(agency.pk, door="portal"), transaction.atomic():
        links = _usable(at).filter(asker_digest=digest_of(asker), tries__lt=TRIES)
        link = links.select_for_update().first()
        if link is None:
            return []
        recent = SignInLink.objects.filter(address=link.address, sent_at__gt=at - timedelta(days=1))
        if (recent.aggregate(made=Sum("tries"))["made"] or 0) >= TRIES_PER_DAY:
            return []
        # Also a right one counts: it works once.
        SignInLink.objects.filter(pk=link.pk).update(tries=F("tries") + 1)
        digits = "".join(letter for letter in code if letter.isdecimal())
        if not constant_time_compare(code_digest(digits, link.asker_digest), link.code_digest):
            return []
        return _spend(link, at=at)


def forget_old(*, before: datetime) -> None:
    """Delete what ran out by then, in every agency; a link is of no use after that."""
    for agency_id in Agency.objects.values_list("pk", flat=True):
        with acting_for(agency_id, door="job"):
            old = SignInLink.objects.filter(expires_at__lt=before)
            SecretDigest.objects.filter(
                digest__in=list(old.values_list("digest", flat=True))
            ).delete()
            old.delete()


def code_digest(code: str, asker_digest: str) -> str:
    """Keyed with the installation's secret: a million digests are soon tried."""
    return salted_hmac("foyer.sign_in", f"{asker_digest}:{code}", algorithm="sha256").hexdigest()


def _send(
    whom: Contact, address: str, agency: Agency, asker_digest: str, *, at: datetime
) -> SignInLink:
    secret = random_text(LENGTH)
    code = "".join(str(secrets.randbelow(10)) for _ in range(DIGITS))
    link = SignInLink.objects.create(
        agency=agency,
        address=address,
        digest=remember(secret, agency),
        code_digest=code_digest(code, asker_digest),
        asker_digest=asker_digest,
        sent_at=at,
        expires_at=at + LASTS,
    )
    letter = sign_in(whom, secret, code, until=link.expires_at)
    link.mail = queue_message(
        to=whom, kind="sign_in", subject=letter.subject, text=letter.text, html=letter.html
    )
    link.save(update_fields=["mail"])
    return link


def _usable(at: datetime) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(used_at__isnull=True, expires_at__gt=at)


def _spend(link: SignInLink, *, at: datetime) -> list[Contact]:
    if not SignInLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=at):
        return []
    return people(link.address, at=at)
