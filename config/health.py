"""`/healthz`: the process answers. `/readyz`: the database answers and is migrated."""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

_migrated = False


def answer_before_hosts(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Answer whatever Host and scheme say: probes address a container by its number."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            return _readiness()
        return get_response(request)

    return middleware


def _readiness() -> JsonResponse:
    try:
        ready = _is_migrated()
    except DatabaseError:
        return JsonResponse({"status": "waiting", "for": "database"}, status=503)
    if not ready:
        return JsonResponse({"status": "waiting", "for": "migrations"}, status=503)
    return JsonResponse({"status": "ok"})


def _is_migrated() -> bool:
    """Reading the plan takes a while, so once it is empty only the database is asked."""
    global _migrated
    if _migrated:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    executor = MigrationExecutor(connection)
    _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
