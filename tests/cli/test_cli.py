"""The commands as their users type them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import click
import pyoxigraph as ox
import pytest
from tests.conftest import ROOT, free_port, program

from ozg_lod import cli
from ozg_lod.cli import terminal
from ozg_lod.cli.options import Setting
from ozg_lod.cli.serve import serve
from ozg_lod.core.settings import RdfFile, Settings
from ozg_lod.snapshots.snapshot import Snapshots, open_store


class Ran:
    """What a command said and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> object:
    def run(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return Ran(int(ended.value.code or 0), out.decode(), err.decode())

    return run


def test_validate_says_where_what_and_what_would_be_right(run: object, tmp_path: Path) -> None:
    table = tmp_path / "bundles.csv"
    good = (ROOT / "data" / "bundles.csv").read_text(encoding="utf-8")
    table.write_text(good.replace("2019-10,Oktober", "Herbst-19,Oktober", 1), encoding="utf-8")
    ran = run("validate", table, "--lang", "en")  # type: ignore[operator]
    assert ran.code == 1
    assert "row 3" in ran.out
    assert '"Herbst-19"' in ran.out
    assert "2020-10" in ran.out
    german = run("validate", table, "--lang", "de")  # type: ignore[operator]
    assert "Zeile 3" in german.out
    assert "„Herbst-19“" in german.out


def test_validate_accepts_our_own_tables_and_files(run: object) -> None:
    ran = run(
        "validate",
        ROOT / "data" / "bundles.csv",
        ROOT / "data" / "deck.ttl",
        ROOT / "data" / "sources.ttl",
        "--lang",
        "en",
    )  # type: ignore[operator]
    assert ran.code == 0, ran.out


def test_validate_reports_as_json_and_as_shacl(run: object, tmp_path: Path) -> None:
    broken = tmp_path / "a.ttl"
    broken.write_text(
        "@prefix ozg: <https://w3id.org/ozg-lod/ontology#> . <https://example.org/a> a ozg:ServiceBundle .",
        encoding="utf-8",
    )
    as_json = run("validate", broken, "--format", "json")  # type: ignore[operator]
    assert as_json.code == 1
    assert json.loads(as_json.out)["counts"]["error"] > 0
    as_turtle = run("validate", broken, "--format", "turtle")  # type: ignore[operator]
    predicates = {quad.predicate.value for quad in ox.parse(as_turtle.out.encode(), ox.RdfFormat.TURTLE)}
    assert "http://www.w3.org/ns/shacl#conforms" in predicates


def test_validate_takes_other_shapes(run: object, tmp_path: Path) -> None:
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(
        """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .
        ex:shape a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:property ex:rule .
        ex:rule a sh:PropertyShape ; sh:path ex:q ; sh:minCount 1 ; sh:severity sh:Warning ;
          sh:message "Give a q."@en , "Geben Sie ein q an."@de .""",
        encoding="utf-8",
    )
    data = tmp_path / "data.ttl"
    data.write_text("<https://example.org/a> <https://example.org/p> 1 .", encoding="utf-8")
    ran = run("validate", data, "--shapes", shapes, "--lang", "en")  # type: ignore[operator]
    assert (ran.code, "Give a q." in ran.out) == (0, True), ran.out
    assert run("validate", data, "--shapes", shapes, "--strict").code == 1  # type: ignore[operator]


def test_validate_holds_a_file_against_the_tables_of_the_folder_named(
    run: object, target: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    assert run("init", other, "--base-iri", "https://example.org/lod/").code == 0  # type: ignore[operator]
    table = other / "data" / "kreise.csv"
    table.write_text("key,name,note\n01,Eins,\n", encoding="utf-8")
    columns = [
        {"name": "key", "required": True, "suppressOutput": True},
        {
            "name": "name",
            "required": True,
            "lang": "de",
            "propertyUrl": "http://www.w3.org/2004/02/skos/core#prefLabel",
        },
        {"name": "note", "lang": "de", "propertyUrl": "http://www.w3.org/2004/02/skos/core#editorialNote"},
    ]
    described = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "de", "@base": "https://example.org/lod/"}],
        "url": "kreise.csv",
        "tableSchema": {"aboutUrl": "id/district/{key}", "primaryKey": "key", "columns": columns},
    }
    table.with_name("kreise.csv-metadata.json").write_text(json.dumps(described), encoding="utf-8")
    sent = tmp_path / "sent" / "kreise.csv"
    sent.parent.mkdir()
    sent.write_text("key;name;note\n01;;neu\n", encoding="utf-8")
    ours = run("validate", sent, "--lang", "de")  # type: ignore[operator]
    theirs = run("validate", sent, "--source", other, "--target", target, "--lang", "de")  # type: ignore[operator]
    assert (theirs.code, ours.code) == (1, 1)
    assert "kreise.csv, Zeile 2, Spalte B „name“" in theirs.out
    assert ("06[0-9]" in ours.out, "06[0-9]" in theirs.out) == (True, False), "keys of Hesse, not of the other state"


