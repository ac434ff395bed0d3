"""
Writes into the audit trail (catalogue L5): ``python bench/trail.py WRITERS SECONDS``.

So many sessions write one row after the other, each a transaction of its own, for so many seconds: first
into a table without a trail (the floor), then into one like it whose every change becomes a link of the one
chain. In the end the chain is followed from its first link. The goal is 300 writes a second by 32 writers.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import closing
from typing import Any

from common import SERVER, administer, measured, set_up_django

DATABASE = "mhep_trail_run"
GOAL = 300  # writes a second
COLUMNS = (
    "code, name, address, vat_number, bank_details, legal_name, country, registration_number, "
    "e_address_scheme, e_address_id, iban, bic"
)
WRITE = f"INSERT INTO {{table}} ({COLUMNS}) VALUES (%s, '', '', '', '', '', '', '', '', '', '', '')"  # noqa: S608


def write(table: str, writers: int, seconds: float) -> int:
    """Let the writers write for so long; return how many rows they have committed together."""
    import psycopg2  # noqa: PLC0415

    gate, counts = threading.Barrier(writers), [0] * writers

    def go(writer: int) -> None:
        with closing(psycopg2.connect(f"{SERVER}/{DATABASE}")) as session, session.cursor() as cursor:
            session.autocommit = True
            gate.wait()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                cursor.execute(WRITE.format(table=table), [f"{writer}-{counts[writer]}"])
                counts[writer] += 1

    threads = [threading.Thread(target=go, args=[writer]) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def rate(name: str, table: str, writers: int, seconds: float) -> float:
    with measured(name, writers=writers) as result:
        result.extra["writes"] = write(table, writers, seconds)
    found: float = result.extra["writes"] / seconds
    return found


def main(writers: int, seconds: float) -> None:
    administer(f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE}")
    set_up_django(DATABASE)
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from audit.rules.chain import Break  # noqa: PLC0415
    from audit.selectors.chain import check, head  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_plain (LIKE providers_operator INCLUDING ALL)")
    before = head().position
    floor = rate("trail floor", "bench_plain", writers, seconds)
    ours = rate("trail", "providers_operator", writers, seconds)
    with measured("trail followed") as followed:
        found = check()
        followed.extra["links"] = head().position - before
    if isinstance(found, Break):
        raise SystemExit(f"The chain is broken at {found}.")
    told: dict[str, Any] = {
        "writes_per_s": round(ours),
        "floor_per_s": round(floor),
        "ratio_to_floor": round(floor / ours, 1),
        "goal_met": ours >= GOAL,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
