import pytest
from django.utils import timezone

from agencies.scope import acting_for
from clients.custom_values import BadCustomValues, check_custom_values
from clients.models import CustomField


@pytest.fixture
def define(in_north):
    """Defines a field of North's clients."""

    def define(name, **facts):
        return CustomField.objects.create(agency=in_north, name=name, label=name, **facts)

    return define


@pytest.mark.parametrize(
    ("kind", "given", "stored"),
    [
        ("text", "  as it is ", "  as it is "),
        ("number", 12, "12"),
        ("number", "-3.50", "-3.50"),
        ("number", 1e3, "1000.0"),
        ("number", "1E+3", "1000"),
        ("date", "2026-02-28", "2026-02-28"),
        ("checkbox", True, True),
        ("checkbox", "Yes", True),
        ("checkbox", 0, False),
        ("checkbox", "off", False),
        ("choice", "gold", "gold"),
    ],
)
def test_a_value_of_its_kind_is_stored(define, kind, given, stored):
    define("level", kind=kind, choices=["gold", "silver"])

    assert check_custom_values({"level": given}) == {"level": stored}


@pytest.mark.parametrize(
    ("kind", "given", "failure"),
    [
        ("text", 7, "text"),
        ("text", {"a": 1}, "text"),
        ("text", "x" * 10_001, "too_long"),
        ("number", "seven", "number"),
        ("number", True, "number"),
        ("number", [1], "number"),
        ("number", "NaN", "number"),
        ("number", "Infinity", "number"),
        ("number", "sNaN", "number"),
        ("number", float("inf"), "number"),
        ("number", "1e999999", "number"),
        ("number", "1." + "0" * 60, "number"),
        ("number", "1e-999999", "number"),
        ("number", "٣", "number"),
        ("date", "2026-02-29", "date"),
        ("date", "tomorrow", "date"),
        ("date", 20260228, "date"),
        ("checkbox", "perhaps", "checkbox"),
        ("checkbox", 2, "checkbox"),
        ("checkbox", [], "checkbox"),
        ("choice", "bronze", "choice"),
        ("choice", ["gold"], "choice"),
    ],
)
def test_a_value_of_another_kind_is_refused(define, kind, given, failure):
    define("level", kind=kind, choices=["gold", "silver"])

    with pytest.raises(BadCustomValues) as refusal:
        check_custom_values({"level": given})

    assert refusal.value.failures == {"level": failure}


@pytest.mark.parametrize("given", [{}, {"level": None}, {"level": ""}])
def test_a_required_field_without_value_is_refused(define, given):
    define("level", is_required=True)

    with pytest.raises(BadCustomValues) as refusal:
        check_custom_values(given)

    assert refusal.value.failures == {"level": "required"}


def test_all_failing_fields_are_told_at_once(define):
    define("level", is_required=True)
    define("seats", kind="number")

    with pytest.raises(BadCustomValues) as refusal:
        check_custom_values({"seats": "many"})

    assert refusal.value.failures == {"level": "required", "seats": "number"}


def test_what_is_no_field_or_has_no_value_is_left_out(define):
    define("level")

    assert check_custom_values({"level": "", "colour": "red"}) == {}


def test_an_archived_field_asks_for_nothing_and_takes_nothing(define):
    define("level", is_required=True, archived_at=timezone.now())

    assert check_custom_values({"level": "gold"}) == {}


def test_another_agencys_fields_are_not_asked_for(north, south):
    with acting_for(south.agency_id):
        CustomField.objects.create(
            agency=south.agency, name="level", label="Level", is_required=True
        )

    with acting_for(north.agency_id):
        assert check_custom_values({}) == {}


def test_stored_values_stay_unless_something_was_given_for_them(define):
    for name in ("level", "seats", "colour"):
        define(name)
    define("retired", archived_at=timezone.now())
    stored = {"level": "gold", "seats": "7", "colour": "red", "retired": "x", "unknown": 1}

    kept = check_custom_values(
        {"level": "tin", "seats": "", "retired": "y", "unknown": 2}, stored=stored
    )

    assert kept == {"level": "tin", "colour": "red", "retired": "x", "unknown": 1}
    assert stored["level"] == "gold"


def test_a_stored_value_is_not_enough_for_a_required_field(define):
    define("level", is_required=True)

    with pytest.raises(BadCustomValues):
        check_custom_values({}, stored={"level": "gold"})
