"""The judge in Python: pySHACL. The only module that knows rdflib.

Nothing is passed that pySHACL could open: no path, no address, no import. Not used: rules, JavaScript, inference, the
validation of the shapes themselves.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import rdflib
from pyshacl import Validator
from pyshacl.graph_abstraction import DataGraph

from ozg_lod.validation.shapes import Shapes

_RawResult = tuple[str, rdflib.term.Node, list[tuple[rdflib.term.Node, rdflib.term.Node, object]]]
_Report = tuple[list[_RawResult], str]


class _Results(Validator):
    """Hands out the results as they are: the report as graph and text is quadratic in their number."""

    @classmethod
    def create_validation_report(cls, _shapes: object, _conforms: object, results: list[_RawResult]) -> _Report:
        return results, ""


class _Labels(dict[str, rdflib.BNode]):
    """Lets blank nodes keep their labels, by which results are compared."""

    def get(self, label: str, _default: object = None) -> rdflib.BNode:
        return rdflib.BNode(label)


def report(graph: bytes, shapes: Shapes) -> str:
    """Return the report (N-Triples) on a graph (N-Triples)."""
    with _as_written():
        silent = logging.Logger("validation", logging.CRITICAL + 1)  # noqa: LOG001 - it must not be found by anyone
        options = {"logger": silent, "inplace": True, "use_js": False, "advanced": False}
        data, rules = _graph(graph, shapes.prefixes), _graph(shapes.ntriples, {})
        validator = _Results(DataGraph.from_rdflib(data), shacl_graph=rules, options=options)
        _, results, _ = validator.run()  # type: ignore[no-untyped-call] # pySHACL has no types here
        written = rdflib.Graph(bind_namespaces="none")
        report = rdflib.BNode("report")
        written.add((report, rdflib.RDF.type, rdflib.SH.ValidationReport))
        written.add((report, rdflib.SH.conforms, rdflib.Literal(not results)))
        for _shape, node, triples in results:
            written.add((report, rdflib.SH.result, node))
            for subject, predicate, value in triples:
                written.add((subject, predicate, value[1] if isinstance(value, tuple) else value))
        return written.serialize(format="nt")


@contextmanager
def _as_written() -> Iterator[None]:
    """Let rdflib keep literals as they are written, silently, and put back what was set before."""
    before = rdflib.NORMALIZE_LITERALS
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
    rdflib.NORMALIZE_LITERALS = False
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        rdflib.NORMALIZE_LITERALS = before


def _graph(ntriples: bytes, prefixes: Mapping[str, str]) -> rdflib.Graph:
    """Read a graph; `prefixes` are those of the shapes, whose queries count on them, declared or not."""
    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in prefixes.items():
        graph.bind(prefix, namespace)
    return graph.parse(data=ntriples, format="nt", bnode_context=_Labels())
