"""Files: what the agency shares, and what people at the client send to it."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST, require_safe

from billing.days import day_in
from clients.documents import FileTooLarge
from clients.file_types import MEDIA_TYPES, FileTypeRefused
from clients.models import Document, Project
from portal.arriving import Arrival, takes_files
from portal.entering import Visit, needs, portal_page
from portal.files import UNAVAILABLE, download
from portal.rights import Right
from portal.seeing import files_for, key_in, projects_for
from portal.showing import lead_to, show, voice_of
from portal.uploading import PER_DAY, TooManyFiles, receive

_PER_PAGE = 20
# In one request.
_MOST = 20


@require_safe
@portal_page
@needs(Right.FILES)
def files(request: HttpRequest, visit: Visit) -> HttpResponse:
    return _files(request, visit)


@require_safe
@portal_page
@needs(Right.FILES)
def file(request: HttpRequest, visit: Visit, file: str) -> HttpResponseBase:
    """Foreign, private and absent ones are answered alike."""
    theirs = files_for(visit.contact, everything=visit.sees_everything)
    found = theirs.filter(pk=key_in(file)).first()
    if found is None:
        raise Http404
    try:
        return download(found)
    except UNAVAILABLE:
        return show(request, visit, "unavailable", {}, status=503)


@require_POST
@takes_files
@portal_page
@needs(Right.FILES)
def upload(request: HttpRequest, visit: Visit, arrival: Arrival) -> HttpResponseBase:
    if arrival.allowance.exceeded:
        page = show(request, visit, "too_often", {}, status=429)
        page["Retry-After"] = str(arrival.allowance.resets_in)
        return page
    if arrival.is_too_large:
        most = filesizeformat(settings.UPLOAD_REQUEST_LIMIT_KB * 1024)
        said = gettext("That is too much at once. Send at most %(most)s.") % {"most": most}
        return _files(request, visit, wrong=said, status=413)
    return _receive(request, visit, arrival.files)


def file_rows(visit: Visit, documents: Sequence[Document]) -> list[dict[str, Any]]:
    voice, agency = voice_of(visit), visit.brand.agency
    return [
        {
            "pk": one.pk,
            "name": one.name,
            "on": voice.date(day_in(agency, one.created_at)),
            "size": filesizeformat(one.size),
            "project": one.project if names_projects(visit) else None,
            "by": _sender(visit, one),
        }
        for one in documents
    ]


def names_projects(visit: Visit) -> bool:
    """Whoever was invited to projects by name knows them."""
    return Right.PROJECTS in visit.rights or not visit.sees_everything


def with_senders(documents: Any) -> Any:
    """Newest first, with all that file_rows() asks for."""
    found = documents.select_related("project", "portal_upload__contact")
    return found.order_by("-created_at", "-id")


@csrf_protect
def _receive(
    request: HttpRequest, visit: Visit, uploads: Sequence[UploadedFile]
) -> HttpResponseBase:
    project, wrong = _project(request, visit)
    if not uploads or len(uploads) > _MOST:
        wrong = gettext("Choose a file, or up to %(most)s of them.") % {"most": _MOST}
    if not wrong:
        wrong = _keep(visit, uploads, project)
    if wrong:
        return _files(request, visit, wrong=wrong, project=project, status=422)
    if project and request.POST.get("page") == "project":
        return lead_to(visit, f"projects/{project.pk}?kept={len(uploads)}")
    return lead_to(visit, f"files?kept={len(uploads)}")


def _keep(visit: Visit, uploads: Sequence[UploadedFile], project: Project | None) -> str:
    """What is wrong with them; empty where they were kept."""
    try:
        receive(visit.contact, uploads, project=project, at=visit.at)
    except FileTypeRefused as refused:
        said = gettext("%(name)s cannot be kept. Send one of: %(types)s.")
        names = {"name": uploads[refused.position].name, "types": ", ".join(MEDIA_TYPES)}
        return said % names
    except FileTooLarge as refused:
        most = filesizeformat(settings.UPLOAD_LIMIT_KB * 1024)
        said = gettext("%(name)s is too large. A file may have %(most)s at most.")
        return said % {"name": uploads[refused.position].name, "most": most}
    except TooManyFiles:
        return gettext("You can send %(most)s files a day. Go on tomorrow.") % {"most": PER_DAY}
    return ""


def _project(request: HttpRequest, visit: Visit) -> tuple[Project | None, str]:
    """The project that was chosen, and what is wrong with the choice."""
    asked = request.POST.get("project", "")
    if not asked and visit.sees_everything:
        return None, ""
    theirs = projects_for(visit.contact, everything=visit.sees_everything)
    found = theirs.filter(pk=key_in(asked)).first() if names_projects(visit) else None
    return found, "" if found else gettext("Choose a project.")


def _files(
    request: HttpRequest,
    visit: Visit,
    *,
    wrong: str = "",
    project: Project | None = None,
    status: int = 200,
) -> HttpResponse:
    found = with_senders(files_for(visit.contact, everything=visit.sees_everything))
    of_project = request.GET.get("project", "")
    if of_project and names_projects(visit):
        found = found.filter(project=key_in(of_project))
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    theirs = projects_for(visit.contact, everything=visit.sees_everything)
    context = {
        "files": file_rows(visit, list(page)),
        "page": page,
        "projects": theirs.order_by("name", "pk") if names_projects(visit) else [],
        "chosen": project.pk if project else key_in(of_project),
        "wrong": wrong,
        **upload_words(request, visit),
    }
    return show(request, visit, "files", context, status=status)


def upload_words(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """What the form says: how many were just kept, and what may be sent."""
    kept = request.GET.get("kept", "")
    return {
        "kept": int(kept) if kept.isdecimal() and 0 < key_in(kept) <= _MOST else 0,
        "most": filesizeformat(settings.UPLOAD_LIMIT_KB * 1024),
        "accepted": ",".join(f".{extension}" for extension in (*MEDIA_TYPES, "jpeg", "tif")),
        "needs_project": not visit.sees_everything,
    }


def _sender(visit: Visit, document: Document) -> str:
    """Of the agency's people nobody is named."""
    upload = getattr(document, "portal_upload", None)
    if upload is None:
        return str(visit.brand.agency)
    if upload.contact_id == visit.contact.pk:
        return gettext("you")
    return str(upload.contact or visit.client)
