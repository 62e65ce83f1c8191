"""Syntax: what the parser says about an RDF file, in words that say what would be right.

The parser speaks English and of grammar. Each of its sentences that people meet has one of ours; the rest keep theirs
in quotation marks, unless it holds an address or a word of the trade.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Message, _
from ozg_lod.core.vocab import PREFIXES

_SENTENCES: Final = (
    (
        r"The prefix (?P<it>[\w.-]*:) has not been declared",
        _('the prefix "{it}" is not declared; add a line "@prefix {it} {namespace} ." at the top'),
    ),
    (
        r"Unknown prefix (?P<it>[\w.-]+):",
        _('the prefix "{it}" is not declared; add xmlns:{it}="{bare}" to the first element'),
    ),
    (
        r"(?P<it>.+) is not a valid rdf:ID value",
        _(
            'rdf:ID="{it}" is no name (letters, digits, "-", "_", no space, no digit first); for an address write '
            "rdf:about"
        ),
    ),
    (
        r"<[^>]*#(?P<it>[^>]*)> has already been used as rdf:ID",
        _('rdf:ID="{it}" stands twice; for more about the same thing write rdf:about="#{it}"'),
    ),
    (
        r"Not both rdf:ID and",
        _("rdf:ID and another name stand at one element; leave out one of them"),
    ),
    (
        r"Unexpected end of file|should end with|should not be empty",
        _("the file ends in the middle of a statement; add the quotation mark, the bracket or the full stop"),
    ),
    (
        r"followed by a dot|A dot is expected",
        _('a full stop is missing before this place; end the statement with " ."'),
    ),
    (
        r"Line jumps are not allowed",
        _('the text runs over the end of the line; close it or put it in """…"""'),
    ),
    (
        r"IRI|in host|scheme|port|Invalid character",
        _(
            "the address holds a character that may not stand there, or is incomplete; write it in "
            "full and a space as %20"
        ),
    ),
    (
        r"subtag|language tag",
        _("the language tag is not valid; write for example @de or @en"),
    ),
    (
        r"escape|unicode",
        _("the character after \\ has no meaning; write \\\\ for the backslash itself"),
    ),
    (
        r"not a valid (?:RDF object|predicate|subject)",
        _('an address in <…>, a name with a prefix or a text in "…" must stand here'),
    ),
    (
        r"LoadDocumentCallback",
        _("the file refers to a context on the web, which is not loaded; write the context into the file"),
    ),
    (
        r"namespaces are required|RDF/XML parser",
        _("the file is not RDF/XML in UTF-8; save it anew or send Turtle"),
    ),
    (
        r"comma to add|must be followed|was expected",
        _("the JSON is not complete here; check commas, brackets and quotation marks"),
    ),
)


_IN_QUOTES: Final = re.compile(r"error while parsing (?:IRI|language tag) '(.*)': ")
_NOT_IN_IRIS: Final = re.compile(r"""[\x00-\x20<>"{}|\\^`\[\]]|%(?![0-9A-Fa-f]{2})""")
_TAG: Final = re.compile(r"@([A-Za-z]+(?:_\w*)+)")
_SHOWN: Final = 200
_JSON_PIECE: Final = re.compile(r'"(@id|@language)"\s*:\s*"((?:[^"\\]|\\.)*)"')


def explained(error: Exception, text: str, file: str) -> Finding:
    """Return the finding for an exception of the parser, with the line it stopped in and the piece it stopped at."""
    reason, line, character = str(error), getattr(error, "lineno", None), getattr(error, "offset", None)
    lines = text.splitlines() if line is not None else []
    whole = lines[line - 1] if line is not None and line <= len(lines) else ""
    if line is None:
        piece, line, character = _searched(reason, text)
    else:
        piece = _at(reason, whole, character or 1)
    value = piece or whole.strip()[:_SHOWN] or None
    return _fault(_sentence(reason, piece), value, Location(file=file, line=line, character=character))


def dropped(text: str, file: str) -> Finding | None:
    """Return the finding about an address or a language in JSON-LD for which parsers leave out a node silently."""
    for match in _JSON_PIECE.finditer(text):
        piece = match[2].replace("\\/", "/")
        wrong = _NOT_IN_IRIS.search(piece) if match[1] == "@id" else not _is_tag(piece)
        if wrong:
            sentence = _address(piece) if match[1] == "@id" else _language(piece)
            return _fault(sentence, piece, _spot(text, match.start(2), file))
    return None


def _fault(message: Message, value: str | None, place: Location) -> Finding:
    return Finding(Severity.ERROR, "document-syntax", message, place, value=value[:_SHOWN] if value else None)


def _spot(text: str, at: int, file: str) -> Location:
    return Location(file=file, line=text.count("\n", 0, at) + 1, character=at - text.rfind("\n", 0, at))


