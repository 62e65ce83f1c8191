"""Tables of the size of a whole country, in the project's own form: a source folder to be built beside the real one.

    python bench/national.py [--municipalities N] [--services M] OUT
    ozg-lod build --source . --source OUT

Every municipality is invented: its key lies in a part of the register that no state uses, its name and its notes say
so, and every row names the source "generated sample". It is for measuring and clicking, and never published as fact.
The same numbers give the same bytes; the files of a state hold the same however many states there are.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
MUNICIPALITIES, SERVICES = 10_800, 12
STATES = ("01", "02", "03", "04", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16")
"""All but 05, the only state with a region 9: the keys made here (state, 9, district, municipality) are free."""
PER_DISTRICT = 36
SOURCE = "generated-sample"
MARK_DE = "Erfunden: erzeugte Stichprobe zum Messen, keine Tatsache."
MARK_EN = "Invented: a generated sample for measuring, not a fact."
FORMS = "https://stichprobe.example.org"
SOURCES = f"""\
@base <{{base}}id/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix ozg: <https://w3id.org/ozg-lod/ontology#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<organisation/{SOURCE}>
    a org:Organization ;
    dct:source <source/{SOURCE}> ;
    skos:prefLabel "Niemand (erzeugte Stichprobe)"@de , "nobody (generated sample)"@en .

<source/{SOURCE}>
    a prov:Entity , foaf:Document ;
    dct:publisher <organisation/{SOURCE}> ;
    dct:title "Erzeugte Stichprobe"@de ;
    dct:type <concept/source-other> ;
    ozg:readOn "2026-11-30"^^xsd:date ;
    foaf:page <{FORMS}/> ;
    skos:note "{MARK_DE}"@de , "{MARK_EN}"@en ;
    skos:prefLabel "Erzeugte Stichprobe, keine Tatsachen"@de , "Generated sample, no facts"@en .
"""


def write(out: Path, municipalities: int = MUNICIPALITIES, services: int = SERVICES, root: Path = ROOT) -> int:
    """Write the folder beside the sources in `root`; return the number of rows of availability."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob(f"{SOURCE}*"):
        old.unlink()
    offered = [*_keys(root / "data" / "bundles.csv"), *_keys(root / "data" / "ozg-services.csv")]
    metadata = json.loads((root / "data" / "municipalities.csv-metadata.json").read_text("utf-8"))
    base = metadata["@context"][1]["@base"]
    (out / f"{SOURCE}.ttl").write_text(SOURCES.format(base=base), "utf-8")
    rows = 0
    for number, state in enumerate(STATES):
        keys = list(_municipality_keys(state, len(range(number, municipalities, len(STATES)))))
        if not keys:
            continue
        _write_table(out / f"{SOURCE}-gemeinden-{state}.csv", *_municipalities(keys, metadata, state))
        available = list(_availabilities(keys, offered, services))
        contract = json.loads((root / "contributions" / "verfuegbarkeit.csv-metadata.json").read_text("utf-8"))
        _write_table(out / f"{SOURCE}-verfuegbarkeit-{state}.csv", available, _sourced(contract))
        rows += len(available)
    return rows


def _keys(table: Path) -> list[str]:
    with table.open(encoding="utf-8", newline="") as file:
        return [row[0] for row in csv.reader(file)][1:]


def _municipality_keys(state: str, count: int) -> Iterator[str]:
    for number in range(count):
        yield f"{state}9{number // PER_DISTRICT:02}{number % PER_DISTRICT + 1:03}"


def _municipalities(keys: list[str], metadata: dict, state: str) -> tuple[list[dict[str, str]], dict]:
    """Return rows of municipalities, and the description of ours with the keys of another state."""
    chance = random.Random(state)
    rows = [
        {
            "ags": key,
            "ars": f"{key[:5]}0000{key[5:]}",
            "name": f"Musterort {key} (erfunden)",
            "place_name": f"Musterort {key} (erfunden)",
            "classification": chance.choice(("Stadt", "Gemeinde", "Gemeinde")),
            "lat": f"{chance.uniform(47.5, 54.5):.6f}",
            "long": f"{chance.uniform(6.5, 14.5):.6f}",
            "source": SOURCE,
            "centre_source": SOURCE,
            "note_de": MARK_DE,
            "note_en": MARK_EN,
        }
        for key in keys
    ]
    text = json.dumps(metadata, ensure_ascii=False).replace('"format": "06[', f'"format": "{state}[')
    described = json.loads(text)
    described["dc:title"] = {"de": f"Erfundene Gemeinden ({state})", "en": f"Invented municipalities ({state})"}
    described["dc:description"] = {"de": MARK_DE, "en": MARK_EN}
    return rows, described


def _availabilities(keys: list[str], offered: list[str], services: int) -> Iterator[dict[str, str]]:
    for key in keys:
        chance = random.Random(key)
        for service in chance.sample(offered, min(services, len(offered))):
            yield {
                "ags": key,
                "leistung": service,
                "stand": "available",
                "seit": f"{chance.randint(2019, 2025)}-{chance.randint(1, 12):02}",
                "formular": f"{FORMS}/{key}/{service}",
                "geprueft_am": "2026-11-30",
            }


def _sourced(contract: dict) -> dict:
    """Return the description of a contribution whose source is the sample."""
    return json.loads(json.dumps(contract, ensure_ascii=False).replace("id/source/beitrag", f"id/source/{SOURCE}"))


def _write_table(path: Path, rows: list[dict[str, str]], metadata: dict) -> None:
    names = [column["name"] for column in metadata["tableSchema"]["columns"] if not column.get("virtual")]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    described = json.dumps({**metadata, "url": path.name}, ensure_ascii=False, indent=2)
    Path(f"{path}-metadata.json").write_text(described + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder that is written")
    parser.add_argument("--municipalities", type=int, default=MUNICIPALITIES, metavar="N")
    parser.add_argument("--services", type=int, default=SERVICES, metavar="M", help="rows for each municipality")
    options = parser.parse_args()
    rows = write(options.out, options.municipalities, options.services)
    print(f"{rows} rows of availability in {options.out}")


if __name__ == "__main__":
    main()
