"""What is done to a client through one dialect, as the other two show it: every operation."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_countries import countries
from hypothesis import given, settings

from agencies.scope import acting_for
from api.invoiceninja import ids as ninja_ids
from api.native import ids as native_ids
from clients.custom_fields import define_field
from clients.models import Category, Client
from clients.sorting import default_category
from tests.api.test_round_trip import FACTS, agree, email_of, three_hundred, unlike

PASSWORD = {"X-API-PASSWORD": "correct horse 9"}
hundred = settings(three_hundred, max_examples=100)


class Seen:
    """A client's addresses in the three dialects."""

    def __init__(self, pk):
        self.pk, self.id = pk, native_ids.encode("client", pk)
        self.hash = ninja_ids.encode(pk)
        self.native, self.grow = f"/v1/clients/{self.id}", f"/api/clients/{pk}"
        self.ninja = f"/api/v1/clients/{self.hash}"

    def statuses(self, hub):
        doors = (hub.native, self.native), (hub.grow, self.grow), (hub.ninja, self.ninja)
        return tuple(door.get(path).status_code for door, path in doors)


@pytest.fixture
def seen(whole):
    return Seen(whole)


@pytest.fixture
def expanded(hub, seen):
    """What the native API shows where it is asked to."""

    def expanded(what):
        return hub.native.get(f"{seen.native}?expand={what}").json()[what]

    return expanded


def changed(hub, pk, change):
    """What each dialect shows differently after the change, by key."""
    before = hub.read(pk)
    change()
    after = hub.read(pk)
    return tuple(unlike(one, other) for one, other in zip(before, after, strict=True))


def timeless(shown):
    """Without the moments of the last change."""
    if isinstance(shown, list | tuple):
        return [timeless(one) for one in shown]
    if isinstance(shown, dict):
        kept = {name: one for name, one in shown.items() if name not in ("updated_at", "updated")}
        return {name: timeless(one) for name, one in kept.items()}
    return shown


# Changes


@hundred
@given(facts=FACTS)
def test_what_nextorias_dialect_changes(hub, facts):
    email = email_of(facts)
    before = {"name": "Before", "email": email_of(facts), "notes": "x", "phone": "1"}
    made = hub.write("native", "/v1/clients", before, 201)
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
        "details": {
            "website": facts["website"],
            "vat_number": facts["vat"],
            "phone": facts["phone"],
            "description": facts["notes"],
        },
    }

    hub.write("native", f"/v1/clients/{made['id']}", body, 200, "patch")

    pk = native_ids.decode("client", made["id"])
    native, grow, ninja = agree(hub, pk, facts, email)
    assert native["company"] == facts["last_name"]
    assert (ninja["private_notes"], ninja["public_notes"]) == (facts["notes"], facts["notes"])
    assert (grow["website"] or "", grow["vat"] or "") == (facts["website"], facts["vat"])
    assert (grow["phone"] or "", ninja["phone"]) == (facts["phone"], facts["phone"])


@hundred
@given(facts=FACTS)
def test_what_invoice_ninjas_dialect_changes(hub, facts):
    email = email_of(facts)
    before = {"name": "Before", "website": "x", "contacts": [{"email": email_of(facts)}]}
    made = hub.write("ninja", "/api/v1/clients", before, 200)["data"]
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
        "contacts": [
            {
                "id": made["contacts"][0]["id"],
                "first_name": facts["first_name"],
                "last_name": facts["last_name"],
                "email": email,
                "phone": facts["phone"],
            }
        ],
    }

    hub.write("ninja", f"/api/v1/clients/{made['id']}", body, 200, "put")

    native, grow, _ = agree(hub, ninja_ids.decode(made["id"]), facts, email)
    assert grow["owner"]["name"] == f"{facts['first_name']} {facts['last_name']}"
    assert (native["phone"] or "", native["notes"] or "") == (facts["phone"], facts["notes"])
    assert (grow["website"] or "", grow["vat"] or "") == (facts["website"], facts["vat"])


