"""The tenant and who may act for it."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, Self
from zoneinfo import available_timezones

import pghistory
import pgtrigger
from babel import Locale, UnknownLocaleError
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django_countries.fields import CountryField

from agencies.event_models import Event as Event
from agencies.event_models import EventBatch as EventBatch
from agencies.money import currency_codes
from agencies.number_patterns import check_pattern, is_dated
from agencies.roles import Role, allows
from agencies.scope import current


class _Told(pgtrigger.Condition):
    """A change that says more than that sums moved, with or without `updated_at`."""

    def __init__(self, *, ignored: list[str], sums: list[str]) -> None:
        self.others = pgtrigger.AnyChange(
            exclude=[*ignored, *sums, "updated_at"], exclude_auto=True
        )
        self.touched = pgtrigger.AnyChange("updated_at")
        self.same_sums = pgtrigger.AllDontChange(*sums)

    def resolve(self, model: type[models.Model]) -> str:
        others, touched, same_sums = (
            part.resolve(model) for part in (self.others, self.touched, self.same_sums)
        )
        return f"(({others}) OR (({touched}) AND ({same_sums})))"


def audited(*, ignored: Iterable[str] = (), sums: Iterable[str] = (), **options: Any) -> Any:
    """Copy every insert, change and deletion of a row into its event table.

    A change of nothing but `ignored` fields makes no event. Nor does one of `sums`, which have a
    ledger of their own.
    """
    ignored, sums = list(ignored), list(sums)
    plain = pgtrigger.AnyChange(exclude=ignored, exclude_auto=True)
    changed = _Told(ignored=ignored, sums=sums) if sums else plain
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(condition=changed),
        pghistory.DeleteEvent(),
        **options,
    )


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_time_zone(value: str) -> None:
    if value not in _time_zones():
        raise ValidationError(f"{value} is no time zone. Use a name such as Europe/Berlin.")


def check_language(value: str) -> None:
    try:
        Locale.parse(value.replace("-", "_"))
    except (ValueError, UnknownLocaleError) as error:
        raise ValidationError(f"{value} is no language. Use a tag such as de or pt-BR.") from error


def check_currency(value: str) -> None:
    if value not in currency_codes():
        raise ValidationError(f"{value} is no currency. Use an ISO 4217 code such as EUR.")


@audited(ignored=["client_number_counter", "client_number_counted_on"])
class Agency(models.Model):
    """A company that hosts or rents Foyer. Stands outside the wall: it is what is looked up."""

    class Restarts(models.TextChoices):
        NEVER = "never"
        DAILY = "daily"
        WEEKLY = "weekly"
        MONTHLY = "monthly"
        QUARTERLY = "quarterly"
        YEARLY = "yearly"

    name = models.CharField(max_length=255)
    slug = models.SlugField(max_length=63, unique=True)
    legal_name = models.CharField(max_length=255, blank=True)
    address1 = models.CharField(max_length=255, blank=True)
    address2 = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=255, blank=True)
    postal_code = models.CharField(max_length=50, blank=True)
    country = CountryField(default="DE")
    vat_id = models.CharField("VAT id", max_length=50, blank=True)
    currency = models.CharField(max_length=3, default="EUR", validators=[check_currency])
    language = models.CharField(max_length=15, default="en", validators=[check_language])
    time_zone = models.CharField(max_length=63, default="UTC", validators=[check_time_zone])

    sender_address = models.EmailField(blank=True)
    reply_to = models.EmailField(blank=True)
    logo = models.ImageField(upload_to="logos/", blank=True)
    accent_colour = models.CharField(
        max_length=7,
        default="#2f5d8a",
        validators=[RegexValidator(r"^#[0-9a-f]{6}$", "Use a colour such as #2f5d8a.")],
    )
    portal_host = models.CharField(max_length=253, blank=True)
    portal_enabled = models.BooleanField(default=True)
    key_links_need_code = models.BooleanField(
        "key links ask for a mailed code",
        default=False,
        help_text="Else whoever has somebody's key link is in at the press of a button.",
    )
    portal_demands_second_factor = models.BooleanField(
        "portal demands a second factor",
        default=False,
        help_text="Everybody sets up an app for codes or a passkey before they get in.",
    )
    portal_names_software = models.BooleanField("portal names the software", default=False)
    # Else what they fill in is a request that staff answer.
    clients_may_edit_address = models.BooleanField(
        "clients change their address themselves", default=False
    )

    payment_terms_days = models.PositiveSmallIntegerField(
        default=14, validators=[MaxValueValidator(3650)]
    )
    statement_footer = models.TextField(blank=True)
    client_number_pattern = models.CharField(
        max_length=100,
        default="{counter:4}",
        validators=[check_pattern],
        help_text=(
            "The counter, padded to four digits, is {counter:4}. Further words: {year}; as Invoice "
            "Ninja knows them {$counter}, {$client_counter}, {$group_counter}, {$year}, "
            "{$date:Ymd}, {$user_id}, {$client_id_number}, {$client_custom1} to 4."
        ),
    )
    client_number_padding = models.PositiveSmallIntegerField(
        "digits of Invoice Ninja's counters",
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
    )
    client_number_restarts = models.CharField(
        "counter starts again", max_length=9, choices=Restarts, default=Restarts.NEVER
    )
    # The next number, and the day of the last one.
    client_number_counter = models.PositiveBigIntegerField(default=1)
    client_number_counted_on = models.DateField(null=True, editable=False)
    requires_2fa = models.BooleanField("two-factor sign-in demanded", default=False)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "agencies"
        constraints = [
            models.UniqueConstraint(
                Lower("portal_host"), condition=~Q(portal_host=""), name="portal_host_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        restarts = self.client_number_restarts != self.Restarts.NEVER
        if restarts and not is_dated(self.client_number_pattern):
            raise ValidationError(
                {
                    "client_number_restarts": "Numbers would come again. Put {year} or "
                    "{$date:ym} into the pattern first."
                }
            )

    def number_period(self, on: date) -> tuple[int, ...]:
        """Names the period of this day in which the counter runs on."""
        return {
            self.Restarts.NEVER: (),
            self.Restarts.DAILY: (on.toordinal(),),
            self.Restarts.WEEKLY: on.isocalendar()[:2],
            self.Restarts.MONTHLY: (on.year, on.month),
            self.Restarts.QUARTERLY: (on.year, (on.month - 1) // 3),
            self.Restarts.YEARLY: (on.year,),
        }[self.Restarts(self.client_number_restarts)]


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **facts: Any) -> "User":
        """Without a password nobody can sign in until one is set."""
        user = self.model(email=self.normalize_email(email), **facts)
        user.set_password(password)
        user.full_clean()
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


@audited(exclude=["password", "last_login"])
class User(AbstractBaseUser):
    """A person on the staff side. What they may do is said by their memberships, nothing else."""

    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    # Nobody stands above the agencies; asked for by parts of Django and the admin theme.
    is_superuser = False

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.full_name or self.email

    @cached_property
    def _roles(self) -> dict[int, Role | None]:
        return {}

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_full_name(self) -> str:
        """Asked for by Django and the admin theme."""
        return self.full_name

    @property
    def is_staff(self) -> bool:
        return self.memberships.exists()

    def has_perm(self, permission: str, obj: models.Model | None = None) -> bool:
        """Within the agency that the request acts for; outside of a scope nobody may anything."""
        scope = current()
        role = self.role_at(scope.agency_id) if scope and self.is_active else None
        return role is not None and allows(role, permission)

    def role_at(self, agency_id: int) -> Role | None:
        """Asked for every link of a page, so an instance remembers; it lives for one request."""
        if agency_id not in self._roles:
            held = self.memberships.filter(agency_id=agency_id).values_list("role", flat=True)
            self._roles[agency_id] = Role(held[0]) if held else None
        return self._roles[agency_id]

    def has_perms(self, permissions: list[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(permission, obj) for permission in permissions)

    def has_module_perms(self, app_label: str) -> bool:
        return self.has_perm(f"{app_label}.view_any")


@audited()
class Membership(models.Model):
    """A user's place in one agency."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.STAFF)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "user"], name="one_membership_per_agency"),
            # Lets owned rows point at a membership of their own agency.
            models.UniqueConstraint(fields=["agency", "id"], name="membership_in_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.agency}"


class SecretDigest(models.Model):
    """Which agency a secret belongs to, found by its digest before any scope is open.

    Says nothing else: the key or link itself lies behind the wall.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, *, at: datetime) -> Self:
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=at),
            revoked_at__isnull=True,
            member__user__is_active=True,
        )


@audited(exclude=["digest", "last_used_at"])
class ApiKey(models.Model):
    """A member's secret for one agency. Only its digest is stored; the key is shown once."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="api_keys")
    member = models.ForeignKey(Membership, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    # The readable beginning, enough to recognise a key and useless to guess it.
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=30))
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["agency", "id"], name="key_in_agency")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def may(self, scope: str) -> bool:
        """Whether the key carries `scope`, such as clients:write, and the role allows it."""
        granted = "*" in self.scopes or scope in self.scopes
        return granted and Role(self.member.role).may_use(scope)

    def may_delete(self) -> bool:
        """Whether the role deletes, merges or purges what the key's scopes let it write."""
        return Role(self.member.role).may_delete()


