"""Taking a client away from everywhere, bringing it back, and forgetting it after 30 days."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app

from agencies.models import SecretDigest
from agencies.scope import acting_for
from billing import merging
from clients import lifecycle
from clients.creating import IdNumberTaken, NumberTaken, create_client
from clients.departing import ClientGone, departure_of, survivor_of
from clients.editing import edit_client
from clients.models import (
    Category,
    Client,
    ClientGroup,
    DepartedClient,
    Document,
    Project,
    Removal,
    RemovedRow,
    Tag,
)
from clients.purging import discard, discard_overdue
from clients.removing import WITHIN, CannotBringBack, RemovalGone, TooLateToBringBack
from clients.sorting import set_tags
from clients.tasks import discard_removed_clients
from contacts.addresses import claim_email
from contacts.enrolling import Person, enroll
from contacts.models import Contact, Message, Suppression
from contacts.removing import AddressTaken, remove, restore
from contacts.suppressing import suppress

MARK = "Marked-51c0"
SECOND = timedelta(seconds=1)


@pytest.fixture
def client(in_north, furnish):
    return furnish("Acme", private_notes=MARK)


@pytest.fixture
def stand(dump):
    """Everything but dates of change and the audit trail, which tells of both ways.

    Jobs carry ids only, and find nothing to do where their rows are gone.
    """

    def stand():
        found = dump(without=["updated_at"])
        return {
            table: texts
            for table, texts in found.items()
            if "event" not in table and not table.startswith("procrastinate_")
        }

    return stand


def files(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def told_of(found, word):
    return {table for table, texts in found.items() if any(word in text for text in texts)}


def change_rows(model, sql):
    """Change what was laid aside, as time does."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE clients_removedrow SET row = {sql} WHERE table_name = %s",
            [model._meta.db_table],
        )


def test_nothing_of_a_removed_client_is_left_in_any_table(client, north, then, stand):
    words = [MARK, f'"client_id": {client.pk},', client.public_hash, "acme@x.example"]
    assert told_of(stand(), words[1]) > {"contacts_contact", "clients_note", "clients_document"}

    remove(client, by=north, at=then)

    found = stand()
    assert {table for word in words for table in told_of(found, word)} == {
        "clients_removal",
        "clients_removedrow",
    }


def test_a_removal_touches_no_other_client(client, furnish, north, then, stand):
    before = stand()
    other = furnish("Other")

    remove(other, by=north, at=then).delete()

    after = stand()
    # Counters of numbers have moved on.
    for table in ("agencies_agency", "billing_numberseries"):
        del before[table], after[table]
    assert after == before


def test_removing_and_restoring_is_as_if_nothing_had_been(client, furnish, north, then, stand):
    merging.merge(client, furnish("Absorbed", tags=["mine"]), by=north, at=then)
    lifecycle.suspend(Client.objects.filter(pk=client.pk), at=then)
    Message.objects.update(status="accepted")
    before = stand()

    back = restore(remove(client, by=north, at=then), at=then + WITHIN)

    assert stand() == before
    assert (back.pk, back.updated_at) == (client.pk, then + WITHIN)


def test_a_restored_client_is_found_by_its_people(client, north, then):
    restore(remove(client, by=north, at=then), at=then)

    assert Client.objects.matching("second@acme").get() == client
    assert Client.objects.named_like("ACME").get() == client


@pytest.mark.parametrize("state", ["archived_at", "suspended_at", "deleted_at"])
def test_a_client_is_removed_from_any_state_and_comes_back_to_it(client, north, then, state):
    Client.objects.update(**{state: then})

    restore(remove(client, by=north, at=then), at=then)

    assert getattr(Client.objects.get(), state) == then


def test_a_client_is_removed_once_and_restored_once(client, north, then):
    removal = remove(client, by=north, at=then)
    with pytest.raises(ClientGone):
        remove(client, by=north, at=then)

    restore(removal, at=then)

    with pytest.raises(RemovalGone):
        restore(removal, at=then)


