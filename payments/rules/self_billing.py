"""When an operator may bill itself in a provider's place, and what the invoice must say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as gb_vat

MOST_DAYS = 366  # an agreement is looked at anew after twelve months
LABEL = "Self-billed invoice"
CREDIT_LABEL = "Self-billed credit note"
# VAT Notice 700/62: what a self-billed VAT invoice says beside what every VAT invoice says.
OUTPUT_TAX = "The VAT shown is the supplier’s output tax, due to HMRC."
NO_SECOND = (
    "Issued by the customer under a self-billing agreement; the supplier issues no invoice of its own."
)


@dataclass(frozen=True, slots=True)
class Agreed:
    """A self-billing agreement: both its days are included; an empty VAT number means not registered."""

    starts_on: date
    ends_on: date
    vat_number: str = ""

    def covers(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


def read_vat_number(text: str) -> tuple[str, str]:
    """
    Return a VAT number as it is stored, with its country in front, and what is wrong with it.

    A number without a country is one of the United Kingdom. An empty text is no number and not wrong.
    """
    compact = "".join(text.split()).replace("-", "").upper()
    if not compact:
        return "", ""
    is_british = compact.startswith("GB") or compact.isdigit()
    try:
        stored = f"GB{gb_vat.validate(compact)}" if is_british else eu_vat.validate(compact)
    except ValidationError:
        return compact, "The VAT number is not right: compare it with the provider’s letter, sign by sign"
    return stored, ""


def period_problem(starts_on: date, ends_on: date) -> str:
    """Return what is wrong with the days of a new agreement; empty if nothing is."""
    if ends_on < starts_on:
        return "The last day lies before the first"
    if ends_on >= starts_on + timedelta(days=MOST_DAYS):
        return "A self-billing agreement is for twelve months at most; then both sides look at it anew"
    return ""


def refusal(agreements: Iterable[Agreed], issued_on: date, vat_minor: int, who: str) -> str:
    """
    Return why no self-billed invoice may be issued for a remittance of that day; empty if one may.

    :param who: the provider's name.
    """
    known = list(agreements)
    found = next((each for each in known if each.covers(issued_on)), None)
    if found is not None:
        if vat_minor and not found.vat_number:
            return (
                f"The remittance has VAT, and the agreement with {who} gives no VAT number. "
                "End it and enter it anew."
            )
        return ""
    over = [each.ends_on for each in known if each.ends_on < issued_on]
    if over:
        return (
            f"The self-billing agreement with {who} ended on {max(over):%-d %B %Y}, "
            f"before {issued_on:%-d %B %Y}. Agree on a new one first."
        )
    return f"There is no self-billing agreement with {who} for {issued_on:%-d %B %Y}."


def wording(vat_minor: int) -> tuple[str, ...]:
    """Return the sentences that a self-billed document prints."""
    return (NO_SECOND, OUTPUT_TAX) if vat_minor else (NO_SECOND,)
