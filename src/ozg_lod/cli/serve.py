"""The commands that make a catalogue and serve it: `init`, `build` and `serve`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ozg_lod.build.build import BuildResult
from ozg_lod.cli.options import (
    BUILD_DEADLINE,
    BUILD_MEMORY,
    INBOX_DAYS,
    JUDGE,
    LEGAL,
    PATH,
    SOURCE,
    TARGET,
    TRUSTED_PROXIES,
    Command,
    setting,
)
from ozg_lod.cli.terminal import (
    FINDINGS,
    FINE,
    language,
    note,
    progress,
    say,
)
from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import _
from ozg_lod.core.settings import ENGINES, RdfFile, Settings


@click.command(cls=Command)
@click.argument("directory", type=PATH, metavar="DIR", help="the new folder")
@click.option("--base-iri", required=True, metavar="IRI", help="what all IRIs of the new catalogue start with")
@click.option("--title", default="OZG-Katalog", show_default=True, help="title of the catalogue, in German")
def init(directory: Path, base_iri: str, title: str) -> None:
    """Start a source folder for another state or region."""
    from ozg_lod.build import new_source  # each command imports only what it needs: start-up counts

    new_source.source_folder(directory, base_iri=base_iri, title=title)
    next_step = f"ozg-lod build --source {directory}"
    say(_("{directory} is ready. Next: {next_step}", directory=directory, next_step=next_step))


@click.command(cls=Command)
@SOURCE
@TARGET
@JUDGE
@BUILD_MEMORY
@BUILD_DEADLINE
@click.option("--part", type=PATH, metavar="FILE", help="publish nothing; write what the further folders say as a part")
def build(settings: Settings, part: Path | None) -> int:
    """Compile the source folder into a validated snapshot."""
    return _build(settings) if part is None else _build_part(settings, part)


@click.command(cls=Command)
@SOURCE
@TARGET
@JUDGE
@BUILD_MEMORY
@BUILD_DEADLINE
@click.argument("parts", type=PATH, metavar="PART...", nargs=-1, required=True, help="files of `build --part`")
def merge(settings: Settings, parts: tuple[Path, ...]) -> int:
    """Build the source folder with parts that were read elsewhere."""
    return _build(settings, parts)


def _build(settings: Settings, merged: tuple[Path, ...] = ()) -> int:
    from ozg_lod.build import build

    with progress() as count:
        outcome = build.build(settings, say=say, merged=merged, progress=count)
    return built(outcome)


def _build_part(settings: Settings, part: Path) -> int:
    from ozg_lod.build import build
    from ozg_lod.validation import report

    with progress() as count:
        examination = build.write_part(settings, part, say=say, progress=count)
    if examination.findings:
        note(report.to_text(examination, language()))
    if not examination.conforms:
        say(_("No part was written."))
        return FINDINGS
    say(_("Wrote the part {part}.", part=part))
    return FINE


def built(outcome: BuildResult) -> int:
    """Say what came of a build."""
    from ozg_lod.validation import report

    if outcome.examination is not None and outcome.examination.findings:
        note(report.to_text(outcome.examination, language()))
    if outcome.manifest is None:
        say(_("Nothing was published."))
        return FINDINGS
    version = outcome.manifest.version[:12]
    if outcome.unchanged:
        say(_("Nothing to do: version {version} is up to date.", version=version))
    else:
        say(_("Published version {version}.", version=version))
    return FINE


class _Serve(Command):
    """Takes several files after one --rdf, where click knows options with one value only."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        flag, spread = "", [""]
        for arg in args:
            if arg.startswith("-"):
                flag = arg
            elif flag == "--rdf" != spread[-1]:
                spread.append(flag)
            spread.append(arg)
        return super().parse_args(ctx, spread[1:])


