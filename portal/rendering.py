"""Pages for people who are not signed in, in the agency's language."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override

from contacts.languages import language_of_agency
from portal.branding import Brand


def show_to_anybody(
    request: HttpRequest, brand: Brand, page: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    with override(language_of_agency(brand.agency)):
        return render(request, f"portal/{page}.html", {"brand": brand, **context}, status=status)
