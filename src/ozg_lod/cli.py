"""The command line: the only module that reads the environment, prints and exits.

Data go to standard output, words to standard error. Exit codes: 0 fine, 1 findings, 2 could not run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final

from ozg_lod.build.build import BuildResult
from ozg_lod.contributions.inbox import Inbox
from ozg_lod.core.errors import OzgLodError, UsageError
from ozg_lod.core.messages import Language, Message, _, say
from ozg_lod.core.settings import RdfFile, Settings, packaged_source
from ozg_lod.options import parser
from ozg_lod.sandbox.fork_server import WorkerFault
from ozg_lod.snapshots.snapshot import Snapshots

FINE: Final = 0
FINDINGS: Final = 1
COULD_NOT_RUN: Final = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit."""
    options = parser().parse_args(arguments)
    try:
        sys.exit(_COMMANDS[options.command](options))
    except OzgLodError as error:
        _say(say(error.message, _language(options)))
        sys.exit(COULD_NOT_RUN)
    except BrokenPipeError:  # `ozg-lod dump | head`: who reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FINE)
    except (OSError, WorkerFault) as error:
        _say(f"ozg-lod: {error}")
        sys.exit(COULD_NOT_RUN)
    except KeyboardInterrupt:
        sys.exit(COULD_NOT_RUN)


def _build(options: argparse.Namespace) -> int:
    from ozg_lod.build import build  # noqa: PLC0415 - each command imports only what it needs: start-up counts

    language = _language(options)
    outcome = build.build(_settings(options), say=_speaker(language))
    return _built(outcome, language)


def _built(outcome: BuildResult, language: Language) -> int:
    """Say what came of a build."""
    from ozg_lod.validation import report  # noqa: PLC0415

    speak = _speaker(language)
    if outcome.examination is not None and outcome.examination.findings:
        _say(report.to_text(outcome.examination, language))
    if outcome.manifest is None:
        speak(_("Nothing was published."))
        return FINDINGS
    version = outcome.manifest.version[:12]
    if outcome.unchanged:
        speak(_("Nothing to do: version {version} is up to date.", version=version))
    else:
        speak(_("Published version {version}.", version=version))
    return FINE


def _serve(options: argparse.Namespace) -> int:
    from ozg_lod.snapshots.snapshot import Snapshots  # noqa: PLC0415
    from ozg_lod.web import server  # noqa: PLC0415

    settings = _settings(options)
    if not settings.rdf and Snapshots(settings.target).current() is None and _build(options) != FINE:
        return FINDINGS
    server.check(settings)
    url = settings.public_url
    if settings.rdf:
        _say(f"SPARQL: {url}/sparql")
        server.run(settings)
        return FINE
    curl = f"curl -H 'Accept: text/turtle' -L {url}/id/municipality/06414000"
    speak = _speaker(_language(options))
    speak(_("Serving {url} (Ctrl-C ends)", url=url))
    speak(_("SPARQL: {url}/sparql\nTry: {curl}", url=url, curl=curl))
    server.run(settings)
    return FINE


def _snapshots(options: argparse.Namespace) -> int:
    from ozg_lod.snapshots.snapshot import Snapshots  # noqa: PLC0415

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
    publications = [
        {name: len(value) if isinstance(value, tuple) else value for name, value in asdict(entry).items()}
        | {"current": entry is log[-1]}  # what changed is counted; /changes.atom names it
        for entry in log
    ]
    if as_json:
        print(json.dumps(publications, indent=2))
        return FINE
    for entry in log:
        mark = "*" if entry is log[-1] else " "
        print(f"{mark} {entry.number:>4}  {entry.time}  {entry.version[:12]}  {entry.snapshot[:12]}")
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
            _(
                "{count} snapshots start with {wanted}; `ozg-lod snapshots list` shows them all.",
                count=len(found),
                wanted=repr(wanted),
            ),
        )
    return found.pop()


