"""One client seen from three sides: what one dialect writes, the other two read alike."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

import pytest
from django_countries import countries
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agencies.scope import acting_for
from api.invoiceninja import ids as ninja_ids
from api.native import ids as native_ids
from clients.models import Client, Removal
from contacts.removing import restore

# What JSON and PostgreSQL can carry: any script, emoji, controls; no NUL, no half surrogates.
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
ODD = st.sampled_from(
    [
        "O'Brien & Söhne; DROP TABLE clients--",
        "株式会社さくら",
        "مؤسسة النور",
        "👩‍👩‍👧‍👦 & friends",
        "%s %(name)s {0} ${x}",
        '"quoted"\\',
        "a\u0301 \u200f\u202e\ufeff",
        "100%_off",
        "null",
        "0",
    ]
)


def text(longest, least=0):
    # No angle brackets: Invoice Ninja strips tags from names.
    plain = st.text(LETTERS.filter(lambda c: c not in "<>"), min_size=least, max_size=longest)
    long = st.integers(longest // 2, longest).map(lambda n: "ß" * n)
    return st.one_of(plain, ODD, long).map(str.strip).filter(lambda value: len(value) >= least)


MAILBOXES = st.sampled_from(["ann", "o'brien", "a.b+tag", "UPPER", "x_y-z", "1"])
numbers = count(1)
FACTS = st.fixed_dictionaries(
    {
        "name": text(255, least=1),
        "first_name": text(100, least=1),
        "last_name": text(100, least=1),
        "mailbox": MAILBOXES,
        "phone": text(50),
        "notes": text(2000),
        "website": text(100),
        "vat": text(50),
        "street": text(255, least=1),
        "city": text(100, least=1),
        "state": text(100),
        "zip": text(50),
        "country": st.sampled_from(sorted(countries.countries)),
        "balance": st.decimals("0", "9999999999.99", places=2),
    }
)
three_hundred = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    # A failing client is shown as it is: making it smaller takes minutes over HTTP.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def email_of(facts):
    return f"{facts['mailbox']}{next(numbers)}@sub.example"


def agree(hub, pk, facts, email):
    """Everything that two or three dialects can express reads alike; returns the three views."""
    hub.owe(pk, facts["balance"])
    native, grow, ninja = hub.read(pk)
    first = ninja["contacts"][0]

    assert native["name"] == grow["company_name"] == ninja["name"] == facts["name"]
    assert native["email"] == first["email"] == email
    assert (native["phone"] or "") == first["phone"]
    assert (native["notes"] or "") == ninja["private_notes"]
    assert grow["owner"]["name"] == f"{first['first_name']} {first['last_name']}".strip() or (
        grow["owner"]["name"] == facts["name"]
    )
    assert (grow["phone"] or "") == ninja["phone"]
    assert (grow["website"] or "") == ninja["website"]
    assert (grow["vat"] or "") == ninja["vat_number"]
    assert (grow["description"] or "") == ninja["public_notes"]
    addresses_agree(native, grow, ninja, facts)
    times_agree(native, grow, ninja)
    assert Decimal(native["outstanding_balance"]) / 100 == facts["balance"]
    assert Decimal(str(ninja["balance"])) == facts["balance"]
    assert Decimal(native["total_billed"]) / 100 == facts["balance"] * 2
    return native, grow, ninja


def addresses_agree(native, grow, ninja, facts):
    address, billing = native["address"], grow["billing"]
    assert address["line1"] == billing["street"] == ninja["address1"] == facts["street"]
    assert address["city"] == billing["city"] == ninja["city"] == facts["city"]
    assert address["state"] == (billing["state"] or "") == ninja["state"] == facts["state"]
    assert address["postal_code"] == (billing["zip"] or "") == ninja["postal_code"] == facts["zip"]
    assert address["country"] == facts["country"]
    assert ninja["country_id"] == str(countries.numeric(facts["country"]))
    assert billing["country"]


def times_agree(native, grow, ninja):
    for name, (ours, theirs) in {
        "created": ("created_at", "created_at"),
        "updated": ("updated_at", "updated_at"),
    }.items():
        moment = datetime.fromisoformat(native[ours])
        assert int(moment.timestamp()) == ninja[theirs]
        exact = datetime.fromisoformat(grow["dates"][name])
        assert exact.replace(microsecond=0) == moment.astimezone(UTC)


@three_hundred
@given(facts=FACTS)
def test_what_nextorias_dialect_writes(hub, facts):
    email = email_of(facts)
    body = {
        "name": facts["name"],
        "email": email,
        "company": facts["last_name"],
        "phone": facts["phone"],
        "notes": facts["notes"],
        "address": {
            "line1": facts["street"],
            "city": facts["city"],
            "state": facts["state"],
            "postal_code": facts["zip"],
            "country": facts["country"],
        },
    }

    pk = native_ids.decode("client", hub.write("native", "/v1/clients", body, 201)["id"])
    native, _, ninja = agree(hub, pk, facts, email)

    assert native["company"] == facts["last_name"]
    assert ninja["contacts"][0]["phone"] == facts["phone"]
    assert ninja["private_notes"] == facts["notes"]


@three_hundred
@given(facts=FACTS)
def test_what_growcrms_dialect_writes(hub, facts):
    email = email_of(facts)
    body = {
        "first_name": facts["first_name"],
        "last_name": facts["last_name"],
        "email": email,
        "client_company_name": facts["name"],
        "client_description": facts["notes"],
        "client_phone": facts["phone"],
        "client_website": facts["website"],
        "client_vat": facts["vat"],
        "client_billing_street": facts["street"],
        "client_billing_city": facts["city"],
        "client_billing_state": facts["state"],
        "client_billing_zip": facts["zip"],
        "client_billing_country": facts["country"],
        "client_billing_invoice_due_days": 7,
    }

    pk = hub.write("grow", "/api/clients", body, 201)["data"]["id"]
    _, grow, ninja = agree(hub, pk, facts, email)

    first = ninja["contacts"][0]
    assert (first["first_name"], first["last_name"]) == (facts["first_name"], facts["last_name"])
    assert grow["owner"]["name"] == f"{facts['first_name']} {facts['last_name']}"
    assert (ninja["phone"], ninja["website"]) == (facts["phone"], facts["website"])
    assert (ninja["vat_number"], ninja["public_notes"]) == (facts["vat"], facts["notes"])


@three_hundred
@given(facts=FACTS)
def test_what_invoice_ninjas_dialect_writes(hub, facts):
    email = email_of(facts)
    person = {"first_name": facts["first_name"], "last_name": facts["last_name"]}
    body = {
        "name": facts["name"],
        "website": facts["website"],
        "phone": facts["phone"],
        "vat_number": facts["vat"],
        "public_notes": facts["notes"],
        "private_notes": facts["notes"],
        "address1": facts["street"],
        "city": facts["city"],
        "state": facts["state"],
        "postal_code": facts["zip"],
        "country_id": str(countries.numeric(facts["country"])),
        "contacts": [person | {"email": email, "phone": facts["phone"]}],
    }

    found = hub.write("ninja", "/api/v1/clients", body, 200)["data"]["id"]
    native, grow, _ = agree(hub, ninja_ids.decode(found), facts, email)

    assert grow["owner"]["name"] == f"{facts['first_name']} {facts['last_name']}"
    assert (native["phone"] or "", native["notes"] or "") == (facts["phone"], facts["notes"])
    assert (grow["phone"] or "", grow["website"] or "") == (facts["phone"], facts["website"])
    assert (grow["vat"] or "", grow["description"] or "") == (facts["vat"], facts["notes"])


def grow_facts(facts):
    """A change through Grow CRM's dialect that says everything it can."""
    return {
        "client_company_name": facts["name"],
        "client_description": facts["notes"],
        "client_phone": facts["phone"],
        "client_website": facts["website"],
        "client_vat": facts["vat"],
        "client_billing_street": facts["street"],
        "client_billing_city": facts["city"],
        "client_billing_state": facts["state"],
        "client_billing_zip": facts["zip"],
        "client_billing_country": facts["country"],
        "client_billing_invoice_due_days": 30,
    }


