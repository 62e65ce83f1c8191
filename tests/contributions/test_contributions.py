"""From a filled-in template to published facts, and out again: through the doors that people and programs use."""

from __future__ import annotations

import io
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import openpyxl
import pytest
from tests.conftest import ROOT, serving
from tests.contributing import BASE, DISTRICT, OTHER_TOWN, Office, opened, row, table

from ozg_lod.contributions import journal
from ozg_lod.contributions.submissions import Event, SubmissionState
from ozg_lod.core.errors import SnapshotError
from ozg_lod.snapshots.snapshot import Snapshots

STATEMENT = f"{BASE}id/availability/06531005-soziales"
FORM = {"authority": "06531005", "sender": "Person im Rathaus", "mail": "rathaus@example.org", "consent": "1"}
ASKED = f"""PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> PREFIX dct: <http://purl.org/dc/terms/>
PREFIX prov: <http://www.w3.org/ns/prov#>
SELECT ?status ?source ?authority ?sent WHERE {{
  <{STATEMENT}> ozg:status ?status ; dct:source ?source .
  ?source prov:wasAttributedTo ?authority ; prov:wasGeneratedBy/prov:endedAtTime ?sent . }}"""


@pytest.fixture
def place(tmp_path: Path) -> Office:
    return opened(tmp_path)


@pytest.fixture
def client(place: Office) -> Iterator[httpx.Client]:
    options = ["--source", str(place.source), "--source", str(place.into), "--inbox", str(place.folder)]
    with serving(place.target, *options) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def wait_for(client: httpx.Client, place: Office) -> None:
    """Wait until the server has noticed what is current."""
    snapshots = Snapshots(place.target)
    version = snapshots.publications()[-1].version
    end = time.monotonic() + 20
    while client.get("/health/ready").json()["version"] != version:
        assert time.monotonic() < end, "the server did not switch"
        time.sleep(0.1)


def filled(client: httpx.Client) -> bytes:
    """Take the template of a town and fill in one row, as a clerk does."""
    blank = client.get("/vorlagen/verfuegbarkeit.xlsx", params={"ags": "06531005"})
    assert blank.status_code == httpx.codes.OK, blank.text
    book = openpyxl.load_workbook(io.BytesIO(blank.content))
    wanted = {
        "AGS": "06531005",
        "Leistung": "soziales",
        "Stand": "verfügbar",
        "Seit": "2025-03",
        "Geprüft": "2026-11-20",
    }
    for sheet in book.worksheets:
        for cells in sheet.iter_rows(max_row=20):
            heads = {name: cell for name in wanted for cell in cells if _is(name, str(cell.value or ""))}
            if len(heads) == len(wanted):
                for line in range(cells[0].row + 1, sheet.max_row + 1):
                    for cell in cells:
                        sheet.cell(line, cell.column).value = None
                for name, value in wanted.items():
                    sheet.cell(cells[0].row + 1, heads[name].column).value = value
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def _is(name: str, heading: str) -> bool:
    starts = {"AGS": "Gemeinde oder Kreis (AGS)", "Leistung": "Leistung (", "Stand": "Stand", "Seit": "Seit oder ab"}
    return heading.startswith(starts.get(name, name)) and not heading.startswith("Stand der")


