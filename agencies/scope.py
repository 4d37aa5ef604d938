"""The one way in: a transaction that states which agency it acts for."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection, transaction

from agencies.errors import ScopeError

# Read by the wall's policies, and by the audit triggers. Compiling a plan takes PostgreSQL seconds
# where a trigger writes 10,000 rows in a tenth of one.
_ENTER = """
SELECT set_config('jit', 'off', true),
       set_config('foyer.agency', %s, true),
       set_config('pghistory.context_id', %s, true),
       set_config('pghistory.context_metadata', %s, true)
"""

_NAME = "SELECT set_config('pghistory.context_metadata', %s, true)"


@dataclass(frozen=True)
class Scope:
    """Who acts for which agency, and through which door (`admin`, `v1`, `job`, …)."""

    agency_id: int
    door: str
    member_id: int | None


_current: ContextVar[Scope | None] = ContextVar("foyer_scope", default=None)


def current() -> Scope | None:
    return _current.get()


def current_agency_id() -> int:
    """The agency acted for. Raises ScopeError where nobody said which."""
    scope = _current.get()
    if scope is None:
        raise ScopeError("This needs a scope: call it within acting_for().")
    return scope.agency_id


@contextmanager
def acting_for(
    agency_id: int, *, door: str = "code", member_id: int | None = None
) -> Iterator[Scope]:
    """Open a transaction in which PostgreSQL shows and accepts only this agency's rows.

    Set locally, so it ends with the transaction and is safe behind a transaction pooler.
    `door` and `member_id` go into the audit trail. Entering again for the same agency is
    allowed; for another one raises ScopeError, since a mixture is always a mistake.
    """
    outer = _current.get()
    if outer is not None and outer.agency_id != agency_id:
        raise ScopeError(f"Already acting for agency {outer.agency_id}, not {agency_id}.")
    scope = outer or Scope(agency_id, door, member_id)
    outlives = connection.in_atomic_block
    with transaction.atomic():
        if outer is None:
            _state(scope)
        token = _current.set(scope)
        try:
            yield scope
        finally:
            _current.reset(token)
        # Inside an outer transaction the setting would outlive this block; a rollback undoes it.
        if outer is None and outlives and not connection.needs_rollback:
            _state(None)


def name_contact(contact_id: int) -> None:
    """Say in the audit trail which person of a client acts, until the scope ends."""
    scope = _current.get()
    if scope is None:
        raise ScopeError("This needs a scope: call it within acting_for().")
    who = {"door": scope.door, "member": scope.member_id, "contact": contact_id}
    with connection.cursor() as cursor:
        cursor.execute(_NAME, [json.dumps(who)])


def _state(scope: Scope | None) -> None:
    who = {"door": scope.door, "member": scope.member_id} if scope else None
    with connection.cursor() as cursor:
        cursor.execute(
            _ENTER,
            [
                str(scope.agency_id) if scope else "",
                str(uuid.uuid4()) if scope else "",
                json.dumps(who) if who else "",
            ],
        )
