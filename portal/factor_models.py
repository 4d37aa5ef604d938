"""What somebody proves beside the way they came in. A person is an agency's: an address, folded."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from agencies.models import Agency, audited


@audited(exclude=["address", "sealed_secret", "last_step", "recovery_digests"])
class SecondFactors(models.Model):
    """Of one person, as long as there is one at least. Falls with the last contact of the address.

    PostgreSQL sees to that: 0023_factors_wall.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    address = models.CharField(max_length=320)
    # Of the app for codes (RFC 6238); empty without one.
    sealed_secret = models.BinaryField(default=b"", editable=False)
    # The step of time whose code was taken last: each is good once.
    last_step = models.BigIntegerField(null=True, editable=False)
    # Of those that are left.
    recovery_digests = ArrayField(models.CharField(max_length=64), default=list, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "address"], name="factors_once_per_person"),
            models.UniqueConstraint(fields=["agency", "id"], name="factors_in_agency"),
        ]

    def __str__(self) -> str:
        return f"Second factors {self.pk}"

    def has_app(self) -> bool:
        return bool(self.sealed_secret)


@audited(exclude=["name", "credential", "credential_digest", "sign_count", "used_at"])
class Passkey(models.Model):
    """The public half of a key that a device or a password manager keeps (WebAuthn)."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    factors = models.ForeignKey(SecondFactors, models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    # It works there alone.
    host = models.CharField(max_length=253)
    # Attested credential data: the id and the public key.
    credential = models.BinaryField(editable=False)
    credential_digest = models.CharField(max_length=64, editable=False)
    # Grows with each use, or stays 0; a copy is told by it.
    sign_count = models.BigIntegerField(default=0)
    added_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "credential_digest"], name="passkey_once_per_agency"
            ),
        ]

    def __str__(self) -> str:
        return f"Passkey {self.pk}"