def _graph(text: str) -> RdfFile:
    iri, equals, path = text.rpartition("=")  # an IRI may hold "=", so the last one parts
    if not equals or ":" not in iri:
        raise UsageError(_("{value} is not IRI=FILE.", value=repr(text)))
    return RdfFile(Path(path), iri)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise UsageError(_("{value} is not HOST:PORT.", value=repr(text)))
    return host.removeprefix("[").removesuffix("]"), int(port)


@click.command(cls=_Serve)
@SOURCE
@TARGET
@JUDGE
@setting("host", "address to listen on")
@setting("port", "port to listen on", type=int)
@setting("public_url", "address that links start with (default: http://HOST:PORT)", metavar="URL")
@setting(
    "rdf", "serve these RDF files as they are", type=lambda path: RdfFile(Path(path)), multiple=True, metavar="FILE..."
)
@click.option("--graph", type=_graph, multiple=True, metavar="IRI=FILE", help="also this file, as that named graph")
@setting("query_deadline_s", "a query is stopped after so many seconds", type=float, metavar="S")
@setting("check_deadline_s", "the check of a file is stopped after so many seconds", type=float, metavar="S")
@setting("check_rows", "rows of a table that is checked", type=click.IntRange(1), metavar="N")
@setting("check_memory_mb", "memory that the check of a file may use", type=click.IntRange(256), metavar="MB")
@setting("memory_mb", "data beyond this are read from disk", type=int, metavar="MB")
@setting("cache_mb", "finished answers that are kept; 0: none", type=int, metavar="MB")
@setting("client_seconds", "query seconds per client and minute; 0: any", type=float, metavar="S")
@TRUSTED_PROXIES
@setting("connections", "connections at once", type=click.IntRange(1), metavar="N")
@setting("connections_per_client", "connections of one client at once", type=click.IntRange(1), metavar="N")
@setting("head_s", "seconds for the head of a request", type=float, metavar="S")
@setting("piece_s", "seconds between pieces of its body", type=float, metavar="S")
@setting("keep_alive_s", "seconds until the next request", type=float, metavar="S")
@setting("send_s", "seconds for a client to take something of an answer", type=float, metavar="S")
@LEGAL
@setting("access_log", "write a line for each request, without addresses", is_flag=True)
@setting("log_format", "form of the log", type=click.Choice(("text", "json")))
@setting("log_file", "write the log to this file instead of standard error", type=PATH, metavar="FILE")
@setting("metrics", "answer programs that watch the server (Prometheus)", type=_address, metavar="HOST:PORT")
@setting("store", "SPARQL endpoint that evaluates instead of us (see publish)", metavar="URL")
@setting("store_engine", "what answers there", type=click.Choice(ENGINES))
@setting("store_fallback", "answer from the snapshot while it gives no answer", is_flag=True)
@setting("inbox", "folder of submissions; without it nobody can submit", type=PATH, metavar="DIR")
@INBOX_DAYS
def serve(settings: Settings, graph: tuple[RdfFile, ...]) -> int:
    """Serve the current snapshot; build it first when there is none."""
    from ozg_lod.rdf import formats
    from ozg_lod.snapshots import site_files
    from ozg_lod.snapshots.snapshot import Snapshots
    from ozg_lod.web import server

    settings = replace(settings, rdf=settings.rdf + graph)
    if not settings.rdf and Snapshots(settings.target).current() is None and _build(settings) != FINE:
        return FINDINGS
    server.check(settings)
    url, snapshots = settings.public_url, Snapshots(settings.target)
    if settings.rdf:
        note(f"SPARQL: {url}/sparql")
    else:
        example = site_files.identity(snapshots.directory(snapshots.served())).examples.city
        curl = f"curl -H 'Accept: {formats.TURTLE.media_type}' -L {url}/id/municipality/{example}"
        say(_("Serving {url} (Ctrl-C ends)", url=url))
        say(_("SPARQL: {url}/sparql\nTry: {curl}", url=url, curl=curl))
    server.run(settings)
    return FINE
