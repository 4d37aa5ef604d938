"""Files leave the house through one guarded function of each door, and through no other."""

import ast
from pathlib import Path

from django.conf import settings

APPS = ("agencies", "api", "billing", "clients", "config", "contacts", "portal")
# Each sets what keeps a file from running in a browser, and says who has asked for permission.
DOORS = {"api/downloads.py", "portal/files.py"}
ANSWERS = {"FileResponse", "StreamingHttpResponse"}


def names_in(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]


def users_of(wanted):
    root = Path(settings.BASE_DIR)
    paths = [path for app in APPS for path in (root / app).rglob("*.py")]
    return {str(path.relative_to(root)) for path in paths if wanted & set(names_in(path))}


def test_no_answer_with_a_file_is_made_outside_of_the_doors():
    assert users_of(ANSWERS) == DOORS


def test_nobody_else_opens_a_clients_file():
    assert users_of({"open_for_download"}) == DOORS


def test_nothing_is_served_from_the_folder_of_files():
    """There is no address for it: only views lead to files."""
    assert users_of({"django.views.static", "django.conf.urls.static"}) == set()
