"""Tables made by a query: a head that says too little, or something else than the query, is named; text stays text."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from ozg_lod.catalogue import flat_tables
from ozg_lod.core.errors import SourceError

HEAD = "# title: Dinge\n# title-en: Things\n# dataset: things\n"
COLUMNS = "# column thing: anyURI! | Ding | Thing\n# column says: string* | Sagt | Says\n"
QUERY = "SELECT ?thing ?says { ?thing <urn:says> ?says } ORDER BY ?thing"


def table(text: str) -> str:
    (question,) = flat_tables.questions({"things.rq": text.encode()})
    store = ox.Store()
    store.load(b'<urn:a> <urn:says> "=1+1" . <urn:b> <urn:says> "z; a; a" .', ox.RdfFormat.TURTLE)
    return question.table(store).decode()


def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_several_values_their_order() -> None:
    assert table(HEAD + COLUMNS + QUERY) == "thing,says\r\nurn:a,'=1+1\r\nurn:b,a; z\r\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (COLUMNS + QUERY, r"queries/flat/things.rq: its head needs title, title-en, dataset"),
        (HEAD + QUERY, r"queries/flat/things.rq: its head needs .* its columns"),
        (HEAD + COLUMNS + "ASK { ?s ?p ?o }", "it is not a SELECT query"),
        (HEAD + COLUMNS + "SELECT ?says ?thing { ?thing <urn:says> ?says }", r"its columns are \['says', 'thing'\]"),
    ],
)
def test_a_query_that_makes_no_such_table_is_named(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        table(text)
