"""The reconciliation service: both versions by their own JSON schemas and examples, its limits, its sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema
import pytest
from referencing import Registry, Resource
from tests import labelled

from ozg_lod.matching import data_extension

OLD, NEW = "0.2", "1.0-draft"
GIESSEN, DISTRICT = "municipality/06531005", "district/06531"
HALF = r"queries is not JSON (it names half a character: of a pair of \u escapes one is missing)."
VALUE = "a text, a number or an object with id"
BASE = "https://w3id.org/ozg-lod/hessen/"


class Standard:
    """One version of the specification: its schemas and its examples."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        named = {path.name: json.loads(path.read_text("utf-8")) for path in (directory / "schemas").glob("*.json")}
        self._schemas = {name: {k: v for k, v in schema.items() if k != "$id"} for name, schema in named.items()}
        foreign = (
            "http://swagger.io/v2/schema.json",
            {"definitions": {"securityDefinitions": {"additionalProperties": {}}}},
        )
        resources = [(name, schema) for name, schema in (*self._schemas.items(), foreign)]
        draft = "http://json-schema.org/draft-07/schema#"
        self._registry: Any = Registry().with_resources(
            (name, Resource.from_contents({**schema, "$schema": draft})) for name, schema in resources
        )

    def check(self, name: str, answer: httpx.Response) -> Any:
        """Assert that the answer is one, in this form; return it."""
        assert answer.status_code == 200, answer.text
        assert answer.headers["access-control-allow-origin"] == "*"
        body = answer.json()
        schema = self._schemas[f"{name}.json"]
        jsonschema.Draft7Validator(schema, registry=self._registry).validate(body)
        return body

    def example(self, name: str, file: str) -> Any:
        """Return an example of the specification."""
        return json.loads((self._directory / "examples" / name / "valid" / f"{file}.json").read_text("utf-8"))

    def examples(self, name: str) -> list[str]:
        """Return the names of the valid examples of this kind."""
        return sorted(path.stem for path in (self._directory / "examples" / name / "valid").glob("*.json"))


@pytest.fixture(scope="module")
def old(shared: Path) -> Standard:
    """Version 0.2."""
    return Standard(shared / "standards" / "reconciliation" / OLD)


@pytest.fixture(scope="module")
def new(shared: Path) -> Standard:
    """Version 1.0-draft."""
    return Standard(shared / "standards" / "reconciliation" / NEW)


def ask_old(client: httpx.Client, queries: object) -> httpx.Response:
    return client.post("/reconcile", data={"queries": json.dumps(queries)})


def named(*names: str, **more: object) -> dict[str, object]:
    return {"queries": [{"conditions": [{"matchType": "name", "propertyValue": name}], **more} for name in names]}


def condition(name: str, value: object, **more: object) -> dict[str, object]:
    return {"matchType": "property", "propertyId": name, "propertyValue": value, **more}


def test_the_manifest_of_0_2_leads_to_everything_it_names(client: httpx.Client, old: Standard) -> None:
    manifest = old.check("manifest", client.get("/reconcile"))
    assert manifest["versions"] == [OLD, NEW]
    assert manifest["identifierSpace"] == f"{BASE}id/"
    assert manifest["batchSize"] == 500
    host = manifest["suggest"]["entity"]["service_url"]

    def own(address: str) -> str:
        assert address.startswith(host)
        return address.removeprefix(host)

    page = client.get(own(manifest["view"]["url"].replace("{{id}}", quote(GIESSEN, safe=""))), follow_redirects=True)
    assert page.status_code == 200
    assert page.url.path == f"/doc/{GIESSEN}"
    shown = client.get(own(manifest["preview"]["url"].replace("{{id}}", quote(GIESSEN, safe=""))))
    assert "Gießen" in shown.text
    for what, prefix, schema in (("entity", "Gie", "entities"), ("type", "", "types"), ("property", "", "properties")):
        service = manifest["suggest"][what]
        found = old.check(f"suggest-{schema}-response", client.get(service["service_path"], params={"prefix": prefix}))
        hint = client.get(service["flyout_service_path"].replace("${id}", quote(found["result"][0]["id"], safe="")))
        assert set(hint.json()) == {"id", "html"}
    proposals = client.get(manifest["extend"]["propose_properties"]["service_path"], params={"type": "bundle"})
    old.check("data-extension-property-proposal", proposals)
    assert client.get(own(manifest["logo"])).status_code == 200