def _searched(reason: str, text: str) -> tuple[str, int | None, int | None]:
    """Return the piece of RDF/XML that a complaint without a place is about, and where it stands."""
    match = _IN_QUOTES.search(reason)
    name = re.search(r"Unknown prefix ([\w.-]+):|(.+) is not a valid rdf:ID|#([^>]*)> has already", reason)
    if match is None and name is None:
        return "", None, None
    piece = match[1] if match else ""
    part = re.escape(piece.replace("&", "&amp;").replace("<", "&lt;"))
    pattern = rf"""(?<==["'])\s*{part}\s*(?=["'])"""
    if name is not None:
        prefix, wrong, twice = name.groups()
        pattern = (
            rf"(?<=[<\s]){re.escape(prefix)}:" if prefix else rf"""rdf:ID\s*=\s*["']{re.escape(wrong or twice)}["']"""
        )
    spots = [found.start() for found in re.finditer(pattern, text, re.IGNORECASE)]
    if not spots and piece:  # it was written relative to the address of the file
        end = re.escape(re.split(r"[/#]", piece)[-1])
        spots = [found.start() for found in re.finditer(rf"""(?<=["'/#]){end}(?=["'])""", text)]
    if not spots:
        return piece, None, None
    at = spots[1] if name is not None and name[3] and len(spots) > 1 else spots[0]
    place = _spot(text, at, "")
    found = re.compile(r"""[^"']*""").match(text, at) if piece else None
    return unescape(found[0]) if found else "", place.line, place.character


def _at(reason: str, line: str, character: int) -> str:
    """Return the address or language tag in a line at which a parser stopped."""
    if re.search(r"IRI|in host|scheme|port|Invalid character", reason):
        match = re.match(r"<([^>]*)>?", line[character - 1 :])
        return match[1] if match else ""
    tag = _TAG.search(line)
    return tag[1] if tag and abs(tag.end() - character) <= len(tag[1]) + 1 else ""


def is_no_tag(value: str) -> bool:
    """Tell whether a piece that a parser stopped at was meant as a language tag."""
    return re.fullmatch(r"[\w-]{0,40}", value) is not None and not _is_tag(value)


def _is_tag(tag: str) -> bool:
    return re.fullmatch(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", tag) is not None


def _language(tag: str) -> Message:
    """Return the sentence about a language tag, with the right one where it is sure (BCP 47)."""
    right = "-".join(part.upper() if place and len(part) == 2 else part for place, part in enumerate(tag.split("_")))  # noqa: PLR2004 - a country
    right = "de" + right.removeprefix("deu") if right.startswith("deu") else right
    if not _is_tag(right):
        return _('"{tag}" is no language tag; write for example de or en', tag=tag)
    return _('"{tag}" is no language tag (BCP 47); write {right}', tag=tag, right=right)


def _address(address: str) -> Message:
    """Return the sentence about an address, with what it would be in the right letters."""
    wrong = _NOT_IN_IRIS.search(address)
    if wrong is None:
        return _('the address "{address}" is incomplete or wrong; write it in full', address=address[:_SHOWN])
    bare = "".join(address.split()) if address.startswith("tel:") else address.strip()  # RFC 3966 §3: no spaces
    right = _NOT_IN_IRIS.sub(lambda match: f"%{ord(match[0][0]):02X}{match[0][1:]}", bare)
    return _(
        'the address "{address}" holds "{character}", which may not stand there; write {right}',
        address=address[:_SHOWN],
        character=wrong[0],
        right=right[:_SHOWN],
    )


def _sentence(reason: str, piece: str) -> Message:
    if not piece:
        return _general(reason)
    return _language(piece) if re.search(r"language|subtag|Unexpected character", reason) else _address(piece)


def _general(reason: str) -> Message:
    for pattern, sentence in _SENTENCES:
        if match := re.search(pattern, reason):
            values = {name: text or "" for name, text in match.groupdict().items()}
            namespace = PREFIXES.get(values.get("it", "").rstrip(":"), "…")
            known = {"namespace": f"<{namespace}>" if namespace != "…" else namespace, "bare": namespace}
            return Message(
                sentence.text, values | {name: text for name, text in known.items() if f"{{{name}}}" in sentence.text}
            )
    complaint = re.sub(r"^Parser error at line .*?: | \(line \d+\)$", "", reason)
    if not complaint or re.search(r"[<>/]|blank|sh:", complaint) or len(complaint) > 100:  # noqa: PLR2004 - a sentence
        return _("the file cannot be read from here on; check this place and the end of the statement before it")
    return _(
        "the file cannot be read from here on (the parser says: {complaint}); check this place and the end of the "
        "statement before it",
        complaint=complaint,
    )
