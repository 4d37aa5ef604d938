"""How money came, in words instead of codes."""

import pytest

from billing.method_words import method_in
from billing.models import Payment
from billing.speaking import speaker


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "ar", "he"])
@pytest.mark.parametrize("method", Payment.Method)
def test_every_language_of_statements_has_a_word(language, method):
    word = method_in(speaker(language).words.language, method)

    assert word
    assert "_" not in word
    assert word != method


def test_what_is_no_method_of_ours_stands_as_it_is():
    assert method_in("en", "barter") == "barter"
