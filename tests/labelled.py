"""The labelled rows that matching is measured on: official names with the damage that real lists do to them.

`rows()` makes them from the tables of this repository with one fixed seed and deals them into two halves. Matching is
developed on the half `DEVELOP`; the half `KEPT` is looked at for the figures only (docs/reconcile.md).

    python tests/labelled.py [develop|kept]      writes the rows as CSV
"""

from __future__ import annotations

import csv
import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
DEVELOP, KEPT = "develop", "kept"
UNCLEAR: Final = "?"
"""The truth of a row that means one of several: nothing may be matched."""
_SEED: Final = 20261124
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"

# Municipalities of other states, as their own websites spell them; the last lines are near to names in Hesse.
ELSEWHERE: Final = """
München|Augsburg|Nürnberg|Regensburg|Würzburg|Bayreuth|Coburg|Passau|Ingolstadt|Rosenheim|Aschaffenburg|Alzenau
Stuttgart|Mannheim|Heidelberg|Karlsruhe|Freiburg im Breisgau|Ulm|Heilbronn|Weinheim|Hockenheim|Sinsheim
Buchen (Odenwald)|Oppenheim|Ingelheim am Rhein|Montabaur
Mainz|Worms|Bingen am Rhein|Koblenz|Trier|Kaiserslautern|Ludwigshafen am Rhein
Köln|Düsseldorf|Dortmund|Essen|Münster (Westfalen)|Bielefeld|Siegen|Bad Berleburg|Winterberg|Medebach|Brilon|Warburg
Hannover|Göttingen|Braunschweig|Osnabrück|Oldenburg (Oldb)|Hildesheim|Hann. Münden|Alfeld (Leine)|Celle|Wolfsburg
Erfurt|Weimar|Jena|Gera|Eisenach|Gotha|Suhl|Heilbad Heiligenstadt|Bad Salzungen|Meiningen|Ilmenau
Leipzig|Dresden|Chemnitz|Zwickau|Görlitz|Frankenberg/Sa.|Plauen|Bautzen|Freiberg|Pirna
Magdeburg|Halle (Saale)|Dessau-Roßlau|Stendal|Wernigerode|Potsdam|Cottbus|Frankfurt (Oder)|Brandenburg an der Havel
Rostock|Schwerin|Greifswald|Stralsund|Kiel|Lübeck|Flensburg|Neumünster|Saarbrücken|Homburg|Neunkirchen|Völklingen
Friedberg (Bayern)|Neustadt an der Weinstraße|Neustadt bei Coburg|Lauterbach (Schwarzwald)|Rotenburg (Wümme)
Limburgerhof|Offenburg|Oldenburg in Holstein|Marbach am Neckar|Kastellaun|Eppelheim|Dillingen an der Donau
Rothenburg ob der Tauber|Weilheim in Oberbayern|Waldbrunn (Odenwald)|Hofheim in Unterfranken|Steinheim an der Murr
Gladbeck|Grünstadt|Wetterzeube|Erbach (Donau)|Langenau|Bergheim|Eschweiler|Kelheim|Laufach|Alsleben (Saale)|Bernburg
"""


@dataclass(frozen=True)
class Labelled:
    """A row as a list may have it; `truth` is the id meant, "" for nothing here, `UNCLEAR` for one of several."""

    text: str
    truth: str
    damage: str
    kinds: str = ""
    district: str = ""
    state: str = ""


def rows(half: str) -> list[Labelled]:
    """Return one half of all rows, always the same."""
    chance = random.Random(_SEED)  # noqa: S311 - the same rows every time
    everything = list(dict.fromkeys(_all(chance)))
    chance.shuffle(everything)
    return everything[::2] if half == DEVELOP else everything[1::2]