NATIVES_IN_GROW = {"company_name", "description", "phone", "website", "vat", "billing", "shipping"}


def test_every_detail_of_the_native_api_reads_alike_elsewhere(hub, whole, seen, north):
    details = {
        "number": "B-8", "id_number": "HRB 2", "vat_number": "DE 9", "classification": "trust",
        "website": "https://b.example", "phone": "+9", "description": "Public.",
        "currency": "JPY", "language": "de", "tax_exempt": False, "payment_terms_days": 45,
        "assigned_to_id": native_ids.encode("user", north.pk),
        "shipping_address": {
            "line1": "Quay 1", "line2": "Shed 2", "city": "Bergen", "state": "V",
            "postal_code": "5003", "country": "NO",
        },
    }  # fmt: skip

    hub.write("native", seen.native, {"details": details}, 200, "patch")

    shown = hub.native.get(f"{seen.native}?expand=details").json()["details"]
    assert {name: shown[name] for name in details} == details
    _, grow, ninja = hub.read(whole)
    assert (grow["vat"], grow["website"], grow["phone"]) == ("DE 9", "https://b.example", "+9")
    assert (grow["description"], grow["billing"]["invoice_due_days"]) == ("Public.", "45")
    assert grow["shipping"] == {
        "street": "Quay 1", "city": "Bergen", "state": "V", "zip": "5003", "country": "Norway",
    }  # fmt: skip
    expected = {
        "number": "B-8", "id_number": "HRB 2", "vat_number": "DE 9", "classification": "trust",
        "website": "https://b.example", "phone": "+9", "public_notes": "Public.",
        "is_tax_exempt": False, "assigned_user_id": ninja_ids.encode(north.user_id),
        "shipping_address1": "Quay 1", "shipping_address2": "Shed 2", "shipping_city": "Bergen",
        "shipping_state": "V", "shipping_postal_code": "5003", "shipping_country_id": "578",
    }  # fmt: skip
    assert {name: ninja[name] for name in expected} == expected
    assert (ninja["settings"]["currency_id"], ninja["settings"]["language_id"]) == ("45", "3")


def test_a_change_through_nextoria_clears_nothing_that_it_cannot_say(hub, whole, seen):
    hub.change(whole, "/tags", {"tags": ["vip"]})
    body = {"name": "New", "phone": "+1 1", "notes": "New."}

    native, grow, ninja = changed(
        hub, whole, lambda: hub.write("native", seen.native, body, 200, "patch")
    )

    assert native - {"updated_at"} == set(body)
    assert grow - {"dates"} == {"company_name"}
    assert ninja - {"updated_at"} == {"name", "display_name", "private_notes", "contacts"}


@pytest.mark.parametrize("door", ["native", "grow", "ninja"])
def test_what_one_empties_is_empty_for_all(hub, whole, seen, door):
    bodies = {
        "native": {"phone": None, "notes": None, "company": None, "address": None,
                   "details": {"website": None, "vat_number": "", "description": None}},
        "grow": {"client_company_name": "Acme", "client_website": "", "client_vat": "",
                 "client_description": "", "client_billing_street": "", "client_billing_city": "",
                 "client_billing_state": "", "client_billing_zip": ""},
        "ninja": {"website": "", "vat_number": "", "public_notes": "", "private_notes": "",
                  "address1": "", "address2": "", "city": "", "state": "", "postal_code": ""},
    }  # fmt: skip
    path, verb = {
        "native": (seen.native, "patch"),
        "grow": (seen.grow, "patch"),
        "ninja": (seen.ninja, "put"),
    }[door]

    hub.write(door, path, bodies[door], 200, verb)

    native, grow, ninja = hub.read(whole)
    assert (grow["website"], ninja["website"]) == (None, "")
    assert (grow["vat"], ninja["vat_number"]) == (None, "")
    assert (grow["description"], ninja["public_notes"]) == (None, "")
    assert (grow["billing"]["street"], ninja["address1"]) == (None, "")
    assert (grow["billing"]["city"], ninja["city"]) == (None, "")
    if door != "grow":
        assert (native["notes"], ninja["private_notes"]) == (None, "")


