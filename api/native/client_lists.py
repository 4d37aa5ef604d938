"""How clients are found and sorted."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Lower
from django_countries import countries
from django_filters import rest_framework as filters

from api.native.filters import Amount, Asked, If, Moment, Same, Since, words
from api.native.serializers import running_projects
from api.native.sorting import Key, moment
from api.operators import ChoiceInFilter, OperatorFilter
from clients.models import ClientTag
from contacts.models import Contact

_EXISTS = Q(deleted_at__isnull=True)
_STATES = {
    "active": Q(archived_at__isnull=True, suspended_at__isnull=True) & _EXISTS,
    "archived": Q(archived_at__isnull=False) & _EXISTS,
    "suspended": Q(suspended_at__isnull=False) & _EXISTS,
    "deleted": ~_EXISTS,
}
_HAS_ACCESS = Q(invited_at__isnull=False, suspended_at__isnull=True)

SORTS = {
    "name": Key(F("sort_name")),
    "created_at": moment("created_at"),
    "updated_at": moment("updated_at"),
    "portal_last_seen": moment("portal_last_seen_at", nullable=True),
    "outstanding_balance": Key(F("balance"), Decimal),
    "total_billed": Key(F("total_billed"), Decimal),
}


class StateFilter(ChoiceInFilter):
    """`status=active,suspended`. Deleted clients are found by it and by nothing else."""

    def __init__(self):
        super().__init__(choices=[(state, state) for state in _STATES])

    def filter(self, qs, value):
        wanted = Q()
        for state in value or ():
            wanted |= _STATES[state]
        return qs.filter(wanted if value else _EXISTS)


class RunningProjects(OperatorFilter):
    def filter(self, qs, value):
        return qs if value is None else super().filter(qs.alias(running=running_projects()), value)


def _titles(text: str) -> tuple[bool, list[str]]:
    """Whether all of the tags are wanted, and their titles."""
    operator, _, rest = text.partition(":")
    titles = (rest if operator in ("all", "any") else text).split(",")
    if not all(title.strip() for title in titles) or len(titles) > 50:
        raise ValidationError("Give up to 50 tags with commas between; all: before finds all.")
    return operator == "all", [title.strip() for title in titles]


def _tagged(clients, wanted):
    want_all, titles = wanted
    tags = ClientTag.objects.filter(client=OuterRef("pk")).alias(lower=Lower("tag__title"))
    each = [Exists(tags.filter(lower=Lower(Value(title)))) for title in titles]
    if want_all:
        return clients.filter(*each)
    any_of_them = Q()
    for one in each:
        any_of_them |= Q(one)
    return clients.filter(any_of_them)


def _country_codes(text: str) -> list[str]:
    codes = text.upper().split(",")
    if not set(codes) <= set(countries.countries):
        raise ValidationError("Give ISO 3166-1 alpha-2 country codes with commas between.")
    return codes


def _reachable_at(clients, email):
    people = Contact.objects.present().with_email(email)
    return clients.filter(Exists(people.filter(client=OuterRef("pk"))))


class ClientFilter(filters.FilterSet):
    """`?status=active&outstanding_balance=gt:100000&tags=retainer,priority&q=acme`"""

    q = Asked(words, lambda clients, text: clients.matching(text))
    name = Asked(words, lambda clients, text: clients.named_like(text))
    email = Asked(words, _reachable_at)
    status = StateFilter()
    tags = Asked(_titles, _tagged)
    category_id = Same("category", "category")
    group_id = Same("group", "group")
    country = Asked(_country_codes, lambda clients, codes: clients.filter(country__in=codes))
    portal_access = If(_HAS_ACCESS)
    portal_last_seen = Moment("portal_last_seen_at")
    outstanding_balance = Amount("balance")
    total_billed = Amount("total_billed")
    active_projects = RunningProjects(int, field_name="running")
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")
    updated_since = Since("updated_at")
