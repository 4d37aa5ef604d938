"""The password, asked for again before what cannot be undone.

A refused request is rolled back, and a wrong guess must be counted all the same. So
require_confirmation() is called where nothing is open yet: after the key is known and its
allowance counted, before `acting_for`. It commits what it notes by itself.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from agencies.errors import DomainError, ScopeError
from agencies.models import ApiKey, Confirmation, PasswordGuesses, User
from agencies.scope import acting_for, current

MOST_GUESSES = 5
# Five wrong passwords close the gate until so long after the fifth, to the right one too.
CLOSED_FOR = timedelta(minutes=15)


class WrongPassword(DomainError):
    code = "wrong_password"


class TooManyGuesses(DomainError):
    code = "too_many_guesses"


def require_confirmation(key: ApiKey, password: str | None, *, at: datetime) -> None:
    """Let pass whoever gives the password of the key's member, or gave it with this key lately.

    "Lately" is PASSWORD_CONFIRMATION_MINUTES and begins anew with each use; a new password ends
    it. A password that is given has to be right even then. Raises WrongPassword, TooManyGuesses,
    and ScopeError inside a scope.
    """
    if current() is not None:
        raise ScopeError("Ask for the password before the scope: its rollback forgets guesses.")
    if password:
        _prove(key.member.user, password, at)
        _remember(key, at)
    elif not _is_remembered(key, at):
        raise WrongPassword("Send your password with this request.", field="password")


def _prove(user: User, password: str, at: datetime) -> None:
    """One at a time for each user, so that guesses made at once are all counted."""
    with transaction.atomic():
        guesses, _ = PasswordGuesses.objects.select_for_update().get_or_create(user=user)
        lately = guesses.count if guesses.last_at > at - CLOSED_FOR else 0
        closed = lately >= MOST_GUESSES
        right = not closed and user.check_password(password)
        if not closed:
            guesses.count, guesses.last_at = (0 if right else lately + 1), at
            guesses.save()
    if closed:
        raise TooManyGuesses(
            "Too many wrong passwords. Wait 15 minutes and try again.", field="password"
        )
    if not right:
        raise WrongPassword("This is not your password.", field="password")


def _remember(key: ApiKey, at: datetime) -> None:
    confirmation = Confirmation(
        agency_id=key.agency_id, api_key=key, confirmed_at=at, password_mark=_mark(key)
    )
    with acting_for(key.agency_id):
        Confirmation.objects.bulk_create(
            [confirmation],
            update_conflicts=True,
            unique_fields=["api_key"],
            update_fields=["confirmed_at", "password_mark"],
        )


def _is_remembered(key: ApiKey, at: datetime) -> bool:
    """Renews the memory where there is one."""
    since = at - timedelta(minutes=settings.PASSWORD_CONFIRMATION_MINUTES)
    with acting_for(key.agency_id):
        remembered = Confirmation.objects.filter(
            api_key=key, confirmed_at__gt=since, password_mark=_mark(key)
        )
        return remembered.update(confirmed_at=at) > 0


def _mark(key: ApiKey) -> str:
    return key.member.user.get_session_auth_hash()