def _all(chance: random.Random) -> Iterator[Labelled]:
    municipalities = _table("municipalities")
    districts = {row["district_key"]: row["name"] for row in _table("districts")}
    names = {_plain(row[column]) for row in municipalities for column in ("name", "name_official")}
    heads = [_head(row["name"]) for row in municipalities]
    for row in municipalities:
        truth = f"municipality/{row['ags']}"
        for damage in chance.sample(list(_DAMAGES), 3):
            text = _DAMAGES[damage](row, chance)
            if text is None or (_plain(text) in names - {_plain(row["name"]), _plain(row["name_official"])}):
                continue
            short = text == _head(row["name"]) and text != row["name"]
            several = short and (heads.count(text) > 1 or row["name"].endswith("(Hessen)"))
            beside = districts.get(row["district_key"], "") if chance.random() < 0.3 else ""
            if f"Landkreis {_head(text)}" in districts.values() and not re.match(r"(Stadt|Magistrat|0?6)", text):
                several = several or (not beside and "," not in text)
            yield Labelled(text, truth if not several or beside else UNCLEAR, damage, "", beside)
    yield from _districts(districts, chance)
    yield from _twins(districts)
    yield from _services(chance)
    for name in re.split(r"[|\n]", ELSEWHERE.strip()):
        beside = {"state": chance.choice(["Bayern", "Sachsen"])} if chance.random() < 0.1 else {}
        text = chance.choice([name, name, name, f"Stadt {name}", name.upper()])
        yield Labelled(text, "", "elsewhere", chance.choice(["", "municipality"]), **beside)
    yield from (
        Labelled(f"{name}", "", "nothing") for name in ("", "k. A.", "-", "unbekannt", "Gesamt", "n/a", "Summe")
    )
    yield from (Labelled(key, "", "foreign key") for key in ("09162000", "05315", "99999999", "08111000", "12345"))


def _districts(districts: dict[str, str], chance: random.Random) -> Iterator[Labelled]:
    for key, name in districts.items():
        bare = name.removeprefix("Landkreis ")
        forms = {
            "Landkreis": name,
            "LK": f"LK {bare}",
            "Kreis": f"Kreis {bare}" if bare != name else name.replace("kreis", " Kreis").replace("-Kreis", " Kreis"),
            "behind": f"{bare} (Landkreis)",
            "umlauts": _digraphs(name),
            "committee": f"Kreisausschuss des {name}" if bare == name else f"Kreisausschuss des Landkreises {bare}",
            "key": key.lstrip("0"),
            "typo 1": _typo(name, chance),
        }
        for damage, text in forms.items():
            yield Labelled(text, f"district/{key}", f"district: {damage}")
        yield Labelled(bare, f"district/{key}", "district: bare, of a kind", "district")


def _twins(districts: dict[str, str]) -> Iterator[Labelled]:
    cities = {"Gießen": ("06531005", "06531"), "Kassel": ("06611000", "06633"), "Fulda": ("06631009", "06631")}
    for name, (city, district) in cities.items():
        yield Labelled(name, UNCLEAR, "city or district")
        yield Labelled(f"Stadt {name}", f"municipality/{city}", "city")
        yield Labelled(name, f"municipality/{city}", "city, of a kind", "municipality")
        yield Labelled(name, f"district/{district}", "district, of a kind", "district")
        yield Labelled(f"Kreis {name}", f"district/{district}", "district")
        yield Labelled(f"{name}, Landkreis", f"district/{district}", "district")
    yield Labelled("Gießen", "municipality/06531005", "city, in its district", "", districts["06531"])
    yield Labelled("Marburg", "municipality/06534014", "city beside district")
    yield Labelled("Marburg-Biedenkopf", "district/06534", "district beside city")
    yield Labelled("Marburg Biedenkopf", "district/06534", "district beside city")
    for text in ("Allendorf", "Homberg", "Lautertal", "Reichelsheim", "Gemünden", "Bad Soden"):
        yield Labelled(text, UNCLEAR, "two of a name")
    yield Labelled("Lautertal", "municipality/06535012", "two of a name, one district", "", "Vogelsbergkreis")
    yield Labelled("Homberg", "municipality/06634009", "two of a name, one district", "", "Schwalm-Eder-Kreis")


def _services(chance: random.Random) -> Iterator[Labelled]:
    for row in _table("bundles"):
        truth, name = f"bundle/{row['key']}", row["label"]
        yield Labelled(name, truth, "bundle", "bundle")
        yield Labelled(row["key"], truth, "bundle: key", "bundle")
        yield Labelled(_digraphs(name), truth, "bundle: umlauts", "bundle")
        yield Labelled(f"Bündel {name} ({row['services']} Leistungen)", truth, "bundle: in words", "bundle")
        yield Labelled(_typo(name, chance), truth, "bundle: typo 1", "bundle")
    concepts = _table("ozg-services")
    labels = [row["label"] for row in concepts]
    for row in chance.sample(concepts, 90):
        truth, name = f"concept/ozg-{row['ozg_id']}", row["label"]
        if labels.count(name) > 1:
            continue
        damage = chance.choice(["name", "umlauts", "typo 1", "key", "in words", "upper"])
        text = {
            "name": name,
            "umlauts": _digraphs(name),
            "typo 1": _typo(name, chance),
            "key": f"OZG {row['ozg_id']}",
            "in words": f"OZG-Leistung {name}",
            "upper": name.upper(),
        }[damage]
        yield Labelled(text, truth, f"OZG: {damage}", "concept")
    for text in ("Hundesteuer", "Antrag auf Bewohnerparkausweis", "Straßenbeleuchtung", "Personalrat", "Kantine"):
        yield Labelled(text, "", "no such bundle", "bundle")


