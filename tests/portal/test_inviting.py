import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from agencies.scope import acting_for
from clients import lifecycle
from clients.models import Client, Project
from clients.purging import purge
from contacts.editing import PersonChange, revise_people
from contacts.enrolling import Person, enroll
from contacts.merging import merge, undo
from contacts.models import Message, Suppression
from contacts.removing import remove, restore
from contacts.suppressing import suppress
from portal import inviting
from portal.inviting import InviteUnusable, accept, find, invite, resend, revoke
from portal.models import Invite


@pytest.fixture
def foreign(south):
    """The id of a project of South."""
    with acting_for(south.agency_id):
        client = enroll(south.agency, by=south, name="Theirs", people=[])
        facts = {"client": client, "name": "Y", "currency": "EUR"}
        return Project.objects.create(agency=south.agency, **facts).pk


@pytest.fixture
def opens(in_north):
    """Whether the secret opens anything now; looks as often as scanners do."""

    def opens(secret, at):
        looks = [find(secret, agency=in_north, at=at) for _ in range(3)]
        return looks[0] is not None

    return opens


def names(projects):
    return {project.name for project in projects}


# Inviting


def test_the_primary_contact_is_invited_for_seven_days(acme, north, then, secret_of, in_north):
    made = invite(acme, by=north, at=then)

    assert made.contact.email == "ann@acme.example"
    assert made.expires_at == then + timedelta(days=7)
    assert (made.mail.status, made.mail.kind) == ("queued", "invite")
    assert names(made.opened_projects()) == {"Site", "Logo"}
    assert find(secret_of(), agency=in_north, at=then) == made


def test_another_contact_can_be_named(acme, north, then, secret_of, in_north):
    bob = acme.contacts.get(first_name="Bob")

    made = invite(acme, by=north, contact=bob, at=then)

    assert find(secret_of("bob@acme.example"), agency=in_north, at=then) == made


def test_an_invitation_opens_exactly_the_named_projects(acme, north, then, in_north):
    site = Project.objects.get(name="Site")

    made = invite(acme, by=north, projects=[site.pk, site.pk], at=then)
    Project.objects.create(agency=in_north, client=acme, name="Later", currency="EUR")
    assert names(made.opened_projects()) == {"Site"}

    site.delete()
    assert names(made.opened_projects()) == set()


def test_the_secret_is_nowhere_in_the_database(acme, north, then, secret_of):
    invite(acme, by=north, at=then)
    secret = secret_of()

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" x WHERE x::text LIKE %s', [f"%{secret}%"]
            )
            assert cursor.fetchone() == (0,), table


def test_inviting_gives_access_and_accepting_says_who_was_here(
    acme, north, then, secret_of, in_north
):
    assert not acme.has_portal_access()

    invite(acme, by=north, at=then)
    acme.refresh_from_db()
    assert acme.has_portal_access()
    assert (acme.portal_last_seen_at, acme.updated_at) == (None, then)

    later = then + timedelta(days=1)
    made = accept(secret_of(), agency=in_north, at=later)
    acme.refresh_from_db()
    made.contact.refresh_from_db()
    assert acme.portal_last_seen_at == made.contact.last_seen_at == made.accepted_at == later
    assert Invite.objects.get().status(at=later) == "accepted"


def test_no_invitation_no_mail(acme, north, then, run_jobs):
    def change_our_mind():
        with transaction.atomic():
            invite(acme, by=north, at=then)
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        change_our_mind()

    assert run_jobs() == 0
    acme.refresh_from_db()
    assert acme.invited_at is None


def deny_portal(acme):
    acme.agency.portal_enabled = False
    acme.agency.save()


