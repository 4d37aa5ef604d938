"""A password of one's own: another way in for people who were invited. Nobody needs one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from agencies.models import Agency
from agencies.scope import acting_for
from contacts.mailing import queue_message
from contacts.models import Contact
from portal import sessions, tries
from portal.access_models import PortalSession
from portal.letters import security_notice
from portal.sessions import people

LONGEST = 1000
# One person may have several, set over the API at one client each. So many are always reckoned,
# also for nobody: the time tells nothing.
_RECKONED = 2
_SET = gettext_lazy("A password was set for your access. You are signed out everywhere else.")
_CHANGED = gettext_lazy("Your password was changed. You are signed out everywhere else.")
_REMOVED = gettext_lazy("Your password was removed. You are signed out everywhere else.")


class WrongPassword(Exception):
    """Also where there is none, and nobody of that address."""


def sign_in(address: str, password: str, *, agency: Agency, at: datetime) -> Contact:
    """Whom the password fits; who may be several people signs in as the first by client's name.

    Raises WrongPassword and LockedOut, for everybody alike and as fast.
    """
    tries.count("password", address, agency=agency, at=at)
    with acting_for(agency.pk, door="portal"):
        found = people(address, at=at)
    fitting = _fitting(found, password)
    if not fitting:
        raise WrongPassword
    with acting_for(agency.pk, door="portal"):
        tries.clear("password", address)
    return fitting[0]


def has_password(session: PortalSession, *, at: datetime) -> bool:
    return any(one.has_password() for one in people(session.address, at=at))


def prove(session: PortalSession, password: str, *, agency: Agency, at: datetime) -> None:
    """Let pass who has only just come in, or knows the password. Raises WrongPassword, LockedOut.

    Without this a browser left alone would be enough to get in for good.
    """
    if sessions.is_fresh(session, at=at):
        return
    tries.count("password", session.address, agency=agency, at=at)
    if not _fitting(people(session.address, at=at), password):
        raise WrongPassword
    tries.clear("password", session.address)


@transaction.atomic
def set_password(session: PortalSession, password: str, *, at: datetime) -> None:
    """At each client where the person is a contact; they are signed out everywhere else.

    Told to them by mail. Raises ValidationError in their language.
    """
    if len(password) > LONGEST:
        raise ValidationError("", code="too_long")
    # It asks for names alone, which contacts have as well.
    validate_password(password, user=cast(Any, session.contact))
    had_one = has_password(session, at=at)
    _store(session, make_password(password), _CHANGED if had_one else _SET, at=at)


@transaction.atomic
def remove_password(session: PortalSession, *, at: datetime) -> None:
    _store(session, "", _REMOVED, at=at)


def _store(session: PortalSession, encoded: str, told: Promise, *, at: datetime) -> None:
    own = [one.pk for one in people(session.address, at=at)]
    Contact.objects.filter(pk__in=own).update(password=encoded, updated_at=at)
    sessions.end_others(session, at=at)
    letter = security_notice(session.contact, told)
    queue_message(
        to=session.contact,
        kind="security",
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
    )


def _fitting(found: Sequence[Contact], password: str) -> list[Contact]:
    encoded = {one.password for one in found if one.has_password()}
    right = {one for one in encoded if check_password(password, one)}
    for _ in range(_RECKONED - len(encoded)):
        make_password(password)
    return [one for one in found if one.password in right]
