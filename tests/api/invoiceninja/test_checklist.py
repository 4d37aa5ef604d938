"""The contract's checklists, line by line: 16 (quirks to keep), 17 (facts), and what not to copy.

Each line names the tests that hold it; those that no other file had are here.
"""

import ast
import re
from pathlib import Path

import pytest

from agencies.models import Confirmation
from agencies.scope import acting_for
from api.invoiceninja.ids import decode
from clients.models import Client, ClientGroup

HERE = Path(__file__).parent
LIST = "/api/v1/clients"
PASSWORD = {"X-API-PASSWORD": "correct horse 9"}

QUIRKS = {
    1: ["checklist::test_everything_that_succeeds_is_a_200",
        "clients::test_the_documented_create_answers_the_whole_client"],
    2: ["manners::test_without_a_valid_token_it_is_a_403_that_is_counted",
        "manners::test_a_key_that_only_reads_cannot_write",
        "manners::test_an_id_that_names_nothing_is_a_400",
        "manners::test_a_wrong_method_is_a_404_of_its_own",
        "departing::test_a_wrong_or_unreadable_password_is_a_412"],
    3: ["refusals::test_a_bad_value_is_refused_and_changes_nothing",
        "refusals::test_all_failing_fields_are_told_together"],
    4: ["checklist::test_every_id_is_a_hash_or_a_number_as_text_or_empty",
        "manners::test_an_id_that_names_nothing_is_a_400"],
    5: ["checklist::test_nothing_in_a_client_is_ever_null"],
    6: ["manners::test_what_is_always_there_may_be_asked_for",
        "manners::test_further_relations_come_last"],
    7: ["filters::test_which_states_are_shown",
        "checklist::test_who_asks_for_changes_learns_of_deletions"],
    8: ["updating::test_put_and_patch_change_what_they_name_and_leave_the_rest",
        "revising_contacts::test_whoever_is_not_in_the_list_is_gone",
        "revising_contacts::test_without_the_key_everybody_stays_untouched"],
    9: ["contacts::test_without_contacts_a_new_client_has_a_blank_one_whose_email_is_a_space",
        "contacts::test_exactly_the_first_marked_person_is_primary_and_shown_first",
        "revising_contacts::test_a_list_without_people_leaves_one_blank_contact_without_email",
        "revising_contacts::test_the_first_marked_else_the_first_listed_is_the_only_primary"],
    10: ["contacts::test_a_password_is_stored_hashed_and_shown_as_a_mask",
         "revising_contacts::test_no_password_and_a_mask_leave_the_password_as_it_is"],
    11: ["manners::test_both_slash_forms_answer_directly",
         "updating::test_an_update_comes_in_any_disguise",
         "uploads::test_an_upload_is_a_put_a_post_or_a_post_that_says_so"],
    12: ["clients::test_the_documented_create_answers_the_whole_client",
         "refusals::test_numbers_are_unique_even_among_the_deleted"],
    13: ["clients::test_an_empty_country_is_stored_as_the_agencys",
         "checklist::test_the_currency_falls_back_to_the_agencys"],
    14: ["bulk::test_the_answer_is_a_page_of_the_clients_that_were_named",
         "bulk::test_one_unknown_id_refuses_all"],
    15: ["billing/statement::test_the_answer_is_the_pdf_itself",
         "billing/statement::test_it_is_mailed_instead"],
    16: ["manners::test_index_renames_the_data_and_none_drops_the_envelope",
         "pagination::test_how_many_rows_a_page_has",
         "checklist::test_the_pipe_of_sort_may_be_encoded_or_not"],
    17: ["clients::test_contact_keys_stay_the_same",
         "checklist::test_an_update_leaves_every_contact_key_and_link_as_it_was"],
    18: ["filters::test_nothing_that_is_asked_makes_it_fail",
         "filters::test_a_balance_that_cannot_be_read_is_ignored"],
    19: ["updating::test_what_was_read_is_sent_back_whole_and_changes_nothing"],
    20: ["manners::test_every_answer_carries_the_versions_and_the_cors_headers",
         "checklist::test_versions_are_dotted_numbers_that_can_be_compared"],
    21: ["clients::test_settings_keep_what_they_are_given_except_what_is_fixed"],
}  # fmt: skip
FACTS = {
    1: [*QUIRKS[1], *QUIRKS[2]],
    2: QUIRKS[3],
    3: ["ids::test_ids_are_those_of_the_original_with_an_empty_salt"],
    4: ["clients::test_keys_come_in_the_originals_order",
        "pagination::test_one_page_links_nothing"],
    5: ["revising_contacts::test_a_list_without_people_leaves_one_blank_contact_without_email",
        "revising_contacts::test_without_the_key_everybody_stays_untouched",
        "checklist::test_a_contact_is_recognised_by_its_id_alone"],
    6: QUIRKS[9],
    7: ["clients::test_nothing_is_required"],
    8: ["updating::test_settings_are_merged_name_by_name",
        "updating::test_an_update_that_names_no_currency_resets_it_to_the_agencys"],
    9: ["filters::test_which_states_are_shown",
        "filters::test_filter_searches_the_clients_own_columns",
        "filters::test_filter_searches_the_people"],
    10: ["filters::test_name_contains_without_case_and_accents_and_a_star_is_a_wildcard",
         "filters::test_what_is_no_filter_or_no_text_is_ignored",
         "sorting::test_sorting_by_name_in_both_spellings"],
    11: ["pagination::test_how_many_rows_a_page_has",
         "filters::test_between_balance_is_inclusive_and_reads_other_words_as_zero",
         "filters::test_moments_mean_from_then_on"],
    12: ["uploads::test_an_upload_is_a_put_a_post_or_a_post_that_says_so",
         "uploads::test_the_limit_is_100_000_kilobytes_by_default",
         "uploads::test_a_file_may_be_as_large_as_the_settings_say",
         "uploads::test_what_is_no_file_must_at_least_be_a_list",
         "uploads::test_is_public_is_read_from_body_and_query"],
    13: ["deleting::test_a_delete_answers_the_client_in_its_new_state",
         "deleting::test_money_people_and_files_stay_untouched",
         "updating::test_a_deleted_client_is_not_updated",
         "checklist::test_a_restored_client_can_be_updated_again",
         "departing::test_a_purge_answers_success_and_the_client_is_no_more",
         "departing::test_the_merged_client_is_gone_and_its_numbers_are_free"],
    14: ["billing/statement::test_the_answer_is_the_pdf_itself",
         "billing/statement::test_what_is_wrong_is_named",
         "billing/statement::test_the_age_is_that_of_today_whatever_the_period",
         "billing/statement::test_a_client_that_is_not_ours_is_no_right_before_anything_is_checked",
         "billing/statement::test_drafts_and_the_cancelled_never_appear"],
    15: ["manners::test_the_api_secret_is_accepted_and_ignored",
         "checklist::test_only_purge_and_merge_look_at_the_password",
         "departing::test_the_password_is_remembered_for_the_configured_time_and_renewed_by_use"],
}  # fmt: skip
HOLES = {
    "unscoped contact id move": [
        "revising_contacts::test_somebody_elses_id_is_new_here_and_stays_there"],
    "purge/merge across companies": ["departing::test_a_strangers_client_reads_as_absent"],
    "documents echo discarding the update": [
        "updating::test_documents_sent_back_change_nothing_and_the_update_still_applies"],
    "reversed balance operator": [
        "filters::test_balance_takes_an_operator_and_a_value_in_either_order"],
    "is_deleted=true inverted": ["filters::test_which_states_are_shown"],
    "500s for filter_deleted_clients/unknown sort": [
        "filters::test_which_states_are_shown",
        "sorting::test_an_order_that_is_unknown_or_malformed_is_ignored"],
    "reactivate_email 200-on-error": [
        "reactivating::test_what_the_provider_refuses_is_a_400_with_its_words",
        "reactivating::test_a_provider_that_does_not_answer_is_a_400"],
    "string false = true": ["clients::test_flags_have_many_spellings",
                            "checklist::test_the_text_false_is_false"],
    "partial activity move on merge": [
        "departing::test_all_activities_of_the_merged_client_are_told_of_the_survivor"],
}  # fmt: skip
# Not of this dialect: signing in by a link, and the buckets of a statement.
ELSEWHERE = {"unvalidated next redirect", "Current aging bucket"}

