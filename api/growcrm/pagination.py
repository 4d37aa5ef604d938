"""`limit` and `page`, forgiving as Laravel's paginator: what makes no sense is the default."""

from dataclasses import dataclass

from api.growcrm.fields import id_number, whole_number

# Grow CRM takes its default from a system setting; 25 is what its documentation shows.
DEFAULT_LIMIT, MOST = 25, 100


@dataclass(frozen=True)
class Page:
    number: int
    limit: int

    def cut(self, queryset, *, total):
        """The rows of this page; nothing is asked of the database past the last one."""
        start = (self.number - 1) * self.limit
        return queryset[start : start + self.limit] if start < total else queryset.none()


def page_of(query) -> Page:
    limit = whole_number(query.get("limit")) or 0
    return Page(
        number=id_number(query.get("page")) or 1,
        limit=min(limit, MOST) if limit > 0 else DEFAULT_LIMIT,
    )


def meta(page: Page, *, total: int) -> dict:
    return {
        "current_page": page.number,
        "per_page": page.limit,
        "total": total,
        "last_page": max(1, -(-total // page.limit)),
    }
