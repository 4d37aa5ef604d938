"""What is answered when Django itself gives up: JSON to machines, a plain page to people."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

_NATIVE = "/v1/"
_MACHINES = (_NATIVE, "/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(_MACHINES):
        return _told(request, 400, "bad_request", "The request cannot be understood.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(_MACHINES):
        return _told(request, 500, "internal_error", "Server Error")
    return defaults.server_error(request)


def _told(request: HttpRequest, status: int, code: str, message: str) -> JsonResponse:
    if not request.path.startswith(_NATIVE):
        return JsonResponse({"message": message}, status=status)
    error = {"type": "api_error", "code": code, "message": message}
    return JsonResponse({"error": error}, status=status)
