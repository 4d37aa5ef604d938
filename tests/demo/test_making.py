"""Making the demo, each time from the beginning; what it holds, test_demo.py looks at once."""

import json
from io import StringIO

from django.core.management import call_command

from agencies.models import Agency
from agencies.scope import acting_for
from clients.models import Client


def demo(*arguments):
    printed = StringIO()
    call_command("demo", *arguments, stdout=printed)
    return printed.getvalue()


def test_a_second_installation_shows_the_same_clients(transactional_db):
    def facts():
        fields = ("number", "name", "created_at", "category__name", "contacts__email", "phone")
        with acting_for(Agency.objects.get(slug="northlight").pk):
            return list(Client.objects.values_list(*fields).order_by("number", "contacts__id"))

    demo()
    first = facts()
    # Events are never deleted one by one: an installation is begun anew as a whole.
    call_command("flush", interactive=False, verbosity=0)
    demo()

    assert facts() == first


def test_a_database_with_an_agency_is_left_alone(north):
    assert json.loads(demo("--json")) == {}
    assert demo() == "There is an agency already, so nothing was changed.\n"
    assert Agency.objects.get() == north.agency


def test_without_json_the_same_is_printed_as_lines(db):
    printed = demo()

    assert "Sign in to the admin as mara@northlight.example with " in printed
    assert "/portal/northlight/" in printed
    for dialect in ("v1", "api", "api/v1"):
        assert f"API key for /{dialect}: foyer_" in printed
