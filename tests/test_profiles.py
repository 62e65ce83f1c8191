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
    assert checked.returncode == 0, checked.stdout[-2000:] + checked.stderr[-2000:]
    assert "Violation" not in checked.stdout
