"""The doctor: whether this machine can serve safely and, for production, whether all a public site owes is there."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from ozg_lod.catalogue import responsible
from ozg_lod.core.errors import OzgLodError, UsageError
from ozg_lod.core.messages import LANGUAGES, Message, _, joined
from ozg_lod.core.settings import Settings
from ozg_lod.rdf.graph import TYPE, Graph, iri_of
from ozg_lod.sandbox import seccomp
from ozg_lod.site import legal
from ozg_lod.snapshots.snapshot import Manifest, Snapshots, open_store
from ozg_lod.validation import judges

_OLDEST: Final = dt.timedelta(days=365)
"""An accessibility statement is renewed every year (Commission Implementing Decision (EU) 2018/1523)."""
_OTHERS: Final = 0o077
"""The permissions of group and others."""
_MAX_HOPS: Final = 5
_WAIT_S: Final = 10
_LOOPBACK_NAMES: Final = ("localhost", "")


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """One thing that was looked at; the message says how it is, and what to do where it is not well."""

    name: str
    well: bool
    message: Message

    @property
    def record(self) -> dict[str, object]:
        """Return the check for programs, with the sentence by language."""
        return {"name": self.name, "well": self.well, **{tag: self.message[tag] for tag in LANGUAGES}}


def examine(settings: Settings, *, production: bool, today: dt.date | None = None) -> list[DoctorCheck]:
    """Return all checks; those of a public site only for `production`, where the base IRI is asked over the network."""
    checks = [_cage(), _judge(), *_data(settings, production=production), *_inbox(settings.inbox)]
    if production:
        day = today or dt.datetime.now(dt.UTC).date()
        checks += [_account(), _address(settings.public_url), _proxy(settings), *_texts(settings, day)]
    return checks


def _fine(name: str, message: Message) -> DoctorCheck:
    return DoctorCheck(name, True, message)


def _fault(name: str, message: Message) -> DoctorCheck:
    return DoctorCheck(name, False, message)


def _data(settings: Settings, *, production: bool) -> list[DoctorCheck]:
    try:
        manifest, graph = _snapshot(settings)
    except OzgLodError as error:
        return [_fault("snapshot", joined([error.message]))]
    checks = [_fine("snapshot", _("Version {version} is undamaged.", version=manifest.version[:12]))]
    if production:
        checks += [_publisher(graph), _contact(graph), _base(graph, manifest.base_iri, settings.public_url)]
    return checks


def _cage() -> DoctorCheck:
    if seccomp.available():
        return _fine("cage", _("The kernel can close the cage."))
    return _fault("cage", _("This system has no seccomp for the cage; use Linux on x86-64 or aarch64."))


def _judge() -> DoctorCheck:
    """Say who judges; without a wheel of shacl it is pySHACL alone, which is slow and no fault."""
    names = ", ".join(dict.fromkeys(map(judges.named, (judges.FIRST, judges.PYSHACL))))
    return _fine("judge", _("The rules are applied by {judges}; what is published, by each.", judges=names))


def _snapshot(settings: Settings) -> tuple[Manifest, Graph]:
    snapshots = Snapshots(settings.target)
    name = snapshots.served()
    return snapshots.verified(name), Graph(open_store(snapshots.directory(name)))


def _inbox(folder: Path | None) -> list[DoctorCheck]:
    """Look whether the folder of submissions can be written, and read by nobody else; it holds names and addresses."""
    if folder is None:
        return []
    at = folder if folder.exists() else folder.parent
    if not at.is_dir() or not os.access(at, os.W_OK | os.X_OK):
        message = _(
            "{folder} cannot be written; make it with `install -d -m 700 {folder}` for the account of the program.",
            folder=folder,
        )
        return [_fault("inbox", message)]
    if at is folder and folder.stat().st_mode & _OTHERS:
        message = _("{folder} can be read by other accounts; run chmod 700 {folder}.", folder=folder)
        return [_fault("inbox", message)]
    return [_fine("inbox", _("Only this account reads submissions."))]


def _account() -> DoctorCheck:
    if os.geteuid():
        return _fine("account", _("Not run as root."))
    return _fault("account", _("The program runs as root; give it an account of its own."))


def _address(public_url: str) -> DoctorCheck:
    parts = urlsplit(public_url)
    if parts.scheme == "https" and not _is_local(parts.hostname or ""):
        return _fine("public-url", _("{public_url} is public.", public_url=public_url))
    message = _(
        "{public_url} is no public address; give --public-url https://… as people will write it.",
        public_url=public_url,
    )
    return _fault("public-url", message)


def _proxy(settings: Settings) -> DoctorCheck:
    """Tell whether a server with TLS stands in front, as far as the settings know; the limits hold without one too."""
    if not settings.trusted_proxies:
        message = _(
            "No server in front is named, though one must speak TLS: all its clients would share one budget and its "
            "connections; give --trusted-proxies."
        )
        return _fault("proxy", message)
    if any(not network.prefixlen for network in settings.trusted_proxies):
        return _fault("proxy", _("--trusted-proxies trusts everybody; name the server in front only."))
    return _fine("proxy", _("Trusted in front: {proxies}.", proxies=", ".join(map(str, settings.trusted_proxies))))


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host in _LOOPBACK_NAMES or host.endswith((".localhost", ".local", ".internal"))


def _texts(settings: Settings, today: dt.date) -> Iterator[DoctorCheck]:
    for slot in legal.SLOTS:
        try:
            page = legal.page(settings.legal, slot, "de")
        except UsageError as error:
            yield _fault(slot, joined([error.message]))
            continue
        lack = _lack(page, f"{slot}.de.md", today)
        yield _fault(slot, lack) if lack else _fine(slot, _("{file} is complete.", file=f"{slot}.de.md"))


def _lack(page: legal.LegalPage, file: str, today: dt.date) -> Message | None:
    """Return what a text of the operator still needs, None for nothing."""
    if not page.own:
        return _("{file} is missing from the folder of --legal; the page shows a placeholder.", file=file)
    if page.gaps:
        return _("{file} still has gaps: {gaps}.", file=file, gaps="; ".join(page.gaps))
    if page.slot == "barrierefreiheit" and not _recent(page.dated, today):
        return _("{file} must have a line “Stand: {day}” that is no older than a year.", file=file, day=today)
    return None


def _recent(written: str, today: dt.date) -> bool:
    try:
        return dt.timedelta() <= today - dt.date.fromisoformat(written) <= _OLDEST
    except ValueError:
        return False


def _publisher(graph: Graph) -> DoctorCheck:
    publisher = responsible.publisher(graph)
    if publisher:
        return _fine("publisher", _("Published by {publisher}.", publisher=publisher))
    message = _("data/catalogue.ttl names no dct:publisher; enter who answers for the catalogue.")
    return _fault("publisher", message)


def _contact(graph: Graph) -> DoctorCheck:
    contact = responsible.contact(graph)
    if contact:
        return _fine("contact", _("Errors go to {contact}.", contact=contact))
    message = _(
        "data/catalogue.ttl names no dcat:contactPoint with vcard:hasEmail or vcard:hasURL; enter where errors go."
    )
    return _fault("contact", message)


def _base(graph: Graph, base_iri: str, public_url: str) -> DoctorCheck:
    """Ask for one thing by its IRI, as strangers will: it must lead to this site."""
    iri = min((one for one in _things(graph) if one.startswith(f"{base_iri}id/")), default=base_iri)
    reached = _arrives(iri, public_url.rstrip("/") + "/")
    if reached == public_url.rstrip("/"):
        return _fine("base-iri", _("{iri} leads here.", iri=iri))
    message = _(
        "{iri} does not lead to {public_url} ({reached}); register the redirects in w3id/ first.",
        iri=iri,
        public_url=public_url,
        reached=reached,
    )
    return _fault("base-iri", message)


def _things(graph: Graph) -> Iterator[str]:
    return (iri_of(triple.subject) for triple in graph.using(TYPE))


def _arrives(iri: str, here: str) -> str:
    """Return the public address where following the redirects leads to it, else what happened instead."""
    address = iri
    try:
        for _hop in range(_MAX_HOPS):
            if address.startswith(here):
                return here.rstrip("/")
            answer = httpx.head(address, timeout=_WAIT_S, follow_redirects=False)
            if not answer.has_redirect_location:
                return f"status {answer.status_code}"
            address = str(httpx.URL(address).join(answer.headers["location"]))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return type(error).__name__
    return "too many redirects"
