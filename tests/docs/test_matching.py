"""The worked table of ``docs/algorithms/matching.md`` is what the rule gives."""

from __future__ import annotations

from decimal import Decimal

import pytest

from payments.rules.matching import OpenDocument, OpenLine, Party, Proposal, Transfer, match
from tests.docs.pages import DOCS, Row, read, section

PAGE = section(read(DOCS / "algorithms" / "matching.md"), "A worked table")
NAMES = {code: key for key, code in enumerate(("EALING", "HARROW", "BRENT", "CAMDEN", "MERTON"), 1)}
PARTIES = [Party(key, code, f"London Borough of {code.title()}") for code, key in NAMES.items()]
PARTIES.append(Party(-1, "PROVIDER", "Example Provider CIO", keeps_account=False))
SETTLED = {"INV-000010": NAMES["EALING"]}


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


DOCUMENTS = [
    OpenDocument(
        key=place,
        number=row["document"],
        party=NAMES.get(row["party"], -1),
        open=minor(row["open"]),
        comes_in=row["document"].startswith("INV"),
        is_credit=row["document"].startswith("CRN"),
        due=f"2026-04-{place:02d}",
    )
    for place, row in enumerate(PAGE.table("document").rows, 1)
]
TRANSFERS = [
    Transfer("PAY-00000001", ((1, 650_00),), -1),
    Transfer("PAY-00000002", ((2, 700_00),), -1),
    Transfer("PAY-0001", ((1, 650_00), (2, 700_00))),
]
NUMBERS = {document.key: document.number for document in DOCUMENTS}


def told(proposal: Proposal | None) -> str:
    """Return what a proposal does, as the table writes it."""
    if proposal is None:
        return ""
    listed = [f"{NUMBERS[part.document]} {amount(part.amount)}" for part in proposal.parts]
    if proposal.on_account:
        listed.append(f"on account {amount(proposal.on_account)}")
    text = ", ".join(listed)
    for part in proposal.credits:
        text += f" less {NUMBERS[part.document]} {amount(part.amount)}"
    if proposal.charges:
        text += f" less charges {amount(proposal.charges)}"
    if proposal.transfer is not None:
        text = proposal.transfer.reference
    if proposal.is_bank_charge:
        text = "bank charge 8.00"
    return text + (" by itself" if proposal.by_itself else "")


def amount(value: int) -> str:
    return f"{value / 100:.2f}"


@pytest.mark.parametrize("row", PAGE.table("text").rows, ids=lambda row: f"{row['text']} {row['amount']}")
def test_each_payment_is_matched_as_the_page_says(row: Row) -> None:
    line = OpenLine(7, minor(row["amount"]), row["text"])
    found = match([line], DOCUMENTS, PARTIES, SETTLED, TRANSFERS)
    best = next(iter(found.proposals.get(7, [])), None)
    cause = found.causes.get(7)
    assert (best.basis.name.lower() if best else "", told(best)) == (row["rule"], row["for"])
    assert (cause.name.lower() if cause else "") == row["cause"]
    assert best is None or all(best.reasons)