def test_terms_of_payment_are_the_same_whoever_sets_them(hub, whole, seen, expanded):
    def days():
        _, grow, ninja = hub.read(whole)
        return (
            expanded("details")["payment_terms_days"],
            grow["billing"]["invoice_due_days"],
            ninja["settings"].get("payment_terms"),
        )

    hub.write("ninja", seen.ninja, {"settings": {"payment_terms": "30"}}, 200, "put")
    assert days() == (30, "30", "30")
    hub.change(whole, "", {"client_company_name": "A", "client_billing_invoice_due_days": 0})
    assert days() == (0, "0", "0")
    # Sent back whole, it is no change.
    hub.write("ninja", seen.ninja, hub.read(whole)[2], 200, "put")
    assert days() == (0, "0", "0")
    hub.write("native", seen.native, {"details": {"payment_terms_days": 3650}}, 200, "patch")
    assert days() == (3650, "3650", "3650")
    hub.write("native", seen.native, {"details": {"payment_terms_days": None}}, 200, "patch")
    assert days() == (None, None, None)
    # More than the others can say stays where it can be said.
    hub.write("ninja", seen.ninja, {"settings": {"payment_terms": "4000"}}, 200, "put")
    assert days() == (None, None, "4000")
    hub.change(whole, "", {"client_company_name": "A", "client_billing_invoice_due_days": 7})
    assert days() == (7, "7", "7")


# Filing


def test_tags_are_the_same_whoever_sets_them(hub, whole, seen, expanded):
    def id_of(title):
        (tag,) = hub.native.get(f"/v1/tags?q={title}").json()["data"]
        return tag["id"]

    hub.change(whole, "/tags", {"tags": ["vip", "retail"]})
    assert expanded("tags") == ["vip", "retail"]
    hub.write("native", f"{seen.native}/tags", {"tags": ["big", "Vip"]}, 200)
    assert hub.read(whole)[1]["tags"] == ["big", "vip"]
    hub.write("native", f"/v1/tags/{id_of('big')}", {"title": "huge"}, 200, "patch")
    assert hub.read(whole)[1]["tags"] == ["huge", "vip"]
    hub.write("native", f"/v1/tags/{id_of('huge')}", None, 200, "delete")
    assert hub.read(whole)[1]["tags"] == ["vip"]
    hub.change(whole, "/tags", {"tags": []})
    assert expanded("tags") == []


def test_a_category_is_the_same_whoever_chooses_it(hub, whole, seen, expanded):
    made = hub.write("native", "/v1/categories", {"name": "Shops"}, 201)
    number = native_ids.decode("category", made["id"])

    hub.change(whole, "", {"client_company_name": "Acme", "client_categoryid": number})
    assert expanded("category")["id"] == made["id"]
    hub.write("native", seen.native, {"category_id": None}, 200, "patch")

    with acting_for(hub.owner.agency_id):
        standard = default_category(hub.owner.agency)
    shown = hub.read(whole)[1]["category"]
    assert shown == {"id": standard.pk, "name": standard.name}
    assert hub.grow.get(f"/api/clients?category_id={number}").json()["data"] == []


def test_a_group_is_the_same_whoever_chooses_it(hub, whole, seen, expanded):
    made = hub.write("ninja", "/api/v1/group_settings", {"name": "Big"}, 200)["data"]
    group = native_ids.encode("group", ninja_ids.decode(made["id"]))

    hub.write("ninja", seen.ninja, {"group_settings_id": made["id"]}, 200, "put")
    assert expanded("group")["id"] == group
    hub.write("native", seen.native, {"group_id": None}, 200, "patch")
    assert hub.read(whole)[2]["group_settings_id"] == ""
    hub.write("native", seen.native, {"group_id": group}, 200, "patch")
    assert hub.read(whole)[2]["group_settings_id"] == made["id"]


