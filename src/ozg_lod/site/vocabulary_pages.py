"""The pages of the vocabulary: its terms with a use of each from the data, and the rules with good and bad examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyoxigraph as ox
from babel import Locale

from ozg_lod.core.messages import _
from ozg_lod.core.vocab import ONTOLOGY, SHAPES, prefixed
from ozg_lod.rdf import formats
from ozg_lod.rdf.graph import Graph, Term, collation, iri_of
from ozg_lod.site import pages, term_usage, vocabulary
from ozg_lod.site.page_context import PageContext
from ozg_lod.site.term_names import datatype_name
from ozg_lod.site.values import Value, ValueWriter
from ozg_lod.snapshots import rule_examples
from ozg_lod.snapshots.rule_examples import ExampleLine, RuleExample


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement of the data that uses a term: its three parts as people read them, and the same as Turtle."""

    subject: Value
    predicate: Value
    value: Value
    turtle: str


@dataclass(frozen=True, slots=True)
class ExampleLineView:
    """One line of an example: what it is about, its values with what kind they are ("" mostly); none: it is missing."""

    name: str
    inverse: bool
    values: Sequence[tuple[Value, str]]


def ontology(
    site: PageContext,
    terms: Sequence[vocabulary.TermDefinition],
    graph: Graph,
    covered: Mapping[str, int],
    *,
    has_context: bool = False,
) -> bytes:
    """Return the page of the terms; `covered` says how many rules are about each, `has_context` to link the context."""
    examples = {term.iri: term.use.example for term in terms if term.use.example is not None}
    linked = {iri for term in terms for iris in term.links.values() for iri in iris} | {term.iri for term in terms}
    ends = {
        iri_of(end) for example in examples.values() for end in (example.subject, example.predicate, example.object)
    }
    writer = site.writer(graph.names_of((linked | ends) - {""}))
    groups = [*(name for name, _ in vocabulary.GROUPS), vocabulary.OTHER]
    grouped = [(group, [term for term in terms if term.group == group]) for group in groups]
    return pages.render(
        "ontology.html",
        site,
        groups=[(group, members) for group, members in grouped if members],
        writer=writer,
        covered=covered,
        examples={iri: _shown(writer, graph, example) for iri, example in examples.items()},
        iri=ONTOLOGY,
        formats=pages.BAR,
        has_context=has_context,
    )


def shapes(
    site: PageContext, rules: Sequence[vocabulary.ShapeRule], examples: Mapping[str, RuleExample], graph: Graph
) -> bytes:
    """Return the page of the rules, by the class they are for."""
    iris = {iri for rule in rules for iri in (rule.target, rule.path) if iri} | set(
        rule_examples.ends(examples.values())
    )
    writer = site.writer(graph.names_of(iris))
    classes = sorted(
        {rule.target for rule in rules if not _anywhere(rule)}, key=lambda iri: collation(writer.name(iri).text)
    )
    groups = [(_capital(writer.name(iri)), [rule for rule in rules if rule.target == iri]) for iri in classes]
    others = sorted(filter(_anywhere, rules), key=lambda rule: collation(writer.name(rule.path or rule.target).text))
    if others:
        groups.append((Value(_("Single facts, wherever they stand")[site.language]), others))
    shown = {
        rule: [
            ("good", _lines(writer, example.good, beside=example.bad)),
            ("bad", _lines(writer, example.bad, beside=example.good)),
        ]
        for rule, example in examples.items()
    }
    return pages.render(
        "shapes.html", site, groups=groups, writer=writer, total=len(rules), examples=shown, formats=pages.BAR
    )


def _capital(name: Value) -> Value:
    return replace(name, text=name.text[:1].upper() + name.text[1:])


def _anywhere(rule: vocabulary.ShapeRule) -> bool:
    """Return whether a rule is about a property wherever it stands, or about the data as a whole, not about a class."""
    return rule.by_property or rule.target.startswith(SHAPES)


def _lines(
    writer: ValueWriter, lines: Sequence[ExampleLine], *, beside: Sequence[ExampleLine]
) -> list[ExampleLineView]:
    """Return the lines of one side; where both sides write a value alike, what kind of value it is stands with it."""
    others = [term for line in beside for term in line.values]
    return [
        ExampleLineView(
            writer.name(line.property).text,
            line.inverse,
            [(_written(writer, term), _told_apart(writer, term, others)) for term in line.values],
        )
        for line in lines
    ]


def _written(writer: ValueWriter, term: Term) -> Value:
    """Return a value as it is written in the data; a thing of the catalogue by its name."""
    if isinstance(term, ox.Literal):
        return Value(term.value, term.language) if term.language else Value(term.value, kind="code")
    iri = iri_of(term)
    known = writer.names.get(iri)
    return writer.name(iri) if known else Value(prefixed(iri.removeprefix(rule_examples.SPACE)), kind="code")


def _told_apart(writer: ValueWriter, term: Term, others: Sequence[Term]) -> str:
    """Return what kind of value a literal is where another one is written the same, else ""."""
    alike = [other for other in others if isinstance(other, ox.Literal) and isinstance(term, ox.Literal)]
    if term in alike or not any(other.value == getattr(term, "value", "") for other in alike):
        return ""
    return _kind(writer, term) if isinstance(term, ox.Literal) else ""


def _kind(writer: ValueWriter, term: ox.Literal) -> str:
    """Return what kind of value a literal is: its language, or its datatype."""
    if term.language:
        return str(Locale(writer.language).languages.get(term.language, term.language))
    return datatype_name(term.datatype.value, writer.language) or prefixed(term.datatype.value)


def _shown(writer: ValueWriter, graph: Graph, example: ox.Triple) -> StatementView:
    predicate = example.predicate.value
    turtle = formats.serialize(term_usage.snippet(graph, example), formats.TURTLE).decode().rstrip()
    return StatementView(
        writer.name(iri_of(example.subject)), writer.name(predicate), writer.value(example.object, predicate), turtle
    )