def test_a_client_can_be_removed_again(client, north, then):
    restore(remove(client, by=north, at=then), at=then)

    remove(client, by=north, at=then)

    assert (Client.objects.count(), Removal.objects.count()) == (0, 1)


def test_the_record_says_who_was_removed_when_and_by_whom(client, north, then):
    removal = remove(client, by=north, at=then)

    assert (removal.name, removal.number, removal.client_id) == ("Acme", "0001", client.pk)
    assert (removal.removed_at, removal.removed_by) == (then, north)
    assert departure_of(client.pk) is None


def test_a_stranger_neither_removes_nor_restores(north, south, furnish, then):
    with acting_for(north.agency_id):
        ours, gone = furnish("Ours"), remove(furnish("Gone"), by=north, at=then)

    with acting_for(south.agency_id):
        with pytest.raises(ClientGone):
            remove(ours, by=south, at=then)
        with pytest.raises(RemovalGone):
            restore(gone, at=then)


def test_a_rollback_leaves_every_row(client, north, then, dump):
    before = dump()

    with transaction.atomic():
        remove(client, by=north, at=then)
        transaction.set_rollback(True)

    assert dump() == before


def test_a_client_comes_back_for_thirty_days(client, north, then):
    removal = remove(client, by=north, at=then)

    with pytest.raises(TooLateToBringBack):
        restore(removal, at=then + WITHIN + SECOND)

    restore(removal, at=then + timedelta(days=30))


def test_the_number_stays_taken(client, north, then):
    number = client.number
    remove(client, by=north, at=then)
    north.agency.client_number_counter = 1
    north.agency.save()

    other = create_client(north.agency, by=north)

    assert other.number == "0002"
    with pytest.raises(NumberTaken):
        create_client(north.agency, by=north, number=number)
    with pytest.raises(NumberTaken):
        edit_client(other, number=number)
    assert edit_client(other, number="0002", name="Same number").number == "0002"


def test_the_number_is_free_after_the_purge(client, north, then):
    discard(remove(client, by=north, at=then), by=north, at=then)

    assert create_client(north.agency, by=north, number=client.number).number == client.number


def test_an_id_number_is_free_and_whoever_took_it_keeps_it(furnish, in_north, north, then, stand):
    removal = remove(furnish("Acme", id_number="HRB 1"), by=north, at=then)
    create_client(in_north, by=north, id_number="HRB 1")
    before = stand()

    with pytest.raises(IdNumberTaken, match=r"Another client has this id number\."):
        restore(removal, at=then)

    assert stand() == before


def test_addresses_are_free_and_whoever_took_one_keeps_it(client, in_north, north, then, stand):
    removal = remove(client, by=north, at=then)
    assert claim_email(in_north, "acme@x.example") is None
    people = [Person(email="SECOND@acme.example")]
    other = enroll(in_north, by=north, name="Later", people=people)
    before = stand()

    with pytest.raises(AddressTaken, match=r"second@acme.example belongs to Later now. Give one"):
        restore(removal, at=then)

    assert stand() == before
    other.contacts.update(email="other@acme.example")
    assert restore(removal, at=then) == client


def test_an_address_that_two_clients_shared_before_is_no_hindrance(client, furnish, north, then):
    twin = furnish("Twin")
    twin.contacts.filter(is_primary=True).update(email="ACME@x.example")

    assert restore(remove(client, by=north, at=then), at=then) == client


def test_whatever_else_can_be_there_only_once_is_a_clear_refusal(
    client, furnish, north, then, stand
):
    removal = remove(client, by=north, at=then)
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX text_once ON clients_note (text)")
    furnish("Other").notes.update(text="Acme called.")
    before = stand()

    with pytest.raises(CannotBringBack, match="only one: text_once"):
        restore(removal, at=then)

    assert stand() == before


def test_an_address_suppressed_anew_is_suppressed_once(client, north, then):
    removal = remove(client, by=north, at=then)
    suppress("OLD@acme.example", cause=Suppression.Cause.BY_HAND, at=then)

    restore(removal, at=then)

    assert [row.cause for row in Suppression.objects.in_force()] == ["by_hand"]


