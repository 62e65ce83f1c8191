"""The options of the command line: what can be typed, with the words that explain it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from ozg_lod import __version__


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; `command` names what was asked for."""
    parser = argparse.ArgumentParser(
        prog="ozg-lod", description="Compile, validate and serve a linked open data catalogue."
    )
    parser.add_argument("--version", action="version", version=f"ozg-lod {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in _ADDERS:
        add(commands)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(command=name)
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
    _add_places(_command(commands, "build", "Compile the source folder into a validated snapshot."))


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "serve", "Serve the current snapshot; build it first when there is none.")
    _add_places(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")
    parser.add_argument("--public-url", metavar="URL", help="address that links start with (default: http://HOST:PORT)")
    _add_rdf(parser)
    parser.add_argument(
        "--memory-mb", type=int, default=4096, metavar="MB", help="data beyond this are read from disk (default: 4096)"
    )
    parser.add_argument(
        "--cache-mb", type=int, default=64, metavar="MB", help="finished answers that are kept (default: 64; 0: none)"
    )
    parser.add_argument(
        "--client-seconds", type=float, default=60, metavar="S", help="query seconds per client and minute (0: any)"
    )
    parser.add_argument(
        "--trusted-proxies", metavar="NETS", help="proxies, comma-separated, whose X-Forwarded-For is believed"
    )
    _add_legal(parser)
    parser.add_argument("--access-log", action="store_true", help="write a line for each request, without addresses")
    parser.add_argument("--store", metavar="URL", help="SPARQL endpoint that evaluates instead of us (see publish)")
    _add_inbox_folder(parser)


def _add_inbox_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--inbox", type=Path, metavar="DIR", help="folder of submissions; without it nobody can submit")
    parser.add_argument(
        "--inbox-days",
        type=int,
        default=30,
        metavar="N",
        help="delete sender and file N days after the decision (default: 30)",
    )


def _add_rdf(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rdf", nargs="+", type=Path, action="extend", metavar="FILE", help="serve these RDF files as they are"
    )
    parser.add_argument(
        "--graph", action="append", metavar="IRI=FILE", help="with or without --rdf: this file is that named graph"
    )


def _add_snapshots(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "List the snapshots, go back to one, or remove the stores of old ones."
    parser = _command(commands, "snapshots", text)
    _add_target(parser)
    parser.add_argument("action", choices=("list", "use", "prune"))
    parser.add_argument("name", nargs="?", help="for use: the snapshot, or the beginning of its name or version")
    parser.add_argument("--keep", type=int, default=3, help="for prune: how many keep their stores (default: 3)")
    parser.add_argument("--json", action="store_true", help="for list: as JSON")


def _add_validate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "validate", "Check RDF files and tables; exit 0 conforms, 1 findings, 2 could not.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="RDF, XLSX, XLS, ODS or CSV")
    _add_places(parser)
    parser.add_argument("--shapes", type=Path, action="append", metavar="FILE", help="other shapes instead of ours")
    parser.add_argument("--kind", metavar="KIND", help="what the table contributes (default: by its headings)")
    parser.add_argument(
        "--format",
        choices=("text", "json", "csv", "turtle", "xlsx"),
        default="text",
        help="form of the report; xlsx is the table with its faulty cells marked",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the report to a file; needed for xlsx")
    parser.add_argument("--strict", action="store_true", help="warnings count as findings")


def _add_template(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Write a table to fill in, with what the current snapshot publishes about an authority."
    parser = _command(commands, "template", text)
    _add_target(parser)
    parser.add_argument("kind", metavar="KIND", help="which table, such as verfuegbarkeit; a wrong name lists them")
    parser.add_argument("--ags", metavar="KEY", help="for whom: 8 digits of a municipality or 5 of a district")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="name ending in .xlsx, .ods or .csv (default: KIND-KEY.xlsx)"
    )
    parser.add_argument("--public-url", default="", metavar="URL", help="address of the site that checks the table")


def _add_query(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "query", "Answer a SPARQL query from the current snapshot.")
    _add_target(parser)
    parser.add_argument("file", type=Path, metavar="FILE.rq", help="the query; - for standard input")
    parser.add_argument(
        "--format", default=None, help="csv, tsv, json, xml; ttl, nt, rdf, jsonld (default: csv or ttl)"
    )


def _add_dump(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "dump", "Write the data of the current snapshot to standard output.")
    _add_target(parser)
    parser.add_argument("--merged", action="store_true", help="N-Triples without graphs instead of N-Quads")


def _add_publish(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Write the current snapshot to another SPARQL engine, for `serve --store`."
    parser = _command(commands, "publish", text)
    _add_target(parser)
    parser.add_argument("--to", required=True, metavar="URL", help="its graph store (Graph Store HTTP Protocol)")
    parser.add_argument("--store", required=True, metavar="URL", help="its SPARQL endpoint, as given to `serve`")
    parser.add_argument("--drop", metavar="VERSION", help="remove this old version there instead")


def _add_harvest_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Play the harvester against a DCAT-AP catalogue; exit 0 fine, 1 findings, 2 could not."
    parser = _command(commands, "harvest-check", text)
    parser.add_argument("url", metavar="URL", help="the address a portal would register, such as https://…/catalog.rdf")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument("--strict", action="store_true", help="warnings count as findings")
    parser.add_argument("--max-pages", type=int, default=200, metavar="N", help="give up after N pages (default: 200)")
    parser.add_argument("--no-downloads", action="store_true", help="ask for files, do not load them")


def _add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Look whether this machine can serve; with --production, whether all is there that a public site owes."
    parser = _command(commands, "doctor", text)
    _add_target(parser)
    parser.add_argument("--inbox", type=Path, metavar="DIR", help="folder of submissions, if there is one")
    parser.add_argument("--production", action="store_true", help="also what a public site needs; exit 1 lists it")
    parser.add_argument("--public-url", metavar="URL", help="address the site will have")
    _add_legal(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def _add_inbox(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Look at what was submitted, and decide: accept, reject, withdraw."
    parser = _command(commands, "inbox", text)
    parser.add_argument("action", choices=("list", "show", "accept", "reject", "withdraw"))
    parser.add_argument("reference", nargs="?", help="the submission, or the beginning of its reference")
    parser.add_argument("--inbox", type=Path, required=True, metavar="DIR", help="folder of submissions")
    _add_places(parser)
    parser.add_argument(
        "--into", type=Path, metavar="DIR", help="source folder of contributions (default: last --source)"
    )
    parser.add_argument(
        "--role", default="Redaktion", help="who decides, as it is published; no name (default: Redaktion)"
    )
    parser.add_argument(
        "--checked", default="", metavar="TEXT", help="for accept: how the sender's authority was checked"
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="for reject and withdraw: the reason, in German")
    parser.add_argument("--erase", action="store_true", help="for withdraw: also from every kept version")
    parser.add_argument("--inbox-days", type=int, default=30, metavar="N", help="as for serve (default: 30)")
    parser.add_argument("--public-url", metavar="URL", help="address that status addresses start with")
    parser.add_argument("--json", action="store_true", help="as JSON")


def _add_legal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--legal",
        type=Path,
        metavar="DIR",
        help="folder with impressum.de.md, datenschutz.de.md …",
    )


def _add_init(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "init", "Start a source folder for another state or region.")
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument(
        "--base-iri", required=True, metavar="IRI", help="what all IRIs of the new catalogue start with"
    )
    parser.add_argument("--title", default="OZG-Katalog", help="title of the catalogue, in German")


def _add_reconcile(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Match the rows of a list with the catalogue; exit 0 all found, 1 some open, 2 could not."
    parser = _command(commands, "reconcile", text)
    _add_target(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV (UTF-8), text, XLSX or ODS")
    parser.add_argument("--column", metavar="TITLE", help="column with the names (default: by its title)")
    parser.add_argument("--key-column", metavar="TITLE", help="column with official keys (default: by its title)")
    parser.add_argument("--district-column", metavar="TITLE", help="column with districts (default: by its title)")
    parser.add_argument("--kind", default="", help="municipality, district, bundle, concept … (default: any)")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=".csv, .xlsx or .ttl (default: CSV)")


_ADDERS: Final = (
    _add_reconcile,
    _add_build,
    _add_serve,
    _add_snapshots,
    _add_validate,
    _add_template,
    _add_query,
    _add_dump,
    _add_publish,
    _add_harvest_check,
    _add_doctor,
    _add_inbox,
    _add_init,
)