class Asking(threading.Thread):
    """Asks one page again and again; `wrong` are the answers that were not complete."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.asked, self.wrong, self.ending = url, 0, [], False

    def run(self) -> None:
        with httpx.Client(timeout=30) as client:
            while not self.ending:
                self.asked += 1
                answer = client.get(self.url)
                if answer.status_code != httpx.codes.OK:
                    self.wrong.append(answer.status_code)


def test_template_filled_validated_submitted_accepted_published_withdrawn_erased(
    client: httpx.Client, place: Office
) -> None:
    content = filled(client)
    checked = client.post("/validate", files={"file": ("tabelle.xlsx", content)})
    assert checked.json()["conforms"] is True, checked.text

    kept = client.post("/contributions", data=FORM, files={"file": ("tabelle.xlsx", content)})
    assert kept.status_code == httpx.codes.CREATED, kept.text
    status = kept.headers["location"]
    assert client.get(status).json()["state"] == "received"
    assert client.get(f"/doc/availability/{STATEMENT.rpartition('/')[2]}").status_code == httpx.codes.NOT_FOUND
    reference = kept.json()["reference"]
    source = f"{BASE}id/source/mitteilung-{reference}"

    asking = Asking(f"{client.base_url}/doc/bundle/soziales")
    asking.start()
    done = place.accept(reference)
    assert done.returncode == 0, done.stderr
    wait_for(client, place)
    asking.ending = True
    asking.join(30)
    assert (asking.wrong, asking.asked > 10) == ([], True), "no request was dropped"

    told = client.get(status).json()
    assert (told["state"], told["source"]) == ("accepted", source)
    page = client.get("/doc/municipality/06531005", headers={"accept": "text/html", "accept-language": "de"}).text
    assert "Mitteilung der Kommune Gießen vom" in page
    assert "rathaus@" not in page
    assert "Person im Rathaus" not in client.get("/dump/data.nq").text
    (answer,) = client.get("/sparql", params={"query": ASKED, "format": "csv"}).text.split("\r\n")[1:-1]
    assert answer.split(",")[:3] == [
        "https://w3id.org/ozg-lod/ontology#available",
        source,
        f"{BASE}id/municipality/06531005",
    ]
    assert f"<{BASE}graph/mitteilung-{reference}>" in client.get("/dump/data.nq").text
    assert STATEMENT in client.get("/dump/bundles.nt").text
    assert STATEMENT in client.get("/changes.atom").text
    assert client.get("/.well-known/void").status_code == httpx.codes.OK
    version = Snapshots(place.target).publications()[-1].version

    gone = place.run("withdraw", reference, "--reason", "Auf Wunsch der Stadt")
    assert gone.returncode == 0, gone.stderr
    wait_for(client, place)
    assert client.get(status).json()["state"] == "withdrawn"
    for iri in (STATEMENT, source):
        answer = client.get(iri.removeprefix(BASE).join(("/", "")))
        assert answer.status_code == httpx.codes.GONE, iri
        assert "Auf Wunsch der Stadt" in answer.json()["detail_de"]
    assert STATEMENT not in client.get("/dump/data.nq").text
    assert STATEMENT in client.get(f"/snapshot/{version}/data.nq").text, "kept versions still have it"

    erased = place.run("withdraw", reference, "--erase")
    assert erased.returncode == 0, erased.stderr
    answer = client.get(f"/snapshot/{version}/data.nq")
    assert (answer.status_code, answer.json()["erased"]) == (httpx.codes.GONE, time.strftime("%Y-%m-%d", time.gmtime()))
    assert {client.get(f"/snapshot/{version}/{one}").status_code for one in ("catalog", "sparql?query=ASK{}")} == {
        httpx.codes.GONE
    }
    for path in place.target.rglob("*"):
        assert (
            path.name in {"manifest.json", "published.jsonl"}
            or path.is_dir()
            or (f"<{STATEMENT}>".encode() not in path.read_bytes())
        ), path
    assert not (place.folder / reference / "sender.json").exists()
    assert not (place.folder / reference / "file").exists()
    assert "gelöscht" in client.get("/aenderungen", headers={"accept": "text/html"}).text
    assert place.run("withdraw", reference, "--erase").returncode == 0, "erasing what is erased does nothing"


def test_a_newer_notice_of_the_same_authority_takes_the_place_of_the_same_rows_only(place: Office) -> None:
    old = place.put(table(row(), row(bundle="jugendamt")))
    new = place.put(table(row(status="beendet")))
    for submission in (old, new):
        assert place.accept(submission.reference).returncode == 0
    found = place.query(
        "PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> PREFIX dct: <http://purl.org/dc/terms/> "
        "SELECT ?b ?status ?source { ?a ozg:availableAt ?x ; ozg:availabilityOf ?b ; ozg:status ?status ; "
        "dct:source ?source } ORDER BY ?b"
    )
    short = [[part.rpartition("/")[2].rpartition("#")[2] for part in line.strip().split(",")] for line in found]
    assert short == [["jugendamt", "available", old.key], ["soziales", "ended", new.key]]
    assert new.key in place.run("show", old.reference).stdout
    last = place.put(table(row(bundle="jugendamt", status="beendet")))
    assert place.accept(last.reference).returncode == 0
    assert not (place.into / old.key).exists(), "no row is left"
    rows = (place.into / f"{old.key}-withdrawn" / f"withdrawn-{old.key}.csv").read_text(encoding="utf-8")
    assert f"{BASE}id/source/{old.key}," in rows
    assert rows.rstrip().endswith(f"{BASE}id/source/{last.key}"), "the source has a successor"


def test_a_successor_that_stays_in_part_is_still_named(place: Office) -> None:
    first, second, third = (
        place.put(table(*rows))
        for rows in ([row()], [row(), row(bundle="jugendamt")], [row(bundle="jugendamt", status="geplant")])
    )
    for submission in (first, second, third):
        assert place.accept(submission.reference).returncode == 0
    rows = (place.into / f"{first.key}-withdrawn" / f"withdrawn-{first.key}.csv").read_text(encoding="utf-8")
    assert rows.endswith(
        f"{BASE}id/source/{first.key},{time.strftime('%Y-%m-%d', time.gmtime())},"
        f"Eine neuere Mitteilung derselben Stelle ist an ihre Stelle getreten,{BASE}id/source/{second.key}\n"
    )


def test_notices_of_different_authorities_about_the_same_stand_side_by_side(place: Office) -> None:
    town, district = place.put(table(row())), place.put(table(row(status="geplant", since="2027-01")), DISTRICT)
    for submission in (town, district):
        assert place.accept(submission.reference).returncode == 0
    found = place.query(
        "PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> PREFIX dct: <http://purl.org/dc/terms/> "
        "SELECT ?a ?source { ?a ozg:availableAt ?x ; dct:source ?source } ORDER BY ?a"
    )
    assert [line.strip() for line in found] == [
        f"{STATEMENT},{BASE}id/source/{town.key}",
        f"{STATEMENT}-laut-06531,{BASE}id/source/{district.key}",
    ]
    assert place.run("withdraw", town.reference).returncode == 0
    rows = (place.into / f"{town.key}-withdrawn" / f"withdrawn-{town.key}.csv").read_text(encoding="utf-8")
    assert f"{STATEMENT}," in rows
    assert f",{STATEMENT}-laut-06531\n" in rows, "what the other says is named as successor"
    again = place.put(table(row()))
    assert place.accept(again.reference).returncode == 0, "an address that comes back is no longer withdrawn"
    assert f"{STATEMENT}," not in (place.into / f"{town.key}-withdrawn" / f"withdrawn-{town.key}.csv").read_text(
        "utf-8"
    )


def test_rdf_becomes_turtle_with_its_own_source(place: Office) -> None:
    content = f"""
