"""Parts are read on one machine and merged on another: the result is the build of the whole, to the byte."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.build.test_remembering import HIDDEN, METADATA, files, flipped, once
from tests.small_source import BASE, small_source

from ozg_lod.build.build import write_part
from ozg_lod.core.errors import SourceError
from ozg_lod.core.settings import Settings
from ozg_lod.validation import file_readings

WITHDRAWN = "iri,withdrawn,reason,successor\n"


def place(folder: Path, name: str, text: str) -> Path:
    """Write the folder of a part: a table, a document, and a table of withdrawals of its own."""
    folder.mkdir()
    (folder / f"names-{name}.csv").write_text(f"key,name\nsoziales,{text}\njugendamt,{text}\n", "utf-8")
    (folder / f"names-{name}.csv-metadata.json").write_text(METADATA % (BASE, f"names-{name}.csv"), "utf-8")
    (folder / f"more-{name}.nt").write_text(f'<{BASE}id/bundle/soziales> <{HIDDEN}> "{text} mehr"@de .\n', "utf-8")
    return folder


def part(source: Path, folder: Path, path: Path) -> Path:
    settings = Settings(source=(source, folder), target=path.with_name(f"{path.name}-target"))
    assert write_part(settings, path, say=lambda _message: None).conforms
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return small_source(tmp_path / "source")


def test_merged_parts_are_the_build_of_the_whole(
    source: Path, tmp_path: Path, run_program: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    north, south = place(tmp_path / "north", "n", "Nord"), place(tmp_path / "south", "s", "Süd")
    metadata = source / "data" / "withdrawn.csv-metadata.json"
    described = metadata.read_text("utf-8").replace("withdrawn.csv", "withdrawn-south.csv")
    (south / "withdrawn-south.csv").write_text(f"{WITHDRAWN}{BASE}id/bundle/gone,2026-11-30,Gibt es nicht.,\n", "utf-8")
    (south / "withdrawn-south.csv-metadata.json").write_text(described, "utf-8")
    whole = run_program(
        *("build", "--judge", "none", "--target", tmp_path / "whole"),
        *("--source", source, "--source", north, "--source", south),
    )
    assert whole.returncode == 0, whole.stderr
    for folder in (north, south):
        made = run_program(
            *("build", "--source", source, "--source", folder, "--target", tmp_path / "elsewhere"),
            *("--part", tmp_path / f"{folder.name}.part"),
        )
        assert made.returncode == 0, made.stderr
    assert not (tmp_path / "elsewhere" / "current").exists()
    for folder in (north, south):
        for path in folder.iterdir():
            path.unlink()
    merged = run_program(
        *("merge", tmp_path / "south.part", tmp_path / "north.part"),
        *("--source", source, "--target", tmp_path / "merged", "--judge", "none"),
    )
    assert merged.returncode == 0, merged.stderr
    assert files(tmp_path / "merged") == files(tmp_path / "whole")


def test_a_finding_in_a_part_names_its_cell_without_its_table(source: Path, tmp_path: Path) -> None:
    path = part(source, place(tmp_path / "north", "n", "Nord"), tmp_path / "north.part")
    rules = source / "shapes" / "more.ttl"
    rules.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <https://example.org/s> a sh:NodeShape ; "
        f"sh:targetSubjectsOf <{HIDDEN}> ; sh:property <https://example.org/p> . "
        f"<https://example.org/p> a sh:PropertyShape ; sh:path <{HIDDEN}> ; "
        'sh:maxLength 3 ; sh:message "no"@en, "nein"@de .',
        "utf-8",
    )
    merged = once(source, tmp_path / "merged", merged=(path,))
    assert merged.manifest is None
    assert merged.examination is not None
    places = {(f.place.file, f.place.row, f.place.column) for f in merged.examination.findings}
    assert {("names-n.csv", 2, "name"), ("names-n.csv", 3, "name")} <= places


def test_what_cannot_be_merged_is_refused_with_its_reason(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = part(source, place(tmp_path / "north", "n", "Nord"), tmp_path / "north.part")
    content = path.read_bytes()

    def refused(*parts: Path) -> str:
        with pytest.raises(SourceError) as refusal:
            once(source, tmp_path / "merged", merged=parts)
        return str(refusal.value)

    assert "stands in" in refused(path, path)
    for number in (1, 40, len(content) // 3, len(content) // 2, len(content) - 2):
        path.write_bytes(flipped(content, number))
        assert "damaged" in refused(path), number
    for damaged in (b"", content[:-1], content[:200], content + b"x", b"{}\n{}\n"):
        path.write_bytes(damaged)
        assert "damaged" in refused(path)
    path.write_bytes(content)
    catalogue = source / "data" / "catalogue.ttl"
    kept = catalogue.read_text("utf-8")
    catalogue.write_text(kept.replace(f'void:uriSpace "{BASE}"', 'void:uriSpace "https://example.org/"'), "utf-8")
    assert f"a part of {BASE}" in refused(path)
    catalogue.write_text(kept, "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(file_readings, "code_fingerprint", lambda: "another")
        assert "another version" in refused(path)
    with pytest.raises(SourceError, match="after the first"):
        write_part(Settings(source=(source,), target=tmp_path / "t"), path, say=lambda _message: None)
    assert once(source, tmp_path / "merged", merged=(path,)).manifest is not None


def test_no_part_is_written_of_what_does_not_conform(source: Path, tmp_path: Path) -> None:
    folder = place(tmp_path / "north", "n", "Nord")
    (folder / "more-n.nt").write_text("<broken", "utf-8")
    settings = Settings(source=(source, folder), target=tmp_path / "target")
    assert not write_part(settings, tmp_path / "north.part", say=lambda _message: None).conforms
    assert not (tmp_path / "north.part").exists()
