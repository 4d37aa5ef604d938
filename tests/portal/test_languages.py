"""Mails in the language of whom they go to."""

import pytest
from django.utils import translation

from agencies.scope import acting_for
from clients.models import Client
from contacts.languages import language_of
from contacts.mailing import opened
from contacts.models import Contact
from portal.inviting import invite
from portal.welcoming import welcome
from tests.portal.conftest import MAIN


@pytest.fixture
def speaks(acme, north):
    """Says what the client and its agency speak; returns Ann."""

    def speaks(client="", agency="en"):
        north.agency.language = agency
        north.agency.save()
        Client.objects.update(language=client)
        return Contact.objects.select_related("client", "agency").get(first_name="Ann")

    return speaks


@pytest.mark.parametrize(
    ("client", "agency", "language"),
    [
        ("", "en", "en"),
        ("", "de", "de"),
        ("de", "en", "de"),
        ("en", "de", "en"),
        ("de-AT", "en", "de"),
        ("de_CH", "en", "de"),
        ("en-GB", "de", "en"),
        # Not written yet: the agency's own, else English.
        ("fr", "de", "de"),
        ("pt-BR", "ja", "en"),
    ],
)
def test_the_clients_language_goes_before_the_agencys(speaks, client, agency, language):
    assert language_of(speaks(client, agency)) == language


def test_somebody_without_a_client_is_written_to_in_the_agencys(in_north):
    in_north.language = "de"

    assert language_of(Contact(agency=in_north)) == "de"


def test_an_invitation_is_german_for_a_german_client(acme, north, then, speaks):
    speaks("de")
    north.agency.time_zone = "Europe/Berlin"
    north.agency.save()
    project = acme.projects.get(name="Site").pk
    expiry = then.replace(year=2031, month=3, day=8, hour=10, minute=0)

    client = Client.objects.get()
    made = invite(client, by=north, projects=[project], expires_at=expiry, at=then)

    content = opened(made.mail)
    assert made.mail.subject == "North lädt Sie in das Kundenportal ein"
    assert '<html lang="de">' in content.html
    for text in (content.text, content.html):
        for words in (
            "Guten Tag Ann,",
            "die North mit Acme teilt",
            "Die Einladung öffnet dieses Projekt:",
            "bis 8. März 2031, 11:00 Uhr (Zeitzone Europe/Berlin).",
        ):
            assert words in text
        assert "Hello" not in text
        assert "invit" not in text.replace("/invite/", "")


def test_a_welcome_is_german_for_a_german_client(speaks):
    message = welcome(speaks("de"))

    content = opened(message)
    assert message.subject == "Willkommen bei North"
    for text in (content.text, content.html):
        assert "Willkommen, Ann" in text
        assert "North hat für Acme ein Konto eingerichtet" in text
        assert "Welcome" not in text


def test_one_mails_language_is_not_the_next_ones(acme, north, then, speaks):
    german, english = speaks("de"), welcome(speaks("en"))

    assert welcome(speaks("de")).subject == "Willkommen bei North"
    assert (english.subject, translation.get_language()) == ("Welcome to North", "en")
    assert german.client == acme


def test_grow_crms_welcome_speaks_the_agencys_language(north, bearer):
    with acting_for(north.agency_id):
        north.agency.language = "de"
        north.agency.save()
    facts = {"first_name": "Eva", "last_name": "Ott", "email": "eva@ott.example"}

    sent = facts | {"send_email": "yes"}

    assert bearer(north).post("/api/clients", sent, headers={"Host": MAIN}).status_code == 201

    with acting_for(north.agency_id):
        message = Contact.objects.get(first_name="Eva").messages.get()
        assert message.subject == "Willkommen bei North"


@pytest.mark.parametrize("evil", ["<b>%(agency)s</b>", "100 % {{ agency }}", "%s%d%(x)s"])
def test_names_are_no_part_of_the_sentence(speaks, evil):
    ann = speaks("de")
    Client.objects.update(name=evil)
    ann.client.name = ann.first_name = evil

    content = opened(welcome(ann))

    assert evil in content.text
    assert "<b>" not in content.html
