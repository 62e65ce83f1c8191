"""The commands that use what was built: `snapshots`, `query`, `dump`, `publish`, `template` and `reconcile`."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from ozg_lod.cli.options import (
    JSON,
    PATH,
    TARGET,
    Command,
    setting,
)
from ozg_lod.cli.terminal import (
    FINDINGS,
    FINE,
    content,
    language,
    note,
    progress,
    say,
    table,
    write,
)
from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.snapshots.snapshot import Snapshots


@click.command(cls=Command)
@click.argument("action", type=click.Choice(("list", "use", "prune", "verify")))
@click.argument(
    "name", required=False, help="for use and verify: the snapshot, or the beginning of its name or version"
)
@TARGET
@click.option("--all", "every", is_flag=True, help="for verify: every snapshot, not only the current one")
@click.option("--repair", is_flag=True, help="for verify: make anew what is made of data.nq")
@click.option("--keep", type=int, default=3, show_default=True, help="for prune: how many keep their stores")
@JSON
def snapshots(
    settings: Settings, action: str, name: str | None, *, keep: int, every: bool, repair: bool, as_json: bool
) -> int:
    """List the snapshots, go back to one, remove the stores of old ones, or hold their files against what was written.

    For verify: exit 0 all as written, 1 some damaged.
    """
    from ozg_lod.snapshots.snapshot import Snapshots

    snapshots = Snapshots(settings.target)
    if action == "list":
        _list(snapshots, as_json=as_json)
    elif action == "verify":
        names = snapshots.every_name() if every else [_one_of(snapshots, name) if name else snapshots.served()]
        return _verified(snapshots, names, repair=repair, as_json=as_json)
    elif action == "prune":
        with snapshots.locked():
            print("".join(f"{pruned}\n" for pruned in snapshots.prune(keep=keep)), end="")
    else:
        with snapshots.locked():
            used = _one_of(snapshots, name)
            snapshots.verified(used)
            snapshots.publish(used)
        print(used)
    return FINE


def _verified(snapshots: Snapshots, names: Sequence[str], *, repair: bool, as_json: bool) -> int:
    """Say which files are not what was written, and whether they were repaired; what was erased is no damage."""
    rows: list[tuple[str, str, bool]] = []
    with snapshots.locked() if repair else contextlib.nullcontext():
        for name in names:
            damages = [] if snapshots.erased(name) else snapshots.damages(name)
            repaired = snapshots.repair(name) if repair and damages else []
            rows += [(name, file, file in repaired) for file in damages]
    left = sum(not mended for _name, _file, mended in rows)
    if as_json:
        print(json.dumps([dict(zip(("snapshot", "file", "repaired"), row, strict=True)) for row in rows], indent=2))
    else:
        table([(name[:12], file, "repaired" if mended else "damaged") for name, file, mended in rows], "{}  {}  {}")
    say(_("Snapshots looked at: {count}; damaged files: {left}.", count=len(names), left=left))
    return FINDINGS if left else FINE


def _list(snapshots: Snapshots, *, as_json: bool) -> None:
    log = snapshots.publications()
    if as_json:
        publications = [
            {name: len(value) if isinstance(value, tuple) else value for name, value in asdict(entry).items()}
            | {"current": entry is log[-1]}  # what changed is counted; /changes.atom names it
            for entry in log
        ]
        print(json.dumps(publications, indent=2))
        return
    rows = (
        ("*" if entry is log[-1] else " ", str(entry.number), entry.time, entry.version[:12], entry.snapshot[:12])
        for entry in log
    )
    table(rows, "{} {:>4}  {}  {}  {}")


def _one_of(snapshots: Snapshots, wanted: str | None) -> str:
    """Return the one snapshot whose name or version starts with `wanted`."""
    candidates = {
        entry.snapshot
        for entry in snapshots.publications()
        if wanted and (entry.snapshot.startswith(wanted) or entry.version.startswith(wanted))
    }
    if len(candidates) != 1:
        raise UsageError(
            _(
                "{count} snapshots start with {wanted}; `ozg-lod snapshots list` shows them all.",
                count=len(candidates),
                wanted=repr(wanted),
            ),
        )
    return candidates.pop()


@click.command(cls=Command)
@click.argument("file", type=PATH, metavar="FILE.rq", help="the query; - for standard input")
@TARGET
@click.option("--format", "form", help="csv, tsv, json, xml; ttl, nt, rdf, jsonld (default: csv or ttl)")
def query(settings: Settings, file: Path, form: str | None) -> None:
    """Answer a SPARQL query from the current snapshot."""
    from ozg_lod.sandbox import fork_server, wire
    from ozg_lod.sandbox.worker_process import WorkerLimits
    from ozg_lod.snapshots.snapshot import Snapshots
    from ozg_lod.sparql.question import AnswerHead, SparqlQuery
    from ozg_lod.sparql.scan import scan

    text = sys.stdin.read() if str(file) == "-" else content(file).decode("utf-8")
    snapshots = Snapshots(settings.target)
    directory = str(snapshots.directory(snapshots.served()))
    table = "json" if scan(text, max_bytes=settings.query_bytes).form == "ASK" else "csv"
    asked = SparqlQuery(text, form or table, form or "ttl", answer_bytes=settings.answer_bytes)
    limits = WorkerLimits(memory_mb=settings.query_memory_mb)  # a cage like anybody's
    work, deadline_s = "ozg_lod.sparql.store:answering", settings.query_deadline_s
    answer = fork_server.once(work, directory, wire.encode(asked), limits=limits, deadline_s=deadline_s)
    write(AnswerHead.taken(answer)[1])


@click.command(cls=Command)
@TARGET
@click.option("--merged", is_flag=True, help="N-Triples without graphs instead of N-Quads")
def dump(settings: Settings, *, merged: bool) -> None:
    """Write the data of the current snapshot to standard output."""
    from ozg_lod.snapshots import data_files
    from ozg_lod.snapshots.snapshot import Snapshots

    snapshots = Snapshots(settings.target)
    name = snapshots.served()
    snapshots.verified(name)
    file = data_files.MERGED_FILE if merged else data_files.DATA_FILE
    with (snapshots.directory(name) / file).open("rb") as data:
        shutil.copyfileobj(data, sys.stdout.buffer)


@click.command(cls=Command)
@TARGET
@click.option("--to", required=True, metavar="URL", help="its graph store (Graph Store HTTP Protocol)")
@setting("store", "its SPARQL endpoint, as given to `serve`", required=True, metavar="URL")
@click.option("--drop", metavar="VERSION", help="remove this old version there instead")
def publish(settings: Settings, to: str, drop: str | None) -> None:
    """Write the current snapshot to another SPARQL engine, for `serve --store`."""
    from ozg_lod.sparql import publish as publishing

    print(publishing.publish(settings, to, say) if drop is None else publishing.drop(settings, to, drop))


@click.command(cls=Command)
@click.argument("kind", help="which table, such as verfuegbarkeit; a wrong name lists them")
@TARGET
@click.option("--ags", metavar="KEY", help="for whom: 8 digits of a municipality or 5 of a district")
@click.option("-o", "--output", type=PATH, metavar="FILE", help=".xlsx, .ods or .csv (default: KIND-KEY.xlsx)")
@click.option("--public-url", default="", metavar="URL", help="address of the site that checks the table")
def template(settings: Settings, kind: str, ags: str | None, *, output: Path | None, public_url: str) -> None:
    """Write a table to fill in, with what the current snapshot publishes about an authority."""
    from ozg_lod.contributions import templates
    from ozg_lod.rdf import formats
    from ozg_lod.snapshots import snapshot

    snapshots = snapshot.Snapshots(settings.target)
    directory = snapshots.directory(snapshots.served())
    manifest, url = snapshot.Manifest.read(directory), public_url.rstrip("/")
    store, version = snapshot.open_store(directory), manifest.version[:12]
    catalogue = templates.TemplateCatalogue.of(directory, store, manifest.base_iri, version=version, public_url=url)
    sheet_language = language("de")  # a template is German unless English is asked for
    sheet = catalogue.sheet(
        catalogue.kind(kind), sheet_language, catalogue.authority(ags, sheet_language) if ags else None
    )
    path = output or Path(f"{sheet.file}.xlsx")
    path.write_bytes(catalogue.write(sheet, formats.by_name(path.suffix.removeprefix("."), templates.FORMS)))
    print(path)


@click.command(cls=Command)
@click.argument("file", type=PATH, help="CSV (UTF-8), text, XLSX or ODS")
@TARGET
@click.option("--column", "name", metavar="TITLE", help="column with the names (default: by its title)")
@click.option("--key-column", "key", metavar="TITLE", help="column with official keys (default: by its title)")
@click.option("--district-column", "district", metavar="TITLE", help="column with districts (default: by its title)")
@click.option("--kind", default="", help="municipality, district, bundle, concept … (default: any)")
@click.option("-o", "--output", type=PATH, metavar="FILE", help=".csv, .xlsx or .ttl (default: CSV)")
def reconcile(settings: Settings, file: Path, *, kind: str, output: Path | None, **columns: str | None) -> int:
    """Match the rows of a list with the catalogue; exit 0 all found, 1 some open, 2 could not."""
    from ozg_lod.matching import reconcile_file

    request = reconcile_file.FileMatchRequest(file.name, columns, kind, str(output or ""), language())
    with progress() as told:
        done = reconcile_file.reconciled(settings, request, content(file), told)
    write(done.body, output)
    note(done.summary)
    return FINDINGS if done.open else FINE
