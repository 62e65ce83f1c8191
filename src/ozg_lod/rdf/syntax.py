"""Syntax: what the parser says about an RDF file, in words that say what would be right.

The parser speaks English and of grammar. Each of its sentences that people meet has one of ours; the rest keep theirs
in quotation marks, unless it holds an address or a word of the trade.
"""

from __future__ import annotations

import re
from typing import Final

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Label, Message

_SENTENCES: Final = (
    (
        r"The prefix (?P<it>[\w.-]*:) has not been declared",
        "Das Präfix „{it}“ ist nicht erklärt; ergänzen Sie oben eine Zeile „@prefix {it} … .“",
        'the prefix "{it}" is not declared; add a line "@prefix {it} … ." at the top',
    ),
    (
        r"Unexpected end of file|should end with|should not be empty",
        "Die Datei endet mitten in einer Angabe; ergänzen Sie das Anführungszeichen, die Klammer oder den Punkt",
        "the file ends in the middle of a statement; add the quotation mark, the bracket or the full stop",
    ),
    (
        r"followed by a dot|A dot is expected",
        "Vor dieser Stelle fehlt ein Punkt am Ende der Angabe; ergänzen Sie „ .“",
        'a full stop is missing before this place; end the statement with " ."',
    ),
    (
        r"Line jumps are not allowed",
        'Der Text geht über das Zeilenende hinaus; schließen Sie ihn oder setzen Sie ihn in """…"""',
        'the text runs over the end of the line; close it or put it in """…"""',
    ),
    (
        r"IRI|in host|scheme|port",
        "Die Adresse ist unvollständig oder enthält ein verbotenes Zeichen; schreiben Sie ein Leerzeichen als %20",
        "the address holds a character that may not stand there, or is incomplete; write it in full and a space as %20",
    ),
    (
        r"subtag|language tag",
        "Das Sprachkürzel ist nicht gültig; schreiben Sie zum Beispiel @de oder @en",
        "the language tag is not valid; write for example @de or @en",
    ),
    (
        r"escape|unicode",
        "Hinter \\ steht ein Zeichen, das keine Bedeutung hat; schreiben Sie \\\\ für den Schrägstrich selbst",
        "the character after \\ has no meaning; write \\\\ for the backslash itself",
    ),
    (
        r"not a valid (?:RDF object|predicate|subject)",
        'Hier muss eine Adresse in <…>, ein Name mit Präfix oder ein Text in "…" stehen',
        'an address in <…>, a name with a prefix or a text in "…" must stand here',
    ),
    (
        r"LoadDocumentCallback",
        "Die Datei verweist auf einen Kontext im Netz, der nicht geladen wird; schreiben Sie den Kontext in die Datei",
        "the file refers to a context on the web, which is not loaded; write the context into the file",
    ),
    (
        r"namespaces are required|RDF/XML parser",
        "Die Datei ist kein RDF/XML in UTF-8; speichern Sie sie neu oder senden Sie Turtle",
        "the file is not RDF/XML in UTF-8; save it anew or send Turtle",
    ),
    (
        r"comma to add|must be followed|was expected",
        "Hier ist das JSON nicht vollständig; prüfen Sie Kommas, Klammern und Anführungszeichen",
        "the JSON is not complete here; check commas, brackets and quotation marks",
    ),
)


def explained(error: Exception, text: str, file: str) -> Finding:
    """Return the finding for an exception of the parser, with the line it stopped in."""
    line = getattr(error, "lineno", None)
    character = getattr(error, "offset", None)
    place = Location(file=file, line=line, character=character)
    lines = text.splitlines() if line is not None else []
    value = lines[line - 1].strip()[:200] if line is not None and line <= len(lines) else None
    return Finding(Severity.ERROR, "document-syntax", _sentence(str(error)), place, value=value or None)


def _sentence(reason: str) -> Label | Message:
    for pattern, de, en in _SENTENCES:
        if match := re.search(pattern, reason):
            it = match.groupdict().get("it") or ""
            return Text(de=de.replace("{it}", it), en=en.replace("{it}", it))
    said = re.sub(r"^Parser error at line .*?: | \(line \d+\)$", "", reason)
    if re.search(r"[<>/]|blank|sh:", said) or len(said) > 100:  # noqa: PLR2004 - a sentence, not a dump
        said = ""
    return Text(
        de="Ab hier ist die Datei nicht lesbar" + (f" (der Parser meldet: {said})" if said else "") + "; prüfen Sie "
        "diese Stelle und das Ende der Angabe davor",
        en="the file cannot be read from here on" + (f" (the parser says: {said})" if said else "") + "; check this "
        "place and the end of the statement before it",
    )
