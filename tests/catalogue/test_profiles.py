"""The data against the official European profiles, offline (CPSV-AP 3.2.0, CPOV 2.1.2)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("profile", ["cpsv-ap-3.2.0", "cpov-2.1.2"])
def test_what_we_type_as_theirs_has_no_violation(profile: str, snapshot_directory: Path, shared: Path) -> None:
    checked = subprocess.run(
        [sys.executable, str(shared / "standards" / "check_profile.py"), profile, str(snapshot_directory / "data.nt")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{profile}: " in checked.stdout, checked.stderr[-2000:]
    found = [line for line in checked.stdout.splitlines() if line.startswith("Violation")]
    # a dcat:Dataset is not theirs; it gets its publisher in the catalogue, as test_catalogue.py shows
    assert [line for line in found if not ("/id/dataset/" in line and "dc/terms/publisher" in line)] == []
