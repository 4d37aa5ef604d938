"""The demo's clients, read from a table and filled up with what chance with a fixed seed says."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from agencies.models import Membership
from clients.models import Category, Client, ClientGroup, CustomField, Project
from config.demo.plans import Plan
from contacts.enrolling import Person, enroll

TODAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_FOLDER = Path(__file__).parent
_PERSON = re.compile(r"(?P<name>.+?) \((?P<mailbox>[a-z]+)\), (?P<job_title>.+)")
_SIZES = ("1 - 3", "4 - 10", "11 - 50", "51 - 100", "101 - 500")
# Numbers that regulators keep free for films and books; elsewhere none is safe to invent.
_PHONES = {
    "DE": "+49 30 23125 {:03}",
    "FR": "+33 1 99 00 {:04}",
    "GB": "+44 20 7946 0{:03}",
    "US": "+1 503 555 01{:02}",
}
_STATES = {
    5: {"archived_at": TODAY - timedelta(days=90)},
    12: {"suspended_at": TODAY - timedelta(days=20)},
    17: {"deleted_at": TODAY - timedelta(days=45)},
    23: {"archived_at": TODAY - timedelta(days=200)},
    29: {"suspended_at": TODAY - timedelta(days=3)},
    34: {"deleted_at": TODAY - timedelta(days=8), "archived_at": TODAY - timedelta(days=30)},
    38: {"archived_at": TODAY - timedelta(days=12)},
}


def enroll_clients(
    plan: Plan,
    chance: Random,
    *,
    team: list[Membership],
    categories: list[Category],
    groups: list[ClientGroup],
) -> None:
    """Enroll every client of the plan's table with its people, tags and projects."""
    clients: list[Client] = []
    projects: list[Project] = []
    for position, row in enumerate(_rows(plan)):
        created_at = TODAY - timedelta(days=900 - 22 * position, minutes=chance.randrange(300))
        client = enroll(
            team[0].agency,
            by=chance.choice(team),
            people=_people(row, chance),
            tags=chance.sample(plan.tags, chance.choice((0, 1, 1, 2, 3))),
            category=chance.choice(categories),
            group=chance.choice([*groups, None]),
            assigned_to=chance.choice([*team, None]),
            custom_fields=_custom_values(plan, chance),
            **_facts(row, chance),
            **_visits(created_at, chance),
            **_STATES.get(position, {}),
        )
        # A client is always made now; these are said to be older.
        client.created_at = client.updated_at = created_at
        clients.append(client)
        projects += _projects(plan, client, team, chance)
    Client.objects.bulk_update(clients, ["created_at", "updated_at"])
    Project.objects.bulk_create(projects)


def _rows(plan: Plan) -> Iterator[dict[str, str]]:
    name = plan.slug.partition("-")[0]
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table, delimiter="|")


def _facts(row: dict[str, str], chance: Random) -> dict[str, Any]:
    """What the table says, and a little more."""
    said = {name: value for name, value in row.items() if name not in ("slug", "people")}
    return {
        **said,
        "classification": "company" if row["legal_name"] else "business",
        "size": chance.choice(_SIZES),
        "website": f"https://{row['slug']}.example",
        "phone": _phone(row, chance),
        "public_notes": chance.choice(("", "", "Came to us at a trade fair.", "Found us online.")),
        "private_notes": chance.choice(("", "", "", "Prefers short meetings in the morning.")),
        "invoice_due_days": chance.choice((None, None, 7, 30)),
    }


def _people(row: dict[str, str], chance: Random) -> list[Person]:
    people = []
    for entry in row["people"].split("; "):
        person = _PERSON.fullmatch(entry)
        if person is None:
            raise ValueError(f"{entry!r} in {row['slug']} is not written as: Name (mailbox), title")
        first_name, _, last_name = person["name"].rpartition(" ")
        people.append(
            Person(
                first_name=first_name or last_name,
                last_name=last_name if first_name else "",
                email=f"{person['mailbox']}@{row['slug']}.example",
                phone=_phone(row, chance),
                job_title=person["job_title"],
            )
        )
    return people


def _phone(row: dict[str, str], chance: Random) -> str:
    return _PHONES.get(row["country"], "").format(chance.randrange(100))


def _visits(created_at: datetime, chance: Random) -> dict[str, datetime]:
    """Half of the clients were invited to the portal, and half of those have been there."""
    if chance.random() < 0.5:
        return {}
    invited_at = created_at + timedelta(days=1)
    if chance.random() < 0.5:
        return {"invited_at": invited_at}
    return {"invited_at": invited_at, "portal_last_seen_at": invited_at + timedelta(days=20)}


def _custom_values(plan: Plan, chance: Random) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, _label, kind, choices in plan.custom_fields:
        if chance.random() < 0.4:
            continue
        match kind:
            case CustomField.Kind.CHOICE:
                values[name] = chance.choice(choices)
            case CustomField.Kind.CHECKBOX:
                values[name] = chance.random() < 0.5
            case CustomField.Kind.DATE:
                since = TODAY.date() - timedelta(days=chance.randrange(400, 3000))
                values[name] = since.isoformat()
            case _:
                values[name] = chance.choice(("A friend", "31 March", "30 June", "An old client"))
    return values


def _projects(plan: Plan, client: Client, team: list[Membership], chance: Random) -> list[Project]:
    return [
        _project(name, client, team, chance)
        for name in chance.sample(plan.projects, chance.choice((0, 1, 1, 2)))
    ]


def _project(name: str, client: Client, team: list[Membership], chance: Random) -> Project:
    starts_on = TODAY.date() - timedelta(days=chance.randrange(-30, 500))
    status = chance.choice(Project.Status.values)
    done = status == Project.Status.COMPLETED
    return Project(
        agency_id=client.agency_id,
        client=client,
        name=name,
        description=f"{name} for {client}.",
        status=status,
        starts_on=starts_on,
        ends_on=chance.choice((None, starts_on + timedelta(days=chance.randrange(20, 200)))),
        budget=chance.choice((None, chance.randrange(10, 400) * 100)),
        currency=client.currency or team[0].agency.currency,
        lead=chance.choice(team),
        is_shared=chance.random() < 0.5,
        archived_at=TODAY - timedelta(days=30) if done and chance.random() < 0.5 else None,
    )
