"""The examples of docs/reconcile.md and docs/reuse.md are run as they stand, with curl and the program."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("reconcile.md", "reuse.md")
EXAMPLES = [
    (page, line.strip())
    for page in PAGES
    for line in (ROOT / "docs" / page).read_text("utf-8").splitlines()
    if line.startswith("    curl ")
]


@pytest.mark.parametrize(("page", "example"), EXAMPLES, ids=[f"{page} {line[:70]}" for page, line in EXAMPLES])
def test_an_example_with_curl_is_answered(endpoint: str, page: str, example: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    words = shlex.split(example.replace("http://localhost:8000", endpoint))
    done = subprocess.run([*words, "-sS", "--fail"], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, (page, done.stderr)
    assert len(done.stdout) > 15


def test_the_examples_of_the_program_run(
    run_program: Callable[..., subprocess.CompletedProcess[str]], target: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text("Gemeinde;Kreis\nLich;LK Gießen\n", encoding="utf-8")
    lines = (ROOT / "docs" / "reconcile.md").read_text("utf-8").splitlines()
    examples = [line.strip() for line in lines if line.startswith("    ozg-lod ")]
    assert len(examples) == 2
    for example in examples:
        words = [tmp_path / word if re.search(r"\.(csv|xlsx)$", word) else word for word in shlex.split(example)[1:]]
        words = [tmp_path / "list.csv" if word == tmp_path / "list.xlsx" else word for word in words]
        assert run_program(*words, "--target", target).returncode == 0


def test_the_example_of_a_reuse_conforms(client: httpx.Client) -> None:
    text = (ROOT / "docs" / "reuse.md").read_text("utf-8")
    lines = text[text.index("    @prefix") :].split("\n\n")[0]
    turtle = "\n".join(line.removeprefix("    ") for line in lines.splitlines())
    file = {"file": ("reuse.ttl", turtle.encode(), "text/turtle")}
    answer = client.post("/validate", files=file, headers={"accept": "application/json"})
    assert answer.json()["conforms"], answer.text


def test_every_address_of_the_service_is_in_the_docs(client: httpx.Client) -> None:
    said = "".join((ROOT / "docs" / page).read_text("utf-8") for page in PAGES)
    for path in client.get("/openapi.json").json()["paths"]:
        if path.startswith(("/reconcile", "/abgleich", "/efa", "/reuse", "/linkset/reuse")) and "{" not in path:
            assert f"`{path}" in said or f"{path}'" in said, path
