"""Categories and tags: what a client is filed under."""

from collections.abc import Iterable

from django.db import connection
from django.db.models.functions import Lower

from agencies.models import Agency
from clients.models import Category, Client, ClientTag, Tag


def default_category(agency: Agency) -> Category:
    """The category of clients made without one; made at the first use."""
    found = Category.objects.filter(is_default=True).first()
    if found is None:
        # Two first clients at once: the partial unique constraint lets one of them make it.
        Category.objects.bulk_create(
            [Category(agency=agency, name="Default", is_default=True)], ignore_conflicts=True
        )
        found = Category.objects.get(is_default=True)
    return found


def set_tags(client: Client, titles: Iterable[str]) -> bool:
    """Make `titles` the full set of the client's tags, in this order; unknown ones are made.

    Titles compare without case; blanks and repetitions are dropped. Returns whether that changed
    anything.
    """
    wanted = _by_lower(titles)
    present = client.client_tags.order_by("pk").values_list(Lower("tag__title"), flat=True)
    if list(present) == list(wanted):
        return False
    Tag.objects.bulk_create(
        [Tag(agency_id=client.agency_id, title=title) for title in wanted.values()],
        ignore_conflicts=True,
    )
    tags = Tag.objects.annotate(lower=Lower("title")).filter(lower__in=wanted)
    by_lower = {tag.lower: tag for tag in tags}
    client.client_tags.all().delete()
    ClientTag.objects.bulk_create(
        ClientTag(agency_id=client.agency_id, client=client, tag=by_lower[lower])
        for lower in wanted
    )
    return True


def _by_lower(titles: Iterable[str]) -> dict[str, str]:
    """The first spelling of each title. PostgreSQL lowers, as the constraint on titles does."""
    told = [title.strip() for title in titles if title.strip()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower(t), t FROM unnest(%s::text[]) WITH ORDINALITY x(t, n)", [told])
        spelled: dict[str, str] = {}
        for lower, title in cursor.fetchall():
            spelled.setdefault(lower, title)
    return spelled
