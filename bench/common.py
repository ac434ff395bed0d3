"""What the benchmarks share: settings, databases, and one JSON line a measurement."""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("BENCH_HOME", "/tmp/bench"))  # noqa: S108 (the baselines' own default)
SERVER = os.environ.get("BENCH_SERVER", "postgres://bench@127.0.0.1:55432")


def set_up_django(database: str) -> None:
    """Point Django at a database of the benchmark's server."""
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "mhep.settings.test"
    os.environ["DATABASE_URL"] = f"{SERVER}/{database}"
    import django  # noqa: PLC0415 (the settings come first)

    django.setup()


def administer(*statements: str) -> None:
    """Run statements outside any transaction on the server's maintenance database."""
    import psycopg2  # noqa: PLC0415

    connection = psycopg2.connect(f"{SERVER}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


class Measurement:
    """Filled in by :func:`measured`; ``extra`` goes into the JSON line as well."""

    def __init__(self) -> None:
        self.extra: dict[str, Any] = {}
        self.wall_s = 0.0


@contextmanager
def measured(name: str, **about: Any) -> Iterator[Measurement]:
    """Print wall and CPU seconds, peak memory and statement count of the block as one JSON line."""
    from django.db import connection  # noqa: PLC0415

    connection.ensure_connection()
    server = _Server(connection.connection.info.backend_pid)
    statements = _Counter()
    result = Measurement()
    cpu, server_cpu, start = _own_cpu(), server.cpu(), time.perf_counter()
    with connection.execute_wrapper(statements), server.watched():
        yield result
    result.wall_s = time.perf_counter() - start
    line = {
        "name": name,
        "wall_s": round(result.wall_s, 3),
        "own_cpu_s": round(_own_cpu() - cpu, 2),
        "pg_cpu_s": round(server.cpu() - server_cpu, 2),
        "own_peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "pg_private_peak_mb": round(server.peak_mb),
        "statements": statements.count,
        **about,
        **result.extra,
    }
    if charges := line.get("charges"):
        line["charges_per_s"] = round(charges / result.wall_s)
        line["us_per_charge"] = round(result.wall_s / charges * 1e6, 1)
    print(json.dumps(line), flush=True)


class _Counter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.count += 1
        return execute(*arguments)


class _Server:
    """The processes of the PostgreSQL server that one of its backends belongs to."""

    def __init__(self, backend: int) -> None:
        self._postmaster = self._parent(backend)
        self.peak_mb = 0.0

    def cpu(self) -> float:
        """Return the CPU seconds used so far, by ended processes too."""
        ticks = 0
        for pid in self._pids():
            fields = self._stat(pid)
            ticks += sum(int(value) for value in fields[11 : 15 if pid == self._postmaster else 13])
        return ticks / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keep the highest sum of private memory seen, without shared buffers."""
        stop, base = threading.Event(), self._private_mb()

        def watch() -> None:
            while not stop.wait(0.1):
                self.peak_mb = max(self.peak_mb, self._private_mb() - base)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _pids(self) -> list[int]:
        pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
        return [pid for pid in pids if pid == self._postmaster or self._parent(pid) == self._postmaster]

    def _private_mb(self) -> float:
        total = 0
        for pid in self._pids():
            try:
                pages = Path(f"/proc/{pid}/statm").read_text().split()
            except OSError:
                continue
            total += int(pages[1]) - int(pages[2])
        return total * os.sysconf("SC_PAGE_SIZE") / 1048576

    def _parent(self, pid: int) -> int:
        fields = self._stat(pid)
        return int(fields[1]) if fields else 0

    def _stat(self, pid: int) -> list[str]:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return []


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
