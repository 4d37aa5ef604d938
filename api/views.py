"""What every endpoint of every dialect does, in this order.

Key, allowance, permission, the body to its end, and only then the transaction: neither a stranger's
bytes nor a slow sender's hold one open.
"""

from contextlib import ExitStack

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError, transaction
from psycopg.errors import ForeignKeyViolation
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    NotFound,
    ParseError,
    PermissionDenied,
    Throttled,
)
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from agencies.scope import acting_for
from api import idempotency
from api.bodies import ContentTooLarge, read_whole
from api.parsing import refuse_unstorable
from api.throttling import FixedWindow
from clients.departing import ClientGone
from clients.documents import settling


class CarriesScope(BasePermission):
    """The key carries the scope that the view names, and its member's role does such things."""

    def has_permission(self, request, view):
        if request.auth is None or not request.auth.key.may(view.scope_needed(request)):
            return False
        return view.action not in view.deleting_actions or request.auth.key.may_delete()


class CountedView(APIView):
    """Counts every request it gets, and tells in each answer how many are left."""

    throttle_classes = [FixedWindow]

    def throttled(self, request, wait):
        raise Throttled(wait=request.allowance.resets_in)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        allowance = getattr(request, "allowance", None)
        if allowance is not None:
            response["X-RateLimit-Limit"] = str(allowance.limit)
            response["X-RateLimit-Remaining"] = str(allowance.remaining)
            if allowance.exceeded:
                response["Retry-After"] = str(allowance.resets_in)
        return response


class DialectViewSet(ViewSetMixin, CountedView):
    """One transaction for one agency per request; who is refused or sent on leaves nothing behind.

    A dialect sets `door`, `authentication_classes`, `parser_classes` and `get_exception_handler`;
    a view sets `subject`, the first half of the scope it needs.
    """

    door: str
    subject: str
    permission_classes = [CarriesScope]
    # Those that make an end of something, as the admin understands it; archiving is none.
    deleting_actions: frozenset[str] = frozenset({"destroy"})

    @property
    def agency(self):
        return self.request.auth.agency

    def scope_needed(self, request) -> str:
        verb = "read" if request.method in SAFE_METHODS else "write"
        return f"{self.subject}:{verb}"

    def refuse_deleting(self):
        """For what only the body tells. Raises PermissionDenied."""
        if not self.request.auth.key.may_delete():
            raise PermissionDenied

    def dispatch(self, request, *args, **kwargs):
        self.acts = False
        # Whatever charset a body claims: some that Python knows, such as base64, are no text.
        request.encoding = "utf-8"
        try:
            with ExitStack() as self.room:
                response = super().dispatch(request, *args, **kwargs)
                if self.acts and response.status_code >= 300:
                    transaction.set_rollback(True)
                return response
        except IntegrityError as error:
            return self.refused_at_commit(error)

    def refused_at_commit(self, error):
        """Foreign keys are asked last: somebody removed what this request had found and used."""
        if not isinstance(error.__cause__, ForeignKeyViolation):
            raise error
        gone = ClientGone("What this request is about was removed meanwhile. Nothing was changed.")
        response = self.handle_exception(gone)
        self.response = self.finalize_response(self.request, response)
        return self.response

    def initial(self, request, *args, **kwargs):
        self.perform_authentication(request)
        self.check_throttles(request)
        self.before_scope(request)
        refuse_unstorable(dict(request.query_params.lists()))
        self.check_permissions(request)
        self.receive(request)
        if request.auth is not None:
            self.room.enter_context(settling())
            self.room.enter_context(self.scope())
            self.acts = True
        idempotency.begin(request)

    def scope(self):
        caller = self.request.auth
        return acting_for(caller.agency.pk, door=self.door, member_id=caller.member.pk)

    def before_scope(self, request):
        """For what a rollback must not undo, and what acts after one: nothing is open yet.

        Contexts entered into `self.room` here end after the scope does.
        """

    def receive(self, request):
        """Read the body to its end, unless the method is not offered or has none.

        Nothing in it may be asked for permission.
        """
        if self.action is not None and request.method not in SAFE_METHODS:
            read_whole(request)

    def perform_authentication(self, request):
        try:
            super().perform_authentication(request)
        except (NotAuthenticated, AuthenticationFailed):
            # Guessing keys is counted too.
            self.check_throttles(request)
            raise

    def handle_exception(self, exc):
        if isinstance(exc, idempotency.AlreadyAnswered):
            return exc.again()
        # Django's own limits, told in our shape.
        if isinstance(exc, RequestDataTooBig):
            exc = ContentTooLarge()
        elif isinstance(exc, SuspiciousOperation):
            exc = ParseError("The request has more fields than this server accepts.")
        return super().handle_exception(exc)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        idempotency.keep(request, response)
        return response


class UnknownPath(CountedView):
    """Whatever no route of the dialect matched: 404 in the dialect's shape, to anybody."""

    authentication_classes = []
    permission_classes = []
    # It is in no document.
    schema = None

    def initial(self, request, *args, **kwargs):
        self.check_throttles(request)
        raise NotFound("There is nothing at this address.", code="unknown_path")