def test_mail_that_waits_is_withdrawn(client, furnish, north, then):
    furnish("Other")

    restore(remove(client, by=north, at=then), at=then)

    reasons = Message.objects.filter(contact__client=client).values_list("kind", "reason")
    assert sorted(reasons) == [(kind, "withdrawn") for kind in ("invite", "note", "sign_in")]
    assert Message.objects.waiting().count() == 3


def test_somebody_without_a_client_does_not_hold_an_address(client, in_north, north, then):
    removal = remove(client, by=north, at=then)
    Contact.objects.create(
        agency=in_north, email="acme@x.example", key_seed="s" * 32, key_digest="d" * 64
    )

    assert restore(removal, at=then) == client


def test_what_was_deleted_meanwhile_is_done_without(furnish, in_north, north, join, then):
    kind = Category.objects.create(agency=in_north, name="Gold")
    group = ClientGroup.objects.create(agency=in_north, name="Friends")
    helper = join(north, "staff")
    client = furnish("Acme", tags=["a", "b"], category=kind, group=group, assigned_to=helper)
    Project.objects.update(lead=helper)
    removal = remove(client, by=north, at=then)
    for row in (kind, group, helper, Tag.objects.get(title="a")):
        row.delete()

    back = restore(removal, at=then)

    assert (back.category.is_default, back.group, back.assigned_to) == (True, None, None)
    assert (back.projects.get().lead, back.created_by) == (None, north)
    assert [row.tag.title for row in back.client_tags.all()] == ["b"]


def test_sums_are_exact_even_where_a_parent_was_replaced(furnish, in_north, north, then):
    kind = Category.objects.create(agency=in_north, name="Gold")
    client = furnish("Acme", category=kind, unit="19999999999999.999999")
    removal = remove(client, by=north, at=then)
    kind.delete()

    assert restore(removal, at=then).total_billed == client.total_billed


def test_rows_of_others_let_go_and_find_back(client, furnish, north, then):
    twin, project = furnish("Twin"), client.projects.get()
    theirs, other = twin.documents.order_by("pk")
    Document.objects.filter(client=twin).update(project=project)

    removal = remove(client, by=north, at=then)

    assert set(twin.documents.values_list("project", flat=True)) == {None}
    Document.objects.filter(pk=other.pk).update(project=twin.projects.get())
    restore(removal, at=then)
    theirs.refresh_from_db()
    other.refresh_from_db()
    assert (theirs.project, other.project) == (project, twin.projects.get())


def test_a_later_table_two_steps_away_comes_along_without_being_named(
    later_table, client, north, then
):
    visit = later_table.objects.create(project=client.projects.get())

    removal = remove(client, by=north, at=then)

    assert not later_table.objects.exists()
    restore(removal, at=then)
    assert later_table.objects.get() == visit


def test_a_column_added_meanwhile_gets_its_default(client, north, then):
    removal = remove(client, by=north, at=then)
    change_rows(Client, "row - 'is_tax_exempt' - 'settings' - 'city'")

    back = restore(removal, at=then)

    assert (back.is_tax_exempt, back.settings, back.city) == (False, {}, "")


def test_a_json_null_stays_one(client, north, then):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clients_client SET tax_info = 'null'")

    restore(remove(client, by=north, at=then), at=then)

    with connection.cursor() as cursor:
        cursor.execute("SELECT tax_info::text FROM clients_client")
        assert cursor.fetchone() == ("null",)


def test_secrets_lead_nowhere_while_the_client_is_removed(client, north, then):
    digests = list(client.contacts.values_list("key_digest", flat=True))

    removal = remove(client, by=north, at=then)

    assert not SecretDigest.objects.filter(digest__in=digests).exists()
    restore(removal, at=then)
    assert SecretDigest.objects.filter(digest__in=digests).count() == 2


def test_an_id_merged_into_a_removed_client_leads_nowhere_until_it_is_back(
    client, furnish, north, then
):
    absorbed = furnish("Absorbed")
    record = merging.merge(client, absorbed, by=north, at=then)

    removal = remove(client, by=north, at=then)

    assert departure_of(absorbed.pk) is None
    restore(removal, at=then)
    assert survivor_of(absorbed.pk) == client.pk
    assert merging.undo(record, at=then).client == absorbed


