"""Links that open one document, and nothing beside it."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, Membership, audited
from billing.models import Credit, Invoice, KeptStatement
from contacts.models import Contact, Message


@audited(exclude=["digest"])
class DocumentLink(models.Model):
    """Lets whoever has its mail read one invoice, credit or statement, and signs nobody in."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="document_links")
    # Where it was sent: somebody with another address is somebody else.
    address = models.CharField(max_length=320)
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="+", null=True)
    credit = models.ForeignKey(Credit, models.CASCADE, related_name="+", null=True)
    statement = models.ForeignKey(KeptStatement, models.CASCADE, related_name="+", null=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    mail = models.ForeignKey(Message, models.SET_NULL, related_name="+", null=True)

    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(Membership, models.SET_NULL, related_name="+", null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(invoice__isnull=False, credit__isnull=True, statement__isnull=True)
                    | Q(invoice__isnull=True, credit__isnull=False, statement__isnull=True)
                    | Q(invoice__isnull=True, credit__isnull=True, statement__isnull=False)
                ),
                name="link_opens_one_document",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="document_link_expires_after_making"
            ),
        ]

    def __str__(self) -> str:
        return f"Link of {self.address} to {self.document}"

    @property
    def document(self) -> Invoice | Credit | KeptStatement:
        # The database has exactly one of them.
        return self.invoice or self.credit or self.statement  # type: ignore[return-value]