def test_own_fields_are_the_same_whoever_fills_them_in(hub, whole, seen, expanded):
    with acting_for(hub.owner.agency_id):
        define_field(hub.owner.agency, name="po", kind="text", is_required=True)

    hub.change(whole, "", {"client_company_name": "Acme", "po": "4711"})
    assert expanded("custom_fields") == {"po": "4711"}
    hub.write("native", seen.native, {"custom_fields": {"po": "4712"}}, 200, "patch")
    with acting_for(hub.owner.agency_id):
        assert Client.objects.get(pk=whole).custom_fields == {"po": "4712"}
    # Without it Grow CRM's dialect refuses any change.
    hub.write("grow", seen.grow, {"client_company_name": "Acme", "po": ""}, 422, "patch")
    assert expanded("custom_fields") == {"po": "4712"}


# States


def test_suspending_is_the_same_whoever_does_it(hub, whole, seen, expanded):
    hub.write("native", f"{seen.native}/suspend", {}, 200)
    assert hub.read(whole)[1]["status"] == "suspended"
    hub.change(whole, "/status", {"status": "active"})
    assert expanded("details")["suspended_at"] is None
    hub.change(whole, "/status", {"status": "suspended"})
    assert expanded("details")["suspended_at"] is not None
    hub.write("native", f"{seen.native}/resume", {}, 200)
    assert hub.read(whole)[1]["status"] == "active"


def bulk(hub, seen, action):
    body = {"action": action, "ids": [seen.hash]}
    return hub.write("ninja", "/api/v1/clients/bulk", body, 200)["data"]


def test_archiving_is_the_same_whoever_does_it(hub, whole, seen, expanded):
    hub.write("native", f"{seen.native}/archive", {}, 200)
    _, grow, ninja = hub.read(whole)
    assert (grow["status"], ninja["archived_at"] > 0) == ("active", True)
    bulk(hub, seen, "restore")
    assert expanded("details")["archived_at"] is None
    bulk(hub, seen, "archive")
    assert expanded("details")["archived_at"] is not None
    hub.write("native", f"{seen.native}/restore", {}, 200)
    assert hub.read(whole)[2]["archived_at"] == 0


def test_deleting_is_the_same_for_the_two_that_can_take_it_back(hub, whole, seen):
    before = hub.read(whole)
    by_ninja = (
        lambda: bulk(hub, seen, "delete"),
        lambda: bulk(hub, seen, "restore"),
    )
    by_native = (
        lambda: hub.write("native", f"{seen.native}/delete", {}, 200),
        lambda: hub.write("native", f"{seen.native}/restore", {}, 200),
    )
    for (delete, _), (_, restore) in ((by_ninja, by_native), (by_native, by_ninja)):
        delete()
        assert seen.statuses(hub) == (404, 404, 200)
        assert hub.ninja.get(seen.ninja).json()["data"]["is_deleted"] is True
        restore()
        assert seen.statuses(hub) == (200, 200, 200)
    assert timeless(hub.read(whole)) == timeless(before)


def test_a_purged_client_is_nowhere_and_has_been(hub, seen):
    purged = hub.ninja.post(f"{seen.ninja}/purge", {}, headers=PASSWORD)

    assert purged.status_code == 200
    assert seen.statuses(hub) == (410, 404, 400)


# Merging


@pytest.fixture
def other(hub):
    """Another client, with somebody, a tag and a project of its own."""
    body = {"name": "Globex", "email": "gus@globex.example", "tags": ["vip"]}
    # Sums of two currencies cannot be added.
    body["details"] = {"currency": "GBP"}
    made = hub.write("native", "/v1/clients", body, 201)
    hub.write("native", "/v1/projects", {"name": "Site", "client_id": made["id"]}, 201)
    return Seen(native_ids.decode("client", made["id"]))


