"""What crosses a pipe: values of our own dataclasses as MessagePack, and the frames that carry questions and answers.

A value is held against its type when it arrives. A worker decodes after it has given up files, so its decoder is made
before the fork (`worker_process.work_on`).

A frame is one letter, eight bytes of length, the payload: Q is a question, A an answer, X an expected failure, F a
fault of ours (text).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from ozg_lod.core import errors
from ozg_lod.core.messages import Label, Message, _

T = TypeVar("T")
_encoder: Final = msgspec.msgpack.Encoder()
HEADER: Final = struct.Struct("!cQ")
ANSWER: Final = b"A"
PIECE_BYTES: Final = 1 << 16


def encode(value: object) -> bytes:
    r"""Return a value as bytes; a half of a surrogate pair, which no UTF-8 can hold, is spelled out.

    >>> decode(str, encode("a")), decode(str, encode("\ud800"))
    ('a', '\\ud800')
    """
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return _encoder.encode(_spelled_out(msgspec.to_builtins(value, builtin_types=(bytes,))))


def decode(kind: type[T], data: bytes) -> T:
    """Return the value of this type that `encode` was given; raise msgspec.ValidationError for any other."""
    return msgspec.msgpack.decode(data, type=kind)


def decoder(kind: type[T]) -> Callable[[bytes], T]:
    """Return what decodes values of a type again and again."""
    return msgspec.msgpack.Decoder(kind).decode


def _spelled_out(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_spelled_out(key): _spelled_out(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled_out(one) for one in value]
    return value


class WorkerFault(Exception):
    """A worker failed in a way that is our fault, and so is not in `errors`: the text is for the log only."""


@dataclass(frozen=True, slots=True)
class ExpectedFailure:
    """A failure of the tree in `errors`, by the name of its class."""

    type: str
    message: Message | Label
    details: dict[str, Any]


def framed(kind: bytes, payload: bytes | bytearray = b"") -> bytes:
    """Return a frame as it is sent."""
    return HEADER.pack(kind, len(payload)) + payload


def receive(stream: socket.socket) -> tuple[bytes, bytes]:
    """Return letter and payload of the next frame; raise EOFError when the other side is gone."""
    kind, length = HEADER.unpack(exactly(stream, HEADER.size))
    return kind, exactly(stream, length)


def receive_alone(stream: socket.socket) -> tuple[bytes, bytes]:
    """Do the same where no frame comes before this one was answered: a short one is received in one go."""
    piece = stream.recv(PIECE_BYTES)
    piece += exactly(stream, max(HEADER.size - len(piece), 0)) if piece else b""
    if not piece:
        raise EOFError
    kind, length = HEADER.unpack_from(piece)
    return kind, piece[HEADER.size :] + exactly(stream, HEADER.size + length - len(piece))


def exactly(stream: socket.socket, count: int) -> bytes:
    """Return so many bytes; raise EOFError when the other side is gone."""
    data = bytearray()
    while len(data) < count:
        piece = stream.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def framed_failure(error: BaseException) -> bytes:
    """Return the frame that tells of a failure."""
    if isinstance(error, MemoryError):
        error = out_of_memory()
    if isinstance(error, RecursionError):
        error = too_deep()
    if isinstance(error, errors.OzgLodError):
        failure = ExpectedFailure(type(error).__name__, error.message, error.details)
        return framed(b"X", encode(failure))
    return framed(b"F", f"{type(error).__name__}: {error}"[:2000].encode("utf-8", "replace"))


def failure_of(kind: bytes, payload: bytes) -> Exception:
    """Return the failure that a frame tells of."""
    if kind != b"X":
        return WorkerFault(payload.decode("utf-8", "replace"))
    failure = decode(ExpectedFailure, payload)
    error_class = getattr(errors, failure.type)
    return error_class(failure.message, **failure.details)  # type: ignore[no-any-return] # of our own tree


def too_deep() -> errors.BadRequest:
    """Return the failure of work that was nested deeper than the stack reaches."""
    return errors.BadRequest(
        _(
            "What was sent is nested too deeply, or lists too much in one go, and was given up; write it flatter "
            "or in parts."
        ),
    )


def out_of_memory() -> errors.OutOfMemory:
    """Return the failure of work that needed too much memory."""
    return errors.OutOfMemory(
        _(
            "The work needed more memory than one request may use and was stopped. Asked again it "
            "will end the same way; ask for less."
        ),
        retry_after_s=10,
    )
