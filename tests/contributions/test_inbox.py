"""The doors of the inbox: what is taken, what is refused with which sentence, what is told and what is kept."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.conftest import free_port, program, serving, wait_until_ready
from tests.contributing import TOWN, Office, opened, row, table

from ozg_lod import doctor
from ozg_lod.contributions import submission_form
from ozg_lod.contributions.inbox import Inbox, ReceivedFile
from ozg_lod.contributions.submissions import Event, Sender, SubmissionState
from ozg_lod.core.errors import InboxError, TooManyRequests, Unavailable
from ozg_lod.core.settings import Settings
from ozg_lod.http import rates
from ozg_lod.snapshots import checked_json
from ozg_lod.web import inbox_routes

FORM = {"authority": "06531005", "sender": "Person im Rathaus", "mail": "rathaus@example.org", "consent": "1"}
PAGE = {"accept": "text/html", "accept-language": "de"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return opened(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def client(place: Office) -> Iterator[httpx.Client]:
    options = ["--source", str(place.source), "--source", str(place.into), "--inbox", str(place.folder)]
    with serving(place.target, *options) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def sent(content: bytes, name: str = "tabelle.csv") -> dict[str, tuple[str, bytes]]:
    return {"file": (name, content)}


def test_a_file_that_conforms_is_kept_whole_and_only_the_operator_can_read_it(
    client: httpx.Client, place: Office
) -> None:
    kept = client.post("/contributions", data=FORM, files=sent(table(row())))
    assert kept.status_code == httpx.codes.CREATED, kept.text
    case = place.inbox.case(kept.json()["reference"])
    folder = place.folder / case.submission.reference
    assert (folder / "file").read_bytes() == table(row())
    assert json.loads((folder / "report.json").read_bytes())["conforms"] is True
    assert (case.submission.kind, case.submission.authority) == ("verfuegbarkeit", TOWN)
    assert case.sender == Sender("Person im Rathaus", "rathaus@example.org")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (place.folder, folder)] == [0o700, 0o700]


def test_the_status_tells_no_stranger_who_sent_it_and_is_kept_nowhere(client: httpx.Client) -> None:
    kept = client.post("/contributions", data=FORM, files=sent(table(row())))
    status = client.get(kept.headers["location"])
    assert status.json()["state"] == "received"
    assert status.json()["sender"] == "r…@e…"
    for answer in (status, client.get(kept.headers["location"], headers=PAGE)):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert "Person im Rathaus" not in answer.text
        assert "rathaus@" not in answer.text
    assert "tabelle.csv" not in status.text, "the name of a file may be that of a person"
    assert client.head(kept.headers["location"]).status_code == httpx.codes.OK
    secret = kept.headers["location"].rpartition("/")[2]
    for token in ("x", "A" * 32, secret[:-1] + ("A" if secret[-1] != "A" else "B")):
        assert client.get(f"/einreichung/{token}").status_code == httpx.codes.NOT_FOUND


def test_what_is_wrong_with_the_folder_is_for_the_log(client: httpx.Client, place: Office) -> None:
    kept = client.post("/contributions", data=FORM, files=sent(table(row()))).json()
    events = place.inbox.path(kept["reference"]) / "events.jsonl"
    sound = events.read_bytes()
    events.write_bytes(b"{")
    try:
        told = client.get(kept["status"])
        other = client.post("/contributions", data=FORM, files=sent(table(row())))
    finally:
        events.write_bytes(sound)
    assert other.status_code == httpx.codes.CREATED, "it harms only itself"
    assert told.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert str(place.folder) not in told.text
    assert client.get(kept["status"]).status_code == httpx.codes.OK


def test_what_does_not_conform_is_refused_with_its_report_and_not_kept(client: httpx.Client, place: Office) -> None:
    before = len(place.inbox.cases())
    broken = sent(table(row(since="Herbst 25")))
    refused = client.post("/contributions", data=FORM, files=broken)
    assert (refused.status_code, refused.json()["counts"]["error"]) == (422, 1)
    page = client.post("/contributions", data=FORM, files=broken, headers=PAGE)
    assert page.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "Herbst 25" in page.text
    assert len(place.inbox.cases()) == before


def test_each_field_that_will_not_do_is_named(client: httpx.Client) -> None:
    wrong = {"authority": "06999999", "sender": "", "mail": "rathaus", "consent": ""}
    refused = client.post("/contributions", data=wrong, files=sent(table(row())))
    assert (refused.status_code, refused.json()["fields"]) == (400, ["authority", "consent", "mail", "sender"])
    assert "06999999" in refused.json()["detail_de"]
    page = client.post("/contributions", data=wrong, files=sent(table(row())), headers=PAGE)
    assert page.status_code == httpx.codes.BAD_REQUEST
    for name in wrong:
        assert f'href="#{name}"' in page.text
        assert f'id="{name}-fault"' in page.text
    assert base64.b64encode(table(row())).decode() in page.text, "the file is not asked for again"
    assert client.post("/contributions", content=b"x", headers={"content-type": "text/csv"}).status_code == 400
    empty = {**FORM, "authority": ""}
    assert "06531005" in client.post("/contributions", data=empty, files=sent(table(row()))).json()["detail_de"]


def test_rdf_without_its_own_source_and_tables_of_several_kinds_are_refused(client: httpx.Client) -> None:
    turtle = b'<https://w3id.org/ozg-lod/hessen/id/bundle/soziales> <http://www.w3.org/2004/02/skos/core#note> "x"@de .'
    refused = client.post("/contributions", data=FORM, files=sent(turtle, "a.ttl"))
    assert (refused.status_code, "source/beitrag" in refused.json()["detail_de"]) == (400, True)
    page = client.post("/contributions", data=FORM, files=sent(turtle, "a.ttl"), headers=PAGE)
    assert (page.status_code, "als Quelle" in page.text) == (400, True)
    unknown = client.post("/contributions", data={**FORM, "kind": "nichts"}, files=sent(table(row())))
    assert unknown.status_code == httpx.codes.NOT_FOUND


def test_the_page_leads_from_a_clean_check_to_the_status_without_a_script(client: httpx.Client) -> None:
    checked = client.post("/pruefen", files=sent(table(row())), data={"do": "check"}, headers=PAGE)
    assert 'action="/einreichen"' in checked.text
    hidden = dict(re.findall(r'<input type="hidden" name="(again|name|kind|authority)" value="([^"]*)"', checked.text))
    assert hidden["authority"] == "06531005"
    form = client.post("/einreichen", data=hidden, files={"x": ("", b"")}, headers=PAGE)
    assert form.status_code == httpx.codes.OK, form.text
    assert 'action="/contributions"' in form.text
    assert "30 Tage" in form.text
    assert 'name="authority" value="06531005"' in form.text
    hidden = dict(re.findall(r'<input type="hidden" name="(again|name|kind)" value="([^"]*)"', form.text))
    kept = client.post("/contributions", data={**hidden, **FORM}, files={"x": ("", b"")}, headers=PAGE)
    assert kept.status_code == httpx.codes.SEE_OTHER, kept.text
    page = client.get(kept.headers["location"], headers=PAGE)
    assert "Eingegangen" in page.text
    english = client.get(kept.headers["location"], headers={**PAGE, "accept-language": "en"})
    assert "waiting for a decision" in english.text
    several = table(row(), row(ags="06414000"))
    checked = client.post("/pruefen", files=sent(several), data={"do": "check"}, headers=PAGE)
    assert 'action="/einreichen"' in checked.text
    assert 'name="authority"' not in checked.text


def test_without_an_inbox_nothing_can_be_submitted(place: Office) -> None:
    with serving(place.target) as url, httpx.Client(base_url=url) as client:
        for answer in (
            client.post("/contributions", data=FORM, files=sent(table(row()))),
            client.post("/einreichen", data=FORM),
            client.get("/einreichung/" + "A" * 32),
        ):
            assert answer.status_code == httpx.codes.FORBIDDEN
            assert "/pruefen" in answer.json()["detail_de"]


def test_the_interface_is_described(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths["/contributions"]["post"]["responses"]) >= {"201", "400", "403", "413", "422", "429", "503"}
    assert "/einreichung/{token}" in paths


def test_too_much_that_waits_and_too_often_are_refused_with_a_sentence(tmp_path: Path) -> None:
    delivery = ReceivedFile("a.csv", "", TOWN, Sender("P", "p@example.org"), b"12345", b"{}")
    few = Inbox(tmp_path, most=1)
    few.submit(delivery)
    with pytest.raises(Unavailable, match="no more are taken"):
        few.submit(delivery)
    with pytest.raises(Unavailable):
        Inbox(tmp_path, most_bytes=9).submit(delivery)
    Inbox(tmp_path, most_bytes=10).submit(delivery)
    now = [0.0]
    rate = rates.Rate(2, clock=lambda: now[0])
    for client in ("a", "a", "b", None, None, None):
        rate.count(client)
    with pytest.raises(TooManyRequests) as refused:
        rate.count("a")
    assert refused.value.details["retry_after_s"] == 3600
    now[0] = 3600.0
    rate.count("a")


def test_an_inbox_that_is_damaged_or_in_use_says_so(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    submission = inbox.submit(ReceivedFile("a.csv", "", TOWN, Sender("P", "p@example.org"), b"1", b"{}"))
    with inbox.locked(), pytest.raises(InboxError, match="Another process"), inbox.locked():
        pass
    (inbox.path(submission.reference) / "events.jsonl").write_text("{")
    with pytest.raises(InboxError, match="cannot be read"):
        inbox.case(submission.reference)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("events.jsonl", ""),
        ("events.jsonl", "[]"),
        ("events.jsonl", "[" * 100_000),
        ("events.jsonl", '{"state": "received", "time": "yesterday"}'),
        ("events.jsonl", '{"state": "received", "time": "2026-01-01T00:00:00"}'),
        ("submission.json", "null"),
        ("submission.json", '"reference": "../elsewhere"'),
        ("submission.json", '"authority": "javascript:alert(1)"'),
        ("submission.json", '"authority": ["x"]'),
        ("submission.json", '"received": null'),
        ("sender.json", '{"name": 1, "mail": 2}'),
    ],
)
def test_a_submission_whose_files_were_edited_is_named_and_nothing_is_done_with_it(
    tmp_path: Path, file: str, text: str
) -> None:
    inbox = Inbox(tmp_path)
    reference = inbox.submit(ReceivedFile("a.csv", "", TOWN, Sender("P", "p@example.org"), b"1", b"{}")).reference
    path = inbox.path(reference) / file
    if text.startswith('"'):
        text = json.dumps({**checked_json.read(path.read_bytes()), **json.loads(f"{{{text}}}")})
    path.write_text(text)
    with pytest.raises(InboxError, match=f"{reference} cannot be read"):
        inbox.case(reference)
    assert [(case.submission.reference, case.state) for case in inbox.cases()] == [(reference, "damaged")]


def test_a_submission_under_the_name_of_another_is_none(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    reference = inbox.submit(ReceivedFile("a.csv", "", TOWN, Sender("P", "p@example.org"), b"1", b"{}")).reference
    inbox.path(reference).rename(inbox.path("deadbeef"))
    with pytest.raises(InboxError, match=f"it is that of {reference}"):
        inbox.case("deadbeef")


def test_a_file_that_is_gone_or_another_than_was_submitted_is_not_accepted(place: Office) -> None:
    submission = place.put(table(row()))
    path = place.inbox.path(submission.reference)
    before = sorted(place.into.iterdir())
    (path / "file").write_bytes(table(row(status="geplant")))
    assert "SHA-256" in place.accept(submission.reference).stderr
    (path / "file").unlink()
    assert "nicht lesbar" in place.accept(submission.reference).stderr
    (path / "report.json").write_text('{"findings": [1]}')
    assert "report.json" in place.run("show", submission.reference).stderr
    assert sorted(place.into.iterdir()) == before
    shutil.rmtree(path)


@pytest.mark.parametrize("text", ["x", "[]", "{}", '{"../elsewhere": {"a": "b"}}', '{"mitteilung-1": {"../a": "b"}}'])
def test_a_plan_that_is_none_is_not_carried_out(place: Office, text: str) -> None:
    plan = place.folder / "plan.json"
    place.folder.mkdir(exist_ok=True)
    said = {"source": [], "target": "", "into": str(place.into), "events": {}, "erase": [], "forget": []}
    plan.write_text(text if len(text) < 3 else json.dumps({**said, "folders": json.loads(text)}))
    done = place.run("list")
    plan.unlink(missing_ok=True)
    if text != "{}":
        assert (done.returncode, "kein Plan" in done.stderr) == (2, True)
    assert not (place.into.parent / "elsewhere").exists()


def test_strangers_read_nothing_about_a_folder_that_is_damaged(client: httpx.Client, place: Office) -> None:
    kept = client.post("/contributions", data=FORM, files=sent(table(row())))
    assert kept.status_code == 201
    reference = kept.json()["reference"]
    events = place.inbox.path(reference) / "events.jsonl"
    text = events.read_bytes()
    events.write_bytes(b"{")
    again = client.post("/contributions", data=FORM, files=sent(table(row(ags="06414000"))))
    answer = client.get(kept.headers["location"])
    events.write_bytes(text)
    assert again.status_code == 201, "it harms only itself"
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert str(place.folder) not in answer.text
    assert client.get(kept.headers["location"]).status_code == 200


def test_the_page_of_another_site_submits_nothing_through_its_visitors(client: httpx.Client) -> None:
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    answer = client.post("/contributions", data=FORM, files=sent(table(row())), headers=foreign)
    assert answer.status_code == 403
    assert "another site" in answer.json()["detail"]


def test_the_sweep_deletes_sender_and_file_some_days_after_the_decision_and_not_before(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    delivery = ReceivedFile("a.csv", "", TOWN, Sender("P", "p@example.org"), b"1", b"{}")
    old, fresh, waiting = (inbox.submit(delivery).reference for _ in range(3))
    long_ago = (dt.datetime.now(dt.UTC) - dt.timedelta(days=31)).isoformat()
    inbox.add(old, Event(SubmissionState.REJECTED, long_ago, reason="x"))
    inbox.add(fresh, Event(SubmissionState.REJECTED, dt.datetime.now(dt.UTC).isoformat(), reason="x"))
    assert inbox.sweep(30) == [old]
    assert [inbox.case(name).sender is None for name in (old, fresh, waiting)] == [True, False, False]
    assert sorted(path.name for path in inbox.path(old).iterdir()) == ["events.jsonl", "submission.json"]
    assert inbox.sweep(30) == []


def test_the_server_sweeps_and_a_damaged_inbox_does_not_end_it(tmp_path: Path) -> None:
    import asyncio  # noqa: PLC0415

    inbox = Inbox(tmp_path)
    reference = inbox.submit(ReceivedFile("a.csv", "", TOWN, Sender("P", "p@example.org"), b"1", b"{}")).reference
    inbox.add(reference, Event(SubmissionState.REJECTED, "2026-01-01T00:00:00Z", reason="x"))
    asyncio.run(inbox_routes.sweep(tmp_path, 30))
    assert inbox.case(reference).sender is None
    (inbox.path(reference) / "events.jsonl").write_text("{")
    asyncio.run(inbox_routes.sweep(tmp_path, 30))


def test_the_doctor_looks_who_can_read_the_inbox(tmp_path: Path, place: Office) -> None:
    def said(folder: Path) -> tuple[bool, str]:
        checks = doctor.examine(Settings(target=place.target, inbox=folder), production=False)
        (found,) = [check for check in checks if check.name == "inbox"]
        return found.well, found.message["de"]

    assert said(place.folder)[0] is True
    wide = tmp_path / "wide"
    wide.mkdir(mode=0o755)
    wide.chmod(0o755)
    assert said(wide) == (False, f"{wide} ist für andere Konten lesbar; rufen Sie chmod 700 {wide} auf.")
    assert said(tmp_path / "none")[0] is True, "it is made when something comes"
    assert said(tmp_path / "none" / "deeper")[0] is False
    assert not [c for c in doctor.examine(Settings(target=place.target), production=False) if c.name == "inbox"]


def test_keys_tell_which_authority_is_meant() -> None:
    base = "https://example.org/"
    found = [
        submission_form.read({"authority": key}, "06531005").candidate(base)
        for key in ("06531005", "06531", "06", "6531", "x")
    ]
    assert found == [
        f"{base}id/municipality/06531005",
        f"{base}id/district/06531",
        f"{base}id/state/06",
        "",
        "",
    ]


def test_a_file_that_is_too_large_is_refused(client: httpx.Client) -> None:
    refused = client.post("/contributions", data=FORM, files=sent(b"x" * (10 * 1024 * 1024 + 1)))
    assert refused.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert "10 MiB" in refused.json()["detail_de"]


def test_the_access_log_has_no_secret_address(place: Office, tmp_path: Path) -> None:
    port = free_port()
    command = [program(), "serve", "--target", str(place.target), "--inbox", str(place.folder), "--access-log"]
    log = tmp_path / "log"
    with log.open("wb") as stderr, subprocess.Popen([*command, "--port", str(port)], stderr=stderr) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process)
        token = place.put(table(row())).token
        assert httpx.get(f"{url}/einreichung/{token}").status_code == httpx.codes.OK
        process.terminate()
        process.wait(20)
    written = log.read_text("utf-8")
    assert "/einreichung/… 200" in written
    assert token not in written
