"""Why a request brought no answer: each reason with its rule and its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ozg_lod.core.findings import Text


@dataclass(frozen=True, slots=True)
class FetchError:
    """Why there is no answer: a rule and a sentence."""

    rule: str
    message: Text


def too_large(most: int) -> FetchError:
    """Return the trouble with an answer of more than `most` bytes."""
    size = most // 1_000_000
    return FetchError(
        "too-large",
        Text(
            de=f"Die Antwort ist größer als {size} MB, so viel lesen Harvester höchstens; "
            "teilen Sie sie auf Seiten auf",
            en=f"the answer is larger than {size} MB, the most that harvesters read; divide it into pages",
        ),
    )


LOOP: Final = FetchError(
    "redirect-loop",
    Text(de="Die Weiterleitungen führen im Kreis", en="the redirects run in a circle"),
)
MANY: Final = FetchError(
    "redirect-many",
    Text(de="Die Adresse leitet zu oft weiter", en="the address redirects too often"),
)
SCHEME: Final = FetchError(
    "url-invalid",
    Text(
        de="Die Adresse ist keine Web-Adresse; sie muss mit http:// oder https:// beginnen und ohne Kennwort sein",
        en="the address is no web address; it must start with http:// or https:// and hold no password",
    ),
)
PRIVATE: Final = FetchError(
    "url-private",
    Text(
        de="Die Adresse führt in ein internes Netz, das von außen niemand erreicht; nennen Sie die öffentliche",
        en="the address leads into a private network that nobody reaches from outside; give the public one",
    ),
)
NAME: Final = FetchError(
    "url-unreachable",
    Text(de="Den Rechnernamen in der Adresse gibt es nicht", en="the host name in the address does not exist"),
)
REFUSED: Final = FetchError(
    "url-unreachable",
    Text(de="Unter der Adresse nimmt niemand Verbindungen an", en="nobody accepts connections at the address"),
)
SLOW: Final = FetchError(
    "url-slow",
    Text(de="Die Antwort kam nicht rechtzeitig", en="the answer did not come in time"),
)
TLS: Final = FetchError(
    "url-tls",
    Text(
        de="Das Zertifikat des Servers wird nicht anerkannt; Harvester brechen hier ab",
        en="the certificate of the server is not accepted; harvesters stop here",
    ),
)
BROKEN: Final = FetchError(
    "body-short",
    Text(
        de="Die Verbindung endete, bevor die angekündigte Länge (Content-Length) erreicht war",
        en="the connection ended before the announced length (Content-Length) was reached",
    ),
)
UNREADABLE: Final = FetchError(
    "url-unreadable",
    Text(de="Die Antwort ist kein lesbares HTTP", en="the answer is not readable HTTP"),
)
ELSEWHERE: Final = FetchError(
    "link-elsewhere",
    Text(
        de="Die Adresse liegt auf einem anderen Rechner; der Server fragt niemanden. Prüfen Sie sie mit "
        "„ozg-lod harvest-check“",
        en="the address is on another host; the server asks nobody. Check it with “ozg-lod harvest-check”",
    ),
)
