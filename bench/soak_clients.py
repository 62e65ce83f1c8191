"""The clients of a soak: each asks one thing after the other, well or badly behaved, and judges every answer."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import soak_truth
from soak_truth import CHARGED, Answer, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from soak_troubles import Timeline

OK, CREATED, NOT_MODIFIED = 200, 201, 304
WAITED_S = 60
"""A whole answer takes no longer, whatever else goes on; slow readers aside."""
MOST_FAULTS = 40
RUNAWAY_S = "2"
FORM = {"authority": "06531005", "sender": "Person im Rathaus", "mail": "rathaus@example.org", "consent": "1"}
HALVES = (
    b"",
    b"GET",
    b"GET /health HTTP/1.1\r\nHost: a\r\nX: y",
    b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\nContent-Length: 50\r\n\r\nASK",
    b"POST /validate?name=a.csv HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: 5000\r\n\r\na;b",
    (
        b"POST /pruefen HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n--x\r"
    ),
)


@dataclass
class Shared:
    """What clients have in common."""

    port: int
    truth: soak_truth.Truth
    timeline: Timeline
    versions: Callable[[], list[str]]
    """Returns the versions that have been published."""
    ended: threading.Event = field(default_factory=threading.Event)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    """References of submissions."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, sentence: str) -> None:
        with self.lock:
            if len(self.faults) < MOST_FAULTS:
                self.faults.append(sentence)

    def count(self, kind: str, outcome: object) -> None:
        with self.lock:
            self.answers[kind, str(outcome)] += 1


@dataclass(frozen=True)
class Moment:
    """A request, when it was sent and when its answer was there; `version` is that which it names."""

    request: Request
    began: float
    ended: float
    version: str = ""


def wrong(moment: Moment, answer: Answer, shared: Shared) -> str:
    """Return what is wrong with an answer, "" for nothing: every 200 is right, all else is allowed and a problem."""
    if answer.status == OK:
        return _wrong_answer(moment, answer, shared)
    slug, lack = _problem(moment.request, answer)
    return lack or ("" if _allowed(moment, answer.status, slug, shared) else f"{answer.status} {slug} is not allowed")


def _wrong_answer(moment: Moment, answer: Answer, shared: Shared) -> str:
    if moment.request.kind == "runaway":
        return "a runaway query has an answer"
    right = shared.truth.versions(moment.request, answer)
    possible = {moment.version} if moment.version else shared.timeline.versions(moment.began, moment.ended)
    stated = answer.headers.get("x-ozg-version")
    if moment.request.query and stated is None:
        return "no X-Ozg-Version"
    if stated is not None and stated not in possible:
        return f"X-Ozg-Version {stated[:12]} could not be served"
    return "" if right & (possible if stated is None else {stated}) else f"200 with a wrong answer {answer.body[:80]!r}"


def _problem(request: Request, answer: Answer) -> tuple[str, str]:
    """Return the kind of a problem and what its document lacks; a page tells its status only."""
    content_type = answer.headers.get("content-type", "")
    if answer.status in (429, 503) and int(answer.headers.get("retry-after", "0")) <= 0:
        return "", f"{answer.status} without Retry-After"
    if request.headers.get("Accept", "").startswith("text/html"):
        return "page", "" if content_type.startswith("text/html") else f"{answer.status} as {content_type}"
    if content_type != "application/problem+json":
        return "", f"{answer.status} as {content_type}: {answer.body[:200]!r}"
    told = json.loads(answer.body)
    complete = told["status"] == answer.status and told["detail_en"] and told["detail_de"] and told["request_id"]
    return told["type"].rpartition("#")[2], "" if complete else f"an incomplete problem: {told}"


def _allowed(moment: Moment, status: int, slug: str, shared: Shared) -> bool:
    kind, charged = moment.request.kind, moment.request.kind in CHARGED
    killed = charged and shared.timeline.during("kill", moment.began, moment.ended)
    damaged = moment.request.past and shared.timeline.during(f"damage {moment.version}", moment.began, moment.ended)
    if status == 429:  # noqa: PLR2004
        return charged
    allowed = {
        "busy": charged,
        "late": kind in ("runaway", "large query"),
        "interrupted": killed,
        "unavailable": killed or damaged or kind == "past query",
        "page": charged,
    }
    return status == 503 and allowed.get(slug, False)  # noqa: PLR2004