def test_the_manifest_of_1_0_leads_to_everything_it_names(client: httpx.Client, new: Standard) -> None:
    for root, address in (
        ("/reconcile/1.0-draft", "/reconcile/1.0-draft"),
        ("/reconcile", "/reconcile?version=1.0-draft"),
    ):
        manifest = new.check("manifest", client.get(address))
        assert NEW in manifest["versions"]
        assert manifest["view"]["url"].endswith("/id/{+id}")
        for what, schema in (("entity", "entities"), ("type", "types"), ("property", "properties")):
            found = client.get(f"{root}/suggest/{what}", params={"prefix": "", "limit": 3})
            assert len(new.check(f"suggest-{schema}-response", found)["result"]) == 3
        assert client.get(f"{root}/preview", params={"id": GIESSEN}).status_code == 200
        new.check("reconciliation-result-batch", client.post(f"{root}/match", json=named("Gießen")))
        new.check("data-extension-property-proposal", client.get(f"{root}/extend/propose", params={"type": "concept"}))
        extended = client.post(f"{root}/extend", json={"ids": [GIESSEN], "properties": [{"id": "ars"}]})
        new.check("data-extension-response", extended)


def test_the_examples_of_the_specification_are_answered_in_their_form(
    client: httpx.Client, old: Standard, new: Standard
) -> None:
    for name in old.examples("reconciliation-query-batch"):
        batch = old.example("reconciliation-query-batch", name)
        assert set(old.check("reconciliation-result-batch", ask_old(client, batch))) == set(batch)
        asked = client.get("/reconcile", params={"queries": json.dumps(batch)})
        assert set(old.check("reconciliation-result-batch", asked)) == set(batch)
    for name in new.examples("reconciliation-query-batch"):
        batch = new.example("reconciliation-query-batch", name)
        answered = new.check("reconciliation-result-batch", client.post("/reconcile/match", json=batch))
        assert len(answered["results"]) == len(batch["queries"])
    for name in old.examples("data-extension-query"):
        query = old.example("data-extension-query", name)
        answer = client.post("/reconcile", data={"extend": json.dumps(query)})
        assert set(old.check("data-extension-response", answer)["rows"]) == set(query["ids"])
    for name in new.examples("data-extension-query"):
        query = new.example("data-extension-query", name)
        answered = new.check("data-extension-response", client.post("/reconcile/extend", json=query))
        assert [row["id"] for row in answered["rows"]] == query["ids"]


def test_every_labelled_row_gets_the_same_answer_in_both_versions(
    client: httpx.Client, old: Standard, new: Standard
) -> None:
    rows = labelled.rows(labelled.DEVELOP)[:300]
    batch = {
        f"q{n}": {
            "query": row.text,
            **({"type": row.kinds} if row.kinds else {}),
            "properties": [{"pid": "district", "v": row.district}, {"pid": "state", "v": row.state}],
        }
        for n, row in enumerate(rows)
    }
    before = old.check("reconciliation-result-batch", ask_old(client, batch))
    queries = [
        {
            "conditions": [
                {"matchType": "name", "propertyValue": row.text},
                condition("district", row.district),
                condition("state", row.state),
            ],
            **({"type": row.kinds} if row.kinds else {}),
        }
        for row in rows
    ]
    after = new.check("reconciliation-result-batch", client.post("/reconcile/match", json={"queries": queries}))
    scored = [(one["id"], one["score"], one["match"]) for n in range(len(rows)) for one in before[f"q{n}"]["result"]]
    assert scored == [(c["id"], c["score"], c["match"]) for one in after["results"] for c in one["candidates"]]
    right = [before[f"q{n}"]["result"][:1] for n in range(len(rows))]
    wrong = [r for r, row in zip(right, rows, strict=True) if r and r[0]["match"] and r[0]["id"] != row.truth]
    assert wrong == []


