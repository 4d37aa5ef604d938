"""Files that people at clients send to the agency."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.urls import reverse

from agencies.errors import DomainError
from clients.documents import store_all
from clients.models import Document, Project
from contacts.models import Contact
from portal.file_models import PortalUpload
from portal.telling_staff import tell_staff

PER_DAY = 100


class TooManyFiles(DomainError):
    """One person sends so many in a day, and no more."""

    code = "too_many_files"


@transaction.atomic
def receive(
    contact: Contact, uploads: Sequence[File], *, project: Project | None, at: datetime
) -> list[Document]:
    """Keep what somebody sent, shown to their client from now on, and tell the agency.

    All of them or none. Raises TooManyFiles, and what store_all() raises.
    """
    today = PortalUpload.objects.filter(contact=contact, created_at__gt=at - timedelta(days=1))
    if today.count() + len(uploads) > PER_DAY:
        raise TooManyFiles(f"Send at most {PER_DAY} files a day.")
    assert contact.client  # noqa: S101 (they are in its portal; said for the type checker)
    kept = store_all(contact.client, uploads, by=None, is_shared=True, project=project)
    PortalUpload.objects.bulk_create(
        PortalUpload(agency_id=one.agency_id, document=one, contact=contact, created_at=at)
        for one in kept
    )
    _tell(contact, kept, project)
    return kept


def _tell(contact: Contact, kept: Sequence[Document], project: Project | None) -> None:
    client = contact.client
    files = reverse("admin:clients_document_changelist", urlconf=settings.ROOT_URLCONF)
    where = f"They belong to the project {project}." if project else "They belong to no project."
    tell_staff(
        contact.agency,
        kind="upload",
        subject=f"{client} sent you {len(kept)} file{'s' if len(kept) > 1 else ''}",
        paragraphs=[
            f"{contact} of {client} sent this through the portal:",
            *(one.name for one in kept),
            where,
        ],
        label="Look at the files",
        address=f"{settings.FOYER_URL}{files}?from_portal=yes",
    )
