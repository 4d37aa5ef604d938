"""Categories themselves: made, renamed, made the default one, deleted."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from agencies.errors import DomainError
from agencies.models import Agency
from clients import numbering
from clients.creating import constraint_of
from clients.models import Category


class CategoryTaken(DomainError):
    code = "category_taken"


class CategoryInUse(DomainError):
    code = "category_in_use"


class CategoryIsDefault(DomainError):
    code = "category_is_default"


def create_category(agency: Agency, name: str) -> Category:
    """Names compare without case. Raises CategoryTaken."""
    with _refusing_twins():
        return Category.objects.create(agency=agency, name=name)


def rename_category(category: Category, name: str) -> None:
    """Raises CategoryTaken."""
    category.name = name
    with _refusing_twins():
        category.save(update_fields=["name", "updated_at"])


@transaction.atomic
def make_default(category: Category) -> None:
    """Give it to clients made without one from now on, in place of the former default."""
    # One after the other: two at once would leave two defaults.
    numbering.lock(category.agency)
    former = Category.objects.filter(is_default=True).exclude(pk=category.pk)
    for other in former:
        other.is_default = False
        other.save(update_fields=["is_default", "updated_at"])
    if not Category.objects.filter(pk=category.pk, is_default=True).exists():
        category.is_default = True
        category.save(update_fields=["is_default", "updated_at"])


@transaction.atomic
def delete_category(category: Category) -> None:
    """Raises CategoryIsDefault, and CategoryInUse where a client is filed under it."""
    category = Category.objects.select_for_update().get(pk=category.pk)
    if category.is_default:
        raise CategoryIsDefault("Make another category the default one first.")
    # Deleted clients too: they come back to where they were.
    if category.clients.exists():
        raise CategoryInUse("Clients are filed under this category. Give them another one first.")
    category.delete()


@contextmanager
def _refusing_twins() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint_of(error) != "category_name_once":
            raise
        raise CategoryTaken("There is a category with this name.", field="name") from error
