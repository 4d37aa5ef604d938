"""What somebody proves beside the way they came in: a code of an app, a passkey, or a spare code.

Functions are called within acting_for().
"""

from datetime import datetime, timedelta
from typing import Any

import pyotp
from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from pyotp.exceptions import OTPVerificationError

from agencies.digests import random_text
from agencies.models import Agency
from agencies.sealing import seal, unseal
from contacts.enrolling import fold_email
from contacts.mailing import queue_message
from contacts.models import Contact
from portal import sessions, tries
from portal.access_models import PortalSession
from portal.factor_models import Passkey, SecondFactors
from portal.letters import security_notice

# As apps for codes have it (RFC 6238).
DIGITS = 6
RECOVERY_CODES = 10
_RECOVERY_LENGTH = 10
# A clock may be wrong by one step, which is half a minute.
_STEPS = 1

_ON = gettext_lazy(
    "A second factor was set up for your access. You are signed out everywhere else."
)
_APP = gettext_lazy("An app for codes was set up for your access.")
_PASSKEY = gettext_lazy("A passkey was set up for your access.")
_APP_REMOVED = gettext_lazy("The app for codes was removed from your access.")
_PASSKEY_REMOVED = gettext_lazy("A passkey was removed from your access.")
_RENEWED = gettext_lazy("You got new recovery codes. The former ones open nothing any more.")
_RECOVERED = gettext_lazy("One of your recovery codes was used to sign in.")
_RESET = gettext_lazy(
    "Your second factors were taken away by us. You are signed out everywhere; sign in anew."
)


class WrongProof(Exception):
    """A code that is wrong, was used before, or ran out; or a passkey that proves nothing."""


def held_by(address: str) -> SecondFactors | None:
    return SecondFactors.objects.filter(address=fold_email(address)).first()


def must_prove(address: str, agency: Agency) -> bool:
    return agency.portal_demands_second_factor or held_by(address) is not None


def prove_code(session: PortalSession, text: str, *, agency: Agency, at: datetime) -> None:
    """By a code of the app, or by a recovery code, which is used up.

    Raises WrongProof and LockedOut.
    """
    tries.count("factor", session.address, agency=agency, at=at)
    factors = held_by(session.address)
    code = "".join(letter for letter in text if letter.isalnum())
    if factors is None or not code.isascii():
        raise WrongProof
    if not _takes_app_code(factors, code, at=at):
        _use_recovery(factors, code, session)
    tries.clear("factor", session.address)


def new_secret() -> str:
    """For an app, in Base32."""
    return str(pyotp.random_base32())


