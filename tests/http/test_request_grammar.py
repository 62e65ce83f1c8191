"""The grammar of requests in properties: where a head is cut into pieces does not matter, and no head is repaired."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ozg_lod.core.settings import Settings
from ozg_lod.http.request_grammar import RefusedRequest, body_length, check_head, check_part

HEAD = b"GET /id/municipality/06411000?a=b HTTP/1.1\r\nHost: localhost\r\nAccept: text/turtle, */*;q=0.1\r\n\r\n"
SETTINGS = Settings()


@given(cuts=st.lists(st.integers(1, len(HEAD) - 1), unique=True).map(sorted))
def test_a_head_may_arrive_in_any_pieces(cuts: list[int]) -> None:
    for looked_at, arrived in zip([0, *cuts], cuts, strict=False):
        check_part(HEAD[:arrived], looked_at, SETTINGS)
    check_head(HEAD, SETTINGS)


@given(at=st.integers(0, len(HEAD)), byte=st.sampled_from(b"\r\n\0\x1b\x7f"))
def test_no_control_character_may_stand_anywhere_in_a_head(at: int, byte: int) -> None:
    head = HEAD[:at] + bytes([byte]) + HEAD[at:]
    with pytest.raises(RefusedRequest):
        check_head(head, SETTINGS)


@given(length=st.binary(max_size=20))
def test_a_length_is_digits_or_refused(length: bytes) -> None:
    headers = [(b"host", b"a"), (b"content-length", length)]
    try:
        assert body_length(headers, "1.1") == int(length)
    except RefusedRequest:
        assert not (length.isdigit() and len(length) < 16)
