"""The identity of a catalogue: what it is called, which territory it is about, what it names as examples.

It is read from `site.toml` of the source folder and travels in the snapshot; the program itself knows no territory.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from typing import Final, TypeVar

from ozg_lod.core.errors import SourceError
from ozg_lod.core.messages import Label, _

FILE: Final = "site.toml"
ICON_FILE: Final = "icon.svg"
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Territory:
    """The territory as it stands in a sentence ("of Saxony", "in Saxony", "All of Saxony").

    `marks` are what people write behind the name of a place to say that it lies here, folded.
    """

    of: Label = Label({"": ""})  # noqa: RUF009 - frozen
    within: Label = Label({"": ""})  # noqa: RUF009
    whole: Label = Label({"de": "Alles", "en": "Everything"})  # noqa: RUF009
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ExampleKeys:
    """Things of the catalogue that help, error messages and the console name; the defaults are made up."""

    authority: str = "00000000"
    authority_name: str = "Musterstadt"
    city: str = "00000000"
    city_ars: str = "000000000000"
    ars: str = "000000000000"
    district: str = "00000"
    ozg_id: str = "10169"
    leika: str = "99010005000000"
    ambiguous: str = "Musterstadt"
    query: str = ""
    rows: tuple[str, ...] = ("00000000", "Musterstadt")


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of the overview map and of the badges."""

    map: str = "#3d6fd6"
    badge: str = "#0b3d91"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a catalogue is called and what it is about; `icon` is a file of its own, empty where there is none.

    `official` is the line above the header that says whose official website this is; only who may say so states it.
    """

    name: Label = Label({"": "ozg-lod"})  # noqa: RUF009 - frozen
    claim: Label = Label({"de": "Verwaltung online", "en": "Public services online"})  # noqa: RUF009
    lead: Label = Label({"": ""})  # noqa: RUF009
    official: Label = Label({"": ""})  # noqa: RUF009
    territory: Territory = Territory()
    examples: ExampleKeys = ExampleKeys()
    colours: Colours = Colours()
    icon: bytes = b""


NEUTRAL: Final = Identity()


def read(content: bytes | None) -> Identity:
    """Return the identity that a file states, a neutral one for None; raises SourceError for what it may not say."""
    if content is None:
        return Identity()
    try:
        stated = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(_("{file} cannot be read: {reason}.", file=FILE, reason=error)) from None
    territory = dict(stated.pop("territory", {}))
    if "in" in territory:
        territory["within"] = territory.pop("in")
    return _record(
        Identity,
        "",
        {
            **stated,
            "territory": _record(Territory, "territory", territory),
            "examples": _record(ExampleKeys, "examples", stated.get("examples", {})),
            "colours": _record(Colours, "colours", stated.get("colours", {})),
        },
    )


def _record(record: type[Record], name: str, stated: object) -> Record:
    known = {field.name: str(field.type) for field in fields(record)}  # type: ignore[arg-type] # all are dataclasses
    known.pop("icon", None)
    if not isinstance(stated, dict):
        raise _faulty(name)
    if unknown := sorted(set(stated) - set(known)):
        raise SourceError(
            _(
                "{file}: “{field}” is not understood; right are: {listed}.",
                file=FILE,
                field=unknown[0],
                listed=", ".join(known),
            )
        )
    return record(**{field: _value(field, known[field], value) for field, value in stated.items()})


def _value(field: str, kind: str, value: object) -> object:
    texts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    if kind in {"Territory", "ExampleKeys", "Colours"}:
        return value
    if not all(isinstance(text, str) for text in texts) or isinstance(value, dict) != (kind == "Label"):
        raise _faulty(field)
    if isinstance(value, dict):
        return Label(value)
    return frozenset(texts) if kind.startswith("frozenset") else tuple(texts) if kind.startswith("tuple") else value


def _faulty(field: str) -> SourceError:
    return SourceError(
        _(
            "{file}: {field} is not of the form that the file explains: texts by language, or one text.",
            file=FILE,
            field=field,
        )
    )