def test_a_candidate_says_what_it_is_and_why_in_the_language_of_the_client(client: httpx.Client) -> None:
    batch = {"q": {"query": "Bromskirchen"}}
    german = client.post("/reconcile", data={"queries": json.dumps(batch)}, headers={"accept-language": "de"})
    found = german.json()["q"]["result"][0]
    assert german.headers["content-language"] == "de"
    assert found["description"].endswith("besteht nicht mehr, letzter Tag 31. Dezember 2022; heute Allendorf (Eder)")
    english = client.post("/reconcile", data={"queries": json.dumps(batch)}, headers={"accept-language": "en"})
    assert english.json()["q"]["result"][0]["description"].endswith("now Allendorf (Eder)")
    assert found["type"] == [{"id": "municipality", "name": "Kommune"}]
    assert {one["id"] for one in found["features"]} == {"key", "name", "doubt", "exists"}


def test_conditions_of_1_0_keep_out_what_does_not_agree(client: httpx.Client) -> None:
    def ids(*conditions: dict[str, object], **more: object) -> list[str]:
        body = {"queries": [{"conditions": list(conditions), **more}]}
        answer = client.post("/reconcile/match", json=body)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["results"][0]["candidates"]]

    name = {"matchType": "name", "propertyValue": "Lautertal"}
    both = {"municipality/06431014", "municipality/06535012"}
    assert set(ids(name)) == both
    assert ids(name, condition("district", "Vogelsbergkreis"))[0] == "municipality/06535012"
    assert ids(name, condition("district", "Vogelsbergkreis", required=True)) == ["municipality/06535012"]
    assert ids(name, condition("district", DISTRICT, matchQuantifier="none"), type="municipality") == ids(name)
    assert ids(name, condition("district", "Vogelsbergkreis", matchQuantifier="none")) == ["municipality/06431014"]
    assert ids(name, condition("state", "Bayern", required=True)) == []
    assert ids(name, condition("state", "Hessen", matchQuantifier="none")) == []
    assert ids(name, condition("state", "Nirgends", matchQuantifier="none"))
    assert ids(name, condition("key", "06431014", matchQuantifier="none")) == ["municipality/06535012"]
    assert ids({"matchType": "id", "propertyValue": GIESSEN}) == [GIESSEN]
    assert ids({"matchType": "name", "propertyValue": ["nichts", {"id": GIESSEN}]}) == [GIESSEN]
    assert ids(condition("ags", 6531005)) == [GIESSEN]
    assert ids(name, limit=1, type="municipality") == ids(name)[:1]
    assert ids(name, type="DifferentiatedPerson") == []


def test_a_limit_holds_and_types_choose(client: httpx.Client) -> None:
    batch = {
        "a": {"query": "Gießen", "limit": 1},
        "b": {"query": "Gießen", "type": "district"},
        "c": {"query": "Gießen", "type": ["municipality", "bundle"], "type_strict": "any"},
        "d": {"properties": [{"pid": "ars", "v": ["", "065310005005"]}]},
        "e": {"query": "Fulda", "limit": 1e9},
    }
    found = {name: answer["result"] for name, answer in ask_old(client, batch).json().items()}
    assert len(found["a"]) == 1
    assert [(one["id"], one["match"]) for one in found["b"]] == [(DISTRICT, True)]
    assert [(one["id"], one["match"]) for one in found["c"]] == [(GIESSEN, True)]
    assert [one["id"] for one in found["d"]] == [GIESSEN]
    assert found["e"]