def _validate(options: argparse.Namespace) -> int:
    from ozg_lod.build import build, sources  # noqa: PLC0415
    from ozg_lod.validation import check_process, gate, report, report_forms, rulebook  # noqa: PLC0415

    if options.format == "xlsx" and options.output is None:
        raise UsageError(
            _("An XLSX file does not belong on a terminal; name one with -o FILE."),
        )
    found = sources.read(tuple(options.source or (packaged_source(),)))
    if options.shapes:
        rules = build.foreign_rules([_content(path) for path in options.shapes], found.base_iri)
    else:
        known = _published(options.target, found.base_iri) or build.compiled(found)
        rules = build.contribution_rules(found, known=known)
        rules = rulebook.for_kind(rules, options.kind) if options.kind else rules
    files = [gate.SourceFile(str(path), _content(path)) for path in _with_descriptions(options.files)]
    settings = Settings()
    examination = check_process.examine_in_cage(
        files, rules, memory_mb=settings.check_memory_mb, deadline_s=settings.check_deadline_s
    )
    written = report_forms.written(examination, options.format, _language(options))
    if options.output is not None:
        options.output.write_bytes(written)
    else:
        sys.stdout.buffer.write(written)
    return FINE if report.conforms(examination, strict=options.strict) else FINDINGS


def _published(target: Path, base_iri: str) -> bytes | None:
    """Return the data of the current snapshot as N-Quads, if there is one and it is of the same catalogue."""
    from ozg_lod.snapshots.data_files import DATA_FILE  # noqa: PLC0415
    from ozg_lod.snapshots.snapshot import Manifest, Snapshots  # noqa: PLC0415

    name = Snapshots(target).current()
    directory = Snapshots(target).directory(name or "")
    same = name is not None and Manifest.read(directory).base_iri == base_iri
    return _content(directory / DATA_FILE) if same else None


def _with_descriptions(files: Sequence[Path]) -> list[Path]:
    """Return the files and, for each table, the description that stands beside it."""
    beside = (path.with_name(path.name + "-metadata.json") for path in files if path.suffix == ".csv")
    return list(dict.fromkeys([*files, *(path for path in beside if path.is_file())]))


def _template(options: argparse.Namespace) -> int:
    from ozg_lod.contributions import templates  # noqa: PLC0415
    from ozg_lod.rdf import formats  # noqa: PLC0415
    from ozg_lod.snapshots import snapshot  # noqa: PLC0415

    snapshots = snapshot.Snapshots(options.target)
    directory = snapshots.directory(snapshots.served())
    manifest = snapshot.Manifest.read(directory)
    found = templates.TemplateCatalogue.of(
        directory,
        snapshot.open_store(directory),
        manifest.base_iri,
        version=manifest.version[:12],
        public_url=options.public_url.rstrip("/"),
    )
    language: Language = "en" if options.lang == "en" else "de"  # a template is German unless English is asked for
    topic = found.authority(options.ags, language) if options.ags else None
    sheet = found.sheet(found.kind(options.kind), language, topic)
    path: Path = options.output or Path(f"{sheet.file}.xlsx")
    form = formats.by_name(path.suffix.removeprefix("."), templates.FORMS)
    path.write_bytes(found.write(sheet, form))
    print(path)
    return FINE


def _query(options: argparse.Namespace) -> int:
    from ozg_lod import query  # noqa: PLC0415

    text = sys.stdin.read() if str(options.file) == "-" else _content(options.file).decode("utf-8")
    sys.stdout.buffer.write(query.answer(Settings(target=options.target), text, options.format))
    return FINE


def _reconcile(options: argparse.Namespace) -> int:
    from ozg_lod.matching import reconcile_file  # noqa: PLC0415

    language = _language(options)
    columns = {"name": options.column, "key": options.key_column, "district": options.district_column}
    order = reconcile_file.FileMatchRequest(
        options.file.name, columns, options.kind, str(options.output or ""), language
    )
    done = reconcile_file.reconciled(Settings(target=options.target), order, _content(options.file))
    if options.output:
        options.output.write_bytes(done.body)
    else:
        sys.stdout.buffer.write(done.body)
    _say(done.summary)
    return FINDINGS if done.open else FINE