# What a change through Grow CRM's dialect may change in the other two.
GROWS_IN_NATIVE = {"name", "address", "updated_at"}
GROWS_IN_NINJA = {
    "name", "display_name", "public_notes", "phone", "website", "vat_number", "address1", "city",
    "state", "postal_code", "country_id", "updated_at",
}  # fmt: skip


def unlike(before, after):
    return {name for name in before if before[name] != after[name]}


@settings(three_hundred, max_examples=100)
@given(facts=FACTS)
def test_what_growcrms_dialect_changes(hub, facts):
    email = email_of(facts)
    created = hub.write("native", "/v1/clients", {"name": "Before", "email": email}, 201)
    pk = native_ids.decode("client", created["id"])
    hub.write("grow", f"/api/clients/{pk}", grow_facts(facts), 200, "patch")
    hub.owe(pk, facts["balance"])

    native, grow, ninja = hub.read(pk)

    assert native["name"] == grow["company_name"] == ninja["name"] == facts["name"]
    assert native["email"] == ninja["contacts"][0]["email"] == email
    assert (grow["phone"] or "") == ninja["phone"] == facts["phone"]
    assert (grow["website"] or "") == ninja["website"] == facts["website"]
    assert (grow["vat"] or "") == ninja["vat_number"] == facts["vat"]
    assert (grow["description"] or "") == ninja["public_notes"] == facts["notes"]
    addresses_agree(native, grow, ninja, facts)
    times_agree(native, grow, ninja)


