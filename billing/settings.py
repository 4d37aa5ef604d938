"""How an agency bills, as it says itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from agencies.models import Agency
from billing.models import BillingSettings, NumberSeries
from billing.numbering import series_of


def settings_of(agency: Agency) -> BillingSettings:
    """The agency's own, made at the first question."""
    found, _ = BillingSettings.objects.get_or_create(agency_id=agency.pk)
    return found


def numbers_of(agency: Agency) -> dict[str, NumberSeries]:
    """Its rows of numbers by their kind, made at the first question."""
    return {kind.value: series_of(agency, kind) for kind in NumberSeries.Kind}


@transaction.atomic
def change_settings(
    agency: Agency,
    *,
    at: datetime,
    terms_days: int | None = None,
    numbers: Mapping[str, Mapping[str, Any]] | None = None,
    **facts: Any,
) -> BillingSettings:
    """Change what is named; what was issued stays as it is.

    `facts` are columns of BillingSettings, `numbers` those of NumberSeries by kind. A counter that
    was set back gives no number twice: those that were given are stepped over.
    """
    settings = BillingSettings.objects.select_for_update().get(pk=settings_of(agency).pk)
    for name, value in {**facts, "updated_at": at}.items():
        setattr(settings, name, value)
    settings.save()
    for kind, changes in (numbers or {}).items():
        if changes:
            _change_numbers(series_of(agency, NumberSeries.Kind(kind)), changes)
    if terms_days is not None:
        held = Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
        held.payment_terms_days = terms_days
        held.save(update_fields=["payment_terms_days"])
    return settings


def _change_numbers(series: NumberSeries, changes: Mapping[str, Any]) -> None:
    held = NumberSeries.objects.select_for_update(no_key=True).get(pk=series.pk)
    for name, value in changes.items():
        setattr(held, name, value)
    held.save(update_fields=list(changes))
