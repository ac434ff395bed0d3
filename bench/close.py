"""
Closing months at the baselines' sizes: ``python bench/close.py {prepare,month,history,empty} SIZE``.

``prepare`` loads and imports a size once and closes every month before MONTH; ``month`` closes
MONTH on a fresh copy of that database; ``history`` closes every month from the first on a fresh
copy of the imported one and prints the cost a charge in the 12th, 24th and 36th month; ``empty``
closes a month in which nothing happened, for the fixed cost. PDFs are not part of it.
"""

from __future__ import annotations

import argparse
from datetime import date

from common import administer, measured, set_up_django
from workload import make

MONTH = "2025-03"
LAST = "2026-07"


def exists(database: str) -> bool:
    import psycopg2  # noqa: PLC0415
    from common import SERVER  # noqa: PLC0415

    try:
        psycopg2.connect(f"{SERVER}/{database}").close()
    except psycopg2.OperationalError:
        return False
    return True


def copy(source: str, target: str) -> None:
    administer(
        f"DROP DATABASE IF EXISTS {target}", f"CREATE DATABASE {target} TEMPLATE {source}", "CHECKPOINT"
    )


def work_on(source: str, size: str) -> None:
    """Point Django at a fresh copy of ``source``, brought to today's schema."""
    run = f"mhep_{size.lower()}_run"
    copy(f"mhep_{size.lower()}_{source}", run)
    set_up_django(run)
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)


def load(size: str) -> None:
    """Create the database of a size with everything imported; print what the imports cost."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from funders.rules.programme_file import read_programme  # noqa: PLC0415
    from funders.services import store_programme  # noqa: PLC0415
    from outcomes.services.imports import import_outcomes  # noqa: PLC0415
    from participants.services import import_participants  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    for folder in sorted(make(size).glob("BENCH-*"), key=lambda path: int(path.name.split("-")[1])):
        read = read_programme((folder / "programme.yaml").read_bytes())
        if read.definition is None:
            raise SystemExit("\n".join(map(str, read.problems)))
        at = timezone.now()
        programme = store_programme(read.definition, at=at)
        for name, service in (("participants", import_participants), ("outcomes", import_outcomes)):
            content = (folder / f"{name}.csv").read_bytes()
            with measured(f"import {name}", size=size, programme=programme.code) as result:
                report = service(programme_id=programme.pk, content=content, actor=None, at=at)
                result.extra["rows"] = report.stored
            if report.rejections:
                raise SystemExit(f"{programme.code}: {report.rejections[0]}")


def close_through(size: str, last: str) -> None:
    """Close every open month through ``last`` of all programmes, one line a month."""
    from funders.models import Programme  # noqa: PLC0415
    from mhep.kernel.periods import Month  # noqa: PLC0415

    programmes = list(Programme.objects.order_by("pk"))
    for month in programmes[0].first_open_month.until(Month.parse(last)):
        with measured("close", size=size, month=str(month)) as result:
            result.extra["charges"] = sum(close_one(programme.pk, str(month)) for programme in programmes)


def close_one(programme_id: int, month: str) -> int:
    """Close one month of one programme in its own transaction; return the number of its decisions."""
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from mhep.kernel.periods import Month  # noqa: PLC0415
    from payments.services.months import close_month  # noqa: PLC0415

    closed = close_month(
        programme_id=programme_id,
        month=Month.parse(month),
        issued_on=date(2026, 8, 1),
        actor=None,
        at=timezone.now(),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM payments_charge WHERE month_id = %s AND agreement_id IN"
            " (SELECT id FROM funders_agreement WHERE programme_id = %s)",
            [closed.pk, programme_id],
        )
        return int(cursor.fetchone()[0])


def prepare(size: str) -> None:
    loaded, before, building = (f"mhep_{size.lower()}_{name}" for name in ("loaded", "before", "building"))
    set_up_django(building)
    if not exists(loaded):
        administer(f"DROP DATABASE IF EXISTS {building}", f"CREATE DATABASE {building}")
        load(size)
        finish(building, loaded)
    if not exists(before):
        copy(loaded, building)
        close_through(size, "2025-02")
        finish(building, before)


def finish(building: str, name: str) -> None:
    """Give a database its name only once it is whole."""
    from django.db import connection  # noqa: PLC0415

    connection.set_autocommit(True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.close()
    administer(f"ALTER DATABASE {building} RENAME TO {name}")


def month(size: str) -> None:
    work_on("before", size)
    close_through(size, MONTH)


def empty(size: str) -> None:
    work_on("before", size)
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE outcomes_outcomeevent SET falls_in = '2030-01-01' WHERE falls_in = '2025-03-01'"
        )
        cursor.execute("SET session_replication_role = origin")
    close_through(size, MONTH)


def history(size: str) -> None:
    work_on("loaded", size)
    with measured("history", size=size) as result:
        close_through(size, LAST)
        from payments.models import Charge  # noqa: PLC0415

    result.extra["charges"] = Charge.objects.count()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["prepare", "month", "history", "empty"])
    parser.add_argument("size")
    options = parser.parse_args()
    {"prepare": prepare, "month": month, "history": history, "empty": empty}[options.what](options.size)
