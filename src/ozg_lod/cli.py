"""The command line: the only module that reads the environment, prints and exits.

Data go to standard output, words to standard error. Exit codes: 0 fine, 1 findings, 2 could not run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ozg_lod import __version__
from ozg_lod.errors import OzgLodError, UsageError
from ozg_lod.settings import Settings, packaged_source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ozg_lod.language import Language
    from ozg_lod.snapshot import Snapshots

FINE: Final = 0
FINDINGS: Final = 1
COULD_NOT_RUN: Final = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit."""
    options = _parser().parse_args(arguments)
    try:
        sys.exit(options.run(options))
    except OzgLodError as error:
        _say(error.sentence(_language(options)))
        sys.exit(COULD_NOT_RUN)
    except BrokenPipeError:  # `ozg-lod dump | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(COULD_NOT_RUN)
    except KeyboardInterrupt:
        sys.exit(COULD_NOT_RUN)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ozg-lod", description="Compile, validate and serve a linked open data catalogue."
    )
    parser.add_argument("--version", action="version", version=f"ozg-lod {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_build, _add_serve, _add_snapshots, _add_validate, _add_query, _add_dump, _add_init):
        add(commands)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    parser.add_argument("--lang", choices=("de", "en"), help="language of what is said (default: as the environment)")
    return parser


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source",
        type=Path,
        action="append",
        metavar="DIR",
        help="source folder; may be given again for folders that add data (default: the one of the program)",
    )
    _add_target(parser)


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target", type=Path, default=Path("build"), metavar="DIR", help="folder of the snapshots (default: build)"
    )


