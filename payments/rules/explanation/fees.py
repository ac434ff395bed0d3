"""The steps that explain a fixed fee (pricing, step 10)."""

from __future__ import annotations

from collections.abc import Iterator

from funders.rules.definition import FixedFeeDefinition
from mhep.kernel.money import instalments
from payments.rules.explanation.case import Case
from payments.rules.explanation.page import Amount, InstalmentSum, Link, Step, Text
from payments.rules.explanation.phrases import contract_source, month_name
from payments.rules.explanation.since import since


def fee_steps(case: Case) -> Iterator[Step]:
    """Yield what was agreed, the amount of the month, and what happened since."""
    fee, row = case.conditions.fee, case.row
    assert fee is not None  # noqa: S101 (payments_charge_fits_its_kind)
    source = contract_source(case)
    yield Step(
        title="What was agreed",
        says=(
            (
                f"{case.contract.capitalize()} ",
                Link(case.conditions.agreement.ref, source),
                f", version {case.conditions.version}, has a fixed fee “{fee.description or fee.ref}”"
                f" for every month from {month_name(fee.first)} to {month_name(fee.last)}.",
            ),
        ),
    )
    yield _fee_amount(case, fee)
    if row.fee_month is not None and row.fee_month != row.month:
        yield Step(
            title="When it was charged",
            says=(
                (
                    f"The fee of {month_name(row.fee_month)} was charged in {month_name(row.month)},"
                    " the first month that was priced with it.",
                ),
            ),
        )
    yield from since(case)


def _fee_amount(case: Case, fee: FixedFeeDefinition) -> Step:
    source, working = contract_source(case), _instalment(case, fee)
    if working is None:
        says: Text = ("The fee is ", Amount(fee.amount_minor or 0, source), " a month. Caps do not limit it.")
        return Step(title="The amount", says=(says,))
    says = (
        "The fee is ",
        Amount(working.whole_minor, source),
        f" in {working.count} monthly instalments, rounded down, with the remainder in the first."
        " Caps do not limit it.",
    )
    return Step(title="The amount", says=(says,), working=working)


def _instalment(case: Case, fee: FixedFeeDefinition) -> InstalmentSum | None:
    month = case.row.fee_month
    if fee.total_minor is None or month is None:
        return None
    months = list(fee.first.until(fee.last))
    parts = instalments(fee.total_minor, len(months))
    number = months.index(month) + 1
    each = fee.total_minor // len(months)
    return InstalmentSum(
        fee.total_minor, len(months), each, fee.total_minor - each * len(months), number, parts[number - 1]
    )
