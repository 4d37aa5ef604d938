"""Who is asking to come in, and who is in."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, audited
from contacts.models import Contact, Message


class SignInLink(models.Model):
    """A link and a code in one mail: one of them lets whoever reads the mailbox in, once."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    address = models.CharField(max_length=320)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # The code is good in one browser alone: in that which asked for the mail.
    code_digest = models.CharField(max_length=64, editable=False)
    asker_digest = models.CharField(max_length=64, unique=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0)
    # It falls with its mail, and so with the person: nothing else says whose it was.
    mail = models.ForeignKey(Message, models.CASCADE, related_name="+", null=True)

    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("sent_at")), name="sign_in_link_expires_after_sending"
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "address", "-sent_at"], name="sign_in_by_address")
        ]

    def __str__(self) -> str:
        return f"Sign-in link of {self.address}"


class PortalSession(models.Model):
    """A browser that is signed in to a portal, as the person with this address."""

    class Means(models.TextChoices):
        INVITATION = "invitation"
        LINK = "link"
        CODE = "code"
        KEY = "key"
        PASSWORD = "password"  # noqa: S105 - the word, not one.

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    # As whom: one person may be a contact of several clients.
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="portal_sessions")
    address = models.CharField(max_length=320)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    means = models.CharField(max_length=10, choices=Means)
    # Until a second factor was proven, where there is one: it reaches the pages for that alone.
    is_pending = models.BooleanField(default=False)
    second_factor_at = models.DateTimeField(null=True)
    # What a passkey is to sign next, and since when; taken away with the first answer.
    challenge = models.CharField(max_length=64, blank=True, editable=False)
    challenge_at = models.DateTimeField(null=True)
    # What the browser says it is.
    browser = models.CharField(max_length=200, blank=True)

    opened_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-seen_at", "-id"]
        indexes = [models.Index(fields=["agency", "address"], name="session_by_address")]

    def __str__(self) -> str:
        return f"Session of {self.address}"


class WrongTries(models.Model):
    """How often somebody tried a secret that can be guessed at, since when: portal.tries.

    Also of people who are not there: that is not told.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    # Of whose and which secret; keyed with the installation's own, for addresses are guessable.
    digest = models.CharField(max_length=64)
    tries = models.PositiveIntegerField(default=1)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "digest"], name="wrong_tries_once")
        ]

    def __str__(self) -> str:
        return f"{self.tries} tries since {self.since}"


class AddressChange(models.Model):
    """Of a contact that got another address. PostgreSQL writes it: see 0013_address_changes."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    contact = models.OneToOneField(Contact, models.CASCADE, related_name="address_change")
    # The last one, which may be taken away for a moment within a longer change.
    address = models.CharField(max_length=254)
    # None until another one came.
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Change of {self.contact_id}"


@audited()
class PersonRights(models.Model):
    """What a contact may see and do in the portal, where the agency has chosen: portal.rights."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    contact = models.OneToOneField(Contact, models.CASCADE, related_name="portal_rights")
    invoices = models.BooleanField("sees invoices, payments and credits", default=True)
    statements = models.BooleanField("sees statements", default=True)
    projects = models.BooleanField("sees projects", default=True)
    files = models.BooleanField("sees and uploads files", default=True)
    invite = models.BooleanField("invites colleagues", default=False)
    # A colleague who chose them; none where it was the agency, whose choice stands.
    given_by = models.ForeignKey(
        Contact, models.SET_NULL, related_name="+", null=True, editable=False
    )

    class Meta:
        verbose_name_plural = "rights in the portal"

    def __str__(self) -> str:
        return f"Rights of {self.contact}"
