"""Orders: what an inspection is asked for and what comes back, as bytes that cross a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ozg_lod.sandbox.frames import packed, unpacked
from ozg_lod.validation.examination import Examination

REPORT: Final = "report"
MARKED: Final = "marked"
PREVIEW: Final = "preview"
PAGE: Final = "page"
LIST: Final = "list"
CORRECTED: Final = "corrected"
"""What an order can ask for beside the findings: nothing, the marked workbook, what would change, one page, the
workbook with the sure suggestions put in.

LIST asks for no check: only for the rows of a list (see `lists`)."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """One file to check: its name as the sender has it, its bytes, which kind of table it is ("": recognised).

    `wanted` is one of REPORT, MARKED, PREVIEW, PAGE, CORRECTED, written in `language`; `about` is the IRI of the thing
    whose page is wanted, and `chosen` says whether links of that page name the language.
    """

    name: str
    content: bytes
    kind: str = ""
    wanted: str = REPORT
    language: str = "de"
    about: str = ""
    chosen: bool = False

    def to_bytes(self) -> bytes:
        """Return the order as it goes to the child."""
        head = {name: getattr(self, name) for name in ("name", "kind", "wanted", "language", "about", "chosen")}
        return packed(head, [self.content])

    @classmethod
    def from_bytes(cls, frame: bytes) -> CheckRequest:
        """Return what `to_bytes` made."""
        head, (content,) = unpacked(frame)
        return cls(content=content, **head)


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """What came of it: the examination, and what was wanted beside it (empty where it was not or cannot be had)."""

    examination: Examination
    extra: bytes = b""

    def to_bytes(self) -> bytes:
        """Return it as it comes back from the child."""
        return packed({}, [self.examination.to_bytes(), self.extra])

    @classmethod
    def from_bytes(cls, frame: bytes) -> CheckAnswer:
        """Return what `to_bytes` made."""
        _, (examination, extra) = unpacked(frame)
        return cls(Examination.from_bytes(examination), extra)
