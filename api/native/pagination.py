"""`limit` and `cursor`: newest first, stable while others write."""

import base64
import binascii
from dataclasses import dataclass

from api.native.errors import BadParameter

DEFAULT_LIMIT, MOST = 20, 100
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """What the caller asked for: at most `limit` rows with an id below `before`."""

    limit: int = DEFAULT_LIMIT
    before: int | None = None

    def cut(self, queryset):
        """One row more than the page, newest first."""
        if self.before is not None:
            queryset = queryset.filter(pk__lt=self.before)
        return queryset.order_by("-pk")[: self.limit + 1]


def page_of(query) -> Page:
    """Raises BadParameter for a limit that is no positive number and a cursor we did not make."""
    return Page(_limit(query.get("limit")), _before(query.get("cursor")))


def envelope(shown: list[dict], found: list[dict], *, total: int, page: Page) -> dict:
    """`shown` as presented; `found` are the rows read, one more of them telling there is more."""
    meta: dict[str, int | str] = {"total": total, "limit": page.limit}
    if len(found) > page.limit:
        meta["next_cursor"] = cursor_after(found[page.limit - 1]["pk"])
    return {"data": shown, "meta": meta}


def cursor_after(pk: int) -> str:
    return "cur_" + base64.urlsafe_b64encode(str(pk).encode()).decode().rstrip("=")


def _limit(value: str | None) -> int:
    if value is None:
        return DEFAULT_LIMIT
    if not value.isascii() or not value.isdigit() or int(value[:20]) < 1:
        raise BadParameter("limit", "limit must be a whole number from 1 to 100.")
    return min(int(value[:20]), MOST)


def _before(value: str | None) -> int | None:
    if value is None:
        return None
    try:
        text = base64.urlsafe_b64decode(value.removeprefix("cur_") + "==").decode("ascii")
        pk = int(text) if text.isdigit() and len(text) < 20 else 0
    except (binascii.Error, ValueError):
        pk = 0
    if not 0 < pk <= _LARGEST or cursor_after(pk) != value:
        raise BadParameter("cursor", "cursor must be one that an earlier page gave.")
    return pk
