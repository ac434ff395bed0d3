"""A test that the machine cannot run is named; where nothing may be left out, it fails the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
MARKERS = "[pytest]\nmarkers =\n    needs_broker: x\n    needs_browser: x\n"
LACKING = "import pytest\n\n@pytest.mark.needs_browser\ndef test_page() -> None:\n    pass\n"
SKIPPING = "import pytest\n\n@pytest.mark.skip(reason='not today')\ndef test_page() -> None:\n    pass\n"


def run(folder: Path, test: str, *, strict: str) -> subprocess.CompletedProcess[str]:
    """Run one test where no program at all is on the path."""
    (folder / "pytest.ini").write_text(MARKERS)
    (folder / "test_one.py").write_text(test)
    (folder / "sitecustomize.py").write_text("import shutil\nshutil.which = lambda *_args, **_named: None\n")
    path = os.pathsep.join([str(folder), str(CHECKOUT)])
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.left_out",
        "-p",
        "no:django",
        "-p",
        "no:playwright",
    ]
    return subprocess.run(
        [*command, "-p", "no:randomly", "-c", "pytest.ini", "test_one.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "STRICT": strict},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_was_left_out_is_named_with_the_remedy(tmp_path: Path) -> None:
    done = run(tmp_path, LACKING, strict="")
    assert done.returncode == 0, done.stdout
    assert "1 test was left out for want of Chromium (install chromium)." in done.stdout
    assert "1 skipped in" in done.stdout.splitlines()[-1]


def test_nothing_is_left_out_in_a_strict_run(tmp_path: Path) -> None:
    done = run(tmp_path, LACKING, strict="1")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "needs Chromium: install chromium" in done.stdout


def test_a_skip_for_any_other_reason_fails_a_strict_run_too(tmp_path: Path) -> None:
    assert run(tmp_path, SKIPPING, strict="").returncode == 0
    done = run(tmp_path, SKIPPING, strict="1")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "STRICT=1: nothing may be left out. Left out: 1." in done.stdout
