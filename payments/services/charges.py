"""Writing a month's charges: every decision, credit and fee as one row with what explains it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mhep.kernel.periods import Month
from mhep.shared.copying import NULL, copy_lines
from payments.rules import fees, pricing
from payments.selectors.contracts import Contract

COLUMNS = (
    "month_id",
    "agreement_id",
    "version_id",
    "kind",
    "reason",
    "term_id",
    "event_id",
    "fee_id",
    "fee_month",
    "credits_id",
    "amount_minor",
    "financial_year",
    "place_before",
    "place",
    "tariff_minor",
    "entitlement_minor",
    "charged_before_minor",
    "room_term_minor",
    "room_total_minor",
    "room_year_minor",
    "room_person_minor",
)


def write_charges(
    lines: ChargeLines,
    *,
    sides: Iterable[pricing.PricedMonth],
    credited: Mapping[int, pricing.StandingCharge],
    fees_through: Month,
    fees_charged: Mapping[int, set[Month]],
) -> None:
    """
    Store what both sides decided, and the fixed fees that are due, in one statement.

    Credits come first and events in their order of pricing: rows in the order of events are
    written in two thirds of the time that rows in the order of agreements take.
    """
    priced = list(sides)
    parts = (
        *(lines.of_credits(side.credits, credited) for side in priced),
        *(lines.of_decisions(side.decisions) for side in priced),
        lines.of_fees(fees_through, fees_charged),
    )
    copy_lines("payments_charge", COLUMNS, (line for part in parts for line in part))


class ChargeLines:
    """Turns what the rules decided into lines of PostgreSQL's COPY, in the order of COLUMNS."""

    def __init__(self, contract: Contract, month_id: int, year: int) -> None:
        self._contract = contract
        self._year = year
        self._starts = {
            key: f"{month_id}\t{key}\t{terms.version_id}" for key, terms in contract.agreements.items()
        }
        self._agreements = {
            term.key: term.agreement.key for side in contract.sides.values() for term in side.terms.values()
        }

    def of_decisions(self, decisions: Iterable[pricing.Decision]) -> Iterator[str]:
        starts = {term: self._starts[agreement] for term, agreement in self._agreements.items()}
        year = self._year
        for made in decisions:
            term_room, total_room, year_room, person_room = made.rooms
            yield (
                f"{starts[made.term]}\t{made.kind}\t{made.reason}\t{made.term}\t{made.event}\t\\N\t\\N\t\\N"
                f"\t{made.amount}\t{year}\t{made.place_before}\t{_text(made.place)}\t{_text(made.tariff)}"
                f"\t{made.entitlement}\t{made.charged_before}\t{_text(term_room)}\t{_text(total_room)}"
                f"\t{_text(year_room)}\t{_text(person_room)}\n"
            )

    def of_credits(
        self, credits_made: Iterable[pricing.Credit], credited: Mapping[int, pricing.StandingCharge]
    ) -> Iterator[str]:
        for credit in credits_made:
            charge = credited[credit.charge]
            yield self._line(
                self._agreements[credit.term],
                (
                    "CREDIT",
                    credit.reason,
                    credit.term,
                    charge.event,
                    None,
                    None,
                    credit.charge,
                    -credit.amount,
                ),
                (charge.year, credit.place_before),
            )

    def of_fees(self, through: Month, charged: Mapping[int, set[Month]]) -> Iterator[str]:
        for key, terms in self._contract.agreements.items():
            for fee in terms.fees:
                for month, amount in fees.fees_due(fee, through, charged.get(fee.key, ())):
                    yield self._line(
                        key,
                        ("FEE", "FIXED_FEE", None, None, fee.key, month.first_day, None, amount),
                        (self._year,),
                    )

    def _line(self, agreement: int, what: tuple[object, ...], rest: tuple[object, ...]) -> str:
        values = (*what, *rest)
        padding = (None,) * (len(COLUMNS) - 3 - len(values))
        return "\t".join((self._starts[agreement], *map(_text, values + padding))) + "\n"


def _text(value: object) -> str:
    return NULL if value is None else str(value)