def merge_by_native(hub, seen, other):
    hub.write("native", f"{seen.native}/merge", {"client_id": other.id}, 201)


def merge_by_ninja(hub, seen, other):
    answer = hub.ninja.post(f"{seen.ninja}/{other.hash}/merge", {}, headers=PASSWORD)
    assert answer.status_code == 200


@pytest.mark.parametrize("merge", [merge_by_native, merge_by_ninja])
def test_a_merge_is_the_same_whoever_does_it_and_is_undone(hub, whole, seen, other, merge):
    before, others = hub.read(whole), hub.read(other.pk)

    merge(hub, seen, other)

    native, grow, ninja = hub.read(whole)
    assert other.statuses(hub) == (308, 404, 400)
    assert hub.native.get(other.native)["Location"] == seen.native
    assert native["active_projects"] == 1
    assert (grow["tags"], grow["owner"]["name"]) == (["vip"], "Ann One")
    people = {person["email"] for person in ninja["contacts"]}
    assert people == {"ann@x.example", "bob@x.example", "gus@globex.example"}

    (record,) = hub.native.get("/v1/merges").json()["data"]
    hub.write("native", f"/v1/merges/{record['id']}/undo", {}, 200)

    for pk, earlier in ((whole, before), (other.pk, others)):
        assert timeless(hub.read(pk)) == timeless(earlier)


# People


def test_people_are_the_same_whoever_adds_changes_chooses_and_removes_them(hub, whole, seen):
    def people():
        _, grow, ninja = hub.read(whole)
        shown = hub.native.get(f"/v1/contacts?client_id={seen.id}&sort=created_at").json()["data"]
        both = [
            {(one["first_name"], one["email"], one["phone"] or "") for one in found}
            for found in (shown, ninja["contacts"])
        ]
        assert both[0] == both[1]
        (primary,) = [one["first_name"] for one in shown if one["primary"]]
        assert primary == ninja["contacts"][0]["first_name"] == grow["owner"]["name"].split()[0]
        return primary, sorted(name for name, _, _ in both[0])

    assert people() == ("Ann", ["Ann", "Bob"])
    facts = {"first_name": "Cem", "email": "cem@x.example", "phone": "+9", "client_id": seen.id}
    cem = hub.write("native", "/v1/contacts", facts, 201)["id"]
    assert people() == ("Ann", ["Ann", "Bob", "Cem"])
    hub.write("native", f"/v1/contacts/{cem}", {"first_name": "Kem", "phone": None}, 200, "patch")
    assert people() == ("Ann", ["Ann", "Bob", "Kem"])
    hub.write("native", f"/v1/contacts/{cem}/make_primary", {}, 200)
    assert people() == ("Kem", ["Ann", "Bob", "Kem"])
    ninjas = hub.read(whole)[2]["contacts"]
    for one in ninjas:
        one["is_primary"] = one["first_name"] == "Bob"
        one["first_name"] = one["first_name"].replace("Bob", "Rob")
    hub.write("ninja", seen.ninja, {"contacts": ninjas}, 200, "put")
    assert people() == ("Rob", ["Ann", "Kem", "Rob"])
    hub.change(whole, "/owner", {"owner": native_ids.decode("contact", cem)})
    assert people() == ("Kem", ["Ann", "Kem", "Rob"])
    kept = [one for one in hub.read(whole)[2]["contacts"] if one["first_name"] != "Ann"]
    hub.write("ninja", seen.ninja, {"contacts": kept}, 200, "put")
    assert people() == ("Kem", ["Kem", "Rob"])
    rob = native_ids.encode("contact", ninja_ids.decode(kept[1]["id"]))
    hub.write("native", f"/v1/contacts/{rob}", None, 200, "delete")
    assert people() == ("Kem", ["Kem"])


# What belongs to a client


