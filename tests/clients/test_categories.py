from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from agencies.scope import acting_for
from clients.categories import (
    CategoryInUse,
    CategoryIsDefault,
    CategoryTaken,
    create_category,
    delete_category,
    make_default,
    rename_category,
)
from clients.models import Category
from clients.sorting import default_category
from contacts.enrolling import enroll


def test_names_are_once_whatever_the_case(in_north):
    shops = create_category(in_north, "Shops")

    with pytest.raises(CategoryTaken):
        create_category(in_north, "SHOPS")
    with pytest.raises(CategoryTaken):
        rename_category(default_category(in_north), "shops")
    rename_category(shops, "SHOPS")

    assert set(Category.objects.values_list("name", flat=True)) == {"SHOPS", "Default"}


def test_the_default_category_changes_hands(in_north):
    former, shops = default_category(in_north), create_category(in_north, "Shops")

    make_default(shops)
    make_default(shops)

    assert default_category(in_north) == shops
    former.refresh_from_db()
    assert not former.is_default


def test_what_is_default_or_in_use_stays(in_north, north):
    former = default_category(in_north)
    client = enroll(in_north, by=north, name="Acme")
    make_default(create_category(in_north, "Shops"))

    with pytest.raises(CategoryInUse):
        delete_category(former)
    with pytest.raises(CategoryIsDefault):
        delete_category(default_category(in_north))

    client.category = default_category(in_north)
    client.save()
    delete_category(former)
    assert [category.name for category in Category.objects.all()] == ["Shops"]


@pytest.mark.django_db(transaction=True)
def test_of_two_made_default_at_once_one_is(north):
    with acting_for(north.agency_id):
        made = [create_category(north.agency, str(n)) for n in range(2)]
    start = Barrier(2)

    def choose(category):
        try:
            with acting_for(north.agency_id):
                start.wait(timeout=30)
                make_default(category)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(choose, made))

    with acting_for(north.agency_id):
        assert Category.objects.filter(is_default=True).count() == 1
