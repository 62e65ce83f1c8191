"""Graphs of any size as files: written from sorted N-Triples in one pass, a block of subjects at a time.

The bytes are those of `formats.serialize`. What a document says of the whole at its beginning (prefixes, namespaces,
the sort of each property) is taken from a sample: one statement of every combination of namespaces, property and
datatype. Blank nodes have no place here: to name them needs the whole graph.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import pyoxigraph as ox

from ozg_lod.rdf import formats
from ozg_lod.rdf.formats import Format, GraphWriter

_BLOCK_LINES: Final = 5_000
_SPACE: Final = rb"<([^>:]*:(?:[^>]*[/#])?)[^>]*>"
_LINE: Final = re.compile(rb"%s (<[^>]*>) (?:%s|\".*\"([^\"]*)) \.\n" % (_SPACE, _SPACE), re.DOTALL)


def write(lines: Sequence[bytes], files: Mapping[Format, Path]) -> None:
    """Write the graph of these lines (sorted N-Triples, each once) to each file in its format.

    A file whose format cannot hold the graph is not written.
    """
    like = sorted(_parsed(_sample(lines)), key=formats.position)
    with contextlib.ExitStack() as stack:
        outputs = [_Output(form, stack.enter_context(path.open("wb")), like) for form, path in files.items()]
        for block in _blocks(lines):
            triples = sorted(_parsed(block), key=formats.position)
            for output in outputs:
                output.write(block, triples)
        for output in outputs:
            output.end()
    for output in outputs:
        if not output.holds:
            files[output.form].unlink()


class _Output:
    """One of the files, as long as its format `holds` what comes: RDF/XML knows no control characters."""

    def __init__(self, form: Format, file: BinaryIO, like: Sequence[ox.Triple]) -> None:
        self.form = form
        self.holds = True
        self._file = file
        self._writer: GraphWriter | None = None
        if form is not formats.NTRIPLES:
            with self._trying():
                self._writer = formats.writer_of(form, like)
                file.write(self._writer.head)

    def write(self, lines: Sequence[bytes], triples: Sequence[ox.Triple]) -> None:
        with self._trying():
            if self._writer is not None:
                self._file.write(self._writer.block(triples))
            elif self.holds:
                self._file.writelines(lines)

    def end(self) -> None:
        if self._writer is not None:
            self._file.write(self._writer.tail)

    @contextlib.contextmanager
    def _trying(self) -> Iterator[None]:
        try:
            yield
        except ValueError:
            self.holds, self._writer = False, None


def _sample(lines: Sequence[bytes]) -> list[bytes]:
    """Return one line of each kind, by the namespaces in it, its property and the datatype or language of its text."""
    kinds: dict[tuple[bytes | None, ...], bytes] = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        kinds.setdefault(match.groups() if match is not None else (line,), line)
    return list(kinds.values())


def _blocks(lines: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Yield the lines in blocks that end where a subject does."""
    start = 0
    while start < len(lines):
        end = min(start + _BLOCK_LINES, len(lines))
        while end < len(lines) and _subject(lines[end]) == _subject(lines[end - 1]):
            end += 1
        yield lines[start:end]
        start = end


def _subject(line: bytes) -> bytes:
    return line[: line.index(b" ")]


def _parsed(lines: Sequence[bytes]) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(b"".join(lines), ox.RdfFormat.N_TRIPLES)]
