"""Clients: who asks, as far as a budget needs to know, and whether they are still there.

Behind a trusted proxy it is the proxy that says who asks, in X-Forwarded-For or Forwarded (RFC 7239). Either grows to
the right, so what trusted proxies wrote is read from there up to the first address that is none of them; what stands
before it a stranger may have written.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
from collections.abc import AsyncIterator, Sequence
from typing import Final

from starlette.requests import Request

from ozg_lod.core.errors import Busy
from ozg_lod.core.messages import _
from ozg_lod.core.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOOK_AFTER_S: Final = 0.05
_SUBSCRIBER_BITS: Final = 64
_WITH_PORT: Final = re.compile(r"\[([^\]]*)\](?::\w+)?|([^:]*):\w+")
_PAIR: Final = re.compile(r'\s*+(?:([^\s=,;"]++)=(?:"((?:[^"\\]|\\.)*+)"|([^\s,;"]*+)))?\s*+([,;]|$)')
"""Possessive throughout: a field of 64 KB of blanks is read in linear time."""


def client_of(request: Request) -> str | None:
    """Return whom to charge for a request; None for this machine itself."""
    settings: Settings = request.app.state.settings
    peer = request.client.host if request.client else None
    headers = request.headers
    return client(peer, headers.getlist("x-forwarded-for"), headers.getlist("forwarded"), settings.trusted_proxies)


def client(
    peer: str | None, forwarded_for: Sequence[str], forwarded: Sequence[str], trusted: Sequence[Network]
) -> str | None:
    """Return whom to charge: the peer, or what trusted proxies say of it in the lines of either field.

    Where the two fields say different things, nobody knows which of them the proxy wrote and which came to it; where
    neither can be read, nobody is named: then it is the last proxy. An IPv6 address stands for its /64, the least a
    subscriber has.

    >>> client("203.0.113.9", ["198.51.100.1"], [], ())
    '203.0.113.9'
    >>> client("127.0.0.1", ["6.6.6.6", "198.51.100.1:4711"], [], (ipaddress.ip_network("127.0.0.1"),))
    '198.51.100.1'
    """
    nearest = _address(peer or "")
    if nearest is None:
        return None
    chains = [[text for text in ",".join(forwarded_for).split(",") if text.strip()], _nodes(",".join(forwarded))]
    claims = {_first_stranger(nearest, chain, trusted) for chain in chains if chain and _is_in(nearest, trusted)}
    if nearest.is_loopback and not claims:
        return None
    address = claims.pop() if len(claims) == 1 else nearest
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, _SUBSCRIBER_BITS), strict=False))


def _first_stranger(peer: Address, chain: Sequence[str], trusted: Sequence[Network]) -> Address:
    """Return the first address from the right that is no trusted proxy, else the last that can be read."""
    address = peer
    for text in reversed(chain):
        nearer = _address(text) if _is_in(address, trusted) else None
        if nearer is None:
            return address
        address = nearer
    return address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _nodes(field: str) -> list[str]:
    r"""Return what each element of a Forwarded field says in `for`; one unreadable element where the field is none.

    >>> _nodes('for="[2001:db8::1]:4711";proto=http, By=x;For=192.0.2.1'), _nodes('for="1.2.3.4, for=5.6.7.8')
    (['[2001:db8::1]:4711', '192.0.2.1'], [''])
    """
    nodes, at = [""], 0
    while at < len(field):
        pair = _PAIR.match(field, at)
        if pair is None:
            return [""]
        name, quoted, plain, end = pair.groups()
        if name and name.lower() == "for":
            nodes[-1] = plain or re.sub(r"\\(.)", r"\1", quoted or "")
        at = pair.end()
        nodes += [""] * (end == ",")
    return nodes if field else []


def _address(text: str) -> Address | None:
    """Return an address written plain, with a port, or in brackets; None for anything else.

    >>> [str(_address(text)) for text in ("1.2.3.4:80", "[::1]:80", " ::ffff:1.2.3.4", "unknown")]
    ['1.2.3.4', '::1', '1.2.3.4', 'None']
    """
    bare = text.strip().strip('"')
    ported = _WITH_PORT.fullmatch(bare)
    if ported:
        bare = ported[1] or ported[2]
    try:
        address = ipaddress.ip_address((bare or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@contextlib.asynccontextmanager
async def cancelled_when_gone(request: Request) -> AsyncIterator[None]:
    """End what runs inside as soon as the client has hung up; most answers are there before anyone looks.

    The body must have been read before.
    """
    working = asyncio.current_task()
    watching: list[asyncio.Task[None]] = []
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone = True
        if working is not None:
            working.cancel()

    loop = asyncio.get_running_loop()
    timer = loop.call_later(_LOOK_AFTER_S, lambda: watching.append(loop.create_task(watch())))
    try:
        yield
    except asyncio.CancelledError:
        if not gone or working is None or working.uncancel():
            raise
        raise Busy(_("The client has hung up.")) from None
    finally:
        timer.cancel()
        for task in watching:
            task.cancel()
