"""Formats: what a client is given, and that every way of writing a graph says the same."""

from __future__ import annotations

import json
import time
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from ozg_lod.core.errors import NotAcceptable
from ozg_lod.core.vocab import (
    DCT,
    OZG,
    RDF,
    SCHEMA,
    XSD,
)
from ozg_lod.http.accept import MAX_CHARACTERS, ranges
from ozg_lod.http.language import choose_language
from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import (
    CSV,
    GRAPHS,
    HTML,
    JSONLD,
    NTRIPLES,
    PAGES,
    RDFXML,
    RESULTS,
    TURTLE,
    Format,
)

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
E = "http://example.org/"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, TURTLE),
        ("", TURTLE),
        ("*/*", TURTLE),
        (CHROME, HTML),
        (JAVA, HTML),
        ("text/html", HTML),
        ("TEXT/HTML", HTML),
        ("text/html, */*", HTML),
        ("text/*", TURTLE),
        ("text/*;q=0.5, application/rdf+xml;q=0.6", RDFXML),
        ("application/*", JSONLD),
        ("text/turtle;q=0.5, application/ld+json", JSONLD),
        ("text/turtle;q=0.50, application/ld+json;q=0.500", TURTLE),
        ("*/*;q=0.1, application/n-triples;q=0.2", NTRIPLES),
        ("text/turtle;q=0, */*", HTML),
        ("text/turtle;q=0, text/html;q=0, */*", JSONLD),
        ("text/turtle; charset=UTF-8", TURTLE),
        ("text/html;level=1;q=0.9, text/html;q=0.1, application/rdf+xml;q=0.5", RDFXML),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted, x;y"', JSONLD),
        ('application/ld+json;profile="a\\",b", text/html;q=0.9', JSONLD),
        ("text/turtle;version=1.2;q=0, text/turtle", TURTLE),
        ("application/ld+json;q=2, text/html;q=0.3", HTML),
        ("application/ld+json;q=nan, text/html;q=0.3", HTML),
        ("nonsense", None),
        (";;;,,,;q=1", TURTLE),
        ("image/png", None),
        ("*/*;q=0", None),
        ("image/png, text/html;q=0", None),
    ],
)
def test_accept_is_answered_as_rfc_9110_says(accept: str | None, expected: Format | None) -> None:
    if expected is None:
        with pytest.raises(NotAcceptable):
            formats.negotiate(accept, PAGES)
    else:
        assert formats.negotiate(accept, PAGES) is expected


def test_a_refusal_lists_what_is_offered_in_both_languages() -> None:
    with pytest.raises(NotAcceptable) as refused:
        formats.negotiate("image/png", PAGES)
    assert refused.value.details["offered"] == [offer.media_type for offer in PAGES]
    for sentence in (refused.value.message["en"], refused.value.message["de"]):
        assert "text/turtle (.ttl)" in sentence


def test_an_accept_field_too_long_to_be_honest_means_anything() -> None:
    assert formats.negotiate("image/png," * 400, PAGES) is TURTLE
    assert formats.negotiate(",".join(["image/png"] * 51), PAGES) is TURTLE
    with pytest.raises(NotAcceptable):
        formats.negotiate(",".join(["image/png"] * 50), PAGES)


@given(
    st.one_of(st.text(), st.text(alphabet='texhmlurd/*;,q=01."\\ ')), st.sampled_from([PAGES, GRAPHS, RESULTS, (CSV,)])
)
def test_whatever_a_client_sends_it_gets_an_offer_or_a_refusal(accept: str, offered: tuple[Format, ...]) -> None:
    try:
        assert formats.negotiate(accept, offered) in offered
    except NotAcceptable as refused:
        assert refused.details["offered"]  # noqa: PT017 - either outcome is right


@given(
    st.lists(
        st.tuples(st.sampled_from(PAGES), st.integers(0, 1000)), min_size=1, max_size=8, unique_by=lambda e: e[0].suffix
    )
)
def test_nothing_offered_is_liked_better_than_what_is_given(wishes: list[tuple[Format, int]]) -> None:
    accept = ", ".join(f"{form.media_type};q={weight / 1000:.3f}" for form, weight in wishes)
    likes = dict(wishes)
    if max(likes.values()) == 0:
        with pytest.raises(NotAcceptable):
            formats.negotiate(accept, PAGES)
    else:
        assert likes[formats.negotiate(accept, PAGES)] == max(likes.values())


def test_reading_the_longest_field_takes_no_time() -> None:
    fields = [character * MAX_CHARACTERS for character in ',;"\\=/*q '] + ['a/b;x="' * 290]
    start = time.process_time()
    for field in fields:
        ranges(field)
    assert time.process_time() - start < 0.5


