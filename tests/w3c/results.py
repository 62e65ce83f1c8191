"""Expected results of the W3C suites and their comparison: bags of solutions, blank nodes up to renaming."""

from __future__ import annotations

import csv
import decimal
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS = {_XSD + name for name in ("integer", "decimal", "double", "float")}

Row = Mapping[str, object]


@dataclass(frozen=True)
class Table:
    """The solutions of a SELECT; `ordered` says that their order counts."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]
    ordered: bool = False


Result = Table | bool | frozenset


def expected(path: Path) -> Result:
    """Return what a result file holds: a table, a truth value, or a set of triples."""
    suffix = path.suffix
    if suffix in (".srx", ".srj", ".tsv"):
        form = {"srx": "xml", "srj": "json", "tsv": "tsv"}[suffix[1:]]
        return parsed(path.read_bytes(), form)
    if suffix == ".csv":
        return parsed(path.read_bytes(), "csv")
    form = ox.RdfFormat.RDF_XML if suffix == ".rdf" else ox.RdfFormat.TURTLE
    triples = frozenset(quad.triple for quad in ox.parse(path=path, format=form, base_iri=path.as_uri()))
    if any(triple.object == ox.NamedNode(_RS + "ResultSet") for triple in triples):
        return _result_set(triples)
    return triples


def parsed(content: bytes, form: str) -> Result:
    """Return the result in `content`; CSV has only strings and blank nodes."""
    if form == "csv":
        header, *lines = csv.reader(io.StringIO(content.decode(), newline=""))
        cells = [[ox.BlankNode(cell[2:]) if cell.startswith("_:") else cell for cell in line] for line in lines]
        return Table(tuple(header), tuple(dict(zip(header, line, strict=True)) for line in cells))
    results = ox.parse_query_results(
        content, ox.QueryResultsFormat.from_extension({"xml": "srx", "json": "srj"}.get(form, form))
    )
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    names = tuple(variable.value for variable in results.variables)
    return Table(names, tuple({name: row[name] for name in names if row[name] is not None} for row in results))


def same(given: Result, wanted: Result) -> bool:
    """Return whether two results are the same, blank nodes renamed and numbers compared by value."""
    if isinstance(given, Table) and isinstance(wanted, Table):
        return set(given.variables) == set(wanted.variables) and _same_rows(given.rows, wanted.rows, wanted.ordered)
    if isinstance(given, bool) or isinstance(wanted, bool):
        return given is wanted
    if isinstance(given, Table) or isinstance(wanted, Table):
        return False
    return _canonical(given) == _canonical(wanted)


def _same_rows(given: Sequence[Row], wanted: Sequence[Row], ordered: bool) -> bool:
    if len(given) != len(wanted):
        return False
    if ordered:
        return all(_pairs(a, b, {}, {}) is not None for a, b in zip(given, wanted, strict=True))
    return _match(list(given), list(wanted), {}, {})


def _match(given: list[Row], wanted: list[Row], to: dict, back: dict) -> bool:
    """Return whether the rows are the same bag under one renaming of blank nodes (backtracking)."""
    if not given:
        return True
    first, *rest = given
    for number, candidate in enumerate(wanted):
        renamed = _pairs(first, candidate, to, back)
        if renamed is not None and _match(rest, wanted[:number] + wanted[number + 1 :], *renamed):
            return True
    return False


def _pairs(a: Row, b: Row, to: dict, back: dict) -> tuple[dict, dict] | None:
    if a.keys() != b.keys():
        return None
    to, back = dict(to), dict(back)
    for name in a:
        one, other = a[name], b[name]
        if isinstance(one, ox.BlankNode) and isinstance(other, ox.BlankNode):
            if to.setdefault(one, other) != other or back.setdefault(other, one) != one:
                return None
        elif value(one) != value(other):
            return None
    return to, back


def value(term: object) -> object:
    """Return what is compared of a term: of a number its datatype and value, of anything else itself."""
    if isinstance(term, ox.Literal) and term.datatype.value in _NUMBERS:
        try:
            return term.datatype.value, decimal.Decimal(term.value.replace("INF", "Infinity"))
        except decimal.InvalidOperation:
            return term
    return term


def _canonical(triples: Iterable[ox.Triple]) -> set:
    dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return {(quad.subject, quad.predicate, value(quad.object)) for quad in dataset}


def _result_set(triples: frozenset) -> Table | bool:
    """Return the table that a graph in the vocabulary of the DAWG describes."""
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in triples)

    def objects(subject: object, name: str) -> list:
        return [quad.object for quad in store.quads_for_pattern(subject, ox.NamedNode(_RS + name), None)]

    ((root, *_),) = store.quads_for_pattern(None, _RDF_TYPE, ox.NamedNode(_RS + "ResultSet"))
    truth = objects(root, "boolean")
    if truth:
        return truth[0].value == "true"
    found = []
    for solution in objects(root, "solution"):
        row = {objects(one, "variable")[0].value: objects(one, "value")[0] for one in objects(solution, "binding")}
        index = objects(solution, "index")
        found.append((int(index[0].value) if index else 0, row))
    variables = tuple(variable.value for variable in objects(root, "resultVariable"))
    ordered = any(index for index, _ in found)
    return Table(variables, tuple(row for _, row in sorted(found, key=lambda entry: entry[0])), ordered)