class Client(threading.Thread):
    """One client with an address of its own behind a proxy."""

    def __init__(self, number: int, shared: Shared, seed: int) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self._shared = shared
        self._chance = random.Random(seed + number)
        self._fields = {"X-Forwarded-For": f"198.51.100.{number + 1}"}
        self._requests = soak_truth.requests()
        self._mark = (f"{number}-{count}" for count in iter(int, 1))
        self._number, self._count = number, 0
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        deeds: tuple[tuple[Callable[[], None], int], ...] = (
            (self.ask, 60),
            (self.ask_runaway, 1),
            (self.read_slowly, 3),
            (self.send_half, 3),
            (self.hang_up, 3),
            (self.pipeline, 3),
            (self.submit, 1),
        )
        while not self._shared.ended.wait(self._chance.uniform(0, 0.12)):
            deed = self._chance.choices([deed for deed, _ in deeds], [weight for _, weight in deeds])[0]
            try:
                deed()
            except Exception as error:  # noqa: BLE001 - whatever it is, an answer did not come as it should
                self._shared.fault(f"{deed.__name__}: {error!r}")

    def ask(self) -> None:
        kinds = {"small query": 30, "page": 30, "file": 4, "past file": 6, "past query": 6, "result page": 3,
                 "match": 4, "check": 3, "large query": 2}  # fmt: skip
        kind = self._chance.choices(list(kinds), list(kinds.values()))[0]
        self._answered(self._chance.choice([request for request in self._requests if request.kind == kind]))

    def ask_runaway(self) -> None:
        request = Request("runaway", "", f"/sparql?timeout={RUNAWAY_S}", "POST", body=soak_truth.RUNAWAY.encode())
        fields = {"Content-Type": "application/sparql-query", "Accept": "application/json"}
        self._answered(request, **fields)

    def _answered(self, request: Request, **fields: str) -> None:
        version = self._past() if request.past else ""
        self._count += 1
        mark = f"{self._number}-{self._count}" if self._chance.random() < 0.5 else ""  # noqa: PLR2004
        began = time.monotonic()
        try:
            answer = self._exchanged(request, version=version, mark=mark, **fields)
        except (OSError, http.client.HTTPException) as error:
            self._broken(Moment(request, began, time.monotonic(), version), error)
            return
        self._judge(Moment(request, began, time.monotonic(), version), answer)

    def _judge(self, moment: Moment, answer: Answer) -> None:
        request = moment.request
        self._shared.count(request.kind, answer.status)
        reason = wrong(moment, answer, self._shared)
        if not reason and moment.ended - moment.began > WAITED_S:
            reason = f"it took {moment.ended - moment.began:.0f} s"
        if reason:
            path = request.path.partition("?")[0]
            self._shared.fault(f"{request.kind} {request.name} {path} {moment.version[:12]}: {reason}")

    def _broken(self, moment: Moment, error: Exception) -> None:
        """A file that is cut while it is on its way is broken off: nobody takes that for the whole."""
        request, damage = moment.request, f"damage {moment.version}"
        self._shared.count(request.kind, "broken off")
        if not (request.past and self._shared.timeline.during(damage, moment.began, moment.ended)):
            self._shared.fault(f"{request.kind} {request.name}: {error!r}")

    def _exchanged(self, request: Request, **more: str) -> Answer:
        """Ask over a kept connection, which the server may have closed meanwhile, or over a new one."""
        if self._connection is None or self._chance.random() < 0.2:  # noqa: PLR2004
            self._hang_up()
            self._connection = http.client.HTTPConnection("127.0.0.1", self._shared.port, timeout=2 * WAITED_S)
        kept = self._connection.sock is not None
        try:
            return soak_truth.exchange(self._connection, request, **more, **self._fields)
        except (OSError, http.client.HTTPException):
            self._hang_up()
            if not kept:
                raise
        return self._exchanged(request, **more)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _past(self) -> str:
        return self._chance.choice(self._shared.versions())

    @contextlib.contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self._shared.port), timeout=WAITED_S) as connection:
            yield connection

    def read_slowly(self) -> None:
        """Take a file in small pieces, now and then not to its end."""
        request = self._chance.choice([request for request in self._requests if request.file])
        version = self._past() if request.past else ""
        path = request.path.replace("{version}", version)
        began, end = time.monotonic(), time.monotonic() + self._chance.uniform(1, 6)
        gives_up = self._chance.random() < 0.3  # noqa: PLR2004
        with self._connected() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
            fields = "".join(f"{name}: {text}\r\n" for name, text in {**request.headers, **self._fields}.items())
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n".encode())
            received = bytearray()
            while piece := connection.recv(65_536):
                received += piece
                if time.monotonic() < end:
                    time.sleep(0.01)
                elif gives_up:
                    self._shared.count("slow reader", "gave up")
                    return
        self._judge_raw(Moment(request, began, time.monotonic(), version), bytes(received))

    def _judge_raw(self, moment: Moment, received: bytes) -> None:
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in lines)}
        if len(body) != int(fields.get("content-length", len(body))):
            self._broken(moment, EOFError(f"{len(body)} of {fields['content-length']} bytes"))
            return
        self._judge(moment, Answer(int(first.split()[1]), fields, body))

    def send_half(self) -> None:
        """Send a part of a request, and wait to be told, or do not."""
        with self._connected() as connection:
            connection.sendall(self._chance.choice(HALVES))
            if self._chance.random() < 0.5:  # noqa: PLR2004
                self._shared.count("half a request", "gave up")
                return
            answer = connection.makefile("rb").readline()
            status = answer.split()[1].decode() if answer else "closed"
            self._shared.count("half a request", status)
            if status not in ("408", "closed", "503"):
                self._shared.fault(f"half a request: {answer!r}")

    def hang_up(self) -> None:
        """Ask for much and be gone before it comes."""
        query = soak_truth.quote_plus(self._chance.choice((soak_truth.RUNAWAY, *soak_truth.LARGE)))
        with self._connected() as connection:
            fields = "".join(f"{name}: {text}\r\n" for name, text in self._fields.items())
            connection.sendall(f"GET /sparql?timeout=5&query={query} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode())
            time.sleep(self._chance.uniform(0, 0.5))
        self._shared.count("hang-up", "gone")

    def pipeline(self) -> None:
        """Send twenty requests at once and take the answers."""
        with self._connected() as connection:
            one = b"GET /health HTTP/1.1\r\nHost: a\r\n"
            connection.sendall((one + b"\r\n") * 19 + one + b"Connection: close\r\n\r\n")
            received = b"".join(iter(lambda: connection.recv(65_536), b""))
        self._shared.count("pipelined", received.count(b"HTTP/1.1 200 "))
        if received.count(b"HTTP/1.1 200 ") != 20:  # noqa: PLR2004
            self._shared.fault(f"pipelined: {received[-300:]!r}")

    def submit(self) -> None:
        """Hand a file in; it must be in the inbox at the end."""
        parts = {name: ("", text.encode()) for name, text in FORM.items()} | {"file": ("tabelle.csv", soak_truth.SOUND)}
        fields = {"Content-Type": f"multipart/form-data; boundary={soak_truth.BOUNDARY}", "Accept": "application/json"}
        request = Request("check", "submission", "/contributions", "POST", fields, soak_truth.multipart(parts))
        began = time.monotonic()
        answer = self._exchanged(request)
        self._shared.count("submission", answer.status)
        if answer.status == CREATED:
            self._shared.accepted.append(json.loads(answer.body)["reference"])
        elif reason := wrong(Moment(request, began, time.monotonic()), answer, self._shared):
            self._shared.fault(f"submission: {reason}")
