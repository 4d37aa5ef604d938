import pytest
from django.db import IntegrityError, transaction

from clients.creating import create_client
from clients.models import Category, Client, Tag
from clients.sorting import default_category, set_tags


def titles(client):
    return list(client.client_tags.values_list("tag__title", flat=True))


def test_a_client_without_category_gets_the_default(in_north, north):
    client = create_client(in_north, by=north)

    assert client.category == default_category(in_north)
    assert client.category.is_default


def test_there_is_one_default_category(in_north):
    default_category(in_north)

    with pytest.raises(IntegrityError, match="one_default_category"), transaction.atomic():
        Category.objects.create(agency=in_north, name="Other", is_default=True)


def test_tags_keep_their_order_and_compare_without_case(in_north, north):
    client = create_client(in_north, by=north)

    set_tags(client, ["retainer", " Priority ", "RETAINER", "", "  "])

    assert titles(client) == ["retainer", "Priority"]


@pytest.mark.parametrize("title", ["İstanbul", "ΣΊΣΥΦΟΣ", "ǅ", "STRAẞE", "ﬁ"])
def test_a_tag_may_have_letters_that_lower_oddly(in_north, north, title):
    client = create_client(in_north, by=north)

    set_tags(client, [title])
    set_tags(client, [title, "a"])

    assert titles(client) == [title, "a"]


def test_tags_are_replaced_and_cleared(in_north, north):
    client = create_client(in_north, by=north)
    set_tags(client, ["a", "b"])

    set_tags(client, ["B", "c"])
    assert titles(client) == ["b", "c"]

    set_tags(client, [])
    assert titles(client) == []
    assert Tag.objects.count() == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ärger & Söhne", "arger"),
        ("Łódź Studio", "łódz"),
        ("ΑΘΗΝΑ", "αθηνα"),
        ("МОСКВА", "москва"),
        ("100% Cotton_Co", "100% cotton_"),
        ("株式会社さくら", "さくら"),
    ],
)
def test_search_ignores_case_and_accents_in_any_script(in_north, north, name, words):
    wanted = create_client(in_north, by=north, name=name)
    create_client(in_north, by=north, name="Another 1000 cottonXco")

    assert list(Client.objects.matching(words)) == [wanted]
    assert list(Client.objects.named_like(words)) == [wanted]


def test_names_sort_without_case_and_accents(in_north, north):
    for name in ("Zeta", "éclair", "Eclat", "alpha"):
        create_client(in_north, by=north, name=name)

    ordered = Client.objects.order_by("sort_name").values_list("name", flat=True)

    assert list(ordered) == ["alpha", "éclair", "Eclat", "Zeta"]