def _add_build(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _add_places(_command(commands, "build", _build, "Compile the source folder into a validated snapshot."))


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "serve", _serve, "Serve the current snapshot; build it first when there is none.")
    _add_places(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")
    parser.add_argument("--public-url", metavar="URL", help="address that links start with (default: http://HOST:PORT)")
    parser.add_argument("--access-log", action="store_true", help="write a line for each request, without addresses")


def _add_snapshots(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "List the snapshots, go back to one, or remove the stores of old ones."
    parser = _command(commands, "snapshots", _snapshots, text)
    _add_target(parser)
    parser.add_argument("action", choices=("list", "use", "prune"))
    parser.add_argument("name", nargs="?", help="for use: the snapshot, or the beginning of its name or version")
    parser.add_argument("--keep", type=int, default=3, help="for prune: how many keep their stores (default: 3)")
    parser.add_argument("--json", action="store_true", help="for list: as JSON")


def _add_validate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands, "validate", _validate, "Check RDF files and tables; exit 0 conforms, 1 findings, 2 could not."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    _add_target(parser)
    parser.add_argument("--shapes", type=Path, action="append", metavar="FILE", help="other shapes instead of ours")
    parser.add_argument("--format", choices=("text", "json", "turtle"), default="text", help="form of the report")
    parser.add_argument("--strict", action="store_true", help="warnings count as findings")


def _add_query(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "query", _query, "Answer a SPARQL query from the current snapshot.")
    _add_target(parser)
    parser.add_argument("file", type=Path, metavar="FILE.rq", help="the query; - for standard input")
    parser.add_argument(
        "--format", default=None, help="csv, tsv, json, xml; ttl, nt, rdf, jsonld (default: csv or ttl)"
    )


def _add_dump(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "dump", _dump, "Write the data of the current snapshot to standard output.")
    _add_target(parser)
    parser.add_argument("--merged", action="store_true", help="N-Triples without graphs instead of N-Quads")


def _add_init(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "init", _init, "Start a source folder for another state or region.")
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument(
        "--base-iri", required=True, metavar="IRI", help="what all IRIs of the new catalogue start with"
    )
    parser.add_argument("--title", default="OZG-Katalog", help="title of the catalogue, in German")


def _build(options: argparse.Namespace) -> int:
    from ozg_lod import build, report  # noqa: PLC0415 - each command imports only what it needs: start-up counts

    language = _language(options)
    outcome = build.build(_settings(options), say=lambda en, de: _say(de if language == "de" else en))
    if outcome.examination is not None and outcome.examination.findings:
        _say(report.to_text(outcome.examination, language))
    if outcome.manifest is None:
        _say(_either(language, "Nothing was published.", "Es wurde nichts veröffentlicht."))
        return FINDINGS
    version = outcome.manifest.version[:12]
    if outcome.unchanged:
        _say(
            _either(
                language,
                f"Nothing to do: version {version} is up to date.",
                f"Nichts zu tun: Version {version} ist aktuell.",
            )
        )
    else:
        _say(_either(language, f"Published version {version}.", f"Version {version} ist veröffentlicht."))
    return FINE


def _serve(options: argparse.Namespace) -> int:
    from ozg_lod import server  # noqa: PLC0415
    from ozg_lod.snapshot import Snapshots  # noqa: PLC0415

    settings = _settings(options)
    if Snapshots(settings.target).current() is None and _build(options) != FINE:
        return FINDINGS
    server.check(settings)
    url = settings.public_url
    language = _language(options)
    curl = f"curl -H 'Accept: text/turtle' -L {url}/id/municipality/06414000"
    _say(_either(language, f"Serving {url} (Ctrl-C ends)", f"Der Katalog steht unter {url} (Strg-C beendet)"))
    _say(f"SPARQL: {url}/sparql\n{_either(language, 'Try', 'Probieren')}: {curl}")
    server.run(settings)
    return FINE


def _snapshots(options: argparse.Namespace) -> int:
    from ozg_lod.snapshot import Snapshots  # noqa: PLC0415

    snapshots = Snapshots(options.target)
    if options.action == "list":
        return _list_snapshots(snapshots, as_json=options.json)
    with snapshots.locked():
        if options.action == "prune":
            for name in snapshots.prune(keep=options.keep):
                print(name)
            return FINE
        name = _one_of(snapshots, options.name)
        snapshots.verified(name)
        snapshots.publish(name)
        print(name)
    return FINE


def _list_snapshots(snapshots: Snapshots, *, as_json: bool) -> int:
    log = snapshots.publications()
    publications = [{**asdict(entry), "current": entry is log[-1]} for entry in log]
    if as_json:
        print(json.dumps(publications, indent=2))
        return FINE
    for entry in publications:
        mark = "*" if entry["current"] else " "
        print(f"{mark} {entry['number']:>4}  {entry['time']}  {entry['version'][:12]}  {entry['snapshot'][:12]}")
    return FINE


def _one_of(snapshots: Snapshots, wanted: str | None) -> str:
    """Return the one snapshot whose name or version starts with `wanted`."""
    found = {
        entry.snapshot
        for entry in snapshots.publications()
        if wanted and (entry.snapshot.startswith(wanted) or entry.version.startswith(wanted))
    }
    if len(found) != 1:
        raise UsageError(
            f"{len(found)} snapshots start with {wanted!r}; `ozg-lod snapshots list` shows them all.",
            f"{len(found)} Datenstände beginnen mit {wanted!r}; `ozg-lod snapshots list` zeigt alle.",
        )
    return found.pop()


def _validate(options: argparse.Namespace) -> int:
    from ozg_lod import build, checking, gate, report  # noqa: PLC0415

    sources = build.read((packaged_source(),))
    if options.shapes:
        rules = build.foreign_rules([_content(path) for path in options.shapes], sources.base_iri)
    else:
        rules = build.contribution_rules(sources, known=_published(options.target) or build.compiled(sources))
    files = [gate.SourceFile(str(path), _content(path)) for path in _with_descriptions(options.files)]
    settings = Settings()
    examination = checking.examine_in_cage(
        files, rules, memory_mb=settings.check_memory_mb, deadline_s=settings.check_deadline_s
    )
    language = _language(options)
    forms: dict[str, Callable[[], str]] = {
        "text": lambda: report.to_text(examination, language),
        "json": lambda: report.to_json(examination).decode(),
        "turtle": lambda: report.to_turtle(examination).decode(),
    }
    print(forms[options.format]())
    return FINE if report.conforms(examination, strict=options.strict) else FINDINGS


def _published(target: Path) -> bytes | None:
    """Return the data of the current snapshot as N-Quads, if there is one."""
    from ozg_lod.snapshot import Snapshots  # noqa: PLC0415
    from ozg_lod.store import DATA_FILE  # noqa: PLC0415

    name = Snapshots(target).current()
    return _content(Snapshots(target).directory(name) / DATA_FILE) if name else None


def _with_descriptions(files: Sequence[Path]) -> list[Path]:
    """Return the files and, for each table, the description that stands beside it."""
    beside = (path.with_name(path.name + "-metadata.json") for path in files if path.suffix == ".csv")
    return list(dict.fromkeys([*files, *(path for path in beside if path.is_file())]))


def _query(options: argparse.Namespace) -> int:
    from ozg_lod import query  # noqa: PLC0415

    text = sys.stdin.read() if str(options.file) == "-" else _content(options.file).decode("utf-8")
    sys.stdout.buffer.write(query.answer(Settings(target=options.target), text, options.format))
    return FINE


def _dump(options: argparse.Namespace) -> int:
    from ozg_lod import store  # noqa: PLC0415
    from ozg_lod.snapshot import Snapshots  # noqa: PLC0415

    snapshots = Snapshots(options.target)
    name = snapshots.current()
    if name is None:
        raise UsageError(
            f"There is no snapshot in {options.target}; run `ozg-lod build` first.",
            f"In {options.target} liegt kein Datenstand; rufen Sie zuerst `ozg-lod build` auf.",
        )
    snapshots.verified(name)
    file = store.MERGED_FILE if options.merged else store.DATA_FILE
    with (snapshots.directory(name) / file).open("rb") as dump:
        shutil.copyfileobj(dump, sys.stdout.buffer)
    return FINE


def _init(options: argparse.Namespace) -> int:
    from ozg_lod import start  # noqa: PLC0415

    start.source_folder(options.directory, base_iri=options.base_iri, title=options.title)
    language = _language(options)
    _say(
        _either(
            language,
            f"{options.directory} is ready. Next: ozg-lod build --source {options.directory}",
            f"{options.directory} ist bereit. Weiter: ozg-lod build --source {options.directory}",
        )
    )
    return FINE


def _settings(options: argparse.Namespace) -> Settings:
    defaults = Settings()
    host, port = getattr(options, "host", defaults.host), getattr(options, "port", defaults.port)
    shown = f"[{host}]" if ":" in host else host
    return Settings(
        source=tuple(options.source or (packaged_source(),)),
        target=options.target,
        host=host,
        port=port,
        public_url=getattr(options, "public_url", None) or f"http://{shown}:{port}",
        access_log=getattr(options, "access_log", False),
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", f"{path} ist nicht lesbar: {error.strerror}."
        ) from None


def _language(options: argparse.Namespace) -> Language:
    """Return the language to speak: as asked, else as the locale says, else English (a terminal's habit)."""
    if getattr(options, "lang", None):
        return "de" if options.lang == "de" else "en"
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""  # noqa: TID251
    return "de" if locale.startswith("de") else "en"


def _either(language: Language, en: str, de: str) -> str:
    return de if language == "de" else en


def _say(text: str) -> None:
    print(text, file=sys.stderr)
