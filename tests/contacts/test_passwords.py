import pytest
from django.contrib.auth.hashers import check_password

from contacts.passwords import WeakPassword, hashed, is_mask, is_strong


@pytest.mark.parametrize("password", ["Secret1", "aB3" * 30, "Пароль aB3", "   aB3 "])
def test_a_strong_password(password):
    assert is_strong(password)


@pytest.mark.parametrize(
    "password", ["", "Secre1t"[:6], "secret1", "SECRET1", "Secrets", "ПароЛь1"]
)
def test_a_weak_password(password):
    assert not is_strong(password)


def test_a_weak_password_is_not_hashed():
    with pytest.raises(WeakPassword, match="at least 7 characters"):
        hashed("secret")


def test_a_hash_proves_the_password_and_does_not_tell_it():
    stored = hashed("Secret-123")

    assert check_password("Secret-123", stored)
    assert "Secret" not in stored


@pytest.mark.parametrize(
    ("value", "answer"), [("*", True), ("*" * 10, True), ("", False), ("**a", False), (" *", False)]
)
def test_only_asterisks_are_a_mask(value, answer):
    assert is_mask(value) is answer