REFUSALS = {
    "client_is_suspended": lambda acme: lifecycle.suspend(Client.objects.all(), at=timezone.now()),
    "client_is_deleted": lambda acme: lifecycle.delete(Client.objects.all(), at=timezone.now()),
    "portal_is_off": deny_portal,
    "contact_is_locked": lambda acme: acme.contacts.update(is_locked=True),
    "cannot_be_mailed": lambda acme: acme.contacts.update(email=""),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_whoever_cannot_come_in_is_not_invited(acme, north, then, run_jobs, code):
    REFUSALS[code](acme)
    before = Client.objects.values_list("invited_at", "updated_at").get()

    with pytest.raises(inviting.DomainError) as refusal:
        invite(Client.objects.get(), by=north, at=then)

    assert refusal.value.code == code
    assert (run_jobs(), Message.objects.count(), Invite.objects.count()) == (0, 0, 0)
    assert Client.objects.values_list("invited_at", "updated_at").get() == before


def test_a_suppressed_address_is_not_called_invited(acme, north, then):
    suppress("ann@acme.example", cause=Suppression.Cause.BOUNCE, at=then)

    with pytest.raises(inviting.CannotBeMailed, match="Lift that first") as refusal:
        invite(acme, by=north, at=then)

    assert refusal.value.reason == "suppressed"
    assert not Invite.objects.exists()


def test_a_removed_client_cannot_be_invited(acme, north, then):
    remove(acme, by=north, at=then)

    with pytest.raises(inviting.DomainError) as refusal:
        invite(acme, by=north, at=then)

    assert refusal.value.code == "client_gone"


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(seconds=1), timedelta(days=400)])
def test_a_moment_that_passed_is_no_expiry(acme, north, then, run_jobs, ago):
    with pytest.raises(inviting.ExpiryPassed) as refusal:
        invite(acme, by=north, expires_at=then - ago, at=then)

    assert refusal.value.field == "expires_at"
    assert run_jobs() == 0


def test_a_message_has_an_end(acme, north, then):
    with pytest.raises(inviting.MessageTooLong):
        invite(acme, by=north, message="x" * 5001, at=then)


