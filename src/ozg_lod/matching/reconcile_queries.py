"""Queries of the reconciliation service, as both versions of the specification write them, read with their limits.

What a query says beyond the name is evidence: a type keeps candidates of that kind, the properties `district`, `state`
and the keys are compared. A property that is not known here is of no effect (§ "Structure of a Reconciliation Query"
leaves that to the service).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from ozg_lod.core.errors import BadRequest, TooLarge
from ozg_lod.core.messages import Message, _
from ozg_lod.matching.matching import ListRow

BATCH: Final = 500
"""Queries in one batch; the manifest says so."""
MOST: Final = 50
_USUAL: Final = 10
KEYS: Final = ("key", "ags", "ars", "leika-key", "ozg-id")
EVIDENCE: Final = ("district", "state", *KEYS)
"""The properties that are compared."""
_MAX_VALUES: Final = 20


@dataclass(frozen=True, slots=True)
class ReconcileQuery:
    """One query: the names to try, the rest of its row, the candidates wanted; `required` properties must agree.

    `excluded` are values a candidate must not have, by property.
    """

    names: tuple[str, ...]
    row: ListRow
    limit: int
    required: frozenset[str] = frozenset()
    excluded: tuple[tuple[str, str], ...] = ()


Read = ReconcileQuery | BadRequest
"""A query, or where and why it is none; the others of its batch are answered all the same."""


def batch_02(body: object) -> dict[str, Read]:
    """Return the queries of a batch of version 0.2 by their names; raise BadRequest or TooLarge with where and why."""
    if not isinstance(body, dict):
        raise _wrong("queries", _("a JSON object of queries by name"))
    _bounded(len(body))
    return _affordable({name: _read(_query_02, f"queries.{name[:40]}", query) for name, query in body.items()})


def batch_10(body: object) -> list[Read]:
    """Return the queries of a batch of version 1.0-draft in order; raise BadRequest or TooLarge with where and why."""
    queries = body.get("queries") if isinstance(body, dict) else None
    if not isinstance(queries, list):
        raise _wrong("queries", _("a list of queries"))
    _bounded(len(queries))
    read = {str(n): _read(_query_10, f"queries[{n}]", query) for n, query in enumerate(queries)}
    return list(_affordable(read).values())


def _read(read: Callable[[str, object], ReconcileQuery], where: str, query: object) -> Read:
    try:
        return read(where, query)
    except BadRequest as fault:
        return fault


def _query_02(where: str, query: object) -> ReconcileQuery:
    stated = _object(where, query)
    properties = _list(f"{where}.properties", stated.get("properties") or [])
    given: dict[str, list[str]] = {}
    for n, one in enumerate(properties):
        at = f"{where}.properties[{n}]"
        entry = _object(at, one)
        given.setdefault(_text(f"{at}.pid", entry.get("pid")), []).extend(_values(f"{at}.v", entry.get("v")))
    if stated.get("query") is None and not properties:
        raise _wrong(where, _("an object with query or properties"))
    names = _values(f"{where}.query", stated.get("query"))[:1]
    return _query(where, names, _values(f"{where}.type", stated.get("type")), given, stated)


def _query_10(where: str, query: object) -> ReconcileQuery:
    stated = _object(where, query)
    conditions = _list(f"{where}.conditions", stated.get("conditions"))
    if not conditions:
        raise _wrong(f"{where}.conditions", _("at least one condition"))
    names: list[str] = []
    given: dict[str, list[str]] = {}
    required: set[str] = set()
    excluded: list[tuple[str, str]] = []
    for n, one in enumerate(conditions):
        at = f"{where}.conditions[{n}]"
        entry = _object(at, one)
        values = _values(f"{at}.propertyValue", entry.get("propertyValue"))
        how = entry.get("matchType")
        if how in ("name", "id"):  # a tuple: what is no text may have no hash
            names += values
        elif how == "property":
            name = _text(f"{at}.propertyId", entry.get("propertyId"))
            if entry.get("matchQuantifier") == "none":
                excluded += [(name, value) for value in values if name in EVIDENCE]
                continue
            given.setdefault(name, []).extend(values)
            required |= {name} if entry.get("required") is True else set()
        else:
            raise _wrong(f"{at}.matchType", _("name, id or property"))
    plain = _query(where, names, _values(f"{where}.type", stated.get("type")), given, stated)
    return replace(plain, required=frozenset(required), excluded=tuple(excluded)[:_MAX_VALUES])


def _query(
    where: str,
    names: Sequence[str],
    types: Sequence[str],
    given: Mapping[str, Sequence[str]],
    stated: Mapping[str, object],
) -> ReconcileQuery:
    row = ListRow(
        "", tuple(filter(None, types)), _first(given, "district"), _first(given, "state"), _first(given, *KEYS)
    )
    limit = _limit(f"{where}.limit", _USUAL if stated.get("limit") is None else stated["limit"])
    tried = tuple(dict.fromkeys(names))[:_MAX_VALUES] or ("",)
    return ReconcileQuery(tried, row, limit)


def _first(given: Mapping[str, Sequence[str]], *names: str) -> str:
    return next((value for name in names for value in given.get(name, ()) if value), "")


def _limit(where: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 1:
        raise _wrong(where, _("a whole number from 1"))
    return int(min(value, MOST))


def _values(where: str, content: object) -> list[str]:
    """Return the values stated: texts, numbers, truth values, things by their id, or a list of these; null is none."""
    texts = []
    for one in content if isinstance(content, list) else [content]:
        if one is None:
            continue
        value = one.get("id") if isinstance(one, dict) else one
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, bool | int | float):
            texts.append(str(value))
        else:
            raise _wrong(where, _("a text, a number or an object with id"))
    return texts


def _object(where: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _wrong(where, _("a JSON object"))
    return cast("Mapping[str, object]", value)


def _list(where: str, value: object) -> Sequence[object]:
    if not isinstance(value, list):
        raise _wrong(where, _("a list"))
    return value


def _text(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(where, _("a text"))
    return value


def _affordable(queries: dict[str, Read]) -> dict[str, Read]:
    """Return the queries; raise TooLarge where lists of values make more comparisons of them than twice a batch."""
    read = [query for query in queries.values() if isinstance(query, ReconcileQuery)]
    count = sum(len(query.names) + len(query.excluded) for query in read)
    if count > BATCH * 2:
        raise TooLarge(
            _(
                "The queries have {count} values to compare; send at most {BATCH} at once.",
                count=count,
                BATCH=BATCH * 2,
            ),
            limit=BATCH * 2,
        )
    return queries


def _bounded(count: int) -> None:
    if count > BATCH:
        raise TooLarge(
            _(
                "The batch has {count} queries; send at most {BATCH} at once (batchSize in the manifest).",
                count=count,
                BATCH=BATCH,
            ),
            limit=BATCH,
        )


def _wrong(where: str, reason: Message) -> BadRequest:
    return BadRequest(_("{where} must be {reason}.", where=where, reason=reason), where=where)
