"""``python -m bench NAME SIZE``: one benchmark beside its baseline, as ratios (bench/README.md)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
BASELINES = Path(os.environ.get("BENCH_BASELINES", BENCH.parent.parent / "shared" / "bench"))
BASELINE_PYTHON = os.environ.get("BENCH_PYTHON", "/tmp/benchvenv/bin/python")  # noqa: S108
MONTH = "2025-03"
RUNS = {"S": 5, "M": 5, "L": 3}

# What is measured, and the command of the baselines that sets the limit.
PAIRS = {
    "month": f"rate_frames.py polars {{size}} {MONTH}",
    "empty": f"rate_frames.py polars {{size}} {MONTH}",
    "history": "rate_frames.py polars {size} full",
}


def payments(lines: str) -> int:
    """Prepare the open invoices once, then take in a statement of so many lines; return the exit status."""
    for argument in ("prepare", lines):
        status = subprocess.run([sys.executable, BENCH / "receipts.py", argument], check=False).returncode
        if status:
            return status
    return 0


def trail(writers: str) -> int:
    """Let so many writers write into the audit trail for ten seconds; return the exit status."""
    return subprocess.run([sys.executable, BENCH / "trail.py", writers, "10"], check=False).returncode


def main(name: str, size: str) -> int:
    """Prepare the size once, then run project and baseline A B A B …; return the exit status."""
    ours = f"{sys.executable} {BENCH / 'close.py'}"
    prepared = subprocess.run([sys.executable, BENCH / "close.py", "prepare", size], check=False)
    if prepared.returncode:
        return prepared.returncode
    runs = 1 if name == "history" and size == "L" else RUNS.get(size, 3)
    return subprocess.run(
        [
            BASELINE_PYTHON,
            BASELINES / "pair.py",
            "-n",
            str(runs),
            f"{name}-{size}",
            f"{ours} {name} {size}",
            PAIRS[name].format(size=size),
        ],
        check=False,
    ).returncode


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "payments":
        sys.exit(payments(sys.argv[2]))
    if len(sys.argv) == 3 and sys.argv[1] == "api":
        sys.exit(subprocess.run([sys.executable, BENCH / "api.py", sys.argv[2]], check=False).returncode)
    if len(sys.argv) == 3 and sys.argv[1] == "trail":
        sys.exit(trail(sys.argv[2]))
    if len(sys.argv) != 3 or sys.argv[1] not in PAIRS:
        others = "payments LINES, api EVENTS, or trail WRITERS"
        sys.exit(f"usage: python -m bench {{{','.join(PAIRS)}}} {{S,M,L}}, {others}")
    sys.exit(main(*sys.argv[1:]))