def test_failures_are_pages_for_browsers_and_documents_for_programs() -> None:
    assert formats.wants_page(CHROME)
    for accept in (None, "*/*", "application/json", "image/png", "application/sparql-results+json"):
        assert not formats.wants_page(accept)


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        (None, None, "de"),
        ("en", "de", "en"),
        ("EN", None, "en"),
        ("fr", "en", "en"),
        (None, "en-GB,en;q=0.9,de;q=0.1", "en"),
        (None, "de-AT, en;q=0.9", "de"),
        (None, "fr, *;q=0.1", "de"),
        (None, "fr", "de"),
        (None, "de;q=0, en;q=0.1", "en"),
        (None, "en;q=1.0000, de", "en"),
        (None, "x" * 5000, "de"),
    ],
)
def test_the_language_asked_for_wins_then_the_accepted_one_then_german(
    asked: str | None, accepted: str | None, expected: str
) -> None:
    assert choose_language(asked, accepted) == expected


def test_formats_are_known_by_suffix_short_name_and_media_type() -> None:
    assert {formats.by_name(name, PAGES) for name in ("ttl", "turtle", "TTL", "text/turtle")} == {TURTLE}
    assert formats.by_name("json", RESULTS) is formats.SPARQL_JSON
    for wrong in ("", "exe", "nq"):
        with pytest.raises(NotAcceptable):
            formats.by_name(wrong, PAGES)


def test_text_says_its_charset_and_csv_its_header() -> None:
    assert HTML.content_type == "text/html; charset=utf-8"
    assert CSV.content_type == "text/csv; charset=utf-8; header=present"
    assert JSONLD.content_type == "application/ld+json"


def test_suffixes_and_media_types_are_unique() -> None:
    known = (HTML, *GRAPHS, *formats.DATASETS, *RESULTS)
    assert len({form.suffix for form in known}) == len({form.media_type for form in known}) == len(known)


def node(name: str) -> ox.NamedNode:
    return ox.NamedNode(name)


def literal(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


def hard_graph() -> list[ox.Triple]:
    """Return what writers get wrong: control characters, lists, odd names, numbers in odd forms, clashing schemes."""
    thing, blank, other = node(E + "a"), ox.BlankNode("x"), ox.BlankNode("y")
    facts: list[tuple[str, ox.NamedNode | ox.BlankNode | ox.Literal]] = [
        (E + "p", ox.Literal('a\rb\n\t" \\ <b> & ]]> \u2028 é .\n', language="de")),
        (E + "p", ox.Literal("x", language="en-GB")),
        *((E + "q", literal(text, "integer")) for text in ("05", "5", "-0", "-7", "9" * 40)),
        *((E + "r", literal(text, "boolean")) for text in ("true", "false", "1")),
        (E + "s", ox.Literal("s")),
        (E + "s", ox.Literal("s", language="de")),
        (E + "s", node("schema:x")),
        (E + "s", node(SCHEMA + "x")),
        (E + "s", literal("2020-10", "gYearMonth")),
        (E + "months", literal("2020-10", "gYearMonth")),
        (E + "plain", ox.Literal("plain")),
        (E + "1-b", ox.Literal("plain")),
        (E + "json", ox.Literal('{"a":1}', datatype=node(RDF + "JSON"))),
        ("urn:x:y", ox.Literal("plain")),
        (RDF + "type", node(E + "T")),
        (RDF + "type", blank),
        (DCT + "hasPart", blank),
        (DCT + "subject", node(OZG)),
    ]
    triples = [ox.Triple(thing, node(predicate), term) for predicate, term in facts]
    return [
        *triples,
        ox.Triple(blank, node(RDF + "first"), ox.Literal("1")),
        ox.Triple(blank, node(RDF + "rest"), other),
        ox.Triple(other, node(RDF + "first"), literal("1.50", "decimal")),
        ox.Triple(other, node(RDF + "rest"), node(RDF + "nil")),
        ox.Triple(node(OZG + "//x"), node(OZG + "label"), ox.Literal("x", language="de")),
    ]


def canonical(triples: list[ox.Triple] | None = None, *, data: bytes = b"", form: Format = NTRIPLES) -> ox.Dataset:
    dataset = (
        ox.Dataset(ox.Quad(*triple) for triple in triples)
        if triples is not None
        else ox.Dataset(ox.parse(data, format=form.rdf))
    )
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0_SHA_256)
    return dataset


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")  # raised inside rdflib's JSON-LD reader
@pytest.mark.parametrize("form", GRAPHS, ids=lambda form: form.suffix)
@pytest.mark.parametrize("graph", [hard_graph(), [], hard_graph()[:1]], ids=["hard", "empty", "one"])
def test_every_format_holds_the_same_graph_for_two_parsers(form: Format, graph: list[ox.Triple]) -> None:
    written = formats.serialize(graph, form)
    assert canonical(data=written, form=form) == canonical(graph)
    names = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml", "nt": "nt"}
    theirs = rdflib.Graph().parse(data=written, format=names[form.suffix])
    assert isomorphic(theirs, rdflib.Graph().parse(data=formats.serialize(graph, NTRIPLES), format="nt"))