@pytest.mark.parametrize(
    ("queries", "said"),
    [
        ("[", "queries is not JSON (Expecting value, line 1, column 2)."),
        ("[" * 100_000, "queries is not JSON (nested too deeply, or a number that is too long)."),
        ("[]", "queries must be a JSON object of queries by name."),
        (r'{"\ud800": {"query": "a"}}', HALF),
        (r'{"q": {"query": "\udc00a"}}', HALF),
    ],
)
def test_a_batch_that_is_none_gets_a_sentence_with_the_place(client: httpx.Client, queries: str, said: str) -> None:
    answer = client.post("/reconcile", data={"queries": queries})
    assert answer.status_code == 400
    assert answer.json()["detail"] == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "queries must be a list of queries."),
        ({"queries": {}}, "queries must be a list of queries."),
    ],
)
def test_a_batch_of_1_0_that_is_none_gets_a_sentence_with_the_place(
    client: httpx.Client, body: object, said: str
) -> None:
    answer = client.post("/reconcile/match", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (400, said)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("1", "queries.q must be a JSON object."),
        ("null", "queries.q must be a JSON object."),
        ("{}", "queries.q must be an object with query or properties."),
        ('{"query": null}', "queries.q must be an object with query or properties."),
        ('{"query": {"a": 1}}', f"queries.q.query must be {VALUE}."),
        ('{"query": "a", "type": [{}]}', f"queries.q.type must be {VALUE}."),
        ('{"query": "a", "limit": 0}', "queries.q.limit must be a whole number from 1."),
        ('{"query": "a", "limit": NaN}', "queries.q.limit must be a whole number from 1."),
        ('{"query": "a", "limit": true}', "queries.q.limit must be a whole number from 1."),
        ('{"query": "a", "properties": {"pid": "b"}}', "queries.q.properties must be a list."),
        ('{"properties": [{"pid": "a", "v": [[]]}]}', f"queries.q.properties[0].v must be {VALUE}."),
    ],
)
def test_a_query_that_is_none_harms_only_itself(client: httpx.Client, old: Standard, query: str, said: str) -> None:
    batch = f'{{"q": {query}, "good": {{"query": "Fulda"}}}}'
    answer = client.post("/reconcile", data={"queries": batch}, headers={"accept-language": "en"})
    result = old.check("reconciliation-result-batch", answer)
    assert result["q"] == {"result": [], "error": said}
    assert result["good"]["result"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"conditions": []}, "queries[0].conditions must be at least one condition."),
        ({"conditions": [{}]}, "queries[0].conditions[0].matchType must be name, id or property."),
        (
            {"conditions": [{"propertyValue": [[]], "matchType": "name"}]},
            f"queries[0].conditions[0].propertyValue must be {VALUE}.",
        ),
        (
            {"conditions": [{"propertyValue": "a", "matchType": []}]},
            "queries[0].conditions[0].matchType must be name, id or property.",
        ),
    ],
)
def test_a_query_of_1_0_that_is_none_harms_only_itself(
    client: httpx.Client, new: Standard, query: object, said: str
) -> None:
    good = {"conditions": [{"matchType": "name", "propertyValue": "Fulda"}]}
    answer = client.post("/reconcile/match", json={"queries": [query, good]}, headers={"accept-language": "en"})
    first, second = new.check("reconciliation-result-batch", answer)["results"]
    assert first == {"candidates": [], "error": said}
    assert second["candidates"]


@pytest.mark.parametrize(
    "more",
    [{"type": ""}, {"type": None}, {"type": []}, {"type": [""]}, {"limit": None}, {"properties": None}]
    + [{"properties": [{"pid": "district", "v": value}]} for value in (None, "", [None])],
)
def test_what_is_left_empty_says_nothing(client: httpx.Client, more: dict[str, object]) -> None:
    plain = ask_old(client, {"q": {"query": "Fulda"}}).json()
    assert ask_old(client, {"q": {"query": "Fulda", **more}}).json() == plain


def test_a_type_may_be_an_object_and_a_query_a_number(client: httpx.Client) -> None:
    batch = {"a": {"query": "Gießen", "type": {"id": "district", "name": "Landkreis"}}, "b": {"query": 6531005}}
    answer = ask_old(client, batch).json()
    assert [answer[name]["result"][0]["id"] for name in "ab"] == [DISTRICT, GIESSEN]


def test_a_slash_at_the_end_makes_no_other_service(client: httpx.Client) -> None:
    for path in ("/reconcile", "/reconcile/1.0-draft"):
        assert client.get(f"{path}/").json() == client.get(path).json()
    batch = {"queries": json.dumps({"q": {"query": "Fulda"}})}
    assert client.post("/reconcile/", data=batch).json() == client.post("/reconcile", data=batch).json()
    assert client.get("/sparql/", params={"query": "ASK {}"}).json() == {"head": {}, "boolean": True}


