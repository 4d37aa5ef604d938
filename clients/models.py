"""Who the agency works for, and how it sorts and files them."""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django_countries.fields import CountryField

from agencies.models import Agency, Membership, audited, check_currency, check_language
from agencies.telling import ARCHIVED, DELETED, tell, tell_client
from clients import telling
from clients.folding import Fold
from clients.tax_facts import DROP_STALE_TAX_FACTS

# Wide enough for any dialect's sums, exact to a millionth; rounded when it becomes a document.
MONEY: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}

# Of a client: the sums that its ledger proves, and what PostgreSQL derives from other columns.
FIGURES = ("balance", "paid_to_date", "credit_balance", "payment_balance", "total_billed")
_DERIVED = ["people_text", "search_text", "sort_name"]


@audited()
class Category(models.Model):
    """A kind of client. Exactly one per agency is given to clients made without one."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="categories")
    name = models.CharField(max_length=255)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="category_in_agency"),
            models.UniqueConstraint("agency", Lower("name"), name="category_name_once"),
            models.UniqueConstraint(
                fields=["agency"], condition=Q(is_default=True), name="one_default_category"
            ),
        ]
        triggers = tell("category", client=None)

    def __str__(self) -> str:
        return self.name


@audited(ignored=["client_number_counter"])
class ClientGroup(models.Model):
    """Clients that share defaults, such as a currency or payment terms."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="client_groups")
    name = models.CharField(max_length=255)
    settings = models.JSONField(default=dict, blank=True)
    client_number_counter = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text="The next number of a client in this group; empty counts with the agency.",
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="client_group_in_agency"),
        ]
        triggers = tell(
            "group", client=None, states=ARCHIVED | DELETED, hidden=["client_number_counter"]
        )

    def __str__(self) -> str:
        return self.name


