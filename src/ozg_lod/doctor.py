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

from ozg_lod.core.errors import OzgLodError, UsageError
from ozg_lod.core.messages import Language, _
from ozg_lod.core.settings import Settings
from ozg_lod.rdf.graph import TYPE, Graph, iri_of
from ozg_lod.sandbox import seccomp
from ozg_lod.site import legal, linking
from ozg_lod.snapshots.snapshot import Manifest, Snapshots, open_store

_OLDEST: Final = dt.timedelta(days=365)
"""An accessibility statement is renewed every year (Commission Implementing Decision (EU) 2018/1523)."""
_OTHERS: Final = 0o077
"""The permissions of group and others."""
_MOST_HOPS: Final = 5
_WAIT_S: Final = 10
_LOOPBACK_NAMES: Final = ("localhost", "")


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """One thing that was looked at; `en` and `de` say what was found, and what to do where it is not well."""

    name: str
    well: bool
    en: str
    de: str

    def sentence(self, language: Language) -> str:
        """Return what was found."""
        return self.de if language == "de" else self.en


def examine(settings: Settings, *, production: bool, today: dt.date | None = None) -> list[DoctorCheck]:
    """Return all checks; those of a public site only for `production`, where the base IRI is asked over the network."""
    checks = [_cage(), *_data(settings, production=production), *_inbox(settings.inbox)]
    if production:
        day = today or dt.datetime.now(dt.UTC).date()
        checks += [_account(), _address(settings.public_url), *_texts(settings, day)]
    return checks


def _data(settings: Settings, *, production: bool) -> list[DoctorCheck]:
    try:
        manifest, graph = _snapshot(settings)
    except OzgLodError as error:
        return [DoctorCheck("snapshot", well=False, en=error.en, de=error.de)]
    version = manifest.version[:12]
    checks = [DoctorCheck("snapshot", True, _("Version {version} is undamaged.", version=version))]
    if production:
        checks += [_publisher(graph), _contact(graph), _base(graph, manifest.base_iri, settings.public_url)]
    return checks


def _cage() -> DoctorCheck:
    if seccomp.available():
        return DoctorCheck("cage", True, _("The kernel can close the cage."))
    return DoctorCheck(
        "cage",
        well=False,
        en="This system has no seccomp for the cage; use Linux on x86-64 or aarch64.",
        de="Dieses System hat kein Seccomp für den Käfig; nehmen Sie Linux auf x86-64 oder aarch64.",
    )


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
        en = f"{folder} cannot be written; make it with `install -d -m 700 {folder}` for the account of the program."
        de = f"{folder} ist nicht beschreibbar; legen Sie es mit `install -d -m 700 {folder}` für das Konto an."
        return [DoctorCheck("inbox", well=False, en=en, de=de)]
    if at is folder and folder.stat().st_mode & _OTHERS:
        en = f"{folder} can be read by other accounts; run chmod 700 {folder}."
        de = f"{folder} ist für andere Konten lesbar; rufen Sie chmod 700 {folder} auf."
        return [DoctorCheck("inbox", well=False, en=en, de=de)]
    return [DoctorCheck("inbox", True, "Only this account reads submissions.", "Nur dieses Konto liest Einreichungen.")]


def _account() -> DoctorCheck:
    if os.geteuid():
        return DoctorCheck("account", True, _("Not run as root."))
    return DoctorCheck(
        "account",
        well=False,
        en="The program runs as root; give it an account of its own.",
        de="Das Programm läuft als root; geben Sie ihm ein eigenes Konto.",
    )


def _address(public_url: str) -> DoctorCheck:
    parts = urlsplit(public_url)
    if parts.scheme == "https" and not _is_local(parts.hostname or ""):
        return DoctorCheck("public-url", True, _("{public_url} is public.", public_url=public_url))
    return DoctorCheck(
        "public-url",
        well=False,
        en=f"{public_url} is no public address; give --public-url https://… as people will write it.",
        de=f"{public_url} ist keine öffentliche Adresse; geben Sie --public-url https://… so an, wie man sie schreibt.",
    )


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
            yield DoctorCheck(slot, well=False, en=error.en, de=error.de)
            continue
        yield _text(page, today)