def test_foreign_unknown_and_other_clients_projects_are_refused_alike(
    foreign, north, then, acme, in_north, run_jobs
):
    other = enroll(in_north, by=north, name="Other", people=[])
    theirs = Project.objects.create(agency=in_north, client=other, name="X", currency="EUR").pk
    site = Project.objects.get(name="Site").pk

    refusals = []
    for strange in (theirs, foreign, 10**9, 0, -1, 2**63, 10**40):
        with pytest.raises(inviting.UnknownProject) as refusal:
            invite(acme, by=north, projects=[site, strange], at=then)
        refusals.append((str(refusal.value), refusal.value.field, refusal.value.code))

    assert len(set(refusals)) == 1
    assert (run_jobs(), Message.objects.count(), Invite.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("whose", ["another client's", "deleted"])
def test_somebody_who_is_not_at_the_client_is_not_invited(acme, north, then, in_north, whose):
    person = acme.contacts.get(first_name="Bob")
    if whose == "deleted":
        acme.contacts.filter(pk=person.pk).update(deleted_at=then)
    else:
        person = enroll(in_north, by=north, name="Other", people=[Person(email="o@o.example")])
        person = person.contacts.get()

    with pytest.raises(inviting.UnknownContact):
        invite(acme, by=north, contact=person, at=then)


# What ends a link


def test_a_link_ends_with_its_time(acme, north, then, secret_of, opens):
    invite(acme, by=north, expires_at=then + timedelta(hours=1), at=then)
    secret = secret_of()

    assert opens(secret, then + timedelta(minutes=59, seconds=59))
    assert not opens(secret, then + timedelta(hours=1))
    assert Invite.objects.get().status(at=then + timedelta(hours=1)) == "expired"


def test_a_link_works_once(acme, north, then, secret_of, opens, in_north):
    invite(acme, by=north, at=then)
    secret = secret_of()
    assert all(opens(secret, then) for _ in range(17))

    accept(secret, agency=in_north, at=then)

    assert not opens(secret, then)
    with pytest.raises(InviteUnusable):
        accept(secret, agency=in_north, at=then)


def test_a_new_invitation_kills_the_older_link_and_its_mail(acme, north, then, secret_of, opens):
    invite(acme, by=north, at=then)
    first = secret_of()
    waiting = invite(acme, by=north, at=then)
    invite(acme, by=north, at=then)
    second = secret_of()

    assert (opens(first, then), opens(second, then)) == (False, True)
    waiting.mail.refresh_from_db()
    assert (waiting.mail.status, waiting.mail.reason) == ("failed", "withdrawn")


def test_an_invitation_of_one_person_leaves_anothers_alone(acme, north, then, secret_of, opens):
    invite(acme, by=north, at=then)
    anns = secret_of()

    invite(acme, by=north, contact=acme.contacts.get(first_name="Bob"), at=then)

    assert opens(anns, then)


def test_a_revoked_link_opens_nothing_and_takes_the_access_back(
    acme, north, then, secret_of, opens
):
    made = invite(acme, by=north, at=then)
    secret = secret_of()

    for _ in range(2):
        revoke(made, at=then)

    assert not opens(secret, then)
    assert Invite.objects.get().status(at=then) == "revoked"
    acme.refresh_from_db()
    assert not acme.has_portal_access()


def test_what_was_accepted_can_be_revoked_too(acme, north, then, secret_of, in_north):
    made = invite(acme, by=north, at=then)
    accept(secret_of(), agency=in_north, at=then)

    revoke(made, at=then)

    acme.refresh_from_db()
    assert not acme.has_portal_access()
    assert acme.portal_last_seen_at == then


def test_access_stays_while_another_invitation_stands(acme, north, then):
    made = invite(acme, by=north, at=then)
    invite(acme, by=north, contact=acme.contacts.get(first_name="Bob"), at=then)

    revoke(made, at=then)

    acme.refresh_from_db()
    assert acme.has_portal_access()


def test_resending_makes_a_new_link_to_the_same_for_as_long(acme, north, then, secret_of, opens):
    site = Project.objects.get(name="Site")
    made = invite(
        acme,
        by=north,
        projects=[site.pk],
        message="Hi",
        expires_at=then + timedelta(days=2),
        at=then,
    )
    first = secret_of()
    later = then + timedelta(days=3)

    again = resend(made, by=north, at=later)

    second = secret_of()
    assert (opens(first, later), opens(second, later)) == (False, True)
    assert names(again.opened_projects()) == {"Site"}
    assert (again.message, again.expires_at) == ("Hi", later + timedelta(days=2))


def test_what_was_accepted_is_not_sent_again(acme, north, then, secret_of, in_north):
    made = invite(acme, by=north, at=then)
    accept(secret_of(), agency=in_north, at=then)

    with pytest.raises(inviting.AlreadyAccepted):
        resend(made, by=north, at=then)


def test_an_invitation_whose_projects_are_gone_does_not_open_all(acme, north, then):
    made = invite(acme, by=north, projects=[Project.objects.get(name="Site").pk], at=then)
    Project.objects.get(name="Site").delete()

    with pytest.raises(inviting.UnknownProject):
        resend(made, by=north, at=then)


def by_a_list_of_people(acme, email):
    ann, bob = acme.contacts.order_by("id")
    revise_people(
        acme, [PersonChange(ann.pk, {"email": email, "is_primary": True}), PersonChange(bob.pk)]
    )


def by_a_form(acme, email):
    ann = acme.contacts.get(first_name="Ann")
    ann.email = email
    ann.save()


def by_raw_sql(acme, email):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE contacts_contact SET email = %s WHERE first_name = 'Ann'", [email])


@pytest.mark.parametrize("change", [by_a_list_of_people, by_a_form, by_raw_sql])
def test_a_changed_address_ends_the_link_for_good(acme, north, then, secret_of, opens, change):
    invite(acme, by=north, at=then)
    secret = secret_of()

    change(acme, "ann@new.example")
    assert not opens(secret, then)
    change(acme, "ann@acme.example")

    assert not opens(secret, then)


@pytest.mark.parametrize("change", [by_a_list_of_people, by_a_form, by_raw_sql])
def test_another_case_is_no_other_address(acme, north, then, secret_of, opens, change):
    invite(acme, by=north, at=then)

    change(acme, "Ann@ACME.example")

    assert opens(secret_of(), then)


def test_who_gives_up_the_first_place_keeps_the_link(acme, north, then, secret_of, opens):
    invite(acme, by=north, at=then)
    secret = secret_of()
    ann, bob = acme.contacts.order_by("id")

    revise_people(acme, [PersonChange(bob.pk, {"is_primary": True}), PersonChange(ann.pk)])

    assert opens(secret, then)


def test_two_people_who_swap_addresses_both_lose_their_links(acme, north, then, secret_of, opens):
    ann, bob = acme.contacts.order_by("id")
    invite(acme, by=north, at=then)
    invite(acme, by=north, contact=bob, at=then)
    secrets = [secret_of(), secret_of("bob@acme.example")]

    revise_people(
        acme,
        [PersonChange(ann.pk, {"email": bob.email}), PersonChange(bob.pk, {"email": ann.email})],
    )

    assert [opens(secret, then) for secret in secrets] == [False, False]


def suspend(acme, **_):
    lifecycle.suspend(Client.objects.filter(pk=acme.pk), at=timezone.now())


def delete(acme, **_):
    lifecycle.delete(Client.objects.filter(pk=acme.pk), at=timezone.now())


def into_another(acme, north):
    merge(enroll(north.agency, by=north, name="Other"), acme, by=north, at=timezone.now())


ENDS = {
    "suspended": suspend,
    "deleted": delete,
    "merged": into_another,
    "removed": lambda acme, north: remove(acme, by=north, at=timezone.now()),
    "purged": lambda acme, north: purge(acme, by=north, at=timezone.now()),
    "locked": lambda acme, north: acme.contacts.update(is_locked=True),
    "person gone": lambda acme, north: acme.contacts.update(deleted_at=timezone.now()),
    "no address": lambda acme, north: acme.contacts.update(email=""),
    "portal off": lambda acme, north: deny_portal(acme),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_link_of_somebody_who_may_not_come_in_opens_nothing(
    acme, north, then, secret_of, opens, end
):
    invite(acme, by=north, at=then)
    secret = secret_of()

    ENDS[end](acme, north=north)

    assert not opens(secret, then)
    with pytest.raises(InviteUnusable):
        accept(secret, agency=north.agency, at=then)


def test_the_survivors_own_link_goes_on(acme, north, then, secret_of, opens, in_north):
    invite(acme, by=north, at=then)
    other = enroll(in_north, by=north, name="Other", people=[Person(email="o@other.example")])
    theirs = invite(other, by=north, at=then)

    record = merge(acme, other, by=north, at=then)

    assert opens(secret_of(), then)
    assert not opens(secret_of("o@other.example"), then)
    theirs.refresh_from_db()
    assert (theirs.client, theirs.status(at=then)) == (acme, "revoked")
    assert names(theirs.opened_projects()) == set()
    undo(record, at=then)
    assert opens(secret_of("o@other.example"), then)


def test_a_restored_client_finds_its_links_again(acme, north, then, secret_of, opens):
    invite(acme, by=north, at=then)
    secret = secret_of()

    restore(remove(acme, by=north, at=then), at=then)

    assert opens(secret, then)


# Secrets


@pytest.mark.parametrize("secret", ["", " ", "x" * 43, "x" * 42, "ü" * 43, "\0" * 43, "' OR 1=1"])
def test_no_other_text_opens_anything(acme, north, then, in_north, secret):
    invite(acme, by=north, at=then)

    assert find(secret, agency=in_north, at=then) is None


def test_a_link_of_one_agency_opens_nothing_at_another(south, acme, north, then, secret_of):
    invite(acme, by=north, at=then)

    assert find(secret_of(), agency=south.agency, at=then) is None


@pytest.mark.django_db(transaction=True)
def test_accepting_twice_at_once_succeeds_once(north, then, outbox, run_jobs, secret_of):
    with acting_for(north.agency_id):
        people = [Person(email="ann@acme.example")]
        client = enroll(north.agency, by=north, name="Acme", people=people)
        invite(client, by=north, at=then)
    secret, ready = secret_of(), Barrier(4)

    def press():
        try:
            ready.wait()
            accept(secret, agency=north.agency, at=then)
        except InviteUnusable:
            return "refused"
        finally:
            connection.close()
        return "in"

    with ThreadPoolExecutor() as pool:
        answers = [future.result() for future in [pool.submit(press) for _ in range(4)]]

    assert sorted(answers) == ["in", "refused", "refused", "refused"]


@pytest.mark.django_db(transaction=True)
def test_inviting_twice_at_once_leaves_one_link(north, then):
    with acting_for(north.agency_id):
        client = enroll(north.agency, by=north, name="Acme", people=[Person(email="a@a.example")])
    ready = Barrier(3)

    def send():
        try:
            ready.wait()
            with acting_for(north.agency_id):
                invite(client, by=north, at=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        for future in [pool.submit(send) for _ in range(3)]:
            future.result()

    with acting_for(north.agency_id):
        assert Invite.objects.count() == 3
        assert Invite.objects.unused().count() == 1


# The letter


@pytest.fixture
def letter(outbox, run_jobs):
    def letter():
        run_jobs()
        (path,) = outbox.glob("*.eml")
        return message_from_bytes(path.read_bytes(), policy=default)

    return letter


def bodies(letter):
    return [letter.get_body((kind,)).get_content() for kind in ("plain", "html")]


def test_the_letter_has_the_agencys_words_and_the_link_in_both_forms(acme, north, then, letter):
    north.agency.accent_colour, north.agency.legal_name = "#aa0011", "North Ltd."
    north.agency.address1, north.agency.postal_code, north.agency.city = (
        "Pier 1",
        "20457",
        "Hamburg",
    )
    north.agency.time_zone = "Europe/Berlin"
    north.agency.save()
    expiry = then.replace(year=2031, month=3, day=8, hour=10, minute=0)

    invite(
        acme, by=north, projects=[Project.objects.get(name="Site").pk], expires_at=expiry, at=then,
        message="See you there!\nNora",
    )  # fmt: skip

    sent = letter()
    assert sent["Subject"] == "North invites you to its client portal"
    for body in bodies(sent):
        for word in ("North", "Hello Ann,", "Acme", "Site", "See you there!",
                     "8 March 2031, 11:00 (Europe/Berlin time)",
                     "North Ltd. · Pier 1 · 20457 Hamburg"):  # fmt: skip
            assert word in body
        assert "Logo" not in body
        assert re.search(r"http://hub.example/portal/north/invite/\w{43}\b", body)
        assert "foyer" not in body.lower()
    assert "#aa0011" in bodies(sent)[1]


def test_names_and_messages_carry_no_markup_into_the_letter(acme, north, then, letter, in_north):
    evil = "<script>alert(1)</script><img src=x>"
    north.agency.name = f"North {evil}"
    north.agency.save()
    acme.contacts.update(first_name=evil)
    Client.objects.update(name=evil)
    Project.objects.update(name=evil)

    invite(
        acme,
        by=north,
        projects=[Project.objects.first().pk],
        message=f"{evil} {{{{ 7*7 }}}}",
        at=then,
    )

    plain, html = bodies(letter())
    assert "<script" not in html
    assert "<img" not in html
    assert "{{ 7*7 }}" in html
    assert evil in plain


def test_a_portal_with_a_host_of_its_own_is_led_to(acme, north, then, letter, settings):
    settings.FOYER_URL = "https://hub.example:8443"
    north.agency.portal_host = "Clients.North.Example"
    north.agency.save()

    invite(acme, by=north, at=then)

    for body in bodies(letter()):
        assert "https://clients.north.example:8443/invite/" in body