@audited()
class Tag(models.Model):
    """A label. Titles are compared without case: Priority and priority are one tag."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="tags")
    title = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="tag_in_agency"),
            models.UniqueConstraint("agency", Lower("title"), name="tag_title_once"),
        ]
        triggers = tell("tag", client=None)

    def __str__(self) -> str:
        return self.title


class ClientQuerySet(models.QuerySet["Client"]):
    def existing(self) -> Self:
        """Not deleted; archived and suspended ones are there."""
        return self.filter(deleted_at__isnull=True)

    def active(self) -> Self:
        return self.existing().filter(archived_at__isnull=True, suspended_at__isnull=True)

    def matching(self, words: str) -> Self:
        """Whose own fields or people contain `words`, without regard to case and accents."""
        return self.filter(search_text__contains=Fold(Value(words)))

    def named_like(self, words: str) -> Self:
        return self.filter(sort_name__contains=Fold(Value(words)))


@audited(
    ignored=_DERIVED,
    sums=FIGURES,
    exclude=_DERIVED,
    meta={
        "indexes": [
            # The end of a client is no activity: nobody could look it up.
            models.Index(
                fields=["agency", "pgh_created_at", "pgh_id"],
                # Tells which of them are of a removed client.
                include=["pgh_obj"],
                condition=~Q(pgh_label="delete"),
                name="client_activity",
            )
        ]
    },
)
class Client(models.Model):
    """Somebody the agency works for. Every field of all three wire contracts has its home here."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="clients")
    # Unique in the agency for ever, deleted clients included.
    number = models.CharField(max_length=100)
    name = models.CharField(max_length=255, blank=True)
    legal_name = models.CharField(max_length=255, blank=True)
    id_number = models.CharField("company register id", max_length=100, blank=True)
    vat_number = models.CharField("VAT number", max_length=100, blank=True)
    classification = models.CharField(max_length=30, blank=True)
    industry = models.CharField(max_length=100, blank=True)
    size = models.CharField("number of employees", max_length=30, blank=True)

    website = models.CharField(max_length=500, blank=True)
    phone = models.CharField(max_length=100, blank=True)
    address1 = models.CharField(max_length=255, blank=True)
    address2 = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=255, blank=True)
    postal_code = models.CharField(max_length=50, blank=True)
    country = CountryField(blank=True)
    shipping_address1 = models.CharField(max_length=255, blank=True)
    shipping_address2 = models.CharField(max_length=255, blank=True)
    shipping_city = models.CharField(max_length=255, blank=True)
    shipping_state = models.CharField(max_length=255, blank=True)
    shipping_postal_code = models.CharField(max_length=50, blank=True)
    shipping_country = CountryField(blank=True)

    public_notes = models.TextField("description", blank=True)
    private_notes = models.TextField(blank=True)
    custom_value1 = models.TextField(blank=True)
    custom_value2 = models.TextField(blank=True)
    custom_value3 = models.TextField(blank=True)
    custom_value4 = models.TextField(blank=True)
    # Values of the agency's own CustomFields by field name.
    custom_fields = models.JSONField(default=dict, blank=True)

    category = models.ForeignKey(Category, models.PROTECT, related_name="clients")
    group = models.ForeignKey(
        ClientGroup, models.SET_NULL, related_name="clients", null=True, blank=True
    )
    tags: models.ManyToManyField = models.ManyToManyField(
        Tag, through="ClientTag", related_name="clients"
    )
    created_by = models.ForeignKey(
        Membership, models.SET_NULL, related_name="created_clients", null=True, blank=True
    )
    assigned_to = models.ForeignKey(
        Membership, models.SET_NULL, related_name="assigned_clients", null=True, blank=True
    )

    # Defaults for new documents; empty means the group's or the agency's own.
    currency = models.CharField(max_length=3, blank=True, validators=[check_currency])
    language = models.CharField(max_length=15, blank=True, validators=[check_language])
    invoice_due_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(3650)]
    )
    # Further settings that override the agency's, by name, as given.
    settings = models.JSONField(default=dict, blank=True)
    is_tax_exempt = models.BooleanField(default=False)
    has_valid_vat_number = models.BooleanField(default=False)
    routing_id = models.CharField("e-invoice routing id", max_length=191, blank=True)
    tax_info = models.JSONField(default=dict, blank=True)
    e_invoice = models.JSONField(default=dict, blank=True)
    # Names the client in links; opens nothing by itself.
    public_hash = models.CharField(max_length=40, unique=True)

    # Major units of the client's currency. Written by billing's functions alone.
    balance = models.DecimalField(default=0, editable=False, **MONEY)
    paid_to_date = models.DecimalField(default=0, editable=False, **MONEY)
    credit_balance = models.DecimalField(default=0, editable=False, **MONEY)
    payment_balance = models.DecimalField(default=0, editable=False, **MONEY)
    total_billed = models.DecimalField(default=0, editable=False, **MONEY)

    # Archived, suspended and deleted are three separate things, each with its moment.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    invited_at = models.DateTimeField(null=True, blank=True, editable=False)
    portal_last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    # Kept by PostgreSQL: the first by a trigger on contacts, the others as generated columns.
    people_text = models.TextField(blank=True, editable=False)
    sort_name = models.GeneratedField(
        expression=Fold("name"), output_field=models.TextField(db_collation="C"), db_persist=True
    )
    search_text = models.GeneratedField(
        expression=Fold(
            Concat(
                *(
                    part
                    for field in (
                        "name", "legal_name", "number", "id_number", "vat_number", "custom_value1",
                        "custom_value2", "custom_value3", "custom_value4", "people_text",
                    )
                    for part in (field, Value("\n"))
                ),
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip

    objects = ClientQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="client_in_agency"),
            models.UniqueConstraint(fields=["agency", "number"], name="client_number_once"),
            models.UniqueConstraint(
                fields=["agency", "id_number"], condition=~Q(id_number=""), name="client_id_once"
            ),
            models.CheckConstraint(condition=~Q(number=""), name="client_has_number"),
        ]
        indexes = [
            models.Index(
                fields=["agency", "balance"],
                condition=Q(deleted_at__isnull=True),
                name="client_by_balance",
            ),
            models.Index(
                fields=["agency", "-id"],
                include=["balance"],
                condition=Q(deleted_at__isnull=True),
                name="client_newest",
            ),
            models.Index(
                fields=["agency", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="client_by_creation",
            ),
            models.Index(fields=["agency", "sort_name", "id"], name="client_by_name"),
            models.Index(fields=["agency", "updated_at", "id"], name="client_by_change"),
        ]
        triggers = [
            *DROP_STALE_TAX_FACTS,
            *tell(
                "client",
                client="id",
                states=ARCHIVED | DELETED | {"suspended_at": ("suspended", "resumed")},
                moments={"portal_last_seen_at": "seen"},
                hidden=["public_hash", "people_text"],
                created=telling.CLIENT_CAME,
                deleted=telling.CLIENT_WENT,
                survivor=telling.SURVIVOR,
                more_verbs=["merged"],
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.number

    def opens_portal(self) -> bool:
        """Neither suspended nor deleted; whether a person may enter, the contact knows."""
        return self.suspended_at is None and self.deleted_at is None

    def has_portal_access(self) -> bool:
        """Invited, and neither suspended nor deleted."""
        return self.invited_at is not None and self.opens_portal()


@audited()
class ClientTag(models.Model):
    """A tag on a client; the order of ids is the order in which tags were set."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="client_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="client_tags")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["client", "tag"], name="tag_once_per_client"),
        ]
        triggers = tell_client(tags="{row}.tag_id")

    def __str__(self) -> str:
        return f"{self.tag} on {self.client}"


@audited()
class CustomField(models.Model):
    """A field the agency itself defined for its clients; values lie in Client.custom_fields."""

    class Kind(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        DATE = "date"
        CHECKBOX = "checkbox"
        CHOICE = "choice"

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="custom_fields")
    name = models.SlugField(max_length=60)
    label = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    choices = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    is_required = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint("agency", Lower("name"), name="custom_field_name_once"),
        ]
        triggers = tell("custom_field", client=None, states=ARCHIVED)

    def __str__(self) -> str:
        return self.label


class ProjectQuerySet(models.QuerySet["Project"]):
    def running(self) -> Self:
        """Neither completed nor archived."""
        return self.filter(archived_at__isnull=True).exclude(status=Project.Status.COMPLETED)


@audited()
class Project(models.Model):
    """Work for a client. Private until shared."""

    class Status(models.TextChoices):
        PLANNING = "planning"
        IN_PROGRESS = "in_progress"
        REVIEW = "review"
        COMPLETED = "completed"

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="projects")
    client = models.ForeignKey(Client, models.CASCADE, related_name="projects")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=15, choices=Status, default=Status.PLANNING)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    budget = models.DecimalField(null=True, blank=True, **MONEY)
    currency = models.CharField(max_length=3, validators=[check_currency])
    lead = models.ForeignKey(
        Membership, models.SET_NULL, related_name="led_projects", null=True, blank=True
    )
    is_shared = models.BooleanField("shown in the portal", default=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="project_in_agency"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=models.F("starts_on")),
                name="project_ends_after_start",
            ),
        ]
        triggers = [
            *tell("project", states=ARCHIVED, created=telling.CAME),
            # As in ProjectQuerySet.running().
            *tell_client(
                active_projects="CASE WHEN {row}.archived_at IS NULL "
                "AND {row}.status <> 'completed' THEN true END"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def document_path(document: "Document", filename: str) -> str:
    """Below the agency and client; the name given by people is kept in the row alone."""
    return f"documents/{document.agency_id}/{document.client_id}/{document.stored_name}"


@audited()
class Document(models.Model):
    """A file of a client or of one of its projects. Private until shared."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="documents")
    client = models.ForeignKey(Client, models.CASCADE, related_name="documents")
    project = models.ForeignKey(
        Project, models.SET_NULL, related_name="documents", null=True, blank=True
    )
    uploaded_by = models.ForeignKey(
        Membership, models.SET_NULL, related_name="uploads", null=True, blank=True
    )
    name = models.CharField(max_length=255)
    # Random, with the extension that the content asks for.
    stored_name = models.CharField(max_length=80, unique=True)
    file = models.FileField(upload_to=document_path, max_length=255)
    extension = models.CharField(max_length=10)
    size = models.PositiveBigIntegerField("size in bytes")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    is_shared = models.BooleanField("shown in the portal", default=False)
    is_default = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="document_in_agency"),
        ]
        triggers = tell(
            "document", states=ARCHIVED, hidden=["stored_name", "file"], created=telling.CAME
        )

    def __str__(self) -> str:
        return self.name


class ClientMerge(models.Model):
    """What a merge of two clients did, kept so that it can be undone.

    Holds personal data of the merged client, and so is no part of the audit trail.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    # Where the merged rows are now: a survivor that is merged itself hands its records on.
    survivor = models.ForeignKey(Client, models.CASCADE, related_name="merges")
    # The survivor of this very merge, for ever.
    into_id = models.BigIntegerField(editable=False)
    merged_id = models.BigIntegerField(editable=False, db_index=True)
    # The merged row as PostgreSQL wrote it. Read it back there: JSON would round its numbers here.
    snapshot = models.JSONField(default=dict, editable=False)
    # Primary keys of the moved rows by "table.column".
    moved = models.JSONField(default=dict, editable=False)
    # [{"id", "is_primary", "is_dropped"}] as contacts stood before; see contacts.merging.
    contacts = models.JSONField(default=list, editable=False)
    # [{"id", "tag_id"}], all that the merged client had.
    tags = models.JSONField(default=list, editable=False)
    # Decimal text by the name of the figure: what was added to the survivor's.
    figures = models.JSONField(default=dict, editable=False)
    merged_at = models.DateTimeField(editable=False)
    merged_by = models.ForeignKey(Membership, models.SET_NULL, related_name="+", null=True)
    undone_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.into_id}"


class DepartedClient(models.Model):
    """The tombstone of a client: its id still answers, and says nothing about anybody."""

    class Kind(models.TextChoices):
        PURGED = "purged"
        MERGED = "merged"

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    client_id = models.BigIntegerField(editable=False)
    kind = models.CharField(max_length=6, choices=Kind)
    # Who answers for it today, at the end of a chain of merges.
    survivor = models.ForeignKey(Client, models.RESTRICT, related_name="+", null=True)
    departed_at = models.DateTimeField(editable=False)
    departed_by = models.ForeignKey(Membership, models.SET_NULL, related_name="+", null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "client_id"], name="client_departs_once"),
            models.CheckConstraint(
                condition=Q(kind="purged", survivor__isnull=True)
                | Q(kind="merged", survivor__isnull=False),
                name="only_merged_clients_have_survivors",
            ),
        ]
        triggers = telling.tell_purge()

    def __str__(self) -> str:
        return f"{self.client_id} ({self.kind})"


class Removal(models.Model):
    """A client that was taken away from everywhere, and can be brought back for a while.

    Its rows lie in RemovedRow meanwhile. Holds personal data, and so is no part of the audit
    trail; that tells of the client's end and return itself.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    client_id = models.BigIntegerField(editable=False)
    # For people to recognise the client by; the number also stays taken.
    name = models.CharField(max_length=255, editable=False)
    number = models.CharField(max_length=100, editable=False)
    # Addresses of its people that others had already, in lower case: no reason to refuse a return.
    shared_emails = models.JSONField(default=list, editable=False)
    # {"table.column": [[row, former value], …]}: rows of others that pointed at the client's.
    pointers = models.JSONField(default=dict, editable=False)
    removed_at = models.DateTimeField(editable=False)
    removed_by = models.ForeignKey(
        Membership, models.SET_NULL, related_name="+", null=True, editable=False
    )

    class Meta:
        verbose_name = "removed client"
        ordering = ["-removed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "id"], name="removal_in_agency"),
            models.UniqueConstraint(fields=["agency", "client_id"], name="client_removed_once"),
        ]
        indexes = [models.Index(fields=["agency", "number"], name="removal_by_number")]

    def __str__(self) -> str:
        return self.name or self.number


class RemovedRow(models.Model):
    """One row of a removed client, as PostgreSQL wrote it. Read it back there."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    removal = models.ForeignKey(Removal, models.CASCADE, related_name="rows")
    table_name = models.CharField(max_length=63, editable=False)
    row = models.JSONField(editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.table_name} of {self.removal_id}"


class Note(models.Model):
    """A remark of staff on a client. The portal never shows one."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="notes")
    member = models.ForeignKey(
        Membership, models.SET_NULL, related_name="+", null=True, editable=False
    )
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text
