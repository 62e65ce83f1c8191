"""Derivation: what queries add to the files, and what they must not find in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, QueryTriples, Store, Triple

from ozg_lod.core import query_files
from ozg_lod.core.errors import Unprocessable
from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Label, Sentence, _
from ozg_lod.rdf.labels import Labels
from ozg_lod.validation.documents import literal_fault
from ozg_lod.validation.source_locations import SourceLocations


def derived(store: Store, queries: Sequence[tuple[str, str]], *, strict: bool = True) -> Iterator[Triple]:
    """Yield the new triples of CONSTRUCT queries over the merge, which they join at once.

    The queries run in the order of their names, so that a later one sees what an earlier one derived. Raises
    Unprocessable when a query is wrong or makes what the gate would not let through; unless `strict`, as for somebody
    else's data, such a triple is left out: what it was made of is found faulty itself.
    """
    for name, text in sorted(queries):
        triples = _answer(store, name, text)
        if not isinstance(triples, QueryTriples):
            raise _faulty(name, _("it is not a CONSTRUCT query"))
        for triple in sorted(set(triples), key=str):
            quad = Quad(triple.subject, triple.predicate, triple.object)
            if quad in store:
                continue
            if not strict and isinstance(triple.object, Literal) and literal_fault(triple.object):
                continue
            _check(triple, name)
            store.add(quad)
            yield triple


def _check(triple: Triple, name: str) -> None:
    value = triple.object
    if isinstance(value, Literal) and (fault := literal_fault(value)) is not None:
        raise _faulty(name, _("it makes {value}: {reason}", value=value, reason=fault[1]))
    if not isinstance(triple.subject, NamedNode) or not isinstance(value, NamedNode | Literal):
        raise _faulty(name, _("it makes entries without an address"))


def broken_invariants(
    store: Store, queries: Sequence[tuple[str, str]], places: SourceLocations, labels: Labels
) -> Iterator[Finding]:
    """Yield a finding for each row of a query that must return none.

    The first column that is an address is what the finding is about; the others are shown. The sentence is the title
    in the comments at the head of the query.
    """
    for name, text in sorted(queries):
        solutions = _answer(store, name, text)
        if not isinstance(solutions, QuerySolutions):
            raise _faulty(name, _("it is not a SELECT query"))
        title = query_files.parsed(text).label("title")
        title = title if title.texts else Label({"": name})
        for row in sorted(solutions, key=str):
            terms = [row[variable] for variable in solutions.variables if row[variable] is not None]
            focus = next((term.value for term in terms if isinstance(term, NamedNode)), "")
            rest = [term for term in terms if not isinstance(term, Triple) and term.value != focus]
            shown = [label["de"] if (label := labels.of_term(term)) else term.value for term in rest]
            value = ", ".join(shown)[:200] or None
            yield Finding(Severity.ERROR, name, title, places.of(focus) if focus else Location(), value=value)


def _answer(store: Store, name: str, text: str) -> object:
    try:
        return store.query(text)
    except (SyntaxError, ValueError, OSError) as error:
        raise _faulty(name, str(error)) from error


def _faulty(name: str, reason: Sentence) -> Unprocessable:
    return Unprocessable(_("the query {name} cannot be used: {reason}", name=name, reason=reason))
