"""How an agency bills, as it says itself."""

from agencies.models import Agency
from billing.models import BillingSettings


def settings_of(agency: Agency) -> BillingSettings:
    """The agency's own, made at the first question."""
    found, _ = BillingSettings.objects.get_or_create(agency_id=agency.pk)
    return found