@prefix ozg: <https://w3id.org/ozg-lod/ontology#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<{BASE}id/availability/wiesbaden-soziales> a ozg:Availability ; ozg:availabilityOf <{BASE}id/bundle/soziales> ;
  ozg:availableAt <{OTHER_TOWN}> ; ozg:status ozg:planned ; skos:prefLabel "Soziales in Wiesbaden"@de ;
  dct:source <{BASE}id/source/beitrag> .
""".encode()
    submission = place.put(content, OTHER_TOWN, "meldung.ttl")
    done = place.accept(submission.reference)
    assert done.returncode == 0, done.stderr
    text = (place.into / submission.key / f"{submission.key}.ttl").read_text(encoding="utf-8")
    assert f"source/{submission.key}>" in text
    assert "beitrag" not in text
    assert place.run("withdraw", submission.reference).returncode == 0
    assert place.query("ASK { ?s ?p 'Soziales in Wiesbaden'@de }") == []


def test_what_no_longer_fits_changes_nothing_and_says_why(place: Office) -> None:
    submission = place.put(table(row(since="Herbst 25")))
    before = Snapshots(place.target).current()
    refused = place.accept(submission.reference)
    assert refused.returncode == 1
    assert "Zeile 2" in refused.stderr
    assert "Herbst 25" in refused.stderr
    assert (list(place.into.iterdir()), Snapshots(place.target).current()) == ([], before)
    assert place.run("list").stdout.startswith("* ")


def test_what_cannot_be_decided_is_said(place: Office) -> None:
    reference = place.put(table(row())).reference
    for arguments, sentence in (
        (("accept", reference), "--checked"),
        (("reject", reference), "--reason"),
        (("withdraw", reference), "received"),
        (("show", "ffffffff"), "0 Einreichungen"),
        (("accept", reference, "--checked", "x", "--into", ROOT / "data"), "gehört zum Programm"),
        (("accept", reference, "--checked", "x", "--into", "/proc/none"), "nicht beschreibbar"),
    ):
        refused = place.run(*map(str, arguments))
        assert (refused.returncode, sentence in refused.stderr) == (2, True), refused.stderr


def test_a_rejection_keeps_its_reason_and_after_the_deadline_nothing_of_the_sender(place: Office) -> None:
    submission = place.put(table(row()))
    rejected = place.run("reject", submission.reference, "--reason", "Bitte vom Rathaus aus senden", "--json")
    assert '"state": "rejected"' in rejected.stdout
    assert "rathaus@example.org" in place.run("list", "--json").stdout
    assert "rathaus@example.org" not in place.run("list", "--json", "--inbox-days", "0").stdout
    assert "(gelöscht)" in place.run("show", submission.reference).stdout
    assert place.run("reject", submission.reference, "--reason", "noch einmal").returncode == 2


def test_in_a_git_checkout_the_command_to_commit_is_printed(place: Office) -> None:
    (place.into / ".git").mkdir()
    done = place.accept(place.put(table(row())).reference)
    assert f"git -C {place.into} add -A" in done.stderr


def test_what_was_begun_is_ended_by_the_next_command_or_says_why_it_cannot(place: Office) -> None:
    submission = place.put(table(row()))
    plan = journal.JournalEntry(
        source=(str(place.source), str(place.into)),
        target=str(place.target),
        into=str(place.into),
        folders={"mitteilung-x": {"mitteilung-x.ttl": "no Turtle"}},
        events={submission.reference: Event(SubmissionState.REJECTED, "2026-11-24T10:00:00Z", reason="Grund").plain()},
    )
    journal.begin(place.inbox, plan)
    stuck = place.run("list")
    assert (stuck.returncode, "mitteilung-x.ttl" in stuck.stderr) == (2, True), stuck.stderr
    assert "berichtigen Sie sie" in stuck.stderr
    journal.begin(place.inbox, replace(plan, folders={"mitteilung-x": None}))
    ended = place.run("list")
    assert "zu Ende geführt" in ended.stderr
    assert (ended.returncode, place.inbox.one(submission.reference).state) == (0, SubmissionState.REJECTED)
    assert list(place.into.iterdir()) == []


def test_a_snapshot_that_cannot_be_read_is_erased_too(place: Office) -> None:
    submission = place.put(table(row()))
    assert place.accept(submission.reference).returncode == 0
    snapshots = Snapshots(place.target)
    first = snapshots.publications()[0].snapshot
    (snapshots.directory(first) / "manifest.json").write_text("{")
    assert place.run("withdraw", submission.reference, "--erase").returncode == 0
    assert [path.name for path in snapshots.directory(first).iterdir()] == ["manifest.json"]
    with pytest.raises(SnapshotError, match="is being served"):
        snapshots.erase(snapshots.current() or "", "2026-11-24")
    erased = snapshots.publications()[1].snapshot
    with pytest.raises(SnapshotError, match="erased on"):
        snapshots.verified(erased)


def test_tables_of_several_kinds_and_a_missing_snapshot_are_said(place: Office, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for text in (
        table(row()),
        "AGS;Name;Internetauftritt;Geprüft am\r\n06531005;;https://example.org;2026-11-20".encode(),
    ):
        sheet = book.create_sheet()
        for line in text.decode("utf-8-sig").splitlines():
            sheet.append(line.split(";"))
    book.save(tmp_path / "a.xlsx")
    mixed = place.accept(place.put((tmp_path / "a.xlsx").read_bytes(), name="a.xlsx").reference)
    assert (mixed.returncode, "kontakt, verfuegbarkeit" in mixed.stderr) == (2, True), mixed.stderr
    shutil.rmtree(place.target)
    missing = place.accept(place.put(table(row())).reference)
    assert (missing.returncode, "ozg-lod build" in missing.stderr) == (2, True), missing.stderr


def test_an_empty_inbox_says_so(place: Office) -> None:
    assert place.run("list").stdout == "Der Eingang ist leer.\n"


def test_a_withdrawal_that_would_break_others_changes_nothing(place: Office) -> None:
    first = place.put(table(row()))
    assert place.accept(first.reference).returncode == 0
    (place.source / "data" / "more.nt").write_text(f"<{STATEMENT}> <{BASE}id/x> <{BASE}id/y> .\n", encoding="utf-8")
    refused = place.run("withdraw", first.reference)
    assert refused.returncode == 1, refused.stderr
    assert (place.into / first.key).is_dir()
    assert place.inbox.one(first.reference).state is SubmissionState.ACCEPTED
