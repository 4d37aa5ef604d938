"""Fills an empty database with the demo agencies, through the same functions as everyone else."""

from random import Random
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agencies.digests import random_text
from agencies.founding import create_agency
from agencies.keys import create_api_key
from agencies.models import Agency, Membership, User
from agencies.scope import acting_for
from clients.models import Category, ClientGroup, CustomField
from config.demo.billing import bill_clients
from config.demo.clients import enroll_clients
from config.demo.plans import HARBOUR, NORTHLIGHT, Plan
from config.demo.portal import open_portal

DIALECTS = ("v1", "api", "api/v1")


def make_demo() -> dict[str, Any]:
    """Make both agencies; returns how to get in, or nothing where an agency exists already.

    Only secrets are random: a second installation shows the same clients under the same numbers.
    """
    if Agency.objects.exists():
        return {}
    password = random_text(14)
    owner = _make(NORTHLIGHT, password)
    _make(HARBOUR, password)
    with acting_for(owner.agency_id, door="demo", member_id=owner.pk):
        person = open_portal(by=owner, at=timezone.now())
    return {
        "staff": {"email": owner.user.email, "password": password},
        "portal": f"{settings.FOYER_URL}/portal/{NORTHLIGHT.slug}/",
        "person": person,
        "keys": {
            dialect: create_api_key(owner, name=f"Demo for /{dialect}")[1] for dialect in DIALECTS
        },
    }


@transaction.atomic
def _make(plan: Plan, password: str) -> Membership:
    """One agency with all it owns; half an agency is never left behind."""
    owner = create_agency(
        plan.name,
        slug=plan.slug,
        country=plan.country,
        owner_email=plan.owner_email,
        owner_password=password,
        **plan.facts,
    )
    chance = Random(plan.slug)  # noqa: S311 (must repeat itself, guards nothing)
    with acting_for(owner.agency_id, door="demo", member_id=owner.pk):
        team = [_join(owner.agency, *member) for member in plan.team]
        enroll_clients(
            plan,
            chance,
            team=team,
            categories=_categories(owner.agency, plan),
            groups=_groups(owner.agency, plan),
        )
        _custom_fields(owner.agency, plan)
        bill_clients(owner.agency, chance, by=owner)
    return owner


def _join(agency: Agency, email: str, first_name: str, last_name: str, role: str) -> Membership:
    """Colleagues have no password: nobody signs in as them before one is set."""
    user = User.objects.filter(email=email).first() or User.objects.create_user(email)
    user.first_name, user.last_name = first_name, last_name
    user.save()
    member, _ = Membership.objects.get_or_create(agency=agency, user=user, defaults={"role": role})
    return member


def _categories(agency: Agency, plan: Plan) -> list[Category]:
    return Category.objects.bulk_create(
        Category(agency=agency, name=name, is_default=position == 0)
        for position, name in enumerate(plan.categories)
    )


def _groups(agency: Agency, plan: Plan) -> list[ClientGroup]:
    return ClientGroup.objects.bulk_create(
        ClientGroup(agency=agency, name=name) for name in plan.groups
    )


def _custom_fields(agency: Agency, plan: Plan) -> None:
    CustomField.objects.bulk_create(
        CustomField(
            agency=agency, name=name, label=label, kind=kind, choices=choices, position=position
        )
        for position, (name, label, kind, choices) in enumerate(plan.custom_fields)
    )