def test_a_removed_client_is_forgotten_with_its_trail_and_files(
    client, furnish, north, media, then, dump, django_capture_on_commit_callbacks
):
    absorbed = furnish("Absorbed", private_notes=MARK)
    merging.merge(client, absorbed, by=north, at=then)
    set_tags(client, ["vip"])
    kept = files(media)
    removal = remove(client, by=north, at=then)
    assert files(media) == kept

    with django_capture_on_commit_callbacks(execute=True):
        tomb = discard(removal, by=north, at=then + SECOND)

    for word in (MARK, "Acme", "acme"):
        assert told_of(dump(), word) == set()
    assert files(media) == set()
    assert (tomb.kind, tomb.departed_at, tomb.departed_by) == ("purged", then + SECOND, north)
    assert departure_of(absorbed.pk).kind == DepartedClient.Kind.PURGED
    assert survivor_of(absorbed.pk) is None


def test_forgetting_one_leaves_another_removed_one_whole(client, furnish, north, then, stand):
    twin = furnish("Twin")
    before = stand()
    removal = remove(twin, by=north, at=then)

    discard(remove(client, by=north, at=then), by=None, at=then)

    assert set(RemovedRow.objects.values_list("removal", flat=True)) == {removal.pk}
    restore(removal, at=then)
    assert told_of(stand(), "Twin") == told_of(before, "Twin")


def test_what_was_forgotten_is_gone(client, north, then):
    removal = remove(client, by=north, at=then)
    discard(removal, by=north, at=then)

    with pytest.raises(RemovalGone):
        restore(removal, at=then)
    with pytest.raises(RemovalGone):
        discard(removal, by=north, at=then)


@pytest.fixture
def removed_in_both(north, south, then):
    """A client of either agency, removed at the same moment."""
    removals = []
    for owner in (north, south):
        with acting_for(owner.agency_id):
            gone = create_client(owner.agency, by=owner, name="Gone")
            removals.append(remove(gone, by=owner, at=then))
    return removals


def left(*owners):
    counts = []
    for owner in owners:
        with acting_for(owner.agency_id):
            counts.append(Removal.objects.count())
    return counts


def test_the_job_forgets_every_agencys_clients_after_thirty_days(
    removed_in_both, north, south, then
):
    due = then + WITHIN
    assert discard_overdue(at=due) == 0

    discard_removed_clients.func(timestamp=int(due.timestamp()))
    assert left(north, south) == [1, 1]

    discard_removed_clients.func(timestamp=int(due.timestamp()) + 1)
    assert left(north, south) == [0, 0]
    with acting_for(south.agency_id):
        assert departure_of(removed_in_both[1].client_id).departed_by is None


def test_the_job_runs_every_hour_by_itself(db):
    crons = {
        periodic.task.name: periodic.cron
        for periodic in app.periodic_registry.periodic_tasks.values()
    }

    assert crons["clients.tasks.discard_removed_clients"] == "37 * * * *"


def test_one_that_cannot_be_forgotten_is_told_and_the_others_go(
    removed_in_both, north, south, then
):
    with acting_for(north.agency_id):
        # A second tombstone is refused.
        DepartedClient.objects.create(
            agency=north.agency, client_id=removed_in_both[0].client_id, kind="purged",
            departed_at=then,
        )  # fmt: skip

    with pytest.raises(ExceptionGroup, match="could not be purged"):
        discard_overdue(at=then + WITHIN + SECOND)

    assert left(north, south) == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_of_two_removals_at_once_one_succeeds(north, then):
    with acting_for(north.agency_id):
        client = create_client(north.agency, by=north, name="Acme")
    together = Barrier(2)

    def race(_):
        try:
            together.wait(timeout=10)
            with acting_for(north.agency_id):
                return str(remove(client, by=north, at=then))
        except ClientGone:
            return "gone"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(race, range(2))) == ["Acme", "gone"]
