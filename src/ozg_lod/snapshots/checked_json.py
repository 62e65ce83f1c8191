"""JSON that carries a checksum of itself: whatever flips a bit of a line or a manifest, it is noticed, not believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

_CHECKSUM: Final = "checksum"
_DIGITS: Final = 16


def plain(value: object) -> bytes:
    """Return the one JSON form of a value, as a line."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def written(value: Mapping[str, object]) -> bytes:
    """Return an object as a line with its checksum.

    >>> read(written({"number": 1}))
    {'number': 1}
    """
    return plain({**value, _CHECKSUM: _checksum(value)})


def read(line: bytes) -> dict[str, Any]:
    """Return the object of a line; raise ValueError where it is damaged.

    One of an older version has no checksum: whoever reads it holds it to its form.
    """
    try:
        value = json.loads(line.decode("utf-8"))
    except RecursionError:
        raise ValueError("it is no JSON") from None
    if not isinstance(value, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - whoever reads expects one kind of failure
    stated = value.pop(_CHECKSUM, None)
    if stated is not None and stated != _checksum(value):
        raise ValueError("its checksum is another")
    return value


def _checksum(value: Mapping[str, object]) -> str:
    return hashlib.sha256(plain(value)).hexdigest()[:_DIGITS]