def address_for_app(secret: str, *, person: str, agency: Agency) -> str:
    """What the picture says that the app reads."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=agency.name))


@transaction.atomic
def add_app(session: PortalSession, secret: str, code: str, *, at: datetime) -> list[str]:
    """Once the app shows right codes. Returns new recovery codes, where this is the first factor.

    Raises WrongProof.
    """
    step = _step_of(secret, code, at=at)
    if step is None:
        raise WrongProof
    factors, codes = _factors_of(session, at=at)
    factors.sealed_secret = seal(secret.encode())
    factors.last_step = step
    factors.save(update_fields=["sealed_secret", "last_step"])
    tell(session.contact, _ON if codes else _APP)
    return codes


@transaction.atomic
def add_passkey(session: PortalSession, *, at: datetime, **facts: Any) -> list[str]:
    """Its facts are those that portal.passkeys has checked. Returns as add_app() does."""
    factors, codes = _factors_of(session, at=at)
    Passkey.objects.create(agency_id=session.agency_id, factors=factors, added_at=at, **facts)
    tell(session.contact, _ON if codes else _PASSKEY)
    return codes


@transaction.atomic
def remove_app(session: PortalSession, factors: SecondFactors) -> None:
    factors.sealed_secret = b""
    factors.save(update_fields=["sealed_secret"])
    _end_where_none_is_left(session, factors)
    tell(session.contact, _APP_REMOVED)


@transaction.atomic
def remove_passkey(session: PortalSession, passkey: Passkey) -> None:
    passkey.delete()
    _end_where_none_is_left(session, passkey.factors)
    tell(session.contact, _PASSKEY_REMOVED)


@transaction.atomic
def renew_recovery_codes(session: PortalSession, factors: SecondFactors) -> list[str]:
    codes = _new_codes()
    factors.recovery_digests = [recovery_digest(code, session.address) for code in codes]
    factors.save(update_fields=["recovery_digests"])
    tell(session.contact, _RENEWED)
    return codes


@transaction.atomic
def reset(contact: Contact, *, at: datetime) -> bool:
    """By staff, for somebody who has lost what they had; False where there was nothing."""
    factors = held_by(contact.email)
    if factors is None:
        return False
    factors.delete()
    sessions.end_all(contact.email, at=at)
    tell(contact, _RESET)
    return True


def tell(contact: Contact, what: Promise) -> None:
    letter = security_notice(contact, what)
    queue_message(
        to=contact, kind="security", subject=letter.subject, text=letter.text, html=letter.html
    )


def _takes_app_code(factors: SecondFactors, code: str, *, at: datetime) -> bool:
    if not factors.has_app() or len(code) != DIGITS:
        return False
    try:
        secret = unseal(bytes(factors.sealed_secret)).decode()
    except InvalidToken:
        # Sealed by an installation's secret that is gone: staff take the factor away.
        return False
    step = _step_of(secret, code, at=at)
    if step is None:
        return False
    unused = SecondFactors.objects.filter(Q(last_step__isnull=True) | Q(last_step__lt=step))
    # Of two at once one alone finds it unused.
    return bool(unused.filter(pk=factors.pk).update(last_step=step))


def _step_of(secret: str, code: str, *, at: datetime) -> int | None:
    """The step of time whose code this is; none for all others."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(
            "".join(letter for letter in code if letter.isdecimal()),
            for_time=at,
            valid_window=_STEPS,
        )
    except OTPVerificationError:
        return None


def _use_recovery(factors: SecondFactors, code: str, session: PortalSession) -> None:
    held = SecondFactors.objects.select_for_update().get(pk=factors.pk)
    digest = recovery_digest(code.lower(), session.address)
    if digest not in held.recovery_digests:
        raise WrongProof
    held.recovery_digests.remove(digest)
    held.save(update_fields=["recovery_digests"])
    tell(session.contact, _RECOVERED)


def _factors_of(session: PortalSession, *, at: datetime) -> tuple[SecondFactors, list[str]]:
    """With the first factor come recovery codes, and the person's other sessions end."""
    codes = _new_codes()
    factors, is_new = SecondFactors.objects.get_or_create(
        agency_id=session.agency_id,
        address=session.address,
        defaults={
            "recovery_digests": [recovery_digest(code, session.address) for code in codes],
            "created_at": at,
        },
    )
    if not is_new:
        # Two browsers at once: who has proven none may not join the other's.
        if not is_recent(session, at=at):
            raise WrongProof
        return factors, []
    sessions.end_others(session, at=at)
    return factors, codes


def _end_where_none_is_left(session: PortalSession, factors: SecondFactors) -> None:
    """Recovery codes are good for nothing alone. An agency that demands a factor asks anew."""
    if not factors.has_app() and not factors.passkeys.exists():
        factors.delete()
        PortalSession.objects.filter(pk=session.pk).update(second_factor_at=None)


def _new_codes() -> list[str]:
    """Letters and digits that nobody mistakes for each other; about 50 random bits."""
    return [_readable() for _ in range(RECOVERY_CODES)]


def _readable() -> str:
    text = ""
    while len(text) < _RECOVERY_LENGTH:
        text += "".join(one for one in random_text(20).lower() if one not in "il1o0")
    return text[:_RECOVERY_LENGTH]


def recovery_digest(code: str, address: str) -> str:
    """Keyed with the installation's secret: 50 bits can be tried by whoever has the database."""
    return salted_hmac("foyer.recovery", f"{address}:{code}", algorithm="sha256").hexdigest()


def is_recent(session: PortalSession, *, at: datetime) -> bool:
    """Whether a factor was proven just now; else it is asked for again before one is added."""
    proven = session.second_factor_at
    return proven is not None and proven > at - timedelta(minutes=10)