def test_a_change_through_grow_clears_nothing_that_grow_cannot_say(hub, whole):
    native, _, ninja = hub.read(whole)
    facts = {
        "name": "Acme Ltd", "notes": "Bigger.", "phone": "+7 8", "website": "https://a.example",
        "vat": "DE 2", "street": "Side St 2", "city": "Bonn", "state": "NW", "zip": "53111",
        "country": "AT",
    }  # fmt: skip

    hub.change(whole, "", grow_facts(facts))
    native_after, grow, ninja_after = hub.read(whole)

    assert unlike(native, native_after) <= GROWS_IN_NATIVE
    assert native_after["address"]["line2"] == "Floor 3"
    # Within one second `updated_at` may read alike.
    assert unlike(ninja, ninja_after) | {"updated_at"} == GROWS_IN_NINJA | {"settings"}
    # Of the settings, the days to pay alone, which this change says.
    assert dict(ninja["settings"], payment_terms="30") == ninja_after["settings"]
    assert grow["shipping"]["street"] == "Dock 2"
    assert grow["billing"]["invoice_due_days"] == "30"


@pytest.mark.parametrize(
    ("end", "body"),
    [("/tags", {"tags": ["vip"]}), ("/status", {"status": "suspended"}), ("", None)],
)
def test_other_changes_through_grow_touch_nothing_else(hub, whole, end, body):
    native, grow, ninja = hub.read(whole)
    body = body or {"client_company_name": "Acme"}

    hub.change(whole, end, body)
    native_after, grow_after, ninja_after = hub.read(whole)

    changed = {"tags", "status", "dates"}
    assert unlike(grow, grow_after) <= changed
    assert unlike(native, native_after) <= {"updated_at", "tags"}
    assert unlike(ninja, ninja_after) <= {"updated_at"}


def test_a_suspended_client_has_no_portal_and_stays_as_it_is_elsewhere(hub, whole):
    with acting_for(hub.owner.agency_id):
        Client.objects.filter(pk=whole).update(invited_at=datetime.now(UTC))
    assert hub.read(whole)[0]["portal_access"] is True

    hub.change(whole, "/status", {"status": "suspended"})
    native, grow, ninja = hub.read(whole)

    assert (native["portal_access"], grow["status"]) == (False, "suspended")
    assert (ninja["is_deleted"], ninja["archived_at"]) == (False, 0)
    hub.change(whole, "/status", {"status": "active"})
    assert hub.read(whole)[0]["portal_access"] is True