def test_a_target_without_a_snapshot_is_named_the_same_everywhere(run: object, tmp_path: Path) -> None:
    query = _file(tmp_path, "ASK {}")
    store = ("--to", "http://127.0.0.1:1/store", "--store", "http://127.0.0.1:1/query")
    for command in (("dump",), ("query", query), ("publish", *store)):
        ran = run(*command, "--target", tmp_path / "none", "--lang", "de")  # type: ignore[operator]
        assert ran.code == 2
        assert f"In {tmp_path / 'none'} liegt kein Datenstand; rufen Sie zuerst `ozg-lod build` auf." in ran.err


def test_what_could_not_run_is_neither_right_nor_wrong(run: object, tmp_path: Path) -> None:
    missing = run("validate", tmp_path / "none.csv", "--lang", "en")  # type: ignore[operator]
    assert (missing.code, "cannot be read" in missing.err) == (2, True)
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text("this is no Turtle", encoding="utf-8")
    data = tmp_path / "data.ttl"
    data.write_text("<https://example.org/a> <https://example.org/p> 1 .", encoding="utf-8")
    assert run("validate", data, "--shapes", shapes).code == 2  # type: ignore[operator]


def test_query_and_dump_answer_from_the_snapshot(run: object, target: Path, tmp_path: Path) -> None:
    query = tmp_path / "sum.rq"
    query.write_text(
        "PREFIX ozg: <https://w3id.org/ozg-lod/ontology#> SELECT (SUM(?n) AS ?t) { ?a ozg:serviceCount ?n }"
    )
    assert run("query", query, "--target", target).out.split() == ["t", "70"]  # type: ignore[operator]
    assert "true" in run("query", _file(tmp_path, "ASK {}"), "--target", target).out  # type: ignore[operator]
    broken = run("query", _file(tmp_path, "SELECT ?s {"), "--target", target, "--lang", "de")  # type: ignore[operator]
    assert (broken.code, "Zeile 1, Spalte 12" in broken.err) == (2, True)
    assert run("dump", "--target", target).out.count("\n") > 30_000  # type: ignore[operator]
    assert run("dump", "--merged", "--target", target).out.count("\n") > 30_000  # type: ignore[operator]


def _file(folder: Path, text: str, name: str = "query.rq") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_snapshot_the_commands_say_what_to_do(run: object, tmp_path: Path) -> None:
    for command in (["dump"], ["query", _file(tmp_path, "ASK {}")]):
        ran = run(*command, "--target", tmp_path / "none", "--lang", "en")  # type: ignore[operator]
        assert (ran.code, "ozg-lod build" in ran.err) == (2, True)


def test_snapshots_are_listed_used_and_pruned(run: object, tmp_path: Path) -> None:
    start = tmp_path / "start"
    assert run("init", start, "--base-iri", "https://example.org/lod/", "--title", "Prüffall").code == 0  # type: ignore[operator]
    target = tmp_path / "target"
    build = ("build", "--source", start, "--target", target, "--lang", "en")
    assert "Published version" in run(*build).err  # type: ignore[operator]
    assert "Nothing to do" in run(*build).err  # type: ignore[operator]
    first = Snapshots(target).current()
    catalogue = start / "data" / "catalogue.ttl"
    catalogue.write_text(
        catalogue.read_text(encoding="utf-8").replace("Prüffall", "Zweiter Prüffall"), encoding="utf-8"
    )
    assert run(*build).code == 0  # type: ignore[operator]
    listed = run("snapshots", "list", "--target", target, "--json")  # type: ignore[operator]
    assert [entry["current"] for entry in json.loads(listed.out)] == [False, True]
    assert run("snapshots", "use", str(first)[:10], "--target", target).out.strip() == first  # type: ignore[operator]
    assert Snapshots(target).current() == first
    assert run("snapshots", "list", "--target", target).out.count("*") == 1  # type: ignore[operator]
    for name in Snapshots(target).names():  # as a server would that holds less in memory
        open_store(Snapshots(target).directory(name), from_disk=True)
    assert len(run("snapshots", "prune", "--keep", "1", "--target", target).out.split()) == 1  # type: ignore[operator]
    unknown = run("snapshots", "use", "zzz", "--target", target, "--lang", "en")  # type: ignore[operator]
    assert (unknown.code, "snapshots list" in unknown.err) == (2, True)


