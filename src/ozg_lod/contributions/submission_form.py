"""What somebody writes on the form of a submission, and a sentence for each field that will not do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ozg_lod.contributions.submissions import Sender
from ozg_lod.core.errors import BadRequest
from ozg_lod.core.messages import Text, _
from ozg_lod.tables import contribution_kinds
from ozg_lod.validation.examination import Examination

FIELDS: Final = ("authority", "sender", "mail", "consent")
_KINDS: Final = {8: "municipality", 5: "district", 2: "state"}
_MAIL: Final = re.compile(r"[^\s@<>\"',;:\\()\[\]]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_LONGEST: Final = 100
_YES: Final = frozenset({"1", "true", "yes", "on", "ja"})

_TEXT: Final = {"type": "string"}
DESCRIBED: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", *FIELDS],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "A table or RDF"},
                        "kind": {**_TEXT, "description": "Kind of table; recognised where it is left out"},
                        "authority": {**_TEXT, "description": "Official key: 8 digits, 5 for a district"},
                        "sender": {**_TEXT, "description": "Who sends it; not published"},
                        "mail": {**_TEXT, "description": "E-mail address for questions; not published"},
                        "consent": {**_TEXT, "description": "1: the sender may make these statements"},
                    },
                }
            }
        },
    },
    "responses": {
        "201": {"description": "Kept for a decision; Location is the secret address of its status"},
        "400": {"description": "A field is missing or wrong"},
        "403": {"description": "Nothing can be submitted here"},
        "413": {"description": "The file is too large"},
        "422": {"description": "The file does not conform; the answer is its report"},
        "429": {"description": "Too many submissions of one client"},
        "503": {"description": "Too many submissions wait for a decision"},
    },
}
"""The form as the description of the interface has it."""


@dataclass(frozen=True, slots=True)
class SubmissionFields:
    """The fields as they were written, and what is wrong with them by name; nothing is, where it can be submitted."""

    values: Mapping[str, str]
    faults: Mapping[str, Text]

    @property
    def sender(self) -> Sender:
        return Sender(self.values["sender"], self.values["mail"])

    @property
    def key(self) -> str:
        return self.values["authority"]

    def candidate(self, base_iri: str) -> str:
        """Return the IRI an authority with this key has, "" where the key cannot be one."""
        kind = _KINDS.get(len(self.key)) if self.key.isascii() and self.key.isdigit() else None
        return f"{base_iri}id/{kind}/{self.key}" if kind else ""

    def refused(self, name: str, message: Text) -> SubmissionFields:
        """Return the same with one more fault."""
        return SubmissionFields(self.values, {**self.faults, name: message})


def read(fields: Mapping[str, str], example: str) -> SubmissionFields:
    values = {name: " ".join(fields.get(name, "").split())[: _LONGEST * 2] for name in FIELDS}
    faults = {}
    if not values["authority"]:
        faults["authority"] = _("give the official key of the authority, for example {key}", key=example)
    if not 1 < len(values["sender"]) <= _LONGEST or not values["sender"].isprintable():
        faults["sender"] = _("give your name, in at most {LONGEST} characters", LONGEST=_LONGEST)
    if not _MAIL.fullmatch(values["mail"]):
        faults["mail"] = _("give an e-mail address, for example rathaus@example.org")
    if values["consent"].lower() not in _YES:
        faults["consent"] = _("confirm that you may make these statements for the authority")
    return SubmissionFields(values, faults)


def unknown(key: str) -> Text:
    """Return the fault of a key that the catalogue does not know."""
    return _(
        "the catalogue does not know the key “{key}”; a town or municipality has 8 digits, a district 5", key=key[:20]
    )


def kind_of(examination: Examination, base_iri: str) -> str:
    """Return the kind of table that a file is, "" for RDF.

    Raises BadRequest for tables of several kinds, and for RDF that names the contribution as the source of nothing: it
    would be published without saying where it comes from.
    """
    kinds = sorted({sheet.kind for sheet in examination.sheets if sheet.kind})
    if len(kinds) > 1:
        listed = ", ".join(kinds)
        raise BadRequest(
            _("The file has tables of several kinds ({listed}); submit each in a file of its own.", listed=listed),
        )
    source = f"{base_iri}id/source/{contribution_kinds.PROVISIONAL}"
    if not kinds and f"<{source}>".encode() not in examination.quads:
        raise BadRequest(
            _(
                "Nothing in the file has the contribution as its source; give each statement dct:source <{source}>.",
                source=source,
            ),
        )
    return kinds[0] if kinds else ""
