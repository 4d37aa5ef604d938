import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from agencies.roles import Role
from agencies.scope import acting_for
from clients.models import Project
from contacts.mailing import queue_message
from contacts.models import Message, Suppression
from contacts.suppressing import is_suppressed
from portal.inviting import revoke
from portal.models import Invite
from tests.admin.conftest import listing, page, suppressed

MESSAGES = listing("contacts.Message")
ADDRESSES = listing("contacts.Suppression")
INVITES = listing("portal.Invite")


@pytest.fixture
def failed(north):
    """A message to an address that nothing is sent to."""
    with acting_for(north.agency_id):
        row = suppressed("gone@else.example")
        message = queue_message(
            to="gone@else.example", kind="note", subject="Hello", text="open sesame-secret"
        )
    return message, row


def do(browser, url, action, *rows):
    sent = {"action": action, "_selected_action": [row.pk for row in rows]}
    response = browser.post(url, sent)
    return [str(message) for message in get_messages(response.wsgi_request)]


def told(browser, url, **asked):
    return browser.get(url, asked).text


# The log


def test_the_log_says_what_went_where_and_why_it_did_not(staff, north, failed):
    browser = staff(north)

    for shown in (told(browser, MESSAGES), told(browser, page(failed[0]))):
        for word in ("gone@else.example", "Hello", "note", "failed", "The address is suppressed"):
            assert word in shown
        assert "sesame" not in shown


def test_the_log_is_looked_at_and_not_written(staff, north, failed):
    browser = staff(north)

    assert browser.get(f"{MESSAGES}add/").status_code == 403
    assert browser.post(page(failed[0]), {"subject": "Other"}).status_code == 403
    assert browser.post(page(failed[0], "delete"), {"post": "yes"}).status_code == 403


def test_the_log_is_searched_and_filtered(staff, north, failed):
    browser = staff(north)

    for asked in ({"q": "gone@else"}, {"status__exact": "failed"}, {"reason__exact": "suppressed"}):
        assert "gone@else.example" in told(browser, MESSAGES, **asked)
    for asked in ({"q": "nobody"}, {"status__exact": "queued"}):
        assert "gone@else.example" not in told(browser, MESSAGES, **asked)
    assert browser.get(MESSAGES, {"content__contains": "x"}).status_code == 400


def test_a_failed_message_is_sent_again_once_its_address_is_lifted(staff, north, failed):
    message, row = failed
    browser = staff(north)
    assert "Lift its suppression first" in do(browser, MESSAGES, "send_again", message)[0]

    do(browser, ADDRESSES, "lift", row)
    said = do(browser, MESSAGES, "send_again", message)

    assert said[-1] == "Hello: on its way again."
    with acting_for(north.agency_id):
        assert Message.objects.get().status == "queued"
        assert not is_suppressed("gone@else.example")
        assert Suppression.objects.get().lifted_by == north


def test_a_viewer_changes_nothing(staff, north, join, failed):
    viewer = join(north, Role.VIEWER)
    browser = staff(viewer)

    do(browser, ADDRESSES, "lift", failed[1])
    do(browser, MESSAGES, "send_again", failed[0])

    assert browser.get(f"{ADDRESSES}add/").status_code == 403
    with acting_for(north.agency_id):
        assert is_suppressed("gone@else.example")
        assert Message.objects.get().status == "failed"


# Addresses


def test_staff_enter_an_address_by_hand(staff, north):
    browser = staff(north)
    sent = {"address": "Nobody@else.example", "detail": "Asked us by phone."}

    first = browser.post(f"{ADDRESSES}add/", sent)
    second = browser.post(f"{ADDRESSES}add/", {"address": "nobody@ELSE.example"})

    assert first.status_code == 302
    assert "Nothing is sent to this address already." in second.text
    with acting_for(north.agency_id):
        row = Suppression.objects.get()
    assert (row.cause, row.detail) == ("by_hand", "Asked us by phone.")


def test_lifted_addresses_are_out_of_sight_until_asked_for(staff, north, failed):
    browser = staff(north)
    do(browser, ADDRESSES, "lift", failed[1])

    assert "gone@else.example" not in told(browser, ADDRESSES)
    for state in ("lifted", "all"):
        assert "gone@else.example" in told(browser, ADDRESSES, state=state)


# Invitations


@pytest.fixture
def birch(north, new_client):
    client = new_client(north)
    with acting_for(north.agency_id):
        project = Project.objects.create(
            agency=north.agency, client=client, name="Website", currency="EUR"
        )
    return client, project


def invites(member):
    with acting_for(member.agency_id):
        return list(Invite.objects.select_related("mail", "contact").order_by("id"))


def test_staff_invite_a_client_to_chosen_projects(staff, north, birch):
    client, project = birch
    browser = staff(north)
    sent = {"client": client.pk, "opened": [project.pk], "message": "Hello!", "expires_at_0": ""}

    response = browser.post(f"{INVITES}add/", {**sent, "expires_at_1": ""})

    assert response.status_code == 302
    (made,) = invites(north)
    assert (made.contact.email, made.message) == ("birgit@birch.example", "Hello!")
    assert (made.invited_by_id, made.mail.status) == (north.pk, "queued")
    shown = told(browser, page(made))
    assert "Website" in shown
    assert "open" in told(browser, INVITES)


def test_what_the_portal_refuses_is_told(staff, north, birch):
    with acting_for(north.agency_id):
        suppressed("birgit@birch.example")

    response = staff(north).post(f"{INVITES}add/", {"client": birch[0].pk}, follow=True)

    assert "mail to it came back" in response.text
    assert invites(north) == []


@pytest.mark.parametrize("field", ["client", "contact", "opened"])
def test_nobody_is_invited_with_a_strangers_row(staff, north, south, rows, birch, field):
    theirs = rows(south)
    foreign = {
        "client": theirs["clients.Client"].pk,
        "contact": theirs["contacts.Contact"].pk,
        "opened": [theirs["clients.Project"].pk],
    }
    sent = {"client": birch[0].pk, field: foreign[field]}

    response = staff(north).post(f"{INVITES}add/", sent)

    assert field in response.context["adminform"].form.errors
    assert invites(north) == []


def test_invitations_are_sent_anew_and_taken_back(staff, north, birch):
    browser = staff(north)
    browser.post(f"{INVITES}add/", {"client": birch[0].pk})
    (first,) = invites(north)

    do(browser, INVITES, "send_anew", first)
    first, second = invites(north)
    do(browser, INVITES, "take_back", second)

    assert all(one.revoked_at for one in invites(north))
    assert told(browser, INVITES).count("revoked") >= 2
    with acting_for(north.agency_id):
        revoke(second, at=timezone.now())
        assert not Invite.objects.unused().exists()


def test_no_header_moves_the_link_in_a_mail(staff, north, birch, outbox, run_jobs, settings):
    settings.ALLOWED_HOSTS = ["*"]
    hostile = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}

    staff(north).post(
        f"{INVITES}add/", {"client": birch[0].pk}, headers={"host": "evil.example", **hostile}
    )
    run_jobs()

    (path,) = outbox.glob("*.eml")
    assert b"evil" not in path.read_bytes()
    assert b"http://localhost:8000/portal/north/invite/" in path.read_bytes()
