"""Where the mail provider tells what became of messages: anymail reads it, the log keeps it."""

from datetime import datetime
from typing import Any

import structlog
from anymail.signals import AnymailTrackingEvent, tracking
from django.conf import settings
from django.core.exceptions import BadRequest, ImproperlyConfigured, SuspiciousOperation
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from contacts.outcomes import clean
from contacts.tracking import Report, hear

_log = structlog.get_logger("foyer.mail")


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail_events(request: HttpRequest, provider: str) -> HttpResponse:
    """For the provider that is set, and only where ANYMAIL_WEBHOOK_SECRET tells it from a stranger.

    What cannot be read is a 400. Where we fail ourselves, a 500 makes the provider tell it again.
    """
    if provider != settings.EMAIL_PROVIDER or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    view = _reader(provider)
    if request.method == "HEAD":
        # Some ask so whether there is anybody.
        return HttpResponse()
    view.setup(request)
    try:
        view.run_validators(request)
        events = list(view.parse_events(request))
    except SuspiciousOperation:
        raise
    except Exception as error:
        # Whoever knows the secret may still send nonsense; each reader stumbles in its own way.
        raise BadRequest("The events cannot be read.") from error
    for event in events:
        tracking.send(sender=type(view), event=event, esp_name=view.esp_name)
    return HttpResponse()


def _reader(provider: str) -> Any:
    """Anymail's view of the provider, which checks its password and signature too."""
    try:
        found = resolve(f"/{provider}/tracking/", urlconf="anymail.urls").func
        return found.view_class(**found.view_initkwargs)  # type: ignore[attr-defined]
    except (Resolver404, ImproperlyConfigured) as error:
        _log.warning("The mail provider's events cannot be read.", reason=str(error)[:500])
        raise Http404 from error


@receiver(tracking)
def note_event(sender: type, event: AnymailTrackingEvent, **_: Any) -> None:
    ours = event.metadata.get("message") if isinstance(event.metadata, dict) else None
    names = [name for name in (ours, event.message_id) if isinstance(name, str) and name]
    told = [str(words) for words in (event.description, event.mta_response) if words]
    report = Report(
        names=tuple(_sound(name) for name in names),
        event=str(event.event_type),
        reject_reason=str(event.reject_reason or ""),
        detail=clean(_sound(" – ".join(told))),
        at=_moment(event.timestamp),
    )
    hear(report)


def _sound(words: str) -> str:
    """JSON can carry halves of letters that no database takes."""
    return words.encode(errors="replace").decode()


def _moment(timestamp: Any) -> datetime:
    """When it happened, as far as that can be believed."""
    now = timezone.now()
    if isinstance(timestamp, datetime) and timestamp.tzinfo is not None:
        return min(timestamp, now)
    return now