def test_limits_and_wrong_forms_are_refused_with_a_sentence(client: httpx.Client) -> None:
    many = {f"q{n}": {"query": "a"} for n in range(501)}
    assert ask_old(client, many).status_code == 413
    assert client.post("/reconcile/match", json=named(*map(str, range(501)))).status_code == 413
    assert client.post("/reconcile", data={"queries": "x" * 1_000_001}).status_code == 413
    assert (
        client.post("/reconcile/match", content=b"\xff", headers={"content-type": "application/json"}).status_code
        == 400
    )
    names = {"matchType": "name", "propertyValue": [f"a{n}" for n in range(20)]}
    none = condition("key", [f"b{n}" for n in range(20)], matchQuantifier="none")
    costly = client.post("/reconcile/match", json={"queries": [{"conditions": [names, none]}] * 26})
    assert (costly.status_code, costly.json()["limit"]) == (413, 1000)
    assert client.post("/reconcile", json={}).status_code == 415
    assert client.post("/reconcile/match", data={"queries": "{}"}).status_code == 415
    assert client.post("/reconcile", data={"other": "1"}).json()["offered"] == ["queries", "extend"]
    fields = "&".join(f"a{n}=1" for n in range(50))
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/reconcile", content=fields, headers=form).status_code == 400
    assert "JSONP" in client.get("/reconcile", params={"callback": "f"}).json()["detail"]
    assert "JSONP" in client.post("/reconcile", data={"callback": "f", "queries": "{}"}).json()["detail"]
    assert client.get("/reconcile/suggest/nothing").status_code == 404
    assert client.get("/reconcile/suggest/entity?limit=x").status_code == 400
    assert client.get("/reconcile/flyout/entity?id=nothing").status_code == 404
    assert client.get("/reconcile/flyout/nothing?id=nothing").status_code == 404
    assert client.get("/reconcile/preview?id=nothing").status_code == 404
    things = {"ids": ["a"] * 1001, "properties": []}
    assert client.post("/reconcile/extend", json=things).status_code == 413
    for wrong in ([], {"ids": "a", "properties": []}, {"ids": [], "properties": [{}]}):
        assert client.post("/reconcile/extend", json=wrong).status_code == 400


def test_half_a_character_and_endless_digits_are_no_fault_of_ours(client: httpx.Client) -> None:
    json_body = {"content-type": "application/json"}
    half = b'{"ids": ["\\ud800"], "properties": [{"id": "ars"}]}'
    answer = client.post("/reconcile/extend", content=half, headers=json_body)
    assert (answer.status_code, "half a character" in answer.json()["detail"]) == (400, True)
    pair = half.replace(b"\\ud800", b"\\ud83d\\ude00")
    assert client.post("/reconcile/extend", content=pair, headers=json_body).json()["rows"][0]["id"] == "\U0001f600"
    assert client.post("/reconcile", data={"queries": '{"\\udfff": {"query": "a"}}'}).status_code == 400
    digits = {"ids": [GIESSEN], "properties": [{"id": "ars", "settings": {"limit": "1" * 5000}}]}
    assert client.post("/reconcile/extend", json=digits).json()["rows"][0]["properties"][0]["values"]


def test_hostile_names_are_only_names(client: httpx.Client) -> None:
    names = [
        "<script>alert(1)</script>",
        "=1+1",
        "'; DROP TABLE entry; --",
        "\u0000",
        "ä" * 10_000,
        "{{7*7}}",
        "%00",
        "()",
    ]
    answer = client.post("/reconcile/match", json=named(*names))
    assert answer.status_code == 200
    assert [one["candidates"] for one in answer.json()["results"]] == [[]] * len(names)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_suggestions_find_by_name_word_key_and_identifier(client: httpx.Client) -> None:
    def ids(prefix: str, **more: object) -> list[str]:
        return [
            one["id"]
            for one in client.get("/reconcile/suggest/entity", params={"prefix": prefix, **more}).json()["result"]
        ]

    assert ids("Gießen")[0] == GIESSEN
    assert ids("giessen", type="district") == [DISTRICT]
    assert ids("06531005") == [GIESSEN]
    assert ids(GIESSEN)[0] == GIESSEN
    assert ids(f"{BASE}id/{DISTRICT}")[0] == DISTRICT
    assert ids("Biedenkopf")[0] == "municipality/06534004"
    assert "district/06534" in ids("Biedenkopf")
    assert ids("Bad ", limit=2, cursor=1) == ids("Bad ")[1:3] == ids("Bad ", limit=2, offset=1)
    assert [one["id"] for one in client.get("/reconcile/suggest/type?prefix=Umsetz").json()["result"]] == ["bundle"]
    found = client.get("/reconcile/suggest/property?prefix=leika").json()["result"]
    assert [one["id"] for one in found] == ["leika-key"]


