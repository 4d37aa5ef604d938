"""What the repository's own pages say about the documents is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from api.reference import NAMES

PAGES = {"native": "nextoria", "growcrm": "growcrm", "invoiceninja": "invoiceninja"}


@pytest.mark.parametrize("name", NAMES)
def test_each_dialects_page_leads_to_its_document(client, db, name):
    page = (Path(settings.BASE_DIR) / "docs" / "dialects" / f"{PAGES[name]}.md").read_text()

    addresses = set(re.findall(r"`(/docs/api/[^`]+)`", page))

    assert {f"/docs/api/{name}", f"/docs/api/{name}.json"} <= addresses
    for address in addresses:
        answer = client.get(address, headers={"Host": "localhost"})
        assert answer.status_code == 200, address
        list(answer) if answer.streaming else answer.content