def test_another_owner_is_the_primary_contact_everywhere(hub, whole):
    _, grow, ninja = hub.read(whole)
    ann, bob = ninja["contacts"]
    assert grow["owner"] == {"id": ninja_ids.decode(ann["id"]), "name": "Ann One"}

    hub.change(whole, "/owner", {"owner": ninja_ids.decode(bob["id"])})
    native, grow, ninja = hub.read(whole)

    assert grow["owner"] == {"id": ninja_ids.decode(bob["id"]), "name": "Bob Two"}
    assert (native["email"], native["phone"]) == ("bob@x.example", "+3 4")
    assert [(one["id"], one["is_primary"]) for one in ninja["contacts"]] == [
        (bob["id"], True),
        (ann["id"], False),
    ]


def test_a_primary_contact_chosen_in_invoice_ninja_is_the_owner_in_grow(hub, whole):
    _, _, ninja = hub.read(whole)
    ann, bob = ninja["contacts"]
    people = [ann | {"is_primary": False}, bob | {"is_primary": True}]
    path = f"/api/v1/clients/{ninja['id']}"

    hub.write("ninja", path, {"contacts": people}, 200, "put")

    assert hub.read(whole)[1]["owner"]["name"] == "Bob Two"


def test_a_change_through_invoice_ninja_clears_nothing_that_it_cannot_say(hub, whole):
    hub.change(whole, "/tags", {"tags": ["vip", "retail"]})
    hub.change(whole, "/status", {"status": "suspended"})
    hub.change(whole, "", {"client_company_name": "Acme", "client_billing_invoice_due_days": 9})
    _, grow, ninja = hub.read(whole)

    hub.write("ninja", f"/api/v1/clients/{ninja['id']}", ninja | {"name": "New"}, 200, "put")

    after = hub.read(whole)[1]
    assert unlike(grow, after) == {"company_name", "dates"}


def test_a_client_deleted_through_grow_is_nowhere(hub, whole):
    native, grow, ninja = hub.read(whole)

    hub.write("grow", f"/api/clients/{whole}", None, 200, "delete")

    assert hub.native.get(f"/v1/clients/{native['id']}").status_code == 404
    assert hub.grow.get(f"/api/clients/{grow['id']}").status_code == 404
    assert hub.ninja.get(f"/api/v1/clients/{ninja['id']}").status_code == 400
    for door, path in [
        (hub.native, "/v1/clients"),
        (hub.grow, "/api/clients"),
        (hub.ninja, "/api/v1/clients"),
        (hub.ninja, "/api/v1/clients?is_deleted=true"),
    ]:
        assert door.get(path).json()["data"] == []


def test_a_client_deleted_through_invoice_ninja_is_still_listed_there(hub, whole):
    native, grow, ninja = hub.read(whole)

    hub.write("ninja", f"/api/v1/clients/{ninja['id']}", None, 200, "delete")

    shown = hub.ninja.get("/api/v1/clients").json()["data"]
    assert [(client["id"], client["is_deleted"]) for client in shown] == [(ninja["id"], True)]
    assert hub.native.get(f"/v1/clients/{native['id']}").status_code == 404
    assert hub.grow.get(f"/api/clients/{grow['id']}").status_code == 404


def test_a_restored_client_reads_as_before(hub, whole):
    hub.change(whole, "/tags", {"tags": ["vip"]})
    before = hub.read(whole)
    hub.write("grow", f"/api/clients/{whole}", None, 200, "delete")

    with acting_for(hub.owner.agency_id):
        restore(Removal.objects.get(), at=datetime.now(UTC))
    after = hub.read(whole)

    for one, other in zip(before, after, strict=True):
        assert unlike(one, other) <= {"updated_at", "dates"}
