"""What all tests share: no network beyond this machine, no silent skips where all is required, one real server.

`make test` runs the files side by side in workers (pytest-xdist). Each worker has a server of its own; the snapshot of
the real data is built once for all of them.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from httpx._transports import default as _transports

from ozg_lod.build import build
from ozg_lod.core.kinds import Kinds
from ozg_lod.core.settings import Settings
from ozg_lod.snapshots.snapshot import Snapshots

hypothesis.settings.register_profile("nightly", max_examples=5_000, deadline=None)
collect_ignore = ["catalogue/ckan_harvester.py"]  # a script that runs in an environment of its own
ROOT = Path(__file__).resolve().parents[1]
KINDS = Kinds.read((ROOT / "data" / "kinds.toml").read_bytes())
"""The kinds of things of our own catalogue."""
MINI = Path(__file__).parent / "mini"


WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two workers even on one core, because tests wait for servers and browsers; on many cores, four are enough."""
    return min(max(os.cpu_count() or 1, 2), 4)


def patience() -> float:
    """Return how far limits of time are stretched: they are for a machine that does nothing else.

    It is as busy as other programs make it, and with several workers their tests are among them.
    """
    return WORKERS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew instead of comparing")


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("--update-golden"))


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Under REQUIRE_ALL=1 a skip is a failure: what was to be shown was not shown."""
    if os.environ.get("REQUIRE_ALL") == "1" and call.excinfo and call.excinfo.errisinstance(pytest.skip.Exception):
        failure = AssertionError(f"{item.name} was skipped: {call.excinfo.value}")
        call.excinfo = pytest.ExceptionInfo.from_exception(failure.with_traceback(call.excinfo.tb))


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    """Tests reach nothing beyond this machine."""
    connect = socket.socket.connect

    def checked(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test wanted to reach {address}")
        connect(self, address)

    socket.socket.connect = checked  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def _certificates_read_once() -> Iterator[None]:
    """Every client of httpx reads the certificates anew, 18 ms for each of a thousand tests that speak plain HTTP."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_transports, "create_ssl_context", functools.cache(_transports.create_ssl_context))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference material beside the repository, where it is there."""
    path = Path(os.environ.get("OZG_SHARED", ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip("the reference material is not beside this clone")
    return path


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the snapshot of the real data, built once for all workers; a test that changes it takes a copy."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if WORKERS > 1 else folder
    target = folder / "target"
    with (folder / "target.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        outcome = build.build(Settings(source=(ROOT,), target=target), say=lambda _message: None)
    assert outcome.manifest is not None, outcome.examination.findings if outcome.examination else None
    return target


@pytest.fixture(scope="session")
def snapshot_directory(target: Path) -> Path:
    """The directory of the real snapshot."""
    snapshots = Snapshots(target)
    return snapshots.directory(snapshots.current() or "")


@pytest.fixture(scope="session")
def endpoint(target: Path) -> Iterator[str]:
    """The base URL of a running server with the real data."""
    with serving(target) as url:
        yield url


@pytest.fixture
def client(endpoint: str) -> Iterator[httpx.Client]:
    """A client of the running server with the real data."""
    with httpx.Client(base_url=endpoint, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def serve() -> Callable[..., Any]:
    """Return the context manager that runs a server of its own for a test."""
    return serving


@pytest.fixture(scope="session")
def run_program() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `ozg-lod` with these arguments in a process of its own; return what it said."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [program(), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    return run


@contextmanager
def serving(target: Path, *options: str) -> Iterator[str]:
    """Run `ozg-lod serve` on a free port; yield its base URL; end it as an operator would."""
    port = free_port()
    command = [program(), "serve", "--target", str(target), "--port", str(port), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(url, process)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_ready(url: str, process: subprocess.Popen[bytes], *, limit_s: float = 30) -> None:
    end = time.monotonic() + limit_s * patience()
    while time.monotonic() < end:
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            raise AssertionError(f"the server ended: {said}")
        try:
            if httpx.get(url + "/health/ready", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server is not ready")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program() -> str:
    found = shutil.which("ozg-lod", path=str(Path(sys.executable).parent))
    assert found, "the package is not installed beside this interpreter"
    return found
