from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.http import QueryDict
from django_filters import rest_framework as filters

from api.operators import (
    OPERATORS,
    READERS,
    ChoiceInFilter,
    Comparison,
    OperatorFilter,
    read_comparison,
    read_range,
)
from clients.creating import create_client
from clients.models import Client, Project


class ClientFilter(filters.FilterSet):
    balance = OperatorFilter(Decimal)
    cents = OperatorFilter(int, field_name="balance", convert=lambda cents: Decimal(cents) / 100)
    due = OperatorFilter(int, field_name="invoice_due_days")
    created_at = OperatorFilter(datetime)
    without = OperatorFilter(Decimal, field_name="balance", exclude=True)
    project_starts_on = OperatorFilter(date, field_name="projects__starts_on", distinct=True)
    kind = ChoiceInFilter(
        field_name="classification", choices=[("business", "Business"), ("charity", "Charity")]
    )

    class Meta:
        model = Client
        fields = []


@pytest.fixture
def clients(in_north, north):
    """A owes 0.50, B 100, C 250.123456; made on the 1st, 2nd and 3rd."""
    for name, balance, due, kind, day in (
        ("A", "0.50", None, "", 1),
        ("B", "100", 14, "business", 2),
        ("C", "250.123456", 30, "charity", 3),
    ):
        client = create_client(
            in_north, by=north, name=name, balance=balance, invoice_due_days=due,
            classification=kind, created_at=datetime(2026, 1, day, 12, tzinfo=UTC),
        )  # fmt: skip
        for month in (1, 2):
            Project.objects.create(
                agency=in_north, client=client, name="x", currency="EUR",
                starts_on=date(2026, month, day),
            )  # fmt: skip
    return Client.objects.order_by("name")


def asked(query, clients):
    filterset = ClientFilter(QueryDict(query), clients)
    assert filterset.is_valid(), filterset.errors
    return "".join(filterset.qs.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "ABC"),
        ("balance=100", "B"),
        ("balance=100.000", "B"),
        ("balance=eq:100", "B"),
        ("balance=gt:100", "C"),
        ("balance=gte:100", "BC"),
        ("balance=lt:100", "A"),
        ("balance=lte:100", "AB"),
        ("balance=lt:-1", ""),
        ("balance=between:0.50,100", "AB"),
        ("balance=between:100,0.50", ""),
        # Finer than the column and wider than it: neither rounded nor a failure.
        ("balance=gt:250.1234559", "C"),
        ("balance=eq:250.1234560001", ""),
        ("balance=lt:99999999999999999999", "ABC"),
        ("balance=gt:99999999999999999999.999999999999", ""),
        ("cents=gte:10000", "BC"),
        ("cents=50", "A"),
        ("cents=between:50,10000", "AB"),
        ("due=gt:14", "C"),
        ("due=14", "B"),
        ("due=lt:999999999999999999", "BC"),
        ("due=between:-999999999999999999,14", "B"),
        ("without=gt:1", "A"),
        ("created_at=gte:2026-01-02", "BC"),
        ("created_at=gt:2026-01-02T12:00:00Z", "C"),
        ("created_at=2026-01-02T12:00:00", "B"),
        ("created_at=2026-01-02T14:00:00%2B02:00", "B"),
        ("created_at=between:2026-01-01,2026-01-02T23:59:59", "AB"),
        ("created_at=gt:0001-01-01T00:00:00%2B14:00", "ABC"),
        ("created_at=lt:9999-12-31T23:59:59-14:00", "ABC"),
        ("project_starts_on=gt:2026-01-02", "ABC"),
        ("project_starts_on=lt:2026-01-02", "A"),
        ("project_starts_on=2026-02-03", "C"),
        ("kind=business", "B"),
        ("kind=business,charity", "BC"),
        ("kind=charity&balance=gt:100&created_at=gt:2026-01-01", "C"),
        ("kind=charity&balance=lt:100", ""),
    ],
)
def test_a_list_may_be_asked_with_operators(clients, query, names):
    assert asked(query, clients) == names


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        *(
            (f"balance={value}", "Give a number such as 12.50, with lt:, lte:, gt:, ")
            for value in (
                "", "foo", "gt:", "gt:foo", "GT:1", "ne:1", "gt:gt:1", "1e5", "gt:1e999999", "NaN",
                "Infinity", "1,5", "١٢", "gt:%201", "_1", "1_0", "9" * 21, "between:1",
                "between:1,2,3", "between:,", "between:1,foo", "%00", "1%0a",
            )
        ),
        ("due=1.5", "Give a whole number"),
        ("due=" + "9" * 19, "Give a whole number"),
        ("cents=12.50", "Give a whole number"),
        ("project_starts_on=2026-02-30", "Give a date such as 2026-01-31"),
        ("project_starts_on=gt:yesterday", "Give a date"),
        ("created_at=gt:10:00", "Give a moment such as 2026-01-31T12:00:00Z"),
        ("created_at=2026-01-02T14:00:00+02:00", "Give a moment"),
        ("kind=", "Give one or more of business, charity, with commas between."),
        ("kind=nobody", "Give one or more of"),
        ("kind=business,nobody", "Give one or more of"),
        ("kind=business,", "Give one or more of"),
        ("kind=Business", "Give one or more of"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(clients, query, sentence):
    filterset = ClientFilter(QueryDict(query), clients)

    assert list(filterset.errors) == [query.partition("=")[0]]
    assert sentence in str(filterset.errors)


def test_a_range_may_have_another_separator():
    read, _ = READERS[Decimal]

    assert read_range("1:2.5", read, separator=":") == Comparison("range", (1, Decimal("2.5")))


class Lenient(OperatorFilter.field_class):
    """What another dialect makes of the pieces: either order, silence where this one refuses."""

    def clean(self, value):
        first, _, second = (value or "").partition(":")
        operator, number = (first, second) if first in OPERATORS else (second, first)
        try:
            return Comparison(OPERATORS[operator], self.read(number))
        except (KeyError, ValueError):
            return None


class LenientFilter(OperatorFilter):
    field_class = Lenient


class LenientClientFilter(filters.FilterSet):
    balance = LenientFilter(Decimal)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("balance=gt:100", "C"),
        ("balance=100:gt", "C"),
        ("balance=foo", "ABC"),
        ("balance=10", "ABC"),
        ("balance=gt:x", "ABC"),
    ],
)
def test_other_manners_can_be_built_of_the_pieces(clients, query, names):
    filterset = LenientClientFilter(QueryDict(query), clients)

    assert "".join(filterset.qs.values_list("name", flat=True)) == names


def test_a_comparison_is_read_without_a_filter():
    read, _ = READERS[int]

    assert read_comparison("gte:7", read) == Comparison("gte", 7)
    with pytest.raises(ValueError):
        read_comparison("gte:", read)