def test_a_contribution_to_another_state_is_about_its_own_municipalities(run: object, tmp_path: Path) -> None:
    base = "https://example.org/lod/"
    start, target = tmp_path / "start", tmp_path / "target"
    assert run("init", start, "--base-iri", base, "--title", "Prüffall").code == 0  # type: ignore[operator]
    assert not [path for path in start.rglob("*") if path.is_file() and b"ozg-lod/hessen" in path.read_bytes()]
    places = f"""@prefix ozg: <https://w3id.org/ozg-lod/ontology#> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        @prefix dct: <http://purl.org/dc/terms/> .
        @prefix prov: <http://www.w3.org/ns/prov#> .
        @prefix foaf: <http://xmlns.com/foaf/0.1/> .
        @prefix cv: <http://data.europa.eu/m8g/> .
        <{base}id/source/a> a prov:Entity , foaf:Document ; dct:title "Liste"@de ; skos:prefLabel "Liste"@de .
        <{base}id/bundle/ehe> a ozg:ServiceBundle ; skos:prefLabel "Ehe"@de ; ozg:efaMarked false ;
            dct:source <{base}id/source/a> .
        <{base}id/municipality/16051000> a ozg:TerritorialAuthority , cv:PublicOrganisation ;
            skos:prefLabel "Erfurt"@de ; ozg:ags "16051000" ;
            dct:spatial <{base}id/place/16051000> ; dct:source <{base}id/source/a> .
        <{base}id/place/16051000> a dct:Location ; skos:prefLabel "Erfurt"@de ; dct:source <{base}id/source/a> ."""
    (start / "data" / "orte.ttl").write_text(places, encoding="utf-8")
    built = run("build", "--source", start, "--target", target, "--lang", "en")  # type: ignore[operator]
    assert built.code == 0, built.out + built.err
    table = _file(
        tmp_path,
        "AGS;Leistung;Stand;Seit;Geprüft am\r\n16051000;ehe;verfügbar;2025-03;2026-11-20\r\n",
        "meldung.csv",
    )
    ran = run("validate", table, "--source", start, "--target", target, "--lang", "en")  # type: ignore[operator]
    assert ran.code == 0, ran.out + ran.err


