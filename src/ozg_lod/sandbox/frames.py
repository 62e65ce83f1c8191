"""Frames: several pieces of bytes with a head of JSON as one run of bytes, as it goes to a child and comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def packed(head: Mapping[str, object], pieces: Sequence[bytes]) -> bytes:
    """Return one line of JSON that has the sizes too, then the pieces one after the other."""
    line = json.dumps({**head, "sizes": [len(piece) for piece in pieces]})
    return b"\n".join((line.encode(), b"".join(pieces)))


def unpacked(frame: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return (head, pieces) of what `packed` made.

    >>> unpacked(packed({"name": "a"}, [b"12", b"", b"3"]))
    ({'name': 'a'}, [b'12', b'', b'3'])
    """
    line, _, rest = frame.partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    pieces, start = [], 0
    for size in head.pop("sizes"):
        pieces.append(rest[start : start + size])
        start += size
    return head, pieces