def test_values_are_fetched_as_what_they_are(client: httpx.Client, old: Standard, new: Standard) -> None:
    ids = [GIESSEN, "bundle/jugendamt", "municipality/06635005", "service/ausfuhr-von-kulturguetern", "nobody/1"]
    names = [one["id"] for one in client.get("/reconcile/extend/propose?limit=100").json()["properties"]]
    query = {"ids": ids, "properties": [{"id": name} for name in [*names, "unknown"]]}
    before = old.check("data-extension-response", client.post("/reconcile", data={"extend": json.dumps(query)}))
    after = new.check("data-extension-response", client.post("/reconcile/extend", json=query))
    assert before["meta"] == after["meta"]
    rows = before["rows"]
    assert rows == {row["id"]: {one["id"]: one["values"] for one in row["properties"]} for row in after["rows"]}
    assert rows[GIESSEN]["ars"] == [{"str": "065310005005"}]
    assert rows[GIESSEN]["district"] == [{"id": DISTRICT, "name": "Landkreis Gießen"}]
    assert rows[GIESSEN]["address"] == [{"str": f"{BASE}id/{GIESSEN}"}]
    assert 50 < rows[GIESSEN]["latitude"][0]["float"] < 51
    assert rows["municipality/06635005"]["valid-to"] == [{"date": "2022-12-31T00:00:00"}]
    assert rows["municipality/06635005"]["successor"][0]["id"] == "municipality/06635001"
    assert rows["bundle/jugendamt"]["service-count"][0]["int"] > 0
    assert rows["bundle/jugendamt"]["status"]
    assert rows["service/ausfuhr-von-kulturguetern"]["lead-authority"] == [{"id": "state/06", "name": "Hessen"}]
    assert not any(rows["nobody/1"].values())
    one = {"ids": ["bundle/bestattung-und-tod"], "properties": [{"id": "possible-concept", "settings": {"limit": "1"}}]}
    values = client.post("/reconcile/extend", json=one).json()["rows"][0]["properties"][0]["values"]
    assert len(values) == 1
    assert client.get("/reconcile", params={"extend": json.dumps(one)}).json()["rows"]


def test_a_preview_may_stand_in_a_frame_and_has_nothing_to_click_but_a_link(client: httpx.Client) -> None:
    answer = client.get("/reconcile/preview", params={"id": "bundle/jugendamt"}, headers={"accept-language": "de"})
    policies = answer.headers.get_list("content-security-policy")
    assert len(policies) == 1
    assert "frame-ancestors *" in policies[0]
    assert "script" not in answer.text
    assert "<form" not in answer.text
    assert 'rel="noopener"' in answer.text
    for path in ("/reconcile", "/reconcile/preview?id=bundle/jugendamt"):
        tag = client.get(path).headers["etag"]
        again = client.get(path, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b""), path
        assert client.get(path, headers={"if-none-match": tag, "accept-language": "en"}).status_code == 200
    page = client.get("/doc/bundle/jugendamt", headers={"accept": "text/html"})
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_every_property_has_a_name_in_both_languages(client: httpx.Client) -> None:
    found = client.get("/reconcile/suggest/property?limit=100").json()["result"]
    assert {one["id"] for one in found} >= set(data_extension.NAMES)
    assert [one["id"] for one in found if one["name"] in {"", one["id"]}] == []


def test_head_is_answered_wherever_get_is(client: httpx.Client) -> None:
    for path in ("", "/suggest/type?prefix=", "/extend/propose", f"/preview?id={GIESSEN}"):
        for root in ("/reconcile", "/reconcile/1.0-draft"):
            answer = client.head(f"{root}{path}")
            assert (answer.status_code, answer.content) == (200, b""), root + path