def _table(name: str) -> list[dict[str, str]]:
    with (ROOT / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _head(name: str) -> str:
    return re.split(r" \(| am | an | a\. | im | v\. ", name)[0]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z]", "", _digraphs(text).lower())


def _digraphs(text: str) -> str:
    return text.translate(str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}))


def _without_dots(text: str) -> str:
    return text.translate(str.maketrans("äöüÄÖÜ", "aouAOU")).replace("ß", "ss")


def _typo(text: str, chance: random.Random) -> str:
    """Return the text with one letter wrong, missing, doubled or swapped, not the first one."""
    places = [n for n in range(1, len(text) - 1) if text[n].isalpha() and text[n + 1].isalpha()]
    at = chance.choice(places)
    how = chance.randrange(4)
    changed = {
        0: chance.choice(_LETTERS),
        1: "",
        2: text[at] * 2,
        3: text[at + 1] + text[at],
    }[how]
    return text[:at] + changed + text[at + 1 + (how == 3) :]


def _kind(row: dict[str, str]) -> str:
    return "Stadt" if "Stadt" in row["classification"] or "stadt" in row["name_official"].lower() else "Gemeinde"


def _shortened(row: dict[str, str], _: random.Random) -> str | None:
    name = row["name"].replace(" am Main", " a. M.").replace(" am Rhein", " a. Rh.").replace(" im Taunus", " i. Ts.")
    name = name.replace(" am Taunus", " a. Ts.").replace("(Hessen)", "(Hess.)").replace(" a. d. ", " an der ")
    name = name.replace(" v. d. ", " vor der ")
    return name if name != row["name"] else None


def _cut(row: dict[str, str], chance: random.Random) -> str | None:
    name = row["name"]
    return name[: -chance.randint(1, 3)] if len(_head(name)) > 9 and name == _head(name) else None


_DAMAGES: Final[dict[str, Callable[[dict[str, str], random.Random], str | None]]] = {
    "none": lambda row, _: row["name"],
    "official": lambda row, _: row["name_official"] or None,
    "digraphs": lambda row, _: _digraphs(row["name"]),
    "without dots": lambda row, _: _without_dots(row["name"]),
    "capitals": lambda row, _: row["name"].upper(),
    "kind in front": lambda row, _: f"{_kind(row)} {row['name']}",
    "kind behind": lambda row, _: f"{row['name']}, {_kind(row)}",
    "committee": lambda row, _: (
        f"{'Magistrat der Stadt' if _kind(row) == 'Stadt' else 'Gemeindevorstand der Gemeinde'} {row['name']}"
    ),
    "spaces": lambda row, _: f"  {row['name'].replace('-', ' ')}  ",
    "slash": lambda row, _: re.sub(r" (?:am|im) (\w+)$", r"/\1", row["name"].replace(" (", "/").replace(")", "")),
    "without mark": lambda row, _: _head(row["name"]),
    "shortened": _shortened,
    "cut": _cut,
    "typo 1": lambda row, chance: _typo(row["name"], chance),
    "typo 1 of kind": lambda row, chance: f"{_kind(row)} {_typo(row['name'], chance)}",
    "typo 2": lambda row, chance: _typo(_typo(row["name"], chance), chance) if len(row["name"]) > 8 else None,
    "key": lambda row, _: row["ags"],
    "key without zero": lambda row, _: row["ags"].lstrip("0"),
    "key with spaces": lambda row, _: f"{row['ags'][:2]} {row['ags'][2:5]} {row['ags'][5:]}",
    "regional key": lambda row, _: row["ars"] or None,
    "key and name": lambda row, _: f"{row['ags']} {row['name']}",
}


if __name__ == "__main__":
    writer = csv.writer(sys.stdout)
    writer.writerow([field.name for field in fields(Labelled)])
    writer.writerows(astuple(row) for row in rows(sys.argv[1] if len(sys.argv) > 1 else DEVELOP))
