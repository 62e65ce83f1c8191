"""Which language a request is answered in."""

from __future__ import annotations

from ozg_lod.core.messages import DEFAULT_LANGUAGE, LANGUAGES, Language
from ozg_lod.http.accept import ranges


def choose_language(asked: str | None, accepted: str | None) -> Language:
    """Return the language to write: `?lang=` wins, then `Accept-Language`, then the first of the site.

    A range matches by its primary subtag (RFC 4647 §3.4, lookup); of equal weights the first one wins.

    >>> choose_language(None, "fr, en-GB;q=0.8, de;q=0.5")
    'en'
    >>> choose_language("de", "en")
    'de'
    """
    if asked is not None:
        for language in LANGUAGES:
            if asked.lower() == language:
                return language
    best = DEFAULT_LANGUAGE
    weight = 0.0
    for wanted in ranges(accepted):
        primary = wanted.name.partition("-")[0]
        for language in LANGUAGES:
            if primary in {language, "*"} and wanted.weight > weight:
                best, weight = language, wanted.weight
    return best
