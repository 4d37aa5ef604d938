"""Tags themselves: made, renamed, taken away from everybody. Who has which: see clients.sorting."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from agencies.errors import DomainError
from agencies.models import Agency
from clients.creating import constraint_of
from clients.models import Tag


class TagTaken(DomainError):
    code = "tag_taken"


def create_tag(agency: Agency, title: str) -> Tag:
    """Titles compare without case. Raises TagTaken."""
    with _refusing_twins():
        return Tag.objects.create(agency=agency, title=title)


def rename_tag(tag: Tag, title: str) -> None:
    """Whoever has the tag has it under its new title. Raises TagTaken."""
    tag.title = title
    with _refusing_twins():
        tag.save(update_fields=["title"])


def delete_tag(tag: Tag) -> None:
    """Nobody has it any more."""
    tag.delete()


@contextmanager
def _refusing_twins() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint_of(error) != "tag_title_once":
            raise
        raise TagTaken("There is a tag with this title.", field="title") from error