def _dump(options: argparse.Namespace) -> int:
    from ozg_lod.snapshots import data_files  # noqa: PLC0415
    from ozg_lod.snapshots.snapshot import Snapshots  # noqa: PLC0415

    snapshots = Snapshots(options.target)
    name = snapshots.served()
    snapshots.verified(name)
    file = data_files.MERGED_FILE if options.merged else data_files.DATA_FILE
    with (snapshots.directory(name) / file).open("rb") as dump:
        shutil.copyfileobj(dump, sys.stdout.buffer)
    return FINE


def _publish(options: argparse.Namespace) -> int:
    from ozg_lod.sparql import publish  # noqa: PLC0415

    settings = Settings(target=options.target, store=options.store, store_login=_store_login())
    if options.drop is not None:
        print(publish.drop(settings, options.to, options.drop))
        return FINE
    print(publish.publish(settings, options.to, _speaker(_language(options))))
    return FINE


def _harvest_check(options: argparse.Namespace) -> int:
    from ozg_lod.harvest_check import check as harvest_check  # noqa: PLC0415
    from ozg_lod.harvest_check import client, reader  # noqa: PLC0415
    from ozg_lod.harvest_check import report as harvest_report  # noqa: PLC0415

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    order = harvest_check.HarvestRequest(
        options.url, max_pages=max(options.max_pages, 1), downloads=not options.no_downloads
    )
    outcome = harvest_check.check(order, client.Client(options.url), reader.in_cage, progress=progress)
    if options.json:
        print(harvest_report.to_json(outcome, strict=options.strict).decode(), end="")
    else:
        print(harvest_report.to_text(outcome, _language(options)), end="")
    if not outcome.ran:
        return COULD_NOT_RUN
    return FINE if outcome.passes(strict=options.strict) else FINDINGS


def _doctor(options: argparse.Namespace) -> int:
    from ozg_lod import doctor  # noqa: PLC0415

    language = _language(options)
    checks = doctor.examine(_settings(options), production=options.production)
    if options.json:
        print(json.dumps([check.record for check in checks], ensure_ascii=False, indent=2))
    else:
        for check in checks:
            mark = "ok" if check.well else "FEHLT" if language == "de" else "MISSING"
            print(f"{mark:<8}{check.name}: {check.message[language]}")
    return FINE if all(check.well for check in checks) else FINDINGS


def _inbox(options: argparse.Namespace) -> int:
    from ozg_lod.contributions import inbox_report, journal  # noqa: PLC0415
    from ozg_lod.contributions.inbox import REPORT, Inbox  # noqa: PLC0415

    language = _language(options)
    inbox = Inbox(options.inbox)
    if options.action not in ("list", "show"):
        return _decide(options, inbox)
    with inbox.locked():
        journal.recover(inbox, _speaker(language))
        inbox.sweep(max(0, options.inbox_days))
    cases = inbox.cases() if options.action == "list" else [inbox.one(options.reference or "")]
    if options.json:
        print(inbox_report.as_json(cases))
    elif options.action == "list":
        print(inbox_report.listed(cases, language))
    else:
        report = inbox.path(cases[0].submission.reference) / REPORT
        text = report.read_bytes() if report.exists() else b""
        print(inbox_report.shown(cases[0], text, _settings(options).public_url, language))
    return FINE


