"""Projects that are shared: where they stand, their files and what was billed for them."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from billing.speaking import Speaker
from clients.models import Project
from portal.entering import Visit, needs, portal_page
from portal.file_views import file_rows, upload_words, with_senders
from portal.rights import Right
from portal.seeing import files_for, invoices_for, key_in, projects_for
from portal.showing import ROW, row_of, show, today_of, voice_of

_PER_PAGE = 20
# Of files and of invoices; the lists of those show the others.
_NEWEST = 20


@require_safe
@portal_page
@needs(Right.PROJECTS)
def projects(request: HttpRequest, visit: Visit) -> HttpResponse:
    found = projects_for(visit.contact, everything=visit.sees_everything)
    page = Paginator(found.order_by("-id"), _PER_PAGE).get_page(request.GET.get("page"))
    rows = [project_row(one, voice_of(visit)) for one in page]
    return show(request, visit, "projects", {"projects": rows, "page": page})


@require_safe
@portal_page
@needs(Right.PROJECTS)
def project(request: HttpRequest, visit: Visit, project: str) -> HttpResponse:
    theirs = projects_for(visit.contact, everything=visit.sees_everything)
    found = theirs.filter(pk=key_in(project)).first()
    if found is None:
        raise Http404
    context = {
        "project": project_row(found, voice_of(visit)),
        "description": found.description,
        **(_invoices(visit, found) if Right.INVOICES in visit.rights else {}),
        **(_files(visit, found) if Right.FILES in visit.rights else {}),
        **upload_words(request, visit),
    }
    return show(request, visit, "project", context)


def project_row(one: Project, voice: Speaker) -> dict[str, Any]:
    """Never its budget, nor who leads it."""
    return {
        "pk": one.pk,
        "name": one.name,
        "status": one.status,
        "starts": voice.date(one.starts_on),
        "ends": voice.date(one.ends_on),
    }


def _files(visit: Visit, project: Project) -> dict[str, Any]:
    found = files_for(visit.contact, everything=visit.sees_everything).filter(project=project)
    newest = list(with_senders(found)[: _NEWEST + 1])
    rows = file_rows(visit, newest[:_NEWEST])
    return {"files": rows, "has_more_files": len(newest) > _NEWEST}


def _invoices(visit: Visit, project: Project) -> dict[str, Any]:
    found = invoices_for(visit.contact, everything=visit.sees_everything).filter(project=project)
    newest = list(found.only(*ROW).order_by("-issued_on", "-id")[: _NEWEST + 1])
    voice, today = voice_of(visit), today_of(visit)
    rows = [row_of(one, voice, today) for one in newest[:_NEWEST]]
    return {"invoices": rows, "has_more_invoices": len(newest) > _NEWEST}
