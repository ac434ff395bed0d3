"""Papers to test with: a council's invoice, and its lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from mhep.kernel.money import percent_of
from mhep.kernel.periods import Month
from payments.rules.paper import BankAccount, FeeLine, OutcomeLine, Paper, PaperKind, Party

AWKWARD = '*Borough* of #Council $x$ <b> @ref "q" \\ æøå é _u_ `c` // [t] ~ -- {d}'


def outcome_line(number: int, **changes: Any) -> OutcomeLine:
    """Return the job start of one person in April 2026, worth 1,500.00."""
    values: dict[str, Any] = {
        "event": f"EV-{number:05d}",
        "participant": f"P-{number:05d}",
        "achieved_on": date(2026, 4, 1) + timedelta(days=number % 30),
        "outcome": "Job start",
        "term": "job-start",
        "amount_minor": 150_000,
    }
    return OutcomeLine(**{**values, **changes})


def fee_line(month: Month, **changes: Any) -> FeeLine:
    """Return the service fee of a month, 2,000.00."""
    values: dict[str, Any] = {"ref": "block", "description": "Service fee", "amount_minor": 200_000}
    return FeeLine(month=month, **{**values, **changes})


def paper(
    outcome_lines: Sequence[OutcomeLine] = (), fee_lines: Sequence[FeeLine] = (), **changes: Any
) -> Paper:
    """Return a council's invoice of these lines, with VAT at 20%, that adds up."""
    vat_rate = changes.get("vat_rate", Decimal(20))
    lines: tuple[OutcomeLine | FeeLine, ...] = (*outcome_lines, *fee_lines)
    net_minor = sum(line.amount_minor for line in lines)
    vat_minor = percent_of(net_minor, vat_rate)
    values: dict[str, Any] = {
        "kind": PaperKind.INVOICE,
        "language": "en",
        "number": "INV-000012",
        "issued_on": date(2026, 5, 6),
        "due_on": date(2026, 6, 5),
        "periods": (Month(2026, 4),),
        "operator": Party("MHEP", "Health and Employment Partnership Ltd"),
        "party": Party("EALING", "London Borough of Ealing"),
        "programme_code": "WL-IPS",
        "programme_name": "West London IPS",
        "agreement": "EALING-1",
        "po_number": "PO-7781",
        "currency": "GBP",
        "vat_rate": vat_rate,
        "net_minor": net_minor,
        "vat_minor": vat_minor,
        "gross_minor": net_minor + vat_minor,
        "outcome_lines": tuple(outcome_lines),
        "fee_lines": tuple(fee_lines),
        "bank": BankAccount(
            "Health and Employment Partnership Ltd", sort_code="00-00-00", account_number="00000000"
        ),
    }
    return Paper(**{**values, **changes})
