"""Harvest a catalogue as CKAN does: the gather stage of ckanext-dcat's DCATRDFHarvester, run with its own interpreter.

    python -P ckan_harvester.py URL [STATE.json]

Everything that decides what a portal shows is the real code: fetching, paging, parsing, identifiers, deletions. The
database is SQLite in memory instead of PostgreSQL, and what the import stage would hand to CKAN's package_create and
package_delete is kept in STATE.json, so that the next run harvests into the same portal. Prints what happened as JSON.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import ckanext.harvest.model as harvest
from ckan import model
from ckan.common import config
from ckanext.dcat.harvesters.rdf import DCATRDFHarvester
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateTable


@compiles(JSONB, "sqlite")
def _as_text(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "TEXT"


class Harvester(DCATRDFHarvester):
    """The real harvester; its complaints are kept instead of written to a log of jobs."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def _save_gather_error(self, message: str, job: Any) -> None:  # noqa: ARG002 - the signature of the base class
        self.errors.append(str(message))


def harvest_into(state: dict[str, str], url: str) -> dict[str, Any]:
    """Run one harvest; `state` is what the portal holds (guid → package as JSON) and is changed as CKAN would."""
    config.update({"ckan.site_url": "http://portal.invalid", "ckan.locale_default": "de", "ckan.locale_order": "de"})
    engine = create_engine("sqlite://", poolclass=StaticPool)
    model.Session.configure(bind=engine)
    with engine.connect() as connection:  # a check only PostgreSQL can make
        connection.connection.create_function("jsonb_typeof", 1, lambda _value: "object")
        connection.connection.create_function("jsonb_path_exists", 2, lambda _value, _path: 0)
        for table in _tables():
            connection.execute(CreateTable(table))
    source = harvest.HarvestSource(id="source", url=url, type="dcat_rdf", title="ozg-lod", active=True)
    model.Session.add(source)
    model.Session.add(model.Package(id="source", name="source", title="ozg-lod", url=url))
    before = harvest.HarvestJob(id="before", source=source)
    for guid, content in state.items():
        known = harvest.HarvestObject(guid=guid, job=before, content=content, package_id=guid, current=True)
        known.source = source
        model.Session.add(known)
    job = harvest.HarvestJob(id="now", source=source)
    model.Session.add(job)
    model.Session.commit()

    harvester = Harvester()
    identifiers = harvester.gather_stage(job)
    created, changed, deleted = [], [], []
    for identifier in identifiers:
        found = model.Session.get(harvest.HarvestObject, identifier)
        if harvester._get_object_extra(found, "status") == "delete":  # noqa: SLF001 - as its import stage does
            deleted.append(found.guid)
            del state[found.guid]
            continue
        content = json.dumps(_ordered(json.loads(found.content)), sort_keys=True, ensure_ascii=False)
        if found.guid not in state:
            created.append(found.guid)
        elif state[found.guid] != content:
            changed.append(found.guid)
        state[found.guid] = content
    return {"created": created, "changed": changed, "deleted": deleted, "errors": harvester.errors}


def _ordered(value: Any) -> Any:
    """Put lists in order, also those that are written as JSON in a text: rdflib gives sets in any order."""
    if isinstance(value, str) and value.startswith("["):
        value = json.loads(value)
    if isinstance(value, list):
        return sorted(map(_ordered, value), key=lambda item: json.dumps(item, sort_keys=True))
    return {key: _ordered(item) for key, item in value.items()} if isinstance(value, dict) else value


def _tables() -> list[Any]:
    names = ("package", "harvest_source", "harvest_job", "harvest_object", "harvest_object_extra")
    return [model.meta.metadata.tables[name] for name in names]


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    kept = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    portal = json.loads(kept.read_text()) if kept and kept.exists() else {}
    outcome = harvest_into(portal, sys.argv[1])
    if kept:
        kept.write_text(json.dumps(portal))
    packages = {guid: json.loads(content) for guid, content in portal.items()}
    sys.stdout.write(json.dumps({**outcome, "packages": packages}) + "\n")