def test_init_refuses_a_folder_in_use_and_an_address_that_is_none(run: object, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    assert run("init", tmp_path / "full", "--base-iri", "https://example.org/").code == 2  # type: ignore[operator]
    assert run("init", tmp_path / "a", "--base-iri", "example.org").code == 2  # type: ignore[operator]
    assert run("init", tmp_path / "b", "--base-iri", "https://exa mple.org/").code == 2  # type: ignore[operator]


def test_findings_of_a_build_are_shown_and_nothing_is_published(run: object, tmp_path: Path) -> None:
    start = tmp_path / "start"
    run("init", start, "--base-iri", "https://example.org/lod/")  # type: ignore[operator]
    (start / "data" / "more.ttl").write_text(
        "<https://example.org/lod/id/bundle/a> a <https://w3id.org/ozg-lod/ontology#ServiceBundle> .",
        encoding="utf-8",
    )
    ran = run("build", "--source", start, "--target", tmp_path / "t", "--lang", "de")  # type: ignore[operator]
    assert ran.code == 1
    assert "more.ttl" in ran.err
    assert "nichts veröffentlicht" in ran.err


def test_a_port_that_is_taken_is_a_sentence(run: object, target: Path, endpoint: str) -> None:
    ran = run("serve", "--target", target, "--port", endpoint.rpartition(":")[2], "--lang", "en")  # type: ignore[operator]
    assert (ran.code, "--port" in ran.err) == (2, True)


def test_a_pipe_that_closes_early_is_no_traceback(target: Path) -> None:
    command = f"{program()} dump --target {target} | head -c 10"
    ran = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
    assert b"Traceback" not in ran.stderr


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    said = capsys.readouterr().out
    for command in cli.PROGRAM.commands:
        assert f"  {command} " in said
    assert free_port()


def test_a_table_in_the_encoding_of_old_spreadsheets_is_read_and_told_how_to_be_saved(
    run: object, tmp_path: Path
) -> None:
    table = tmp_path / "municipalities.csv"
    lines = (ROOT / "data" / "municipalities.csv").read_text(encoding="utf-8").splitlines()
    table.write_bytes("\n".join([lines[0], *(line for line in lines if "Gießen" in line)]).encode("cp1252"))
    ran = run("validate", table, "--lang", "de")  # type: ignore[operator]
    assert (ran.code, "CSV UTF-8" in ran.out) == (0, True)


def test_a_target_that_cannot_be_one_is_a_sentence_and_no_traceback(run: object, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for command in ("dump", "build"):
        ran = run(command, "--target", tmp_path / "file" / "x")  # type: ignore[operator]
        assert (ran.code, "Not a directory" in ran.err, "Traceback" in ran.err) == (2, True, False)


def _settings(*arguments: str) -> Settings:
    """Return the settings that `ozg-lod serve` would run with."""
    return serve.settings(serve.make_context("serve", list(arguments)))


def test_every_option_of_serve_has_the_default_of_its_setting(run: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _settings() == Settings()
    shown = " ".join(run("serve", "--help").out.split())  # type: ignore[operator]
    for option in serve.params:
        if isinstance(option, Setting):
            assert f"{option.opts[0]} " in shown
            default = getattr(Settings, option.name)
            assert default in (None, "", (), False) or f"default: {default}" in shown, option.name
    monkeypatch.setenv("OZG_LOD_PORT", "8123")
    assert _settings().public_url == "http://127.0.0.1:8123"
    assert _settings("--port", "8124", "--host", "::1").public_url == "http://[::1]:8124"
    assert _settings("--cache-mb", "0", "--inbox-days", "-5") == Settings(port=8123, cache_mb=0, inbox_days=0)


def test_several_files_may_follow_one_rdf() -> None:
    files = tuple(RdfFile(Path(name)) for name in ("a.ttl", "b.nt", "c.nq"))
    assert _settings("--rdf", "a.ttl", "b.nt", "--port", "1", "--rdf", "c.nq") == Settings(port=1, rdf=files)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Missing command"),
        ("serv", "Did you mean 'serve'?"),
        ("init x", "Missing option '--base-iri'"),
        ("build --target", "'--target' requires an argument"),
        ("serve --port x", "'x' is not a valid integer"),
        ("serve x", "unexpected extra argument (x)"),
        ("serve --graph a.ttl", "'a.ttl' is not IRI=FILE."),
        ("serve --trusted-proxies 10.0.0.0/33", "10.0.0.0/33"),
        ("snapshots show", "is not one of 'list', 'use', 'prune'"),
        ("query", "Missing argument 'FILE.rq'"),
        ("dump x", "unexpected extra argument (x)"),
        ("publish --to x", "Missing option '--store'"),
        ("template", "Missing argument 'KIND'"),
        ("reconcile", "Missing argument 'FILE'"),
        ("validate x --format pdf", "is not one of 'text', 'json', 'csv', 'turtle', 'xlsx'"),
        ("validate x --format xlsx", "name one with -o FILE."),
        ("harvest-check", "Missing argument 'URL'"),
        ("doctor --production=1", "--production"),
        ("inbox list", "Missing option '--inbox'"),
        ("build --lang fr", "is not one of 'de', 'en'"),
    ],
)
def test_what_is_typed_wrong_is_one_sentence(
    run: object, monkeypatch: pytest.MonkeyPatch, typed: str, said: str
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    ran = run(*typed.split())  # type: ignore[operator]
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err


@pytest.mark.parametrize(
    "error", [LookupError("x"), RecursionError(), MemoryError(), ValueError("\x1b[2J"), UnicodeError()]
)
def test_a_fault_of_ours_is_no_finding(run: object, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("ozg_lod.snapshots.snapshot.Snapshots.publications", broken)
    ran = run("snapshots", "list", "--lang", "en")  # type: ignore[operator]
    assert (ran.code, ran.out) == (2, "")
    assert type(error).__name__ in ran.err
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.err
    monkeypatch.setenv("OZG_LOD_DEBUG", "1")
    assert "Traceback" in run("snapshots", "list").err  # type: ignore[operator]


def test_long_work_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(terminal, "_LINE_S", 0)
    with click.Context(click.Command("build")) as context, terminal.progress() as count:
        context.meta["lang"] = "en"
        for done in (0, 50, 100):
            count("Reading", done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert re.fullmatch(r"Reading: 50 %, [0-9,]+ per second, [0-9]+ s left", lines[0])
