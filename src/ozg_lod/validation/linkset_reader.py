"""Reading a linkset in JSON (RFC 9264 §4.2) as triples: anchor, relation, target. Runs in the cage, like all parsers.

A relation that is an IRI becomes the property, `type` becomes rdf:type and `license` dct:license. Other registered
relations (describedby, alternate …) lead between documents and say nothing of the thing; they are left out, and so are
attributes of targets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Message, _
from ozg_lod.core.vocab import DCT, RDF

SUFFIX: Final = ".linkset"
_REGISTERED: Final = {"type": RDF + "type", "license": DCT + "license"}
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|^`\\\x00-\x20\ud800-\udfff]*")


class _NoLinksetError(Exception):
    """What is wrong with it, and where."""

    def __init__(self, where: str, reason: Message) -> None:
        super().__init__(where)
        self.text = _("{where} must be {reason}", where=where, reason=reason)


def as_ntriples(text: str, file: str) -> str | Finding:
    """Return the links as N-Triples, or the one finding that says why this is no linkset."""
    try:
        return "".join(_lines(json.loads(text)))
    except _NoLinksetError as error:
        message = error.text
    except (ValueError, RecursionError):
        message = _("the file is not JSON; send a linkset")
    return Finding(Severity.ERROR, "document-linkset", message, Location(file=file))


def _lines(linkset: object) -> Iterator[str]:
    contexts = linkset.get("linkset") if isinstance(linkset, dict) else None
    for n, context in enumerate(_list("linkset", contexts)):
        where = f"linkset[{n}]"
        if not isinstance(context, dict):
            raise _NoLinksetError(where, _("an object"))
        anchor = _iri(f"{where}.anchor", context.get("anchor"))
        for relation, targets in context.items():
            predicate = _REGISTERED.get(relation) or str(relation)
            if relation == "anchor" or not _IRI.fullmatch(predicate):
                continue
            for m, target in enumerate(_list(f"{where}.{relation}", targets)):
                at = f"{where}.{relation}[{m}].href"
                href = _iri(at, target.get("href") if isinstance(target, dict) else None)
                yield f"<{anchor}> <{predicate}> <{href}> .\n"


def _list(where: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise _NoLinksetError(where[:200], _("a list"))
    return value


def _iri(where: str, value: object) -> str:
    if not isinstance(value, str) or not _IRI.fullmatch(value):
        raise _NoLinksetError(where[:200], _("a whole address, for example https://…"))
    return value
