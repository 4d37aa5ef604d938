"""What a person may do in the portal, on the person's page in the admin."""

from agencies.scope import acting_for
from portal.rights import Right, set_rights

PREFIX = "portal_rights-0-"


def page_of(contact):
    return f"/admin/contacts/contact/{contact.pk}/change/"


def filled_in(page):
    """What a browser would send of the page's form as it is."""
    form = page.context["adminform"].form
    inline = page.context["inline_admin_formsets"][0].formset
    fields = {form.add_prefix(name): form[name].value() for name in form.fields}
    for shown in (inline.management_form, *inline.forms):
        fields |= {shown.add_prefix(name): shown[name].value() for name in shown.fields}
    return {
        name: value for name, value in fields.items() if value is not None and value is not False
    }


def test_without_a_choice_the_page_shows_what_holds(staff, north, new_client):
    client = new_client(north)
    with acting_for(north.agency_id):
        contact = client.contacts.get()

    shown = filled_in(staff(north).get(page_of(contact)))

    assert {right.value for right in Right} == {one for one in Right if shown.get(PREFIX + one)}


def test_saving_the_person_alone_chooses_nothing(staff, north, new_client):
    client = new_client(north)
    with acting_for(north.agency_id):
        contact = client.contacts.get()
    browser = staff(north)

    answer = browser.post(page_of(contact), filled_in(browser.get(page_of(contact))))
    assert answer.status_code == 302
    with acting_for(north.agency_id):
        assert not type(contact).objects.filter(portal_rights__isnull=False).exists()


def test_a_right_is_taken_and_given_back(staff, north, new_client):
    client = new_client(north)
    with acting_for(north.agency_id):
        contact = client.contacts.get()
    browser = staff(north)

    for held in (frozenset(Right) - {Right.STATEMENTS}, frozenset(Right)):
        fields = filled_in(browser.get(page_of(contact)))
        plain = {name: value for name, value in fields.items() if name[len(PREFIX) :] not in Right}
        answer = browser.post(page_of(contact), plain | {PREFIX + right: "on" for right in held})
        assert answer.status_code == 302
        with acting_for(north.agency_id):
            assert set_rights(contact) == held
