"""What each role may do, and the scopes an API key may carry."""

from django.db import models

SUBJECTS = ("clients", "projects", "invoices", "files")
SCOPES = (
    *(f"{subject}:{verb}" for subject in SUBJECTS for verb in ("read", "write")),
    # What changed; of each thing only where the key may read it.
    "events:read",
    "webhooks:read",
    "webhooks:write",
)
# A full key: whatever its member may do.
EVERYTHING = "*"

_WORK = frozenset({"clients", "contacts", "billing", "portal"})


class Role(models.TextChoices):
    OWNER = "owner"
    MANAGER = "manager"
    STAFF = "staff"
    VIEWER = "viewer"

    def may_use(self, scope: str) -> bool:
        """Viewers only read, whatever their key says; who is told of changes is for few."""
        if scope.startswith("webhooks:"):
            return self.administers()
        return self != Role.VIEWER or scope.endswith(":read")

    def administers(self) -> bool:
        return self in (Role.OWNER, Role.MANAGER)

    def may_delete(self) -> bool:
        """Staff add and change; what makes an end of something is for who administers."""
        return self.administers()


def allows(role: Role, permission: str) -> bool:
    """Whether the role has Django's permission, e.g. "clients.change_client".

    Agencies are founded and closed by the operator's commands, never from the admin.
    """
    app, _, codename = permission.partition(".")
    action = codename.partition("_")[0]
    if codename in ("add_agency", "delete_agency"):
        return False
    # Their addresses often hold a secret, and what receivers answer may be anything.
    if codename.endswith(("_webhookendpoint", "_webhookdelivery")):
        return role.administers()
    # What all documents say, and which number they get.
    if codename in ("change_billingsettings", "change_numberseries"):
        return role.administers()
    if action == "view":
        return app in _WORK or app == "agencies"
    if app in _WORK:
        return _may_work(role, action)
    if app == "agencies":
        return role == Role.OWNER or (role == Role.MANAGER and codename.endswith("_apikey"))
    return False


def _may_work(role: Role, action: str) -> bool:
    if action == "delete":
        return role.may_delete()
    return role != Role.VIEWER and (role.administers() or action in ("add", "change"))
