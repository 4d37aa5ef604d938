"""Opens the scope for signed-in staff: one agency, one transaction, for the whole request."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from agencies.models import Membership
from agencies.scope import acting_for

SESSION_KEY = "agency"


def staff_scope(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """On /admin/ a member acts for the agency chosen in the session, else for their first."""

    def middleware(request: HttpRequest) -> HttpResponse:
        membership = _membership(request)
        if membership is None:
            return get_response(request)
        request.membership = membership  # type: ignore[attr-defined]
        with acting_for(membership.agency_id, door="admin", member_id=membership.pk):
            response = get_response(request)
            # Pages are rendered while the rows can still be seen.
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response

    return middleware


def _membership(request: HttpRequest) -> Membership | None:
    if not request.path.startswith("/admin/") or not request.user.is_authenticated:
        return None
    memberships = Membership.objects.filter(user=request.user).select_related("agency")
    chosen = request.session.get(SESSION_KEY)
    wanted = memberships.filter(agency_id=chosen).first() if chosen else None
    return wanted or memberships.first()