class Confirmation(models.Model):
    """When the member behind a key last gave the password again."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    api_key = models.OneToOneField(ApiKey, models.CASCADE, related_name="+")
    confirmed_at = models.DateTimeField()
    # Changes with the password, so that a new one has to be given.
    password_mark = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.api_key} at {self.confirmed_at}"


class PasswordGuesses(models.Model):
    """How often in a row a user's password was given wrongly when it was asked for again.

    Outside the wall, as users are: who has two agencies has one password to guess.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    count = models.PositiveSmallIntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "password guesses"

    def __str__(self) -> str:
        return f"{self.count} for {self.user}"


class StoredAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, kept to answer its repetition alike."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    # SHA-256 over method, path and body: another request under the same key is refused.
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    # Those of this answer alone, such as ETag and Location.
    headers = models.JSONField(default=dict)
    # Encrypted: some answers show a secret that is stored nowhere else.
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["api_key", "key"], name="one_answer_per_key"),
        ]

    def __str__(self) -> str:
        return self.key


class RateWindow(models.Model):
    """Requests counted in the current minute, per bucket. Unlogged: a crash may forget it."""

    bucket = models.CharField(max_length=80, primary_key=True)
    minute = models.BigIntegerField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.bucket


# They are audited as well, and so come last.
from agencies.webhook_models import WebhookAttempt as WebhookAttempt  # noqa: E402
from agencies.webhook_models import WebhookDelivery as WebhookDelivery  # noqa: E402
from agencies.webhook_models import WebhookEndpoint as WebhookEndpoint  # noqa: E402
