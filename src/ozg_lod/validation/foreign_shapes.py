"""Somebody's own shapes: several files in any RDF format, and what they import, as one graph in Turtle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyoxigraph import NamedNode, RdfFormat, Triple, parse, serialize

from ozg_lod.core.errors import SourceError
from ozg_lod.core.findings import Finding
from ozg_lod.core.messages import LANGUAGES, Label
from ozg_lod.core.vocab import OWL, RDF
from ozg_lod.rdf.parse_guard import prescan
from ozg_lod.rdf.syntax import explained
from ozg_lod.tables.csv_rows import decoded
from ozg_lod.validation import documents, grouped_findings
from ozg_lod.validation.examination import SourceFile

_OTHER_NAMES: Final = {".owl": RdfFormat.RDF_XML, ".xml": RdfFormat.RDF_XML, ".json": RdfFormat.JSON_LD}
_IMPORTS: Final = OWL + "imports"
_ONTOLOGY: Final = (NamedNode(RDF + "type"), NamedNode(OWL + "Ontology"))


class _File:
    """The triples of a file, its prefixes, and the addresses it goes by."""

    def __init__(self, file: SourceFile, base: str) -> None:
        name = file.name.rpartition("/")[2]
        suffix = f".{name.rpartition('.')[2].lower()}"
        form = {**documents.FORMATS, **_OTHER_NAMES}.get(suffix, RdfFormat.TURTLE)
        text = decoded(file.content, file=file.name, wanted="UTF-8")
        if isinstance(text, Finding):
            raise _unreadable(text)
        if fault := prescan(text, form, file.name):
            raise _unreadable(fault)
        try:
            parser = parse(text.encode(), form, base_iri=base, rename_blank_nodes=True)
            self.triples = [quad.triple for quad in parser]
        except SyntaxError as error:
            raise _unreadable(explained(error, text, file.name)) from None
        self.prefixes = dict(parser.prefixes)
        named = {t.subject.value for t in self.triples if (t.predicate, t.object) == _ONTOLOGY}
        versions = {t.object.value for t in self.triples if t.predicate.value == OWL + "versionIRI"}
        self.names = {name, name.rpartition(".")[0], *named, *versions}

    @property
    def imports(self) -> set[str]:
        return {t.object.value for t in self.triples if t.predicate.value == _IMPORTS}


def read(files: Sequence[SourceFile], base: str, folder: Sequence[SourceFile] = ()) -> bytes:
    """Return the shapes of all files and of those in `folder` that they import; an import not found stays in the graph.

    Raises SourceError with the place where a file cannot be read.
    """
    merged = [_File(file, base) for file in files]
    waiting = {file.name: file for file in folder if file.name not in {one.name for one in files}}
    others: list[_File] | None = None
    known: set[str] = set()
    for one in merged:  # grows while it is walked
        for address in sorted(one.imports):
            if others is None:
                others = _readable(list(waiting.values()), base)
            match = next((other for other in (*merged, *others) if _is(other, address)), None)
            if match is not None:
                known.add(address)
                merged += [match] if match not in merged else []
    prefixes = {name: iri for one in reversed(merged) for name, iri in one.prefixes.items()}
    triples: dict[Triple, None] = dict.fromkeys(t for one in merged for t in one.triples if not _read(t, known))
    lines = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items())
    return lines.encode() + (serialize(triples, format=RdfFormat.N_TRIPLES) or b"")


def _readable(files: Sequence[SourceFile], base: str) -> list[_File]:
    readable: list[_File] = []
    for file in files:
        try:
            readable.append(_File(file, base))
        except SourceError:  # what nobody imports may be anything
            continue
    return readable


def _is(file: _File, address: str) -> bool:
    return bool({address, address.rstrip("#/"), address.rstrip("#/").rpartition("/")[2]} & file.names)


def _read(triple: Triple, known: set[str]) -> bool:
    return triple.predicate.value == _IMPORTS and getattr(triple.object, "value", "") in known


def _unreadable(finding: Finding) -> SourceError:
    texts = {tag: f"{grouped_findings.place(finding.place, tag)}: {finding.message[tag]}" for tag in LANGUAGES}
    return SourceError(Label(texts))
