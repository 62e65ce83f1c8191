"""The manifests of the reconciliation service: what it offers, in the form of version 0.2 and in that of 1.0-draft.

Both versions live below `/reconcile`; where they differ only the manifest tells them apart (suggest services and view
templates cannot be written for both at once), so that of 1.0-draft stands at `/reconcile/1.0-draft`, with all routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ozg_lod import __version__
from ozg_lod.core.kinds import Kinds
from ozg_lod.core.messages import Language, _
from ozg_lod.core.vocab import OZG
from ozg_lod.matching.reconcile_queries import BATCH
from ozg_lod.matching.reconciliation import type_of

ROOT: Final = "/reconcile"
ROOT_10: Final = f"{ROOT}/1.0-draft"
WIDTH: Final = 400
HEIGHT: Final = 240


@dataclass(frozen=True, slots=True)
class ReconciliationService:
    """Whose service it is and where: title of the catalogue, base of its IRIs, public address of this host."""

    title: str
    base_iri: str
    public_url: str
    kinds: Kinds

    def manifest_02(self, language: Language) -> dict[str, object]:
        """Return the manifest of version 0.2, the one OpenRefine reads."""
        suggest = {
            what: {
                "service_url": self.public_url,
                "service_path": f"{ROOT}/suggest/{what}",
                "flyout_service_path": f"{ROOT}/flyout/{what}?id=${{id}}",
            }
            for what in ("entity", "property", "type")
        }
        return {
            "versions": ["0.2", "1.0-draft"],
            **self._named(language),
            "identifierSpace": f"{self.base_iri}id/",
            "schemaSpace": OZG,
            "view": {"url": f"{self.public_url}/id/{{{{id}}}}"},
            "preview": {"url": f"{self.public_url}{ROOT}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
            "suggest": suggest,
            "extend": {
                "propose_properties": {"service_url": self.public_url, "service_path": f"{ROOT}/extend/propose"},
                "property_settings": [
                    {
                        "name": "limit",
                        "label": _("At most so many values")[language],
                        "type": "number",
                        "default": 0,
                        "help_text": _("0: all values")[language],
                    }
                ],
            },
        }

    def manifest_10(self, language: Language) -> dict[str, object]:
        """Return the manifest of version 1.0-draft."""
        setting = {"id": "limit", "name": _("At most so many values")[language], "type": "number", "default": 0}
        return {
            "versions": ["1.0-draft"],
            **self._named(language),
            "lang": language,
            "standardizedScore": True,
            "view": {"url": f"{self.public_url}/id/{{+id}}"},
            "preview": {"width": WIDTH, "height": HEIGHT},
            "suggest": {"entity": True, "property": True, "type": True},
            "extend": {
                "proposeProperties": True,
                "propertySettings": [{**setting, "helpText": _("0: all values")[language]}],
            },
        }

    def _named(self, language: Language) -> dict[str, object]:
        return {
            "name": _("{title}: municipalities, districts, services", title=self.title)[language],
            "documentation": f"{self.public_url}/abgleich",
            "logo": f"{self.public_url}/favicon.ico",
            "serviceVersion": __version__,
            "batchSize": BATCH,
            "defaultTypes": [type_of(kind, language) for kind in self.kinds.matched],
        }