def _text(page: legal.LegalPage, today: dt.date) -> DoctorCheck:
    file = f"{page.slot}.de.md"
    if not page.own:
        en = f"{file} is missing from the folder of --legal; the page shows a placeholder."
        de = f"{file} fehlt im Ordner von --legal; die Seite zeigt einen Platzhalter."
    elif page.gaps:
        en = f"{file} still has gaps: {'; '.join(page.gaps)}."
        de = f"{file} hat noch Lücken: {'; '.join(page.gaps)}."
    elif page.slot == "barrierefreiheit" and not _recent(page.dated, today):
        en = f"{file} must have a line “Stand: {today}” that is no older than a year."
        de = f"{file} braucht eine Zeile „Stand: {today}“, die nicht älter als ein Jahr ist."
    else:
        return DoctorCheck(page.slot, True, _("{file} is complete.", file=file))
    return DoctorCheck(page.slot, well=False, en=en, de=de)


def _recent(written: str, today: dt.date) -> bool:
    try:
        return dt.timedelta() <= today - dt.date.fromisoformat(written) <= _OLDEST
    except ValueError:
        return False


def _publisher(graph: Graph) -> DoctorCheck:
    found = linking.publisher(graph)
    if found:
        return DoctorCheck("publisher", True, _("Published by {found}.", found=found))
    return DoctorCheck(
        "publisher",
        well=False,
        en="data/catalogue.ttl names no dct:publisher; enter who answers for the catalogue.",
        de="data/catalogue.ttl nennt keinen dct:publisher; tragen Sie ein, wer den Katalog verantwortet.",
    )


def _contact(graph: Graph) -> DoctorCheck:
    found = linking.contact(graph)
    if found:
        return DoctorCheck("contact", True, f"Errors go to {found}.", f"Fehler gehen an {found}.")
    return DoctorCheck(
        "contact",
        well=False,
        en="data/catalogue.ttl names no dcat:contactPoint with vcard:hasEmail or vcard:hasURL; enter where errors go.",
        de="data/catalogue.ttl nennt keinen dcat:contactPoint mit vcard:hasEmail oder vcard:hasURL; tragen Sie ein, "
        "wohin Fehler gehen.",
    )


def _base(graph: Graph, base_iri: str, public_url: str) -> DoctorCheck:
    """Ask for one thing by its IRI, as strangers will: it must lead to this site."""
    iri = min((one for one in _things(graph) if one.startswith(f"{base_iri}id/")), default=base_iri)
    reached = _arrives(iri, public_url.rstrip("/") + "/")
    if reached == public_url.rstrip("/"):
        return DoctorCheck("base-iri", True, _("{iri} leads here.", iri=iri))
    return DoctorCheck(
        "base-iri",
        well=False,
        en=f"{iri} does not lead to {public_url} ({reached}); register the redirects in w3id/ first.",
        de=f"{iri} führt nicht zu {public_url} ({reached}); lassen Sie zuerst die Weiterleitungen in w3id/ eintragen.",
    )


def _things(graph: Graph) -> Iterator[str]:
    return (iri_of(triple.subject) for triple in graph.using(TYPE))


def _arrives(iri: str, here: str) -> str:
    """Return the public address where following the redirects leads to it, else what happened instead."""
    address = iri
    try:
        for _ in range(_MOST_HOPS):
            if address.startswith(here):
                return here.rstrip("/")
            answer = httpx.head(address, timeout=_WAIT_S, follow_redirects=False)
            if not answer.has_redirect_location:
                return f"status {answer.status_code}"
            address = str(httpx.URL(address).join(answer.headers["location"]))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return type(error).__name__
    return "too many redirects"
