"""The demo's addresses and keys: asked for once, kept, and printed at every start."""

import json
from typing import Any

from config.door.places import Places, write_private

DIALECTS = {
    "v1": ("Nextoria Hub", "Authorization: Bearer {key}", ""),
    "api": ("Grow CRM", "Authorization: Bearer {key}", ""),
    "api/v1": ("Invoice Ninja", "X-API-TOKEN: {key}", ' -H "X-Requested-With: XMLHttpRequest"'),
}
FIRST_AGENCY = (
    "./foyer manage create_agency NAME --slug SLUG --owner EMAIL --password PASSWORD\n"
    "  ./foyer manage create_api_key SLUG --name NAME"
)


def keep(places: Places, made: dict[str, Any], *, url: str, database: str) -> None:
    """`made` is what `manage.py demo --json` printed."""
    record = {"database": database, "url": url.rstrip("/"), "made": made}
    write_private(places.demo, json.dumps(record, indent=2))


def kept(places: Places, *, url: str, database: str) -> dict[str, Any]:
    """What the demo made in this very database, with its addresses under today's `url`."""
    try:
        record = json.loads(places.demo.read_text())
    except (OSError, ValueError):
        return {}
    if record["database"] != database:
        return {}
    made: dict[str, Any] = record["made"]
    made["portal"] = made.get("portal", "").replace(record["url"], url, 1)
    return made


def welcome(made: dict[str, Any], *, url: str, has_agency: bool) -> str:
    lines = ["", "Foyer is ready.", "", f"  Admin    {url}/admin/"]
    if made:
        staff = made["staff"]
        lines += [f"           sign in as {staff['email']} with {staff['password']}"]
        lines += [f"  Portal   {made['portal']}"]
        if "person" in made:
            lines += [f"           sign in as {made['person']}; the mail lands in .foyer/outbox"]
        lines += ["", "The same clients through three APIs:", ""]
        for path, key in made["keys"].items():
            lines += _dialect(path, key, url)
    elif not has_agency:
        lines += ["", "There is no agency yet. Make one, and a key for its API:", ""]
        lines += [f"  {FIRST_AGENCY}"]
    lines += ["", "Ctrl-C stops it.", ""]
    return "\n".join(lines)


def _dialect(path: str, key: str, url: str) -> list[str]:
    name, header, more = DIALECTS[path]
    return [
        f"  {name} (/{path}), key {key}",
        f'  curl -H "{header.format(key=key)}"{more} {url}/{path}/clients',
        "",
    ]