@pytest.mark.parametrize("form", GRAPHS, ids=lambda form: form.suffix)
def test_the_same_graph_gives_the_same_bytes_whatever_its_order_and_blank_names(form: Format) -> None:
    graph = hard_graph()
    renamed = [
        ox.Triple(*(ox.BlankNode("z" + term.value) if isinstance(term, ox.BlankNode) else term for term in triple))
        for triple in reversed(graph)
    ]
    once = formats.serialize(graph, form)
    assert all(formats.serialize(again, form) == once for again in (graph, renamed, graph * 2) * 5)


def test_very_many_blank_nodes_are_written_without_renaming_them() -> None:
    graph = [ox.Triple(ox.BlankNode(), node(E + "p"), ox.Literal("x")) for _ in range(1001)]
    assert formats.serialize(graph, NTRIPLES).count(b"\n") == 1001


def test_turtle_has_only_the_prefixes_it_uses() -> None:
    text = formats.serialize([ox.Triple(node(E + "a"), node(DCT + "title"), ox.Literal("x"))], TURTLE).decode()
    assert text.startswith("@prefix dct: <http://purl.org/dc/terms/> .\n\n<http://example.org/a> dct:title")
    assert text.count("@prefix") == 1


def test_json_ld_reads_like_json_and_fetches_nothing() -> None:
    triples = [
        ox.Triple(node(E + "a"), node(RDF + "type"), node(OZG + "Availability")),
        ox.Triple(node(E + "a"), node(OZG + "serviceCount"), literal("4", "integer")),
        ox.Triple(node(E + "a"), node(OZG + "month"), literal("2019-11", "gYearMonth")),
        ox.Triple(node(E + "a"), node(OZG + "wording"), ox.Literal("Vier", language="de")),
        ox.Triple(node(E + "a"), node(OZG + "availabilityOf"), node(E + "b")),
    ]
    document = json.loads(formats.serialize(triples, JSONLD))
    assert document["@graph"] == [
        {
            "@id": E + "a",
            "@type": "ozg:Availability",
            "ozg:month": "2019-11",
            "ozg:availabilityOf": E + "b",
            "ozg:serviceCount": 4,
            "ozg:wording": {"de": "Vier"},
        }
    ]
    assert document["@context"]["ozg:month"] == {"@type": "xsd:gYearMonth"}


@pytest.mark.parametrize(
    "triple",
    [
        ox.Triple(node(E + "a"), node(E + "p"), ox.Literal("a\x01b")),
        ox.Triple(node(E + "a"), node(E + "p/"), ox.Literal("x")),
        ox.Triple(node(E + "a"), node(E + "p"), ox.Triple(node(E + "a"), node(E + "p"), node(E + "b"))),
    ],
    ids=["control character", "no XML name", "triple term"],
)
def test_what_xml_cannot_say_is_refused_with_the_formats_that_can(triple: ox.Triple) -> None:
    with pytest.raises(NotAcceptable) as refused:
        formats.serialize([triple], RDFXML)
    assert refused.value.details["offered"] == ["text/turtle", "application/n-triples"]


def test_what_a_thing_is_needs_no_xml_name_and_line_ends_survive_any_parser() -> None:
    kind = ox.Triple(node(E + "a"), node(RDF + "type"), node(E + "06531005"))
    text = ox.Triple(node(E + "a"), node(E + "p"), ox.Literal("a\rb"))
    root = ET.fromstring(formats.serialize([kind, text], RDFXML))  # noqa: S314 - our own file
    written = {element.tag: element for element in root[0]}
    assert written[f"{{{RDF}}}type"].attrib == {f"{{{RDF}}}resource": E + "06531005"}
    assert written[f"{{{E}}}p"].text == "a\rb"


def test_text_with_a_direction_is_kept_by_json_ld_and_refused_by_xml() -> None:
    text = ox.Literal("مرحبا", language="ar", direction=ox.BaseDirection.RTL)
    graph = [ox.Triple(node(E + "a"), node(E + "p"), text)]
    assert json.loads(formats.serialize(graph, JSONLD))["@graph"][0][E + "p"]["@direction"] == "rtl"
    with pytest.raises(NotAcceptable):
        formats.serialize(graph, RDFXML)


def test_a_statement_about_a_statement_is_only_for_turtle_and_n_triples() -> None:
    inner = ox.Triple(node(E + "a"), node(E + "p"), node(E + "b"))
    graph = [ox.Triple(node(E + "a"), node(E + "says"), inner)]
    with pytest.raises(NotAcceptable, match="triple term"):
        formats.serialize(graph, JSONLD)
    assert canonical(data=formats.serialize(graph, TURTLE), form=TURTLE) == canonical(graph)


def test_a_page_is_no_way_to_write_a_graph() -> None:
    with pytest.raises(NotAcceptable):
        formats.serialize([], HTML)
