"""Codes for everything, and exports, for tests of other things."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date

from accounts.models import User
from payments.enums import Account, ExportFormat
from payments.models import BookingCode, ExportBatch
from payments.rules.booking.codes import ACCOUNT, FUNDER, MOVEMENT, PROVIDER, UNSTATED, VAT, Code, Subject
from payments.services.booking_codes import set_code
from payments.services.exports import Wanted, content_of, make_export
from providers.models import Operator, Provider
from tests.cast import AT

FROM = date(2026, 4, 1)
ALWAYS = (date(2020, 1, 1), date(2030, 12, 31))
NOMINAL = {account: str(1000 + 10 * place) for place, account in enumerate(Account)}
TAX = {"standard 20": "T1", UNSTATED: "T0", MOVEMENT: "T9", "exempt": "T2", "outside_scope": "T9"}


def a_code(operator: Operator, subject: Subject, code: str, starts_on: date = FROM) -> BookingCode:
    return set_code(operator_id=operator.pk, code=Code(subject, starts_on, code), actor=None, at=AT)


def every_code(operator: Operator) -> None:
    """Give everything that an export can need a code from the beginning of April 2026 on."""
    for account, code in NOMINAL.items():
        a_code(operator, Subject(ACCOUNT, account=account), code)
    for vat, code in TAX.items():
        a_code(operator, Subject(VAT, vat=vat), code)
    for programme in operator.programmes.all():
        for funder in programme.funders.all():
            a_code(operator, Subject(FUNDER, funder=funder.pk), funder.code[:8])
    for provider in Provider.objects.filter(operator=operator):
        a_code(operator, Subject(PROVIDER, provider=provider.pk), provider.code)


def export(
    operator: Operator,
    form: ExportFormat,
    days: tuple[date, date] = ALWAYS,
    actor: User | None = None,
    currency: str = "GBP",
) -> ExportBatch:
    return make_export(operator_id=operator.pk, wanted=Wanted(form, currency, *days), actor=actor, at=AT)


def rows_of(batch: ExportBatch) -> list[dict[str, str]]:
    """Return the rows of all files of an export, by heading."""
    return [row for file in batch.files.all() for row in read(content_of(file))]


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def minor(text: str) -> int:
    """Return the minor units of an amount as files write it."""
    return int(text.replace(".", ""))


def booked_by_journal(rows: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """Return what an accountant's program has on each code after importing a general journal."""
    return _without_nothing((row["code"], minor(row["debit"]) - minor(row["credit"])) for row in rows)


# What each type of Sage's audit trail does to the nominal code of its row, and to which control account.
SAGE = {
    "SI": (-1, "RECEIVABLES"),
    "SC": (1, "RECEIVABLES"),
    "SA": (1, "RECEIVABLES"),
    "SP": (-1, "RECEIVABLES"),
    "PI": (1, "PAYABLES"),
    "PC": (-1, "PAYABLES"),
    "PA": (-1, "PAYABLES"),
    "PR": (1, "PAYABLES"),
    "JD": (1, ""),
    "JC": (-1, ""),
}


def booked_by_sage(rows: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """Return what Sage has on each nominal code after importing an audit trail, control accounts included."""
    booked = []
    for row in rows:
        side, control = SAGE[row["Type"]]
        net, vat = side * minor(row["Net Amount"]), side * minor(row["Tax Amount"])
        booked.append((row["Nominal A/C Ref"], net))
        if control:
            booked.append((NOMINAL[Account(control)], -net - vat))
            tax = Account.VAT_OUTPUT if control == "RECEIVABLES" else Account.VAT_INPUT
            booked.append((NOMINAL[tax], vat))
        else:
            assert vat == 0
    return _without_nothing(booked)


def booked_by_xero(rows: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """Return what Xero has on each code after importing sales invoices, receivables and VAT included."""
    booked = []
    for row in rows:
        net, vat = int(row["*Quantity"]) * minor(row["*UnitAmount"]), minor(row["TaxAmount"])
        booked += [
            (row["*AccountCode"], -net),
            (NOMINAL[Account.VAT_OUTPUT], -vat),
            (NOMINAL[Account.RECEIVABLES], net + vat),
        ]
    return _without_nothing(booked)


def _without_nothing(booked: object) -> dict[str, int]:
    sums: dict[str, int] = {}
    for code, amount in booked:  # type: ignore[attr-defined]
        sums[code] = sums.get(code, 0) + amount
    return {code: amount for code, amount in sums.items() if amount}
