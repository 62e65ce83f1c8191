"""Two judges of the rules (SHACL): `shacl`, in Rust, decides at once; pySHACL judges again what is published.

`shacl` is a hundred times faster and the young work of one author; so nothing is published that the two judge
differently. pySHACL decides where there is no wheel of `shacl`, and where that is wrong by the text of SHACL. Every
kind of difference is listed in docs/conformance.md with its reason.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from ozg_lod.core.errors import Unprocessable
from ozg_lod.core.findings import ShaclTerms
from ozg_lod.core.messages import Message, _
from ozg_lod.core.vocab import SH, XSD
from ozg_lod.rdf.lexical import is_legal
from ozg_lod.validation.constraints import Node
from ozg_lod.validation.shapes import ShaclResult, Shapes, shapes_of

if TYPE_CHECKING:
    import shacl

SHACL: Final = "shacl"
PYSHACL: Final = "pyshacl"
FIRST: Final = SHACL if find_spec(SHACL) else PYSHACL
_SHOWN: Final = 5
_LONGEST: Final = 300
_RENAMED: Final = re.compile(r"\(\s*(?:[?$]\w+|[\w-]*:[\w-]+)\s+AS\s*[?$]", re.IGNORECASE)
_SPECIAL: Final = re.compile(
    r"(?i:#select> .*?(?:\bAS\s*[?$]|\{\s*SELECT\b(?![^{]*(?:[?$]this\b|\*))))"
    r'|#(?:node|property)Validator> |#(?:min|max)(?:In|Ex)clusive> "[^"]*"(?: |@|\^\^<[^>]*anyURI)'
)
"""Where `shacl` is wrong: terms queries make, subqueries without $this, validators that select, ranges of texts."""
_NARROW_NUMBER: Final = re.compile(rf'"([+-]?\d+)"\^\^<{XSD}(\w*(?:byte|short|int|long|Integer))>', re.IGNORECASE)
_ILL_TYPED: Final = "?ill-typed"
_BLANK_NODE: Final = re.compile(r"\d+_b(\d+)")
"""`shacl` numbers blank nodes as it meets them, those of the shapes first."""
COMPARING: Final = frozenset(
    f"<{SH}{name}ConstraintComponent>"
    for name in ("LessThan", "LessThanOrEquals", "MinInclusive", "MinExclusive", "MaxInclusive", "MaxExclusive")
)
_QUERY: Final = f"<{SH}SPARQLConstraintComponent>"


@lru_cache(maxsize=1)
def first(turtle: bytes) -> str:
    """Return who decides over these shapes on this machine."""
    try:
        written = shapes_of(turtle).ntriples.decode()
    except SyntaxError:  # whoever is to judge will say so
        return FIRST
    return PYSHACL if _SPECIAL.search(_RENAMED.sub("", re.sub(r"\\[nrt]", " ", written))) else FIRST


@cache
def named(judge: str) -> str:
    """Return the name and the version of a judge; a worker can ask only for those asked for before it was confined."""
    return f"{judge} {version(judge)}"


def judge(graph: bytes, turtle: bytes, by: str = "") -> list[ShaclResult]:
    """Return what the shapes (Turtle) find in a graph (N-Triples); no results means that it conforms.

    Raises Unprocessable when the check itself fails, which says nothing about the data.
    """
    return results(report(graph, turtle, by), shapes_of(turtle))


def report(graph: bytes, turtle: bytes, by: str = "") -> list[Triple]:
    """Return the report of the judge as it is, its blank nodes named as in the shapes and the graph."""
    judge = by or first(turtle)
    try:
        return list(_report(graph, shapes_of(turtle), judge))
    except MemoryError:  # is told as what it is
        raise
    except Exception as error:  # whatever fails here, it is not the data that does not conform
        raise Unprocessable(_cause(error, turtle, judge)) from error


def _report(graph: bytes, shapes: Shapes, judge: str) -> Iterator[Triple]:
    if judge == SHACL:
        return _judged(graph, shapes)
    from ozg_lod.validation import pyshacl_judge  # noqa: PLC0415 - half a second, for those only whom it judges

    return (quad.triple for quad in parse(pyshacl_judge.report(graph, shapes), RdfFormat.N_TRIPLES))


def _cause(error: Exception, turtle: bytes, judge: str) -> Message:
    """Return why shapes cannot be applied, with the smallest part of them that fails alone."""
    if isinstance(error, SyntaxError):
        return _("the rules cannot be read: {fault}", fault=error)
    shapes = shapes_of(turtle)
    for node, part in shapes.parts():
        try:
            list(_report(b"", Shapes(part), judge))
        except Exception as fault:  # noqa: BLE001 - each kind of failure is one of this part
            return _("the rule {rule} cannot be applied: {fault}", rule=shapes.described(node), fault=_reason(fault))
    return _("the rules could not be applied ({fault})", fault=f"{type(error).__name__}: {_reason(error)}")


def _reason(error: Exception) -> str:
    """Return the first sentence of a fault, without the list of all that a parser would have taken."""
    text = " ".join(str(error).split()) or type(error).__name__
    return re.sub(r"expected one of .*", "unexpected text", text)[:_LONGEST]


def agree(judges: tuple[str, str], ours: Sequence[ShaclTerms], others: Sequence[ShaclTerms]) -> None:
    """Raise Unprocessable where two judges did not find the same, but for what pySHACL is known to overlook.

    That is values that cannot be compared (SHACL §4.3, §4.5), and a solution of a query that comes twice (§5.3.1).
    """
    one, two = Counter(ours) - Counter(others), Counter(others) - Counter(ours)
    known = {key for key in one if key.component in COMPARING or (key.component == _QUERY and key in others)}
    both = zip(judges, (one.keys() - known, two), strict=True)
    lines = [f"{judge}: {' '.join(astuple(key))}" for judge, keys in both for key in sorted(keys)[:_SHOWN]]
    if not lines:
        return
    message = _(
        "The two judges of the rules disagree, so nothing is published; what only one of them finds:\n{findings}\n"
        "Report this; `--judge none` publishes by the word of {judge} alone.",
        findings="\n".join(lines),
        judge=judges[0],
    )
    raise Unprocessable(message)


def _judged(graph: bytes, shapes: Shapes) -> Iterator[Triple]:
    """Yield the report of `shacl`; a cap on them, which none reaches, keeps it from starting threads."""
    report = _compiled(shapes).validate_text(_marked(graph.decode()), format="ntriples", max_results=sys.maxsize)
    labels = cache(lambda: [*_blank_nodes(shapes.ntriples), *_blank_nodes(graph)])

    def restored(term: Node) -> Node:
        if isinstance(term, BlankNode) and (match := _BLANK_NODE.fullmatch(term.value)):
            return BlankNode(labels()[int(match[1])])
        if isinstance(term, Literal) and term.datatype.value.endswith(_ILL_TYPED):
            return Literal(term.value, datatype=NamedNode(term.datatype.value.removesuffix(_ILL_TYPED)))
        return term

    for quad in parse(report.serialize("ntriples"), RdfFormat.N_TRIPLES):
        subject = restored(quad.subject)
        yield Triple(subject if isinstance(subject, BlankNode) else quad.subject, quad.predicate, restored(quad.object))


@lru_cache(maxsize=1)
def _compiled(shapes: Shapes) -> shacl.Shapes:
    import shacl  # noqa: PLC0415 - there may be none

    return shacl.Shapes.from_text(_marked(shapes.ntriples.decode()), format="ntriples")


def _marked(ntriples: str) -> str:
    """Return a graph whose numbers out of range have another datatype, since `shacl` compares them like good ones."""
    return _NARROW_NUMBER.sub(
        lambda match: match[0] if is_legal(match[1], XSD + match[2]) else f"{match[0][:-1]}{_ILL_TYPED}>", ntriples
    )


def _blank_nodes(ntriples: bytes) -> dict[str, None]:
    """Return the labels of blank nodes in the order in which they are met."""
    terms = (term for quad in parse(ntriples, RdfFormat.N_TRIPLES) for term in (quad.subject, quad.object))
    return dict.fromkeys(term.value for term in terms if isinstance(term, BlankNode))


def results(report: Sequence[Triple], shapes: Shapes) -> list[ShaclResult]:
    """Return the results of a report, without their details."""
    parts: dict[Node, dict[str, list[Node]]] = defaultdict(lambda: defaultdict(list))
    nodes: list[Node] = []
    for triple in report:
        name = triple.predicate.value.removeprefix(SH)
        if name == "result":
            nodes.append(triple.object)
        parts[triple.subject][name].append(triple.object)
    return [shapes.result(parts[node]) for node in nodes]
