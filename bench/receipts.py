"""
A bank statement of 10,000 lines against 20,000 open invoices: ``python bench/receipts.py prepare | LINES``.

Makes a programme of 450 funders with a monthly fee each and closes its months until 20,250 invoices are open
(once; each run works on a copy). Then, in the same run: the floor, one SQL statement that matches and stores
without any check, and ours, which imports, posts, matches and allocates through the services. All
prices are synthetic.
"""

from __future__ import annotations

import io
import random
import sys
from datetime import date
from typing import Any

from close import exists, finish
from common import administer, measured, set_up_django

FUNDERS, MONTHS = 450, 45
SHARES = ((0.70, "exact"), (0.75, "part"), (0.92, "payer"))  # of the lines; the rest is of nobody
PAID_ON = date(2026, 8, 3)
PROGRAMME = """
programme: {code: PAY, name: Payments (synthetic), currency: GBP, starts_on: 2022-04-01, ends_on: 2026-03-31,
  operator: {code: BENCH, name: Benchmark operator}}
providers: [{code: P1, name: Provider}]
services: [{code: S1, provider: P1, name: Service, starts_on: 2022-04-01}]
outcomes: [{code: JOB, name: Job start}]
"""
FLOOR = r"""
    INSERT INTO bench_alloc (line, document_id, pence, rule)
    WITH b AS (SELECT n, pence, substring(txt from 'INV-(\d{6})')::int AS ref,
                   substring(txt from 'FUNDER(\d{4})') AS funder FROM bench_bank),
    o AS (SELECT right(f.code, 4) AS funder, d.gross_minor AS pence, min(d.id) AS id
          FROM payments_document d JOIN funders_agreement a ON a.id = d.agreement_id
          JOIN funders_funder f ON f.id = a.funder_id WHERE d.kind = 'INVOICE'
          GROUP BY 1, 2 HAVING count(*) = 1)
    SELECT b.n, coalesce(d.id, o.id), b.pence,
        CASE WHEN b.pence = d.gross_minor THEN 1 WHEN d.id IS NOT NULL THEN 2 ELSE 3 END
    FROM b LEFT JOIN payments_document d
        ON d.kind = 'INVOICE' AND d.number = b.ref AND b.pence <= d.gross_minor
    LEFT JOIN o ON b.ref IS NULL AND o.funder = b.funder AND o.pence = b.pence
    WHERE d.id IS NOT NULL OR o.id IS NOT NULL
"""


def programme_file() -> bytes:
    """Return a programme in which each funder pays a fee a month, of an amount that no other pays."""
    funders = "".join(
        f"  - {{code: FUNDER{n:04d}, name: Council{n:04d}, kind: local}}\n" for n in range(FUNDERS)
    )
    agreements = "".join(
        f"  - ref: A{n:04d}\n    funder: FUNDER{n:04d}\n    fixed_fees: [{{ref: fee, description: Fee, "
        f'from: 2022-04, to: 2026-03, amount: "{1000 + n}.{n % 100:02d}"}}]\n'
        for n in range(FUNDERS)
    )
    return f"{PROGRAMME}funders:\n{funders}agreements:\n{agreements}".encode()


def prepare() -> None:
    if exists("mhep_pay_before"):
        return
    administer("DROP DATABASE IF EXISTS mhep_pay_building", "CREATE DATABASE mhep_pay_building")
    set_up_django("mhep_pay_building")
    from django.core.management import call_command  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from mhep.kernel.periods import Month  # noqa: PLC0415
    from payments.services.bank import add_account, remember_mapping  # noqa: PLC0415
    from payments.services.months import catch_up  # noqa: PLC0415
    from payments.services.programme_file import load_programme  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    at = timezone.now()
    programme = load_programme(programme_file(), actor=None, at=at).programme
    last = Month(2022, 4) + (MONTHS - 1)
    for _ in catch_up(programme_id=programme.pk, through=last, actor=None, at=at):
        pass
    account = add_account(
        operator=programme.operator, name="Bank", number="BENCH0001", currency="GBP", actor=None, at=at
    )
    remember_mapping(account_id=account.pk, mapping=_mapping())
    finish("mhep_pay_building", "mhep_pay_before")


