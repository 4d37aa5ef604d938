"""The words clients are written in: none is missing, and the compiled ones are the written ones."""

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

CODE = ("agencies", "api", "billing", "clients", "config", "contacts", "portal")
FUNCTIONS = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def catalogue(language, kind):
    folder = Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES"
    return (folder / f"django.{kind}").read_bytes()


def written(language):
    return read_po(BytesIO(catalogue(language, "po")), locale=language)


def key_of(message):
    return message.id if isinstance(message.id, str) else tuple(message.id)


def words_of(catalogue):
    """By what is translated; plurals as tuples."""
    return {
        key_of(one): tuple(one.string) if isinstance(one.string, list | tuple) else one.string
        for one in catalogue
        if one.id
    }


def messages_of(source):
    """What a piece of Python asks to be translated; plurals as tuples."""
    for _, message, _, _ in extract("python", BytesIO(source.encode()), FUNCTIONS):
        # A name instead of words, as in code that wraps the function.
        if message and message != ("",):
            yield message


def asked_for():
    root, found = Path(settings.BASE_DIR), set()
    for folder in CODE:
        for path in (root / folder).rglob("*.py"):
            if "migrations" not in path.parts:
                found |= set(messages_of(path.read_text()))
    for path in (root / "templates").rglob("*"):
        if path.suffix in (".html", ".txt"):
            # In brackets, since a template's indents are none of Python's.
            source = templatize(path.read_text(), origin=str(path))
            found |= set(messages_of(f"({source})"))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_untranslated_and_nothing_is_left_over(language):
    words = words_of(written(language))

    assert set(words) == asked_for()
    empty = [key for key, one in words.items() if not one or not all(one)]
    assert empty + [one.id for one in written(language) if one.id and one.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fill_in_what_the_original_does(language):
    errors = {key_of(one): list(one.check()) for one in written(language) if one.id}

    assert {key: said for key, said in errors.items() if said} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language):
    """Run `pybabel compile -d locale -D django` where it is not."""
    compiled = read_mo(BytesIO(catalogue(language, "mo")))

    assert words_of(compiled) == words_of(written(language))