def _decide(options: argparse.Namespace, inbox: Inbox) -> int:
    from ozg_lod.contributions import decisions, editor_context, inbox_report  # noqa: PLC0415

    language = _language(options)
    speak = _speaker(language)
    decision = decisions.Decision(options.role, options.reason, options.checked)
    wanted = options.reference or ""
    if options.action == "reject":
        case = decisions.reject(inbox, wanted, decision, speak)
    else:
        place = editor_context.desk(inbox, _settings(options), options.into, speak)
        reference = inbox.one(wanted).submission.reference
        if options.action == "accept":
            outcome = decisions.accept(place, reference, decision)
        else:
            outcome = decisions.withdraw(place, reference, decision, erase=options.erase)
        if _built(outcome, language) != FINE:
            return FINDINGS
        case = inbox.one(reference)
        for line in editor_context.afterwards(place, case, language):
            _say(line)
    print(inbox_report.as_json([case]) if options.json else inbox_report.listed([case], language))
    return FINE


def _init(options: argparse.Namespace) -> int:
    from ozg_lod.build import new_source  # noqa: PLC0415

    new_source.source_folder(options.directory, base_iri=options.base_iri, title=options.title)
    speak = _speaker(_language(options))
    next_step = f"ozg-lod build --source {options.directory}"
    speak(_("{directory} is ready. Next: {next_step}", directory=options.directory, next_step=next_step))
    return FINE


def _settings(options: argparse.Namespace) -> Settings:
    defaults = Settings()
    host, port = getattr(options, "host", defaults.host), getattr(options, "port", defaults.port)
    shown = f"[{host}]" if ":" in host else host
    return Settings(
        source=tuple(getattr(options, "source", None) or (packaged_source(),)),
        target=options.target,
        host=host,
        port=port,
        public_url=getattr(options, "public_url", None) or f"http://{shown}:{port}",
        access_log=getattr(options, "access_log", False),
        legal=getattr(options, "legal", None),
        client_seconds=getattr(options, "client_seconds", defaults.client_seconds),
        memory_mb=getattr(options, "memory_mb", defaults.memory_mb),
        cache_bytes=getattr(options, "cache_mb", defaults.cache_bytes // 1_000_000) * 1_000_000,
        trusted_proxies=_networks(getattr(options, "trusted_proxies", None) or ""),
        rdf=_rdf_files(options),
        store=getattr(options, "store", None),
        store_login=_store_login(),
        inbox=getattr(options, "inbox", None),
        inbox_days=max(0, getattr(options, "inbox_days", defaults.inbox_days)),
    )


def _store_login() -> tuple[str, str] | None:
    """Return user and password for the store of --store and --to, if the environment has them."""
    user, password = os.environ.get("OZG_LOD_STORE_USER"), os.environ.get("OZG_LOD_STORE_PASSWORD")  # noqa: TID251
    return (user, password) if user and password else None


def _rdf_files(options: argparse.Namespace) -> tuple[RdfFile, ...]:
    """Return the files of --rdf and --graph in their order; the last "=" parts the IRI from the file."""
    files = [RdfFile(path) for path in getattr(options, "rdf", None) or ()]
    for given in getattr(options, "graph", None) or ():
        iri, equals, path = given.rpartition("=")
        if not equals or ":" not in iri:
            raise UsageError(_("{given} is not IRI=FILE.", given=repr(given)))
        files.append(RdfFile(Path(path), iri))
    return tuple(files)


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise UsageError(f"--trusted-proxies: {error}.") from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(_("{path} cannot be read: {strerror}.", path=path, strerror=error.strerror)) from None


def _language(options: argparse.Namespace) -> Language:
    """Return the language to speak: as asked, else as the locale says, else English (a terminal's habit)."""
    if getattr(options, "lang", None):
        return "de" if options.lang == "de" else "en"
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""  # noqa: TID251
    return "de" if locale.startswith("de") else "en"


def _speaker(language: Language) -> Callable[[Message], None]:
    return lambda message: _say(message[language])


def _say(text: str) -> None:
    print(text, file=sys.stderr)


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "build": _build,
    "serve": _serve,
    "snapshots": _snapshots,
    "validate": _validate,
    "template": _template,
    "query": _query,
    "reconcile": _reconcile,
    "dump": _dump,
    "publish": _publish,
    "harvest-check": _harvest_check,
    "doctor": _doctor,
    "inbox": _inbox,
    "init": _init,
}