def lines(count: int) -> list[tuple[str, int]]:
    """Return what a bank says of so many payments, and how much, the same each time."""
    from payments.models import Document  # noqa: PLC0415

    chance = random.Random(5)  # noqa: S311 (a workload)
    rows = list(
        Document.objects.filter(kind="INVOICE")
        .order_by("pk")
        .values_list("number", "gross_minor", "agreement__funder__code")
    )
    chance.shuffle(rows)
    made = []
    for place, (number, gross, funder) in enumerate(rows[:count]):
        share = chance.random()
        what = next((name for limit, name in SHARES if share < limit), "")
        made.append(
            {
                "exact": (f"BACS {funder} INV-{number:06d}", gross),
                "part": (f"BGC INV-{number:06d} PT PAYMENT", gross // 2),
                "payer": (f"FPS {funder} OUTCOMES FUND", gross),
            }.get(what, (f"CHQ {place}", chance.randrange(1, 9_000_000)))
        )
    return made


def floor(movements: list[tuple[str, int]]) -> dict[str, Any]:
    """Store what one statement of SQL matches: no posting, no check, no proposal."""
    from django.db import connection, transaction  # noqa: PLC0415

    text = "".join(f"{n}\t{words}\t{pence}\n" for n, (words, pence) in enumerate(movements))
    with (
        measured("payments floor", lines=len(movements)) as result,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE TEMP TABLE bench_bank (n int, txt text, pence bigint)")
        cursor.execute("CREATE TABLE bench_alloc (line int, document_id bigint, pence bigint, rule int)")
        cursor.copy_expert("COPY bench_bank FROM STDIN", io.StringIO(text))
        cursor.execute(FLOOR)
        cursor.execute("SELECT count(*) FROM bench_alloc")
        result.extra["matched"] = cursor.fetchone()[0]
    return {"wall_s": result.wall_s, **result.extra}


def ours(movements: list[tuple[str, int]]) -> dict[str, Any]:
    """Import, post, match and allocate by the services; then work out the proposals for the rest."""
    from django.utils import timezone  # noqa: PLC0415

    from mhep.kernel.money import to_major  # noqa: PLC0415
    from payments.models import BankAccount  # noqa: PLC0415
    from payments.selectors.ledger import trial_balances  # noqa: PLC0415
    from payments.selectors.matching import as_open, matched, open_lines  # noqa: PLC0415
    from payments.services.bank import import_bank_file  # noqa: PLC0415

    rows = "".join(f"{PAID_ON},{words},{to_major(pence)}\n" for words, pence in movements)
    content = f"Date,Text,Amount\n{rows}".encode()
    account = BankAccount.objects.select_related("operator").get()
    with measured("payments import, post, match", lines=len(movements)) as result:
        done = import_bank_file(account_id=account.pk, content=content, actor=None, at=timezone.now())
        result.extra |= {"stored": done.new_count, "matched": done.matched_count}
    with measured("payments proposals") as proposing:
        waiting = as_open(open_lines(account.operator, "GBP"))
        found = matched(account.operator, "GBP", waiting)
        proposing.extra |= {"waiting": len(waiting), "with_proposal": len(found.proposals)}
    (balance,) = trial_balances(account.operator, PAID_ON)
    if balance.difference:
        raise SystemExit("The ledger does not balance.")
    return {"wall_s": result.wall_s, **result.extra}


def _mapping() -> Any:
    from payments.rules.bank_csv import ColumnMapping  # noqa: PLC0415

    return ColumnMapping(day="Date", amount="Amount", text="Text", day_order="ymd")


def main(count: int) -> None:
    administer(
        "DROP DATABASE IF EXISTS mhep_pay_run", "CREATE DATABASE mhep_pay_run TEMPLATE mhep_pay_before"
    )
    set_up_django("mhep_pay_run")
    movements = lines(count)
    base, own = floor(movements), ours(movements)
    print(f'{{"ratio_to_floor": {own["wall_s"] / base["wall_s"]:.1f}}}')


if __name__ == "__main__":
    if sys.argv[1:] == ["prepare"]:
        prepare()
    else:
        main(int(sys.argv[1]))
