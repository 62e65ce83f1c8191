"""Validation: SHACL by pySHACL over triples that passed the lexical gate.

The only module that knows rdflib. Graphs are built term by term from pyoxigraph's (rdflib's own parser is 40 times
slower, and reads literals it cannot bear); nothing is passed that pySHACL could open: no path, no address, no import.
Not used: rules, JavaScript, inference, the validation of the shapes themselves.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Final

import rdflib
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Store, Triple

from ozg_lod.core.errors import Unprocessable
from ozg_lod.core.findings import ShaclTerms
from ozg_lod.core.messages import _
from ozg_lod.core.vocab import SH, XSD
from ozg_lod.validation.shapes import ShaclResult, Shapes

_RawResult = tuple[str, object, list[tuple[object, object, object]]]
_Report = tuple[list[_RawResult], str]


_STRING: Final = XSD + "string"
_LONGEST: Final = 1_000
"""Longer terms are not repeated in a report."""


def validate(data: Store, turtle: bytes, *, foreign: bool = False) -> list[ShaclResult]:
    """Return what the shapes (Turtle) find in the default graph; no results means that it conforms.

    Our own are rewritten to be applied faster (see `shapes`), `foreign` ones are applied as they are written. Raises
    Unprocessable when the check itself fails, which says nothing about the data.
    """
    try:
        shapes = _shapes(turtle)
        if foreign:
            return core_results(data, shapes, rewritten=False)
        return [*core_results(data, shapes), *shapes.query_results(data)]
    except MemoryError:  # is told as what it is
        raise
    except Exception as error:  # whatever fails here, it is not the data that does not conform
        raise Unprocessable(_("the rules could not be applied ({fault})", fault=type(error).__name__)) from error


@lru_cache(maxsize=1)
def _shapes(turtle: bytes) -> Shapes:
    """Return the shapes, read once by a process that checks several files."""
    return Shapes(turtle)


def core_results(data: Store, shapes: Shapes, *, rewritten: bool = True) -> list[ShaclResult]:
    """Return the results of pySHACL, for the shapes as `Shapes` rewrites them or as they are written."""
    import rdflib  # noqa: PLC0415 - half a second, for those only who validate
    from pyshacl import Validator  # noqa: PLC0415 - as above
    from pyshacl.graph_abstraction import DataGraph  # noqa: PLC0415 - as above

    class Results(Validator):
        """Hands out the results as they are: the report as graph and text is quadratic in their number."""

        @classmethod
        def create_validation_report(cls, _shapes: object, _conforms: object, results: list[_RawResult]) -> _Report:
            return results, ""

    with _as_needed(rdflib):
        triples = (quad.triple for quad in data.quads_for_pattern(None, None, None, DefaultGraph()))
        options = {"logger": _silent(), "inplace": True, "use_js": False, "advanced": False}
        prefixes = {} if rewritten else shapes.prefixes
        rules = _graph(shapes.triples(data) if rewritten else shapes.written())
        validator = Results(DataGraph.from_rdflib(_graph(triples, prefixes)), shacl_graph=rules, options=options)
        _, raw_results, _ = validator.run()  # type: ignore[no-untyped-call] # pySHACL has no types here
        return list(_results(raw_results, shapes, complete=not rewritten))


@contextmanager
def _as_needed(library: object) -> Iterator[None]:
    """Let rdflib keep literals as they are written, silently, and put back what was set before."""
    logger = logging.getLogger("rdflib.term")
    before, level = getattr(library, "NORMALIZE_LITERALS", True), logger.level
    logger.setLevel(logging.CRITICAL)
    setattr(library, "NORMALIZE_LITERALS", False)  # noqa: B010 - the type stubs do not know the name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        setattr(library, "NORMALIZE_LITERALS", before)  # noqa: B010 - as above
        logger.setLevel(level)


def _silent() -> logging.Logger:
    """Return a logger that belongs to nobody and writes nowhere."""
    logger = logging.Logger("validation", logging.CRITICAL)  # noqa: LOG001 - it must not be found by anyone
    logger.addHandler(logging.NullHandler())
    return logger


def _graph(triples: Iterable[Triple], prefixes: Mapping[str, str] | None = None) -> rdflib.Graph:
    """Build an rdflib graph; `prefixes` are those of the shapes, whose queries count on them, declared or not."""
    from rdflib import Graph  # noqa: PLC0415 - see validate

    graph = Graph(bind_namespaces="none")
    for prefix, namespace in (prefixes or {}).items():
        graph.bind(prefix, namespace)
    add, term = graph.store.add, _terms()
    for triple in triples:
        add((term(triple.subject), term(triple.predicate), term(triple.object)), graph)
    return graph


def _terms() -> Callable[[object], rdflib.term.Node]:
    """Return a function from pyoxigraph's terms to rdflib's; every address becomes a term once."""
    from rdflib import BNode, URIRef  # noqa: PLC0415 - see validate
    from rdflib import Literal as Value  # noqa: PLC0415 - see validate

    node = cache(URIRef)

    def term(item: object) -> rdflib.term.Node:
        if isinstance(item, NamedNode):
            return node(item.value)
        if isinstance(item, BlankNode):
            return BNode(item.value)
        if isinstance(item, Literal) and item.language is not None:
            return Value(item.value, lang=item.language)
        if isinstance(item, Literal) and item.datatype.value == _STRING:
            return Value(item.value)  # as rdflib reads and compares them
        if isinstance(item, Literal):
            return Value(item.value, datatype=node(item.datatype.value))
        raise TypeError("a triple term passed the gate")

    return term


def _results(results: Iterable[_RawResult], shapes: Shapes, *, complete: bool) -> Iterator[ShaclResult]:
    for _shape, node, triples in results:
        own = [(key, value) for subject, key, value in triples if subject == node]  # not those of its details
        parts = {str(key): value[1] if isinstance(value, tuple) else value for key, value in own}
        rule = _back(parts[SH + "sourceShape"])
        path = _back(parts.get(SH + "resultPath"))
        yield ShaclResult(
            focus=str(parts[SH + "focusNode"]),
            path=path.value if isinstance(path, NamedNode) else None,
            value=_back(parts.get(SH + "value")),
            rule=rule.value if isinstance(rule, NamedNode) else "shape",
            severity=shapes.severity(rule),
            message=shapes.message(rule, _back(parts.get(SH + "sourceConstraint"))),
            name=shapes.name(rule),
            terms=_terms_of(parts) if complete else None,
        )


def _terms_of(parts: dict[str, object]) -> ShaclTerms:
    names = ("focusNode", "resultPath", "value", "sourceConstraintComponent", "resultSeverity")
    focus, path, value, component, severity = (_back(parts.get(SH + name)) for name in names)
    written = ["" if term is None or len(str(term)) > _LONGEST else str(term) for term in (focus, value)]
    iris = [str(term) if isinstance(term, NamedNode) else "" for term in (path, component, severity)]
    return ShaclTerms(focus=written[0], value=written[1], path=iris[0], component=iris[1], severity=iris[2])


def _back(term: object) -> NamedNode | BlankNode | Literal | None:
    from rdflib import BNode, URIRef  # noqa: PLC0415 - see validate
    from rdflib import Literal as Value  # noqa: PLC0415 - see validate

    if isinstance(term, URIRef):
        return NamedNode(str(term))
    if isinstance(term, BNode):
        return BlankNode(str(term))
    if isinstance(term, Value):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(str(term.datatype))) if term.datatype else Literal(str(term))
    return None
