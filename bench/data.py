"""A database of its own with one big agency, made in the database itself and dropped at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from agencies.founding import create_agency
from agencies.keys import create_api_key
from agencies.models import Membership
from agencies.scope import acting_for
from clients.sorting import default_category

_CLIENTS = """
INSERT INTO clients_client (
    agency_id, number, name, legal_name, id_number, vat_number, classification, industry, size,
    website, phone, address1, address2, city, state, postal_code, country, shipping_address1,
    shipping_address2, shipping_city, shipping_state, shipping_postal_code, shipping_country,
    public_notes, private_notes, custom_value1, custom_value2, custom_value3, custom_value4,
    custom_fields, category_id, created_by_id, currency, language, settings, is_tax_exempt,
    has_valid_vat_number, routing_id, tax_info, e_invoice, public_hash, balance, paid_to_date,
    credit_balance, payment_balance, total_billed, people_text, created_at, updated_at)
SELECT %(agency)s, lpad(i::text, 7, '0'), 'Client ' || md5(i::text), '', '', 'DE' || i, 'business',
    '', '', 'https://example.org/' || i, '+49 30 ' || i, 'Street ' || i, '', 'Town ' || i %% 900,
    '', i::text, 'DE', '', '', '', '', '', '', 'Notes of ' || i, '', md5('a' || i), '', '', '',
    '{}', %(category)s, %(member)s, '', '', '{}', false, false, '', '{}', '{}',
    left(md5(i::text) || md5('h' || i), 40), (i * 7919 %% 250000) / 100.0, 0, 0, 0, 0, '',
    now() - i * interval '1 minute', now() - i * interval '1 minute'
FROM generate_series(1, %(count)s) i
"""
_CONTACTS = """
INSERT INTO contacts_contact (
    agency_id, client_id, first_name, last_name, email, phone, language, job_title,
    custom_value1, custom_value2, custom_value3, custom_value4, is_primary, is_placeholder,
    is_locked, receives_mail, password, key_seed, key_digest, created_at, updated_at)
SELECT agency_id, id, 'First' || n, 'Last' || id, n || '.' || id || '@example.org', '', '', '', '',
    '', '', '', n = 1, false, false, true, '', left(md5(id || '-' || n) || md5('s' || id), 32),
    md5(id || '-' || n) || md5('d' || id), now(), now()
FROM clients_client CROSS JOIN generate_series(1, 2) n
WHERE agency_id = %(agency)s AND mod(id, %(parts)s) = %(part)s
"""


@contextmanager
def big_agency(clients: int) -> Iterator[tuple[Membership, str]]:
    """An agency with that many clients, two people each: its owner, and a key of theirs."""
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        owner = create_agency(
            "Bench",
            slug="bench",
            owner_email="owner@bench.example",
            owner_password="bench-of-foyer-1",  # noqa: S106 - of a database dropped below
            country="DE",
        )
        _, secret = create_api_key(owner, name="bench", requests_per_minute=2_000_000_000)
        fill(owner, clients)
        yield owner, secret
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def fill(owner: Membership, clients: int) -> None:
    facts = {"agency": owner.agency_id, "member": owner.pk, "count": clients}
    with acting_for(owner.agency_id), connection.cursor() as cursor:
        facts["category"] = default_category(owner.agency).pk
        cursor.execute(_CLIENTS, facts)
    tidy()
    # In parts, so that each is checked with plans that know how many rows there are.
    facts["parts"] = clients // 2_000 + 1
    for part in range(facts["parts"]):
        with acting_for(owner.agency_id), connection.cursor() as cursor:
            cursor.execute(_CONTACTS, facts | {"part": part})
        tidy()


def tidy() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE clients_client")
        cursor.execute("VACUUM ANALYZE contacts_contact")