EVERY_LINE = {
    **{f"quirk {n}": tests for n, tests in QUIRKS.items()},
    **{f"fact {n}": tests for n, tests in FACTS.items()},
    **HOLES,
}


def names_in(file):
    where = HERE / file
    tree = ast.parse(where.with_name(f"test_{where.name}.py").read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("line", EVERY_LINE)
def test_each_line_is_held_by_tests_that_exist(line):
    missing = [
        test
        for test in EVERY_LINE[line]
        if test.split("::")[1] not in names_in(test.split("::")[0])
    ]

    assert EVERY_LINE[line]
    assert missing == []


def test_no_line_is_forgotten():
    assert set(QUIRKS) == set(range(1, 22))
    assert set(FACTS) == set(range(1, 16))
    # Eleven in the contract: two are not of this dialect.
    assert len(HOLES) + len(ELSEWHERE) == 11


# Lines that no other file holds.


@pytest.fixture
def api(north, ninja):
    return ninja(north)


@pytest.fixture
def rich(north, create):
    """A client with something in every field that may be empty."""
    with acting_for(north.agency_id):
        group = ClientGroup.objects.create(agency=north.agency, name="Big")
    client = create(
        name="Acme",
        country_id="276",
        shipping_country_id="840",
        industry_id="2",
        size_id="3",
        settings={"language_id": "1", "dark": True},
        contacts=[{"email": "a@x.example", "password": "Secret123"}, {"phone": "1"}],
    )
    with acting_for(north.agency_id):
        Client.objects.update(group=group, assigned_to=north)
    return client


def test_everything_that_succeeds_is_a_200(api, create):
    one, two, three = (create(name=name)["id"] for name in ("one", "two", "three"))

    answers = [
        api.post(LIST, {"name": "new"}),
        api.get(LIST),
        api.get(f"{LIST}/{one}"),
        api.get(f"{LIST}/{one}/edit"),
        api.get(f"{LIST}/create"),
        api.put(f"{LIST}/{one}", {"name": "One"}),
        api.patch(f"{LIST}/{one}", {"name": "One"}),
        api.post(f"{LIST}/bulk", {"action": "archive", "ids": [one]}),
        api.delete(f"{LIST}/{one}"),
        api.post(f"{LIST}/{one}/{two}/merge", headers=PASSWORD),
        api.post(f"{LIST}/{three}/purge", headers=PASSWORD),
        api.post("/api/v1/group_settings", {"name": "Big"}),
        api.post(
            "/api/v1/activities/notes", {"entity": "clients", "entity_id": one, "notes": "Hello."}
        ),
    ]

    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert all(answer.content for answer in answers)


HASHED = {"id", "user_id", "assigned_user_id", "group_settings_id"}
STATIC = {"country_id", "shipping_country_id", "industry_id", "size_id"}


def test_every_id_is_a_hash_or_a_number_as_text_or_empty(api, rich, create):
    bare = create()
    full = api.get(f"{LIST}/{rich['id']}").json()["data"]

    for client in (bare, full):
        for owner in (client, *client["contacts"]):
            for name in HASHED & set(owner):
                assert owner[name] == "" or re.fullmatch("[a-zA-Z0-9]{10}", owner[name]), name
        for name in STATIC:
            assert client[name] == "" or re.fullmatch("[0-9]+", client[name]), name
    assert re.fullmatch("[0-9]+", full["settings"]["currency_id"])
    assert all(full[name] for name in HASHED | STATIC)
    assert (bare["assigned_user_id"], bare["group_settings_id"], bare["industry_id"]) == ("",) * 3


def nulls(value, path=""):
    if isinstance(value, dict):
        return [bad for name, child in value.items() for bad in nulls(child, f"{path}.{name}")]
    if isinstance(value, list):
        return [bad for n, child in enumerate(value) for bad in nulls(child, f"{path}.{n}")]
    return [path] if value is None else []


@pytest.mark.parametrize("path", ["create", "", "{id}", "{id}?include=activities,group_settings"])
def test_nothing_in_a_client_is_ever_null(api, rich, create, path):
    create()
    query = "?include=group_settings,activities" if not path else ""

    shown = api.get(f"{LIST}/{path.format(id=rich['id'])}{query}").json()["data"]

    assert nulls(shown) == []
    for client in shown if isinstance(shown, list) else [shown]:
        assert [type(client[name]) for name in ("settings", "tax_info", "e_invoice")] == [dict] * 3
        assert isinstance(client["contacts"], list)


def test_who_asks_for_changes_learns_of_deletions(api, north, create):
    gone, kept = create(name="gone"), create(name="kept")
    with acting_for(north.agency_id):
        Client.objects.update(updated_at="2026-01-01T00:00Z")
    since = 1767225601

    assert api.get(f"{LIST}?updated_at={since}").json()["data"] == []
    api.delete(f"{LIST}/{gone['id']}")
    changed = api.get(f"{LIST}?updated_at={since}").json()["data"]

    assert [(client["id"], client["is_deleted"]) for client in changed] == [(gone["id"], True)]
    active = api.get(f"{LIST}?status=active").json()["data"]
    assert [client["id"] for client in active] == [kept["id"]]


def test_the_currency_falls_back_to_the_agencys(north, create):
    north.agency.currency = "GBP"
    with acting_for(north.agency_id):
        north.agency.save()

    assert create()["settings"]["currency_id"] == "2"


@pytest.mark.parametrize("query", ["sort=name|desc", "sort=name%7Cdesc", "sort=name%7cdesc"])
def test_the_pipe_of_sort_may_be_encoded_or_not(api, create, query):
    for name in ("a", "b"):
        create(name=name)

    shown = api.get(f"{LIST}?{query}").json()["data"]

    assert [client["name"] for client in shown] == ["b", "a"]


def test_an_update_leaves_every_contact_key_and_link_as_it_was(api, rich):
    told = [{"id": person["id"], "phone": "2"} for person in rich["contacts"]]

    updated = api.put(f"{LIST}/{rich['id']}", {"name": "Other", "contacts": told}).json()["data"]

    for before, after in zip(rich["contacts"], updated["contacts"], strict=True):
        assert after["phone"] == "2"
        assert (after["contact_key"], after["link"]) == (before["contact_key"], before["link"])
        assert before["link"].endswith(f"/client/key_login/{before['contact_key']}")


def test_versions_are_dotted_numbers_that_can_be_compared(api):
    answer = api.get(LIST)

    for header in ("X-APP-VERSION", "X-MINIMUM-CLIENT-VERSION", "X-Api-Version"):
        assert re.fullmatch(r"5\.[0-9]+\.[0-9]+", answer[header])
    assert answer["X-MINIMUM-CLIENT-VERSION"] == "5.0.16"


@pytest.mark.parametrize("known_by", ["email", "contact_key"])
def test_a_contact_is_recognised_by_its_id_alone(api, rich, known_by):
    person = rich["contacts"][0]

    updated = api.put(f"{LIST}/{rich['id']}", {"contacts": [{known_by: person[known_by]}]})

    (shown,) = updated.json()["data"]["contacts"]
    assert shown["id"] != person["id"]
    assert shown["contact_key"] != person["contact_key"]


def test_a_restored_client_can_be_updated_again(api, create):
    client = create(name="Acme")["id"]
    api.delete(f"{LIST}/{client}")
    refused = api.put(f"{LIST}/{client}", {"name": "Other"})

    api.post(f"{LIST}/bulk", {"action": "restore", "ids": [client]})

    assert refused.status_code == 400
    assert api.put(f"{LIST}/{client}", {"name": "Other"}).json()["data"]["name"] == "Other"


def test_only_purge_and_merge_look_at_the_password(api, north, create):
    client = create(name="Acme")["id"]
    wrong = {"headers": {"X-API-PASSWORD": "wrong", "X-API-PASSWORD-BASE64": "wrong"}}

    answers = [
        api.get(LIST, **wrong),
        api.post(LIST, {}, **wrong),
        api.put(f"{LIST}/{client}", {"name": "Other"}, **wrong),
        api.post(f"{LIST}/bulk", {"action": "archive", "ids": [client]}, **wrong),
        api.delete(f"{LIST}/{client}", **wrong),
    ] * 2

    assert {answer.status_code for answer in answers} == {200}
    with acting_for(north.agency_id):
        assert not Confirmation.objects.exists()
    assert api.post(f"{LIST}/{client}/purge", {}, **wrong).status_code == 412


@pytest.mark.parametrize("word", ["false", "0", False, 0])
def test_the_text_false_is_false(north, create, word):
    client = create(is_tax_exempt=word, contacts=[{"send_email": word}, {"send_email": True}])

    assert client["is_tax_exempt"] is False
    assert [person["send_email"] for person in client["contacts"]] == [False, True]
    with acting_for(north.agency_id):
        assert not Client.objects.get(pk=decode(client["id"])).is_tax_exempt
