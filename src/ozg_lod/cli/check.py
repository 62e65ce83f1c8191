"""The commands that look whether something is right: `validate`, `harvest-check` and `doctor`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import click

from ozg_lod.cli.options import (
    JSON,
    LEGAL,
    PATH,
    SOURCE,
    STRICT,
    TARGET,
    TRUSTED_PROXIES,
    Command,
    setting,
)
from ozg_lod.cli.terminal import (
    COULD_NOT_RUN,
    FINDINGS,
    FINE,
    content,
    language,
    progress,
    table,
    write,
)
from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings
from ozg_lod.validation.examination import Examination, SourceFile
from ozg_lod.validation.gate import Rules

Paths = Sequence[Path]

_FORMS: Final = ("text", "json", "csv", "turtle", "xlsx")


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE", help="RDF, XLSX, XLS, ODS or CSV")
@SOURCE
@TARGET
@click.option(
    "--shapes", type=PATH, multiple=True, metavar="FILE", help="other shapes instead of ours, in any RDF format"
)
@click.option("--imports", type=PATH, multiple=True, metavar="DIR", help="folder of files that the shapes import")
@click.option("--kind", metavar="KIND", help="what the table contributes (default: by its headings)")
@click.option(
    "--format", "form", type=click.Choice(_FORMS), default=_FORMS[0], show_default=True, help="form of the report"
)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="file of the report; needed for xlsx, the marked table")
@STRICT
def validate(
    settings: Settings,
    files: Paths,
    *,
    shapes: Paths,
    imports: Paths,
    kind: str | None,
    form: str,
    output: Path | None,
    strict: bool,
) -> int:
    """Check RDF files and tables; exit 0 conforms, 1 findings, 2 could not."""
    from ozg_lod.contributions import report_formats
    from ozg_lod.rdf import formats
    from ozg_lod.validation import marked_workbook, report

    if form == "xlsx" and output is None:
        raise UsageError(_("An XLSX file does not belong on a terminal; name one with -o FILE."))
    examination = _examined(settings, files, _rules(settings, shapes, imports, kind))
    offered, reader_language = formats.by_name(form, report_formats.OFFERED), language()
    written = (
        marked_workbook.workbook(examination, reader_language)
        if form == "xlsx"
        else report_formats.write(examination, offered, reader_language)
    )
    write(written, output)
    return FINE if report.conforms(examination, strict=strict) else FINDINGS


def _rules(settings: Settings, shapes: Paths, imports: Paths, kind: str | None) -> Rules:
    from ozg_lod.build import build, sources
    from ozg_lod.validation import rulebook

    files = sources.read(settings.source)
    if shapes:
        beside = [path for folder in imports for path in sorted(folder.iterdir()) if path.is_file()]
        own, others = ([SourceFile(str(path), content(path)) for path in paths] for paths in (shapes, beside))
        return build.foreign_rules(own, files.base_iri, others)
    known = _published(settings.target, files.base_iri) or build.compiled(files)
    rules = build.contribution_rules(files, known=known)
    return rulebook.for_kind(rules, kind) if kind else rules


def _published(target: Path, base_iri: str) -> bytes | None:
    """Return the data of the current snapshot as N-Quads, if there is one and it is of the same catalogue."""
    from ozg_lod.snapshots.data_files import DATA_FILE
    from ozg_lod.snapshots.snapshot import Manifest, Snapshots

    name = Snapshots(target).current()
    directory = Snapshots(target).directory(name or "")
    same = name is not None and Manifest.read(directory).base_iri == base_iri
    return content(directory / DATA_FILE) if same else None


def _examined(settings: Settings, paths: Paths, rules: Rules) -> Examination:
    """Examine the files and, for each table, the description that stands beside it."""
    from ozg_lod.validation import check_process, gate

    beside = (path.with_name(path.name + gate.METADATA) for path in paths if path.suffix == ".csv")
    all_paths = dict.fromkeys([*paths, *(path for path in beside if path.is_file())])
    files = [gate.SourceFile(str(path), content(path)) for path in all_paths]
    memory_mb, deadline_s = settings.check_memory_mb, settings.check_deadline_s
    return check_process.examine_in_cage(files, rules, memory_mb=memory_mb, deadline_s=deadline_s)


@click.command(cls=Command)
@click.argument("url", metavar="URL", help="the address a portal would register, such as https://…/catalog.rdf")
@JSON
@STRICT
@click.option("--max-pages", type=click.IntRange(1, clamp=True), default=200, show_default=True, help="pages at most")
@click.option("--no-downloads", is_flag=True, help="ask for files, do not load them")
@click.option("--no-links", is_flag=True, help="ask for no address but those of the catalogue")
@click.option("--html", type=PATH, metavar="FILE", help="write the report as a page to keep, too")
def harvest_check(
    url: str, *, as_json: bool, strict: bool, max_pages: int, no_downloads: bool, no_links: bool, html: Path | None
) -> int:
    """Play the harvester against a DCAT-AP catalogue; exit 0 fine, 1 findings, 2 could not."""
    from ozg_lod.harvest_check import check, client, reader, report

    if Path(url).is_file():
        raise UsageError(
            _(
                "{file} is a file, and portals read a catalogue at its address: serve it (python3 -m http.server) and "
                "give that address, or hold the file against shapes (ozg-lod validate {file} --shapes …).",
                file=url,
            )
        )
    request = check.HarvestRequest(url, max_pages=max_pages, downloads=not no_downloads, links=not no_links)
    with progress() as count:
        outcome = check.check(request, client.Client(url), reader.in_cage, progress=partial(count, _("Asking")))
    as_text = report.to_text(outcome, language())
    print(report.to_json(outcome, strict=strict).decode() if as_json else as_text, end="")
    if html is not None:
        write(report.to_html(outcome, language()).encode(), html)
    if not outcome.ran:
        return COULD_NOT_RUN
    return FINE if outcome.passes(strict=strict) else FINDINGS


@click.command(cls=Command)
@TARGET
@setting("inbox", "folder of submissions, if there is one", type=PATH, metavar="DIR")
@click.option("--production", is_flag=True, help="also what a public site needs; exit 1 lists it")
@setting("public_url", "address the site will have", metavar="URL")
@TRUSTED_PROXIES
@LEGAL
@JSON
def doctor(settings: Settings, *, production: bool, as_json: bool) -> int:
    """Look whether this machine can serve; with --production, whether all is there that a public site owes."""
    from ozg_lod import doctor as examining

    reader_language = language()
    checks = examining.examine(settings, production=production)
    if as_json:
        print(json.dumps([check.record for check in checks], ensure_ascii=False, indent=2))
    else:
        missing = _("MISSING")[reader_language]
        rows = (("ok" if check.well else missing, f"{check.name}:", check.message[reader_language]) for check in checks)
        table(rows, "{:<8}{} {}")
    return FINE if all(check.well for check in checks) else FINDINGS
