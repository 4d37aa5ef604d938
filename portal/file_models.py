"""Files that came in through the portal."""

from django.db import models
from django.utils import timezone

from agencies.models import Agency
from clients.models import Document
from contacts.models import Contact


class PortalUpload(models.Model):
    """Which person at the client sent a document; a member of the agency sends in other ways."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    document = models.OneToOneField(Document, models.CASCADE, related_name="portal_upload")
    # Nobody by now, where the person was forgotten and the document was not.
    contact = models.ForeignKey(
        Contact, models.SET_NULL, related_name="portal_uploads", null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.document} from the portal"
