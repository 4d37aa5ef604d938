"""`/v1/events`: what changed, oldest first, for whoever keeps a copy."""

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django_filters import rest_framework as filters
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.response import Response

from agencies import events
from api.native import errors
from api.native.events import kinds_for, present, readable_with, types_for
from api.native.filters import Asked, Moment, narrowed
from api.native.ids import decode
from api.native.manners import NativeViewSet
from api.native.pagination import limit_of

LATEST = "latest"
_PREFIX = "cur_"


class Expired(APIException):
    """The place is so far back that events behind it are gone."""

    status_code = 410
    param = "cursor"

    def __init__(self):
        message = (
            "Events behind this cursor were forgotten. Take cursor=latest, read everything anew, "
            "then follow the events from there."
        )
        super().__init__(message, "cursor_expired")


class TryAgain(APIException):
    status_code = 429

    def __init__(self):
        super().__init__("Changes are being written. Ask again in a second.", "try_again")


class Types(Asked):
    """`client.created,contact.*`; `more` are types that are told of nowhere but here."""

    def __init__(self, *more: str):
        def read(text):
            known, chosen = [*events.types(), *more], []
            for word in text.split(","):
                found = [name for name in known if word in (name, f"{name.partition('.')[0]}.*")]
                if not found:
                    raise ValidationError(
                        f"{word[:60]} is no type. Use client.created or client.*."
                    )
                chosen += found
            return chosen

        super().__init__(read, lambda rows, chosen: rows.filter(type__in=chosen))


class EventFilter(filters.FilterSet):
    """`?types=client.*,contact.created&created_at=gte:2026-01-01`"""

    types = Types()
    created_at = Moment("batch__committed_at")


class EventViewSet(NativeViewSet):
    subject = "events"

    def list(self, request):
        query = request.query_params
        known = {"cursor", "limit", *EventFilter.base_filters}
        errors.refuse_unknown(query, known=known)
        limit, start = limit_of(query.get("limit")), self._start(query.get("cursor"))
        asked = narrowed(EventFilter, self._readable(), request)
        # First how far it is safe to read, then what is there: in this order nothing is missed.
        stop = events.end()
        if stop is None:
            found, here = [], self._or_try_again(start)
        else:
            start = stop if start is None else start
            found = list(events.between(asked, start, stop)[: limit + 1])
            has_more = len(found) > limit
            here = events.place_of(found[limit - 1]) if has_more else max(start, stop)
        meta = {
            "limit": limit,
            "has_more": stop is None or len(found) > limit,
            "next_cursor": self._cursor(here),
        }
        return Response({"data": [present(event) for event in found[:limit]], "meta": meta})

    def retrieve(self, request, id):
        errors.refuse_unknown(request.query_params)
        event = events.settled().filter(pk=decode("evt", id)).first()
        if event is None:
            raise errors.not_found("event")
        if not readable_with(request.auth.key, event.type):
            raise PermissionDenied(f"This key may not read what {event.type} tells of.")
        return Response(present(event))

    def _readable(self):
        """A key is told of what it may read and of nothing else."""
        return events.settled().filter(type__in=types_for(kinds_for(self.request.auth.key)))

    def _start(self, cursor) -> events.Place | None:
        """Where to read on; None is where the log ends. Raises BadParameter and Expired."""
        if cursor is None:
            return events.Place()
        if cursor == LATEST:
            return None
        try:
            if not cursor.startswith(_PREFIX):
                raise BadSignature
            place = events.Place(*self._signer().unsign_object(cursor.removeprefix(_PREFIX)))
        except BadSignature as error:
            raise errors.BadParameter(
                "cursor", f"cursor must be one that an earlier page gave, or {LATEST}."
            ) from error
        if events.is_forgotten(place):
            raise Expired
        return place

    def _cursor(self, place) -> str:
        return _PREFIX + self._signer().sign_object([place.position, place.event_id])

    def _signer(self) -> Signer:
        return Signer(salt=f"api.native.events {self.agency.pk}", sep=".")

    def _or_try_again(self, start):
        if start is None:
            raise TryAgain
        return start
