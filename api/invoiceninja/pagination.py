"""`per_page` and `page`, forgiving as the original: whatever cannot be read has a default."""

import re
from dataclasses import dataclass
from typing import Any

DEFAULT_SIZE, FALLBACK_SIZE, MOST = 20, 15, 5000
_SIZE = re.compile(r"[+-]?0*([0-9]+)(\.[0-9]+)?", re.ASCII)
_NUMBER = re.compile(r"\+?([1-9][0-9]{0,18})", re.ASCII)
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Page:
    number: int
    size: int

    def cut(self, queryset, *, total: int):
        """The page's rows; none, and no query, past the end."""
        start, stop = self.bounds(total=total)
        return queryset[start:stop] if start < stop else queryset.none()

    def bounds(self, *, total: int) -> tuple[int, int]:
        """Where the page begins and ends among all rows; nothing in between past the end."""
        start = min((self.number - 1) * self.size, total)
        return start, min(start + self.size, total)

    def meta(self, request, *, total: int, count: int) -> dict[str, Any]:
        pages = max(1, -(-total // self.size))
        pagination: dict[str, Any] = {
            "total": total,
            "count": count,
            "per_page": self.size,
            "current_page": self.number,
            "total_pages": pages,
            # PHP's empty array where there is nothing to link, as in the documented sample.
            "links": self._links(request, pages) or [],
        }
        return {"pagination": pagination}

    def _links(self, request, pages: int) -> dict[str, str]:
        links = {}
        if self.number > 1:
            links["previous"] = _address(request, self.number - 1)
        if self.number < pages:
            links["next"] = _address(request, self.number + 1)
        return links


def page_of(sent: dict[str, Any]) -> Page:
    return Page(number=_number(sent.get("page")), size=_size(sent))


def _number(value: Any) -> int:
    match = _NUMBER.fullmatch(_text(value))
    return int(match[1]) if match and int(match[1]) <= _LARGEST else 1


def _size(sent: dict[str, Any]) -> int:
    if "per_page" not in sent:
        return DEFAULT_SIZE
    match = _SIZE.fullmatch(_text(sent["per_page"]))
    if match is None:
        return FALLBACK_SIZE
    # Five digits are beyond the most there is; more of them need not be read.
    return min(int(match[1][:5]), MOST) or FALLBACK_SIZE


def _text(value: Any) -> str:
    """What JSON says with a number, a query says with its digits; anything else says nothing."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, str) else str(value) if is_number else ""


def _address(request, number: int) -> str:
    """The same request for another page; the caller's other parameters stay."""
    query = request.query_params.copy()
    query["page"] = str(number)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
