"""Whatever a client is like, sending back what a read showed of it changes nothing."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agencies.scope import acting_for
from api.invoiceninja.ids import encode
from clients.models import Client
from contacts.enrolling import Person, enroll

# What PostgreSQL can store: any script, blanks, controls; no NUL, no half surrogates.
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
ODD = st.sampled_from(
    ["", " ", "\u2003x\u200b", "<b>x</b>", "0", "null", "true", "%s", "\ufeff", "ß" * 100]
)
TEXT = st.one_of(ODD, st.text(LETTERS, max_size=50))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), TEXT, st.floats(-1e9, 1e9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)
TEXTS = (
    "name", "legal_name", "vat_number", "classification", "industry", "website", "phone",
    "address1", "city", "postal_code", "shipping_state", "public_notes", "private_notes",
    "custom_value1", "custom_value4", "routing_id",
)  # fmt: skip
LONGEST = {"classification": 30}
FACTS = st.fixed_dictionaries(
    {name: TEXT.map(lambda t, n=name: t[: LONGEST.get(n, 50)]) for name in TEXTS}
    | {
        "size": st.sampled_from(["", "1-3", "1 - 3", "many"]),
        "country": st.sampled_from(["", "DE", "XK", "US"]),
        "currency": st.sampled_from(["", "EUR", "USD", "BSD"]),
        "language": st.sampled_from(["", "de", "de-AT", "tlh"]),
        "settings": st.dictionaries(st.one_of(TEXT, st.sampled_from(["currency_id"])), JSON),
        "is_tax_exempt": st.booleans(),
    }
)
PEOPLE = st.lists(
    st.builds(
        Person,
        first_name=TEXT,
        last_name=TEXT,
        phone=TEXT,
        job_title=TEXT,
        custom_value2=TEXT,
        receives_mail=st.booleans(),
        is_primary=st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


def everything(client):
    """The rows of a client and its people, without the moment of change."""
    rows = [
        *Client.objects.filter(pk=client.pk).values(),
        *client.contacts.order_by("pk").values(),
    ]
    return [{name: row[name] for name in row if name != "updated_at"} for row in rows]


@pytest.fixture
def api(north, ninja):
    return ninja(north)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(facts=FACTS, people=PEOPLE)
def test_sending_back_what_was_read_changes_nothing(north, api, facts, people):
    with acting_for(north.agency_id):
        client = enroll(north.agency, by=north, people=people, **facts)
        before = everything(client)
    path = f"/api/v1/clients/{encode(client.pk)}"
    shown = api.get(path).json()["data"]

    answer = api.put(path, shown)

    assert answer.status_code == 200, answer.content
    assert answer.json()["data"] == shown | {"updated_at": answer.json()["data"]["updated_at"]}
    with acting_for(north.agency_id):
        assert everything(client) == before
