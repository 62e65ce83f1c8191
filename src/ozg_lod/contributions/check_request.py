"""What a check is asked for, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ozg_lod.contributions.preview import ContributionPreview
from ozg_lod.validation.examination import Examination

REPORT: Final = "report"
MARKED: Final = "marked"
PREVIEW: Final = "preview"
PAGE: Final = "page"
CORRECTED: Final = "corrected"
"""What an order can ask for beside the findings: nothing, the marked workbook, what would change, one page, the
workbook with the sure suggestions put in."""


@dataclass(frozen=True, slots=True)
class CheckSubject:
    """What files are checked against: the directory of a snapshot, its public address, whether it is read from disk.

    Tables may have `rows` rows.
    """

    snapshot: str
    public_url: str
    rows: int
    from_disk: bool = False


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


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """What came of it: the examination, and beside it what was wanted, where it can be had.

    `document` are the bytes of a workbook or a page.
    """

    examination: Examination
    document: bytes = b""
    preview: ContributionPreview | None = None
