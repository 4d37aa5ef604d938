"""Passkeys (WebAuthn), as a second factor: offered, checked, and bound to the portal's host.

Functions are called within acting_for(). The rules are those of the W3C's recommendation "Web
Authentication", sections 7.1 and 7.2.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q
from fido2.server import Fido2Server, to_descriptor
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from agencies.digests import digest_of
from portal.access_models import PortalSession
from portal.factor_models import Passkey
from portal.second_factor import WrongProof, held_by

# How long somebody may look for their finger.
WITHIN = timedelta(minutes=5)
_VERIFIED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True)
class Site:
    """Where a portal is seen: `https://host[:port]`, and the name of its agency."""

    origin: str
    name: str

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname or ""

    def server(self) -> Fido2Server:
        entity = PublicKeyCredentialRpEntity(id=self.host, name=self.name)
        return Fido2Server(entity, verify_origin=lambda origin: origin == self.origin)


def offer_new(session: PortalSession, site: Site, *, at: datetime) -> dict[str, Any]:
    """What the browser is asked, to make a passkey for this person here."""
    user = PublicKeyCredentialUserEntity(
        id=bytes.fromhex(digest_of(f"{session.agency_id}:{session.address}")),
        name=session.address,
        display_name=str(session.contact),
    )
    known = [to_descriptor(one) for one in _credentials(_passkeys(session, site))]
    options, state = site.server().register_begin(
        user,
        known,
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=_VERIFIED,
    )
    _remember(session, state["challenge"], at=at)
    return dict(options)


def check_new(session: PortalSession, answer: str, site: Site, *, at: datetime) -> dict[str, Any]:
    """The facts of the Passkey that was made. Raises WrongProof."""
    state = _state(session, at=at)

    def check() -> tuple[AttestedCredentialData, int]:
        made = site.server().register_complete(state, json.loads(answer))
        return AttestedCredentialData(bytes(made.credential_data or b"")), made.counter

    credential, count = _checked(check)
    digest = digest_of(credential.credential_id.hex())
    if Passkey.objects.filter(credential_digest=digest).exists():
        raise WrongProof
    return {
        "host": site.host,
        "credential": bytes(credential),
        "credential_digest": digest,
        "sign_count": count,
    }


def works_here(session: PortalSession, site: Site) -> bool:
    return bool(_passkeys(session, site))


def ask(session: PortalSession, site: Site, *, at: datetime) -> dict[str, Any]:
    """What the browser is asked, to prove that this person has one of their passkeys."""
    known = [to_descriptor(one) for one in _credentials(_passkeys(session, site))]
    options, state = site.server().authenticate_begin(known, user_verification=_VERIFIED)
    _remember(session, state["challenge"], at=at)
    return dict(options)


def prove(session: PortalSession, answer: str, site: Site, *, at: datetime) -> None:
    """Raises WrongProof."""
    state = _state(session, at=at)
    own = _passkeys(session, site)
    keys = {one.credential_digest: one.pk for one in own}

    def check() -> tuple[str, int]:
        said = AuthenticationResponse.from_dict(json.loads(answer))
        used = site.server().authenticate_complete(state, _credentials(own), said)
        return digest_of(used.credential_id.hex()), said.response.authenticator_data.counter

    digest, count = _checked(check)
    # A counter that stands still is a copy's, unless the key never counts.
    grown = Q(sign_count__lt=count) if count else Q(sign_count=0)
    used = Passkey.objects.filter(grown, pk=keys[digest])
    if not used.update(sign_count=count, used_at=at):
        raise WrongProof


def _passkeys(session: PortalSession, site: Site) -> list[Passkey]:
    factors = held_by(session.address)
    return list(factors.passkeys.filter(host=site.host)) if factors else []


def _credentials(passkeys: list[Passkey]) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(bytes(one.credential)) for one in passkeys]


def _remember(session: PortalSession, challenge: str, *, at: datetime) -> None:
    PortalSession.objects.filter(pk=session.pk).update(challenge=challenge, challenge_at=at)


def _state(session: PortalSession, *, at: datetime) -> dict[str, Any]:
    """What was asked last. Only one answer finds it there, of several at once too."""
    asked = PortalSession.objects.filter(pk=session.pk, challenge_at__gt=at - WITHIN)
    challenge = asked.exclude(challenge="").values_list("challenge", flat=True).first()
    taken = challenge and asked.filter(challenge=challenge).update(challenge="", challenge_at=None)
    if not taken:
        raise WrongProof
    return {"challenge": challenge, "user_verification": _VERIFIED}


def _checked(check: Callable[[], Any]) -> Any:
    try:
        return check()
    except Exception as error:
        raise WrongProof from error
