"""Comparing names: of places part by part, of services as a whole; each comparison says how it came to its score.

Distances are counted in typing errors (optimal string alignment: a wrong, missing, superfluous letter, two swapped).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from ozg_lod.core.folding import contract, fold
from ozg_lod.matching.place_names import (
    DISTRICT,
    REGION,
    PlaceName,
    explains,
)
from ozg_lod.matching.register import Register, RegisterEntry, form

Compared = tuple[RegisterEntry, int, str, str]
"""Record, score from 0 to 100, reason, doubt ("" for none)."""

_ONE_ERROR: Final = 5
_TWO_ERRORS: Final = 8
_LEAST_CUT: Final = 7
_CUT_SHARE: Final = 0.55
_LEAST_LIKE: Final = 78.0
_SURELY_LIKE: Final = 92.0
_NEAR: Final = 12


def compared(register: Register, typed: PlaceName, text: str) -> Iterator[Compared]:
    """Yield the places that may be meant by a name taken apart."""
    exact = register.heads.get(typed.joined, ())
    for record_id in exact:
        yield _same_head(register, register.records[record_id], typed, text)
    if typed.marks and (turned := register.heads.get(typed.whole)):
        for record_id in turned:
            yield register.records[record_id], 94, "name", ""
    if not exact:
        yield from _mistyped(register, typed, text)
        yield from _cut(register, typed)


def services_like(register: Register, text: str) -> Iterator[Compared]:
    """Yield the services, bundles, programmes and organisations that may be meant."""
    whole, wanted = contract(fold(text)), form(text)
    exact = dict.fromkeys((*register.forms.get(whole, ()), *register.forms.get(wanted, ())))
    for record_id in exact:
        same = whole in register.records[record_id].forms
        yield register.records[record_id], 100 if same else 95, "label" if same else "name", ""
    if len(wanted) >= _ONE_ERROR:
        alike = list(_alike(register, wanted)) or list(_parts(register, wanted))
        yield from (one for one in alike if one[0].id not in exact)


def _alike(register: Register, wanted: str) -> Iterator[Compared]:
    alike = process.extract(wanted, register.forms.keys(), scorer=fuzz.ratio, score_cutoff=_LEAST_LIKE, limit=_NEAR)
    for known, score, _ in alike:
        errors = OSA.distance(wanted, known)
        close = score >= _SURELY_LIKE and errors <= _allowed(known) and _digits(known) == _digits(wanted)
        for record_id in register.forms[known]:
            yield register.records[record_id], 92 - errors if close else round(score * 0.8), "like", ""


def _parts(register: Register, wanted: str) -> Iterator[Compared]:
    """Yield what has the words in its name; shown to be chosen from, never sure."""
    parts = (record_id for known, ids in register.forms.items() if wanted in known for record_id in ids)
    yield from ((register.records[record_id], 55, "part", "") for record_id in islice(dict.fromkeys(parts), _NEAR))


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _same_head(register: Register, record: RegisterEntry, typed: PlaceName, text: str) -> Compared:
    """Return how well a place fits whose name begins with the same words."""
    written = contract(fold(text))
    known = max((name.marks for name in record.names if name.joined == typed.joined), key=len, default=())
    whole = written in record.forms
    against = "" if whole else _against(register, record, typed, known)
    if against:
        return record, 50, against, against
    bare = not typed.says and not typed.marks
    also = bare and _namesake(register, record, typed)
    doubt = "also" if also else "former" if record.until else ""
    if whole:
        label = written == record.forms[0]
        return record, 100 if label else 99, "label" if label else "name", doubt
    if known and not typed.marks:
        alone = known[-1] in register.marks or typed.joined in register.elsewhere
        return record, 90, "head", "short" if alone else doubt or ("also" if _longer(register, typed, record) else "")
    if record.kind == DISTRICT and not typed.says:
        return record, 88, "head", doubt
    return record, 97, "name", doubt


def _against(register: Register, record: RegisterEntry, typed: PlaceName, known: tuple[str, ...]) -> str:
    """Return what speaks against a place of this head: the kind that is said, or a mark that is not its own."""
    if (typed.says and typed.says != record.kind) or (record.kind == REGION and not typed.says):
        return "kind"
    return "marks" if any(not _explained(register, mark, known, record) for mark in typed.marks) else ""


def _namesake(register: Register, record: RegisterEntry, typed: PlaceName) -> bool:
    """Tell whether a city and a district bear the same name."""
    kinds = {register.records[record_id].kind for record_id in register.heads[typed.joined]} - {"place", "state"}
    return len(kinds | {record.kind} - {"place", "state"}) > 1


def _longer(register: Register, typed: PlaceName, record: RegisterEntry) -> bool:
    """Tell whether another place is called the same and more: “Neustadt” is several."""
    others = (other for other in register.records.values() if other.id != record.id and other.kind == record.kind)
    longer = (name.head for other in others for name in other.names if len(name.head) > len(typed.head))
    return any(head[: len(typed.head)] == typed.head for head in longer)


def _explained(register: Register, mark: str, known: tuple[str, ...], record: RegisterEntry) -> bool:
    """Tell whether a mark is one of the name's own, the state, or a word of its district's name."""
    if mark in register.marks or any(explains(mark, own) or OSA.distance(mark, own) == 1 for own in known):
        return True
    return len(mark) >= _ONE_ERROR and mark.removesuffix("kreis") in contract(fold(record.district)).replace("-", " ")


def _allowed(name: str) -> int:
    """Return how many typing errors are looked for in a name of this length."""
    return 0 if len(name) < _ONE_ERROR else 1 if len(name) < _TWO_ERRORS else 2


def _mistyped(register: Register, typed: PlaceName, text: str) -> Iterator[Compared]:
    """Yield the places whose name is one or two typing errors away."""
    for written in dict.fromkeys((typed.joined, typed.whole, contract(fold(text)).replace(" ", ""))):
        allowed = _allowed(written)
        if not allowed:
            continue
        alike = process.extract(
            written, register.spelled.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=_NEAR
        )
        if not alike:
            continue
        stranger = process.extractOne(written, register.strangers, scorer=OSA.distance, score_cutoff=allowed)
        for known, errors, _ in alike:
            foreign = stranger is not None and stranger[1] <= errors
            for record_id in register.spelled[known]:
                record = register.records[record_id]
                yield record, 96 - 6 * errors, "typo", _doubt(register, record, typed, known, foreign=foreign)


def _doubt(register: Register, record: RegisterEntry, typed: PlaceName, known: str, *, foreign: bool) -> str:
    """Return what speaks against a name that is nearly that of a place."""
    name = next((name for name in record.names if known == name.joined), None)
    against = _against(register, record, typed, name.marks if name else typed.marks)
    if against:
        return against
    if foreign:
        return "elsewhere"
    if name and not typed.says and _twins(register, known):
        return "also"
    return "former" if record.until else ""


def _twins(register: Register, head: str) -> bool:
    kinds = {register.records[record_id].kind for record_id in register.heads.get(head, ())} - {"place", "state"}
    return len(kinds) > 1


def _cut(register: Register, typed: PlaceName) -> Iterator[Compared]:
    """Yield the places whose name goes on behind what was written."""
    written = typed.joined
    if len(written) < _LEAST_CUT or typed.marks:
        return
    longer = [known for known in register.spelled if known.startswith(written)]
    for known in longer[:_NEAR]:
        enough = len(written) >= _CUT_SHARE * len(known)
        for record in (register.records[record_id] for record_id in register.spelled[known]):
            doubt = _doubt(register, record, typed, known, foreign=written in register.elsewhere)
            yield record, 86 if enough else 70, "cut", doubt
