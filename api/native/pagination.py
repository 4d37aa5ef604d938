"""`limit` and `cursor`. A cursor is the place of a row, so page 2,500 costs what page 2 costs.

Whoever follows it sees every row that keeps its place exactly once, whatever is written meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet

from api.native.errors import BadParameter
from api.native.sorting import Order

DEFAULT_LIMIT, MOST = 20, 100
PARAMETERS = ("limit", "cursor", "sort")
_PREFIX = "cur_"


@dataclass(frozen=True)
class Page:
    """At most `limit` rows behind the place `after`, which is empty on the first page."""

    order: Order
    signer: Signer
    limit: int = DEFAULT_LIMIT
    after: Sequence[Any] = ()

    def cut(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """One row more than the page, which tells whether there is another one."""
        return self.order.applied(queryset, after=self.after)[: self.limit + 1]

    def envelope(
        self,
        shown: list[dict[str, Any]],
        found: list[dict[str, Any]],
        *,
        total: int,
        **more: int | str,
    ) -> dict[str, Any]:
        """`shown` as presented; `found` are the rows that cut() led to; `more` for the meta."""
        meta: dict[str, int | str] = {"total": total, "limit": self.limit, **more}
        if len(found) > self.limit:
            content = [self.order.text, *self.order.place_of(found[self.limit - 1])]
            meta["next_cursor"] = _PREFIX + self.signer.sign_object(content, compress=True)
        return {"data": shown, "meta": meta}


def page_of(query: Mapping[str, str], order: Order, *, bound_to: str) -> Page:
    """The page that is asked for. Raises BadParameter.

    A cursor is good for the list it came from, which `bound_to` names, in the same order.
    """
    signer = Signer(salt=f"api.native.cursor {bound_to}", sep=".")
    after = _after(query.get("cursor"), order, signer)
    return Page(order, signer, limit_of(query.get("limit")), after)


def limit_of(value: str | None) -> int:
    if value is None:
        return DEFAULT_LIMIT
    if not value.isascii() or not value.isdigit() or int(value[:20]) < 1:
        raise BadParameter("limit", "limit must be a whole number from 1 to 100.")
    return min(int(value[:20]), MOST)


def _after(value: str | None, order: Order, signer: Signer) -> Sequence[Any]:
    if value is None:
        return ()
    try:
        if not value.startswith(_PREFIX):
            raise BadSignature
        sort, *place = signer.unsign_object(value.removeprefix(_PREFIX))
    except BadSignature as error:
        raise BadParameter("cursor", "cursor must be one that an earlier page gave.") from error
    if sort != order.text:
        raise BadParameter("cursor", f"This cursor belongs to a list with sort={sort}.")
    return place
