"""Numbers of invoices, credits and payments: by pattern, without gaps, never given twice."""

from collections.abc import Callable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import models

from agencies.errors import DomainError
from agencies.models import Agency
from agencies.number_patterns import numbers_of
from agencies.scope import current
from billing.models import Credit, Invoice, NumberSeries, Payment
from clients.models import Client
from clients.php_dates import written

_DEFAULTS = {
    NumberSeries.Kind.INVOICE: "INV-{counter:4}",
    NumberSeries.Kind.CREDIT: "CR-{counter:4}",
    NumberSeries.Kind.PAYMENT: "P-{counter:4}",
}
_USERS: dict[str, type[models.Model]] = {
    NumberSeries.Kind.INVOICE: Invoice,
    NumberSeries.Kind.CREDIT: Credit,
    NumberSeries.Kind.PAYMENT: Payment,
}
_FACTS = {"client_id_number": "id_number"} | {
    f"client_custom{n}": f"custom_value{n}" for n in (1, 2, 3, 4)
}
_LONGEST = 60


class DocumentNumberTaken(DomainError):
    code = "number_taken"


class DocumentNumberTooLong(DomainError):
    code = "number_too_long"


def series_of(agency: Agency, kind: NumberSeries.Kind) -> NumberSeries:
    """The agency's row of numbers of this kind, made at the first question."""
    found, _ = NumberSeries.objects.get_or_create(
        agency_id=agency.pk, kind=kind, defaults={"pattern": _DEFAULTS[kind]}
    )
    return found


def take_number(client: Client, kind: NumberSeries.Kind, *, on: date) -> str:
    """The next free number; whoever numbers at the same time waits, a rollback gives it back.

    `on` is the day the document is of, for patterns with a date and counters that restart. Numbers
    that were chosen by hand are stepped over. Raises DocumentNumberTooLong.
    """
    agency = client.agency
    series = NumberSeries.objects.select_for_update(no_key=True).get(pk=series_of(agency, kind).pk)
    _restart(series, agency, on=on)
    number_of = _writer(series, client, on=on)
    number = ""
    while not number or _is_taken(kind, number):
        number = number_of(series.counter)
        series.counter += 1
    series.save(update_fields=["counter", "counted_on"])
    return _fitting(number)


def refuse_taken(kind: NumberSeries.Kind, number: str, *, except_for: int | None = None) -> None:
    """Raises DocumentNumberTaken where another document, deleted ones included, has it.

    Whoever gives the same number at the same time waits here, and is refused.
    """
    if not number:
        return
    _fitting(number)
    _hold_series(kind)
    others = _USERS[kind]._base_manager.filter(number=number).exclude(pk=except_for)
    if others.exists():
        raise DocumentNumberTaken(f"The number {number} was given before.", field="number")


def _hold_series(kind: NumberSeries.Kind) -> None:
    """Until the transaction ends; the caller holds its client, as whoever takes a number does."""
    scope = current()
    if scope is not None:
        series = series_of(Agency(pk=scope.agency_id), kind)
        NumberSeries.objects.select_for_update(no_key=True).get(pk=series.pk)


def _restart(series: NumberSeries, agency: Agency, *, on: date) -> None:
    """Begin at 1 in every new period; a document dated back counts on in the one that runs."""
    period = Agency(client_number_restarts=series.restarts).number_period
    last = series.counted_on
    if last and on > last and period(on) != period(last):
        series.counter = 1
    series.counted_on = max(on, last) if last else on


def _writer(series: NumberSeries, client: Client, *, on: date) -> Callable[[int], str]:
    noon = datetime.combine(on, time(12), ZoneInfo(client.agency.time_zone))
    return numbers_of(
        series.pattern,
        padding=client.agency.client_number_padding,
        fact=lambda name: _fact(client, name),
        date=lambda format_: written(format_, noon),
    )


def _fact(client: Client, name: str) -> str:
    if name == "user_id":
        return f"{client.created_by.user_id if client.created_by else 0:02}"
    # A number is one line.
    return " ".join(getattr(client, _FACTS[name]).split())


def _is_taken(kind: NumberSeries.Kind, number: str) -> bool:
    return _USERS[kind]._base_manager.filter(number=number).exists()


def _fitting(number: str) -> str:
    if len(number) > _LONGEST:
        raise DocumentNumberTooLong(
            f"The number {number[:40]}… is longer than {_LONGEST} characters.", field="number"
        )
    return number
