"""Verdicts: findings of the harvest check in one line each. Only an error refuses (exit 1); warnings do so if asked."""

from __future__ import annotations

from ozg_lod.core.findings import (
    Finding,
    Location,
    Severity,
)
from ozg_lod.core.messages import Text

_NOWHERE = Location()


def error(rule: str, de: str, en: str, *, value: str | None = None, place: Location = _NOWHERE) -> Finding:
    """Return a finding that loses or damages data at the harvester."""
    return _finding(Severity.ERROR, rule, Text(de, en), value, place)


def warning(rule: str, de: str, en: str, *, value: str | None = None, place: Location = _NOWHERE) -> Finding:
    """Return a finding that makes a portal show less, or something else than was meant."""
    return _finding(Severity.WARNING, rule, Text(de, en), value, place)


def hint(rule: str, de: str, en: str, *, value: str | None = None, place: Location = _NOWHERE) -> Finding:
    """Return a finding that says what would be better still."""
    return _finding(Severity.HINT, rule, Text(de, en), value, place)


def _finding(severity: Severity, rule: str, message: Text, value: str | None, place: Location) -> Finding:
    return Finding(severity, rule, message, place, value[:200] if value else None)
