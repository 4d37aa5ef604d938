"""What records look like in answers of `/v1`, and what its bodies take."""

from api.body_shapes import body_of, shape_of
from api.native import inputs
from api.native.addresses import Address, AddressInput
from api.native.client_expansions import expansions
from api.native.fields import CountryCode
from api.native.ids import encode
from api.native.invite_views import Expiry, InviteInput
from api.native.project_views import ProjectChange, ProjectInput
from api.native.serializers import LIST_KEYS, ClientInput
from api.shapes import FLAG, TEXT, WHOLE, Shape, closed, one_of, or_null, ref
from clients.models import Project

MOMENT: Shape = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
DAY: Shape = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
MINOR: Shape = {"type": "integer", "description": "In minor units of the currency."}


def id_of(kind: str) -> Shape:
    return {"type": "string", "pattern": f"^{kind}_[0-9A-Za-z]+$"}


@shape_of.register
def _(field: CountryCode) -> Shape:
    return {"type": "string", "pattern": "^[A-Za-z]{2}$", "description": "ISO 3166-1 alpha-2."}


@shape_of.register
def _(field: Address) -> Shape:
    return body_of(AddressInput) | {"description": "Always sent whole."}


@shape_of.register
def _(field: inputs.Flag) -> Shape:
    return FLAG


@shape_of.register
def _(field: inputs.Amount) -> Shape:
    return MINOR | {"minimum": field.min_value, "maximum": field.max_value}


@shape_of.register
def _(field: inputs.Currency) -> Shape:
    return {"type": "string", "pattern": "^[A-Za-z]{3}$", "description": "ISO 4217."}


@shape_of.register
def _(field: Expiry) -> Shape:
    return {"type": "string", "description": "A moment to come; seven days from now without it."}


@shape_of.register
def _(field: inputs.Reference) -> Shape:
    return id_of(field.kind)


_CLIENT: dict[str, Shape] = {
    "id": id_of("client"),
    "name": TEXT,
    "email": TEXT,
    "company": or_null(TEXT),
    "phone": or_null(TEXT),
    "address": or_null(ref("Address")),
    "notes": or_null(TEXT),
    "portal_access": FLAG,
    "portal_last_seen": or_null(MOMENT),
    "total_billed": MINOR,
    "outstanding_balance": MINOR,
    "active_projects": WHOLE,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
_ADDRESS = closed(
    dict.fromkeys(("line1", "city", "state", "postal_code", "country"), TEXT),
    optional={"line2": TEXT},
)
_NAMED_CLIENT = closed({"id": id_of("client"), "name": TEXT})
_MEMBER = closed({"id": id_of("user"), "name": TEXT})
_PROJECT = closed(
    {
        "id": id_of("proj"),
        "name": TEXT,
        "description": or_null(TEXT),
        "status": one_of(*Project.Status.values),
        "start_date": or_null(DAY),
        "end_date": or_null(DAY),
        "budget": or_null(MINOR),
        "budget_spent": {"type": "null"},
        "currency": TEXT,
        "client": _NAMED_CLIENT,
        "team_lead": or_null(_MEMBER),
        "task_count": {"const": 0},
        "completed_task_count": {"const": 0},
        "shared": FLAG,
        "archived_at": or_null(MOMENT),
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
)
_META = closed(
    {"total": WHOLE, "limit": WHOLE},
    optional={"next_cursor": TEXT | {"description": "Only where there is a next page."}},
)
_ERROR = closed(
    {"error": closed({"type": TEXT, "code": TEXT, "message": TEXT}, optional={"param": TEXT})}
)

# What `expand` adds.
_EXPANDED: dict[str, Shape] = {name: {} for name in expansions(None)}
_EXAMPLE = {
    "id": encode("client", 12),
    "name": "Acme Corp",
    "email": "hello@acmecorp.com",
    "company": "Acme Corporation Inc.",
    "phone": "+1 555 000 0000",
    "address": {
        "line1": "123 Main St",
        "city": "Springfield",
        "state": "IL",
        "postal_code": "62701",
        "country": "US",
    },
    "notes": None,
    "portal_access": True,
    "portal_last_seen": "2026-02-28T09:15:00Z",
    "total_billed": 45000,
    "outstanding_balance": 8500,
    "active_projects": 2,
    "created_at": "2025-06-01T00:00:00Z",
    "updated_at": "2026-02-28T09:15:00Z",
}
SHAPES: dict[str, Shape] = {
    "Client": closed(_CLIENT, optional=_EXPANDED) | {"examples": [_EXAMPLE]},
    "ListedClient": closed({key: _CLIENT[key] for key in LIST_KEYS}, optional=_EXPANDED)
    | {"examples": [{key: _EXAMPLE[key] for key in LIST_KEYS}]},
    "Address": _ADDRESS,
    "Project": _PROJECT,
    "Meta": _META,
    "Error": _ERROR,
    "ClientInput": body_of(ClientInput),
    "ClientChanges": body_of(ClientInput, partial=True),
    "InviteInput": body_of(InviteInput),
    "ProjectInput": body_of(ProjectInput),
    "ProjectChanges": body_of(ProjectChange, partial=True),
}