def test_projects_are_counted_and_go_with_their_client(hub, whole, seen):
    facts = {"name": "Site", "client_id": seen.id}
    project = hub.write("native", "/v1/projects", facts, 201)["id"]
    native, grow, ninja = changed(
        hub, whole, lambda: hub.write("native", "/v1/projects", facts, 201)
    )
    assert native - {"updated_at"} == {"active_projects"}
    assert (grow | ninja) - {"dates", "updated_at"} == set()
    assert hub.read(whole)[0]["active_projects"] == 2
    hub.write("native", f"/v1/projects/{project}", {"status": "completed"}, 200, "patch")
    assert hub.read(whole)[0]["active_projects"] == 1

    hub.write("grow", seen.grow, None, 200, "delete")

    assert hub.native.get(f"/v1/projects/{project}").status_code == 404
    assert hub.native.get("/v1/projects").json()["data"] == []


def test_a_file_is_the_same_whoever_sends_and_removes_it(hub, whole, seen, media):
    def names():
        shown = hub.native.get(f"/v1/documents?client_id={seen.id}").json()["data"]
        found = sorted(one["name"] for one in shown)
        assert sorted(one["name"] for one in hub.read(whole)[2]["documents"]) == found
        return found

    file = SimpleUploadedFile("a.txt", b"One.")
    assert hub.ninja.browser.post(f"{seen.ninja}/upload", {"documents[]": file}).status_code == 200
    file = SimpleUploadedFile("b.txt", b"Two.")
    sent = hub.native.browser.post("/v1/documents", {"client_id": seen.id, "file": file})
    assert (sent.status_code, names()) == (201, ["a.txt", "b.txt"])
    hub.write("native", f"/v1/documents/{sent.json()['id']}", {"name": "c.txt"}, 200, "patch")
    assert names() == ["a.txt", "c.txt"]
    hashed = ninja_ids.encode(native_ids.decode("doc", sent.json()["id"]))
    hub.write("ninja", f"/api/v1/documents/{hashed}", None, 200, "delete")
    assert names() == ["a.txt"]


# Money


@pytest.mark.parametrize(
    ("currency", "balance", "minor"),
    [
        ("JPY", "1234", 1234),
        ("ISK", "7", 7),
        ("EUR", "1234.56", 123456),
        ("USD", "0.01", 1),
        ("KWD", "1234.567", 1234567),
        ("BHD", "0.001", 1),
        ("EUR", "-5.5", -550),
        ("JPY", "-1", -1),
        ("KWD", "9999999999.999", 9999999999999),
    ],
)
def test_an_amount_is_one_amount_in_every_currency(hub, whole, seen, currency, balance, minor):
    hub.write("native", seen.native, {"details": {"currency": currency}}, 200, "patch")
    hub.owe(whole, Decimal(balance))

    native, _, ninja = hub.read(whole)

    assert (native["outstanding_balance"], native["total_billed"]) == (minor, 2 * minor)
    # As a JSON number: Invoice Ninja knows no other form.
    assert Decimal(str(ninja["balance"])) == Decimal(balance)


def test_an_agencys_own_currency_counts_where_a_client_has_none(hub, north):
    with acting_for(north.agency_id):
        north.agency.currency = "KWD"
        north.agency.save()
    made = hub.write("native", "/v1/clients", {"name": "A", "email": "a@a.example"}, 201)
    pk = native_ids.decode("client", made["id"])
    hub.owe(pk, Decimal("1.5"))

    native, _, ninja = hub.read(pk)

    assert (native["outstanding_balance"], ninja["balance"]) == (1500, 1.5)


def test_categories_stay_in_their_agency(hub, south):
    with acting_for(south.agency_id):
        theirs = Category.objects.create(agency=south.agency, name="Theirs").pk
    body = {"first_name": "A", "last_name": "B", "email": "a@a.example"}

    answer = hub.grow.post("/api/clients", body | {"client_categoryid": theirs})

    assert answer.json()["errors"] == {
        "client_categoryid": ["The selected client categoryid is invalid."]
    }
