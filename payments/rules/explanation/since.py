"""What happened to an amount since it was decided: its document, what was paid later, its credit."""

from __future__ import annotations

from collections.abc import Iterator

from payments.rules.explanation.case import Case
from payments.rules.explanation.page import Amount, Link, Source, SourceKind, Step, Text
from payments.rules.explanation.phrases import charge_link, month_name
from payments.rules.pricing import WAIVED


def since(case: Case) -> Iterator[Step]:
    """Yield the last step, unless there is nothing to say."""
    says = (*_queried(case), *_document(case), *_later(case), *_credited(case))
    if says:
        yield Step(title="What happened since", says=says)


def _queried(case: Case) -> Iterator[Text]:
    queried = case.queried
    if queried is None or case.row.kind == "CREDIT":
        return
    yield ("The funder queried it on ", queried.raised_on, f": {queried.reason}")
    if not queried.settlement:
        yield ("It is held back until the query is settled.",)
        return
    by = f" by {queried.settled_by}" if queried.settled_by else ""
    yield (f"The query was {queried.settlement.lower()}{by}: {queried.settlement_reason}",)


def _document(case: Case) -> Iterator[Text]:
    if case.document:
        yield ("It is on ", Link(case.document, Source(SourceKind.DOCUMENT, case.document)), ".")
    elif case.row.kind == "NIL":
        return
    elif not case.month_closed:
        month = month_name(case.row.month)
        yield (f"{month} is still open: this may change until the month is closed.",)
    elif case.waits:
        yield (f"It waits for the {case.contract}’s next document.",)
    else:
        yield (
            "It is on no document: the charge and its credit cancelled each other before either was billed.",
        )


def _later(case: Case) -> Iterator[Text]:
    later = [row for row in case.siblings if row.key > case.row.key and row.kind == "CHARGE"]
    for row in later:
        yield (
            f"In {month_name(row.month)} ",
            charge_link(row.key, "more of it was charged"),
            ": ",
            Amount(row.amount),
            ".",
        )
    carries = case.conditions.agreement.caps.over_cap == "carry_forward"
    left = case.row.entitlement - case.row.charged_before - case.row.amount - sum(row.amount for row in later)
    if carries and case.row.kind != "CREDIT" and left > 0 and _is_alive(case):
        yield ("Still due when a cap has room: ", Amount(left), ".")


def _is_alive(case: Case) -> bool:
    return case.event is not None and case.event.voided_on is None


def _credited(case: Case) -> Iterator[Text]:
    if case.credit is not None:
        yield (
            f"In {month_name(case.credit.month)} it was ",
            charge_link(case.credit.key, "credited"),
            ": ",
            Amount(-case.credit.amount),
            " given back, because the funder was spared it."
            if case.credit.reason == WAIVED
            else " given back, because the outcome was voided.",
        )
