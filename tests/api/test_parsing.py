import json

import pytest
from django.http import QueryDict
from rest_framework.exceptions import ParseError

from api.parsing import nested, refuse_unstorable


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1&a=2", {"a": "2"}),
        ("tags[]=x&tags[]=y", {"tags": ["x", "y"]}),
        ("tags%5B0%5D=x&tags%5B1%5D=y", {"tags": ["x", "y"]}),
        ("tags[1]=y&tags[2]=z", {"tags": {"1": "y", "2": "z"}}),
        ("tags[]=", {"tags": [""]}),
        ("s[currency_id]=1&s[x][y]=2", {"s": {"currency_id": "1", "x": {"y": "2"}}}),
        (
            "contacts[0][email]=a&contacts[0][phone]=1&contacts[1][email]=b",
            {"contacts": [{"email": "a", "phone": "1"}, {"email": "b"}]},
        ),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("a[b=1", {"a": "1"}),
        ("[x]=1", {"[x]": "1"}),
        ("client_company_name=Acme Inc&email=jane@acme.example", None),
    ],
)
def test_brackets_nest_as_in_php(body, value):
    expected = value or {"client_company_name": "Acme Inc", "email": "jane@acme.example"}

    assert nested(QueryDict(body)) == expected


def test_nesting_has_an_end():
    with pytest.raises(ParseError):
        nested(QueryDict("a" + "[b]" * 17 + "=1"))


@pytest.mark.parametrize("text", ["\x00", "\ud83d", "a\udfffb"])
@pytest.mark.parametrize(
    "wrap", [str, lambda t: [t], lambda t: {"a": {"b": [t]}}, lambda t: {t: 1}]
)
def test_text_that_cannot_be_stored_is_refused_wherever_it_stands(text, wrap):
    with pytest.raises(ParseError):
        refuse_unstorable(wrap(text))


def test_a_whole_pair_of_surrogates_is_a_character():
    refuse_unstorable(json.loads('"\\ud83d\\ude00"'))


@pytest.mark.parametrize("query", ["a=%00", "%00=1", "limit=5%00"])
def test_a_nul_in_the_query_is_refused(north, bearer, query):
    assert bearer(north).get(f"/v1/clients?{query}").status_code == 400


def test_more_fields_than_django_takes_are_refused_in_json(north, bearer):
    body = "&".join(f"f{n}=1" for n in range(1001))

    response = bearer(north).post(
        "/api/clients", body, content_type="application/x-www-form-urlencoded"
    )

    assert response.status_code == 400
    assert "more fields than this server accepts" in response.json()["message"]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
def test_a_body_larger_than_django_takes_is_refused_in_json(north, bearer, settings, headers):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    response = bearer(north).post("/v1/clients", {"name": "n" * 200}, headers=headers)

    assert response.status_code == 413
    assert response.json()["error"] == {
        "type": "invalid_request_error",
        "code": "content_too_large",
        "message": "The request is larger than this server accepts. Send less at once.",
    }


@pytest.mark.parametrize("charset", ["base64", "rot13", "hex", "nonsense", "utf-16", ""])
@pytest.mark.parametrize("path", ["/v1/clients", "/api/clients", "/api/v1/clients"])
def test_whatever_charset_a_body_claims_it_is_read_as_utf_8(north, key, doors, charset, path):
    callers = doors(key(north))
    caller = callers["invoiceninja" if "api/v1" in path else "native"]

    for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data"):
        response = caller.browser.generic(
            "POST", path, b'{"name": "x"}', content_type=f"{kind}; charset={charset}"
        )
        assert response.status_code < 500
