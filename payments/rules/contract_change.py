"""
Which changes to a programme would alter an amount on an issued document (spec: programme-file).

Pure: both definitions and what stands on documents go in, problems ``already_invoiced`` come out.
A key counts as altering when the old value gives an amount that is documented and the new one
alone would not. Changes that leave every documented amount as it was are no problem.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from funders.rules.definition import (
    AgreementDefinition,
    CapsDefinition,
    FidelityReviewDefinition,
    FixedFeeDefinition,
    Price,
    ProgrammeDefinition,
    TariffDefinition,
    TermDefinition,
)
from funders.rules.places import PlacedAgreement, PlacedTerm, side_agreements, side_terms
from mhep.kernel.money import percent_of, to_major
from mhep.kernel.periods import Month
from mhep.kernel.problems import Problem
from payments.rules.fees import FixedFee
from payments.rules.terms import DatedValues

PARTIES = {"agreements": "funder", "provider_contracts": "provider"}  # the key of the party, by side
Key = tuple[str, str]  # side and ref of an agreement


class DocumentedCharge(NamedTuple):
    """A charge on an issued document, by what its term looked at; many charges may be alike."""

    term: str
    service: str
    area: str | None
    cohort: str | None
    hours: Decimal | None
    outcome_date: date
    place: int
    entitlement: int


@dataclass(frozen=True, slots=True)
class Documented:
    """
    What stands on the issued documents of one agreement, in minor units.

    ``net_by_*`` are charges less credits, ``places`` counts the events charged and not credited,
    ``most_for_a_person`` is the highest net amount for one participant, ``credited`` names the
    terms with a documented credit. ``cut`` tells whether a charge was cut by a cap, ``carried``
    whether one was the remainder of an earlier one.
    """

    charges: Sequence[DocumentedCharge] = ()
    fees: Sequence[tuple[str, Month]] = ()
    net_by_year: Mapping[int, int] = field(default_factory=dict)
    net_by_term: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    most_for_a_person: int = 0
    credited: frozenset[str] = frozenset()
    cut: bool = False
    carried: bool = False


def agreements_to_look_at(before: ProgrammeDefinition, now: ProgrammeDefinition) -> list[Key]:
    """Return the agreements of ``before`` whose documents decide whether ``now`` may replace it."""
    if (before.currency, before.financial_year_starts) != (now.currency, now.financial_year_starts):
        return [(side, ref) for side in PARTIES for ref in _agreements(before, side)]
    tariffs = _tariffs(now)
    retariffed = {code for code, old in _tariffs(before).items() if tariffs.get(code) != old}
    reviewed = _reviews(before) != _reviews(now)
    chosen: list[Key] = []
    for side in PARTIES:
        old, new = _agreements(before, side), _agreements(now, side)
        chosen += [
            (side, ref)
            for ref, agreement in old.items()
            if new.get(ref) != agreement
            or any(_rests_on(term, retariffed, reviewed=reviewed) for term in agreement.terms)
            or (new != old and _has_balance(agreement))
        ]
    return chosen


def already_invoiced(
    before: ProgrammeDefinition, now: ProgrammeDefinition, documented: Mapping[Key, Documented]
) -> tuple[Problem, ...]:
    """
    Return a problem for each place of ``now`` that would alter a documented amount, sorted by place.

    :param documented: what :func:`agreements_to_look_at` names and has an issued document.
    """
    return _Comparison(before, now).of(documented)


def _tariffs(definition: ProgrammeDefinition) -> dict[str, tuple[TariffDefinition, ...]]:
    return {outcome.code: outcome.tariffs for outcome in definition.outcomes}


def _reviews(definition: ProgrammeDefinition) -> dict[str, tuple[FidelityReviewDefinition, ...]]:
    return {service.code: service.fidelity_reviews for service in definition.services}


def _rests_on(term: TermDefinition, retariffed: Collection[str], *, reviewed: bool) -> bool:
    by_tariff = term.price.kind in ("percent_of_tariff", "balance") and term.outcome in retariffed
    return by_tariff or (reviewed and term.min_fidelity is not None)


def _agreements(definition: ProgrammeDefinition, side: str) -> dict[str, AgreementDefinition]:
    return {placed.agreement.ref: placed.agreement for placed in side_agreements(definition, side)}


def _has_balance(agreement: AgreementDefinition) -> bool:
    return any(term.price.kind == "balance" for term in agreement.terms)


MATCHES: dict[str, Callable[[TermDefinition, DocumentedCharge], bool]] = {
    "areas": lambda term, charge: not term.areas or charge.area in term.areas,
    "services": lambda term, charge: not term.services or charge.service in term.services,
    "cohorts": lambda term, charge: not term.cohorts or charge.cohort in term.cohorts,
    "hours_min": lambda term, charge: (
        term.hours_min is None or (charge.hours is not None and charge.hours >= term.hours_min)
    ),
    "hours_below": lambda term, charge: (
        term.hours_below is None or (charge.hours is not None and charge.hours < term.hours_below)
    ),
    "from": lambda term, charge: term.starts_on is None or charge.outcome_date >= term.starts_on,
    "to": lambda term, charge: term.ends_on is None or charge.outcome_date <= term.ends_on,
}
DATES: dict[str, Callable[[AgreementDefinition, date], bool]] = {
    "starts_on": lambda agreement, day: agreement.starts_on <= day,
    "ends_on": lambda agreement, day: day <= agreement.ends_on,
}


class _Values:
    """The tariffs and fidelity scores of one definition, by date."""

    def __init__(self, definition: ProgrammeDefinition) -> None:
        self._tariffs = {
            outcome.code: DatedValues.of([(each.starts_on, each.amount_minor) for each in outcome.tariffs])
            for outcome in definition.outcomes
        }
        self._scores = {
            service.code: DatedValues.of(
                [(each.reviewed_on, each.score) for each in service.fidelity_reviews]
            )
            for service in definition.services
        }

    def tariff(self, outcome: str, day: date) -> int:
        values = self._tariffs.get(outcome)
        return (values.on(day) if values else None) or 0

    def fidelity_fits(self, least: int | None, charge: DocumentedCharge) -> bool:
        values = self._scores.get(charge.service)
        score = values.on(charge.outcome_date) if values else None
        return least is None or (score is not None and score >= least)


class _Comparison:
    """Collects one problem for a place; a method for each thing that a documented amount rests on."""

    def __init__(self, before: ProgrammeDefinition, now: ProgrammeDefinition) -> None:
        self.before = before
        self.now = now
        self.old_values = _Values(before)
        self.new_values = _Values(now)
        self.problems: dict[str, Problem] = {}

    def of(self, documented: Mapping[Key, Documented]) -> tuple[Problem, ...]:
        if documented:
            self._compare_programme()
        for side, party in PARTIES.items():
            old = _agreements(self.before, side)
            new = {placed.agreement.ref: placed for placed in side_agreements(self.now, side)}
            on_side = {ref: papers for (its_side, ref), papers in documented.items() if its_side == side}
            for ref, papers in on_side.items():
                if ref in new:
                    self._compare_agreement(old[ref], new[ref], party, papers)
                else:
                    self._add(side, f"Put {ref} back: documents were issued for it.")
            self._compare_balances(side, old, on_side)
        return tuple(sorted(self.problems.values()))

    def _add(self, place: str, message: str) -> None:
        self.problems.setdefault(place, Problem(place, "already_invoiced", message))

    def _add_term(self, place: str) -> None:
        self._add(
            place,
            "Amounts on issued documents rest on this. Put it back; to change it from a later day on, end "
            "the term with `to` and add another with `from`.",
        )

    def _add_plain(self, place: str) -> None:
        self._add(place, "Amounts on issued documents rest on this. Put it back.")

    def _compare_programme(self) -> None:
        for name in ("currency", "financial_year_starts"):
            if getattr(self.before, name) != getattr(self.now, name):
                self._add_plain(f"programme.{name}")

    def _compare_agreement(
        self, old: AgreementDefinition, placed: PlacedAgreement, party: str, papers: Documented
    ) -> None:
        new, place = placed.agreement, placed.place
        if old.party != new.party:
            self._add_plain(f"{place}.{party}")
        days = {charge.outcome_date for charge in papers.charges}
        for name, fits in DATES.items():
            if any(fits(old, day) and not fits(new, day) for day in days):
                self._add_plain(self._date_place(old, placed, name))
        self._compare_caps(old.caps, new.caps, f"{place}.caps", papers)
        self._compare_fees(old, placed, papers.fees)
        terms = {
            term.ref: PlacedTerm(f"{place}.terms[{i}]", term, placed) for i, term in enumerate(new.terms)
        }
        by_term: dict[str, list[DocumentedCharge]] = {}
        for charge in papers.charges:
            by_term.setdefault(charge.term, []).append(charge)
        for term in old.terms:
            if term.ref in by_term and term.ref not in terms:
                self._add(f"{place}.terms", f"Put {term.ref} back: charges of it are on issued documents.")
            elif term.ref in by_term:
                self._compare_term(term, terms[term.ref], by_term[term.ref], papers)

    def _date_place(self, old: AgreementDefinition, placed: PlacedAgreement, name: str) -> str:
        """Return where a date was changed: at the programme, where the agreement runs as long as that."""
        follows = all(
            getattr(agreement, name) == getattr(programme, name)
            for agreement, programme in ((old, self.before), (placed.agreement, self.now))
        )
        return f"programme.{name}" if follows else f"{placed.place}.{name}"

    def _compare_caps(self, old: CapsDefinition, new: CapsDefinition, place: str, papers: Documented) -> None:
        used = sum(papers.net_by_term.values())
        if _cuts(old.total_minor, new.total_minor, used):
            self._add_used(f"{place}.total", used)
        old_years = dict(old.financial_year_minor)
        for year, amount in new.financial_year_minor:
            if _cuts(old_years.get(year), amount, papers.net_by_year.get(year, 0)):
                self._add_used(f"{place}.financial_year.{year}", papers.net_by_year[year])
        if _cuts(old.per_participant_minor, new.per_participant_minor, papers.most_for_a_person):
            self._add_used(f"{place}.per_participant", papers.most_for_a_person)
        if papers.cut and old.partial and not new.partial:
            self._add_plain(f"{place}.partial")
        if papers.carried and new.over_cap != old.over_cap:
            self._add_plain(f"{place}.over_cap")

    def _add_used(self, place: str, used: int) -> None:
        self._add(
            place, f"Issued documents already use {to_major(used)} of this cap. Set it no lower than that."
        )

    def _compare_fees(
        self, old: AgreementDefinition, placed: PlacedAgreement, documented: Sequence[tuple[str, Month]]
    ) -> None:
        old_fees = {fee.ref: fee for fee in old.fixed_fees}
        place = f"{placed.place}.fixed_fees"
        new_fees = {fee.ref: (f"{place}[{i}]", fee) for i, fee in enumerate(placed.agreement.fixed_fees)}
        for ref, month in documented:
            if ref not in new_fees:
                self._add(place, f"Put {ref} back: months of it are on issued documents.")
            elif old_fees[ref] != new_fees[ref][1]:
                at, new = new_fees[ref]
                for key in _altering_keys(old_fees[ref], new, month):
                    self._add(f"{at}.{key}", f"The fee of {month} is on an issued document. Put this back.")

    def _compare_term(
        self, old: TermDefinition, placed: PlacedTerm, charges: Sequence[DocumentedCharge], papers: Documented
    ) -> None:
        new, place = placed.term, placed.place
        self._compare_match(old, new, place, charges)
        self._compare_fidelity(old, new, place, charges)
        self._compare_limits(old, new, place, papers)
        if old.outcome == new.outcome:
            self._compare_amounts(old, new, place, charges)
        else:
            self._add_term(f"{place}.outcome")

    def _compare_match(
        self, old: TermDefinition, new: TermDefinition, place: str, charges: Sequence[DocumentedCharge]
    ) -> None:
        for name, fits in MATCHES.items():
            if any(fits(old, charge) and not fits(new, charge) for charge in charges):
                self._add_term(f"{place}.{name}")

    def _compare_fidelity(
        self, old: TermDefinition, new: TermDefinition, place: str, charges: Sequence[DocumentedCharge]
    ) -> None:
        fitted, fits = self.old_values.fidelity_fits, self.new_values.fidelity_fits
        for charge in charges:
            if fitted(old.min_fidelity, charge) and not fits(new.min_fidelity, charge):
                by_least, by_reviews = (
                    not fitted(new.min_fidelity, charge),
                    not fits(old.min_fidelity, charge),
                )
                if by_least or not by_reviews:
                    self._add_term(f"{place}.min_fidelity")
                if by_reviews or not by_least:
                    self._add_reviews(charge.service)

    def _add_reviews(self, service: str) -> None:
        codes = [each.code for each in self.now.services]
        self._add(
            f"services[{codes.index(service)}].fidelity_reviews" if service in codes else "services",
            "Amounts on issued documents rest on these reviews. Put them back, and add a new review with its "
            "own date.",
        )

    def _compare_amounts(
        self, old: TermDefinition, new: TermDefinition, place: str, charges: Sequence[DocumentedCharge]
    ) -> None:
        for charge in charges:
            was, now = (
                values.tariff(old.outcome, charge.outcome_date)
                for values in (self.old_values, self.new_values)
            )
            pays = _Pays(charge, was if old.price.kind == "balance" else None)
            amount = pays.at(old.price, was)
            if pays.at(new.price, now) != amount:
                by_price, by_tariff = pays.at(new.price, was) != amount, pays.at(old.price, now) != amount
                if by_price or not by_tariff:
                    self._add_term(f"{place}.price")
                if by_tariff or not by_price:
                    self._add(
                        self._tariff_place(old.outcome, charge.outcome_date),
                        "Amounts on issued documents rest on this tariff. Put it back, and add one that "
                        "begins later.",
                    )

    def _compare_limits(
        self, old: TermDefinition, new: TermDefinition, place: str, papers: Documented
    ) -> None:
        used, places = papers.net_by_term.get(old.ref, 0), papers.places.get(old.ref, 0)
        if _cuts(old.max_amount_minor, new.max_amount_minor, used):
            self._add_used(f"{place}.max_amount", used)
        if _cuts(old.max_count, new.max_count, places):
            self._add(
                f"{place}.max_count", f"Issued documents already hold {places} outcomes. Set it no lower."
            )
        if old.clawback != new.clawback and old.ref in papers.credited:
            self._add_term(f"{place}.clawback")

    def _tariff_place(self, outcome: str, day: date) -> str:
        """Return where the tariff of a day was changed: its amount, or the list where its entry moved."""
        outcomes = {each.code: (index, each.tariffs) for index, each in enumerate(self.now.outcomes)}
        index, tariffs = outcomes[outcome]
        old = next(each.tariffs for each in self.before.outcomes if each.code == outcome)
        was_from = max((each.starts_on for each in old if each.starts_on <= day), default=None)
        is_from = max((each.starts_on for each in tariffs if each.starts_on <= day), default=None)
        if was_from is None or was_from != is_from:
            return f"outcomes[{index}].tariff"
        position = next(k for k, each in enumerate(tariffs) if each.starts_on == is_from)
        return f"outcomes[{index}].tariff[{position}].amount"

    def _compare_balances(
        self, side: str, old: Mapping[str, AgreementDefinition], documented: Mapping[str, Documented]
    ) -> None:
        """A term that comes to match an event whose balance is documented would have left less of it."""
        balanced = [
            (term.outcome, charge)
            for ref, papers in documented.items()
            for term in old[ref].terms
            if term.price.kind == "balance"
            for charge in papers.charges
            if charge.term == term.ref
        ]
        if not balanced:
            return
        for placed in side_terms(self.now, side):
            if placed.term.price.kind == "balance":
                continue
            was = _find(old.get(placed.owner.agreement.ref), placed.term.ref)
            for outcome, charge in balanced:
                if self._begins_to_match(was, placed, outcome, charge):
                    self._add(
                        placed.place,
                        f"This term would also pay for outcomes, such as one of {charge.outcome_date}, whose "
                        "balance is on an issued document. Let it begin later with `from`.",
                    )
                    break

    def _begins_to_match(
        self,
        was: tuple[AgreementDefinition, TermDefinition] | None,
        placed: PlacedTerm,
        outcome: str,
        charge: DocumentedCharge,
    ) -> bool:
        now = (placed.owner.agreement, placed.term)
        if was == now or not _serves(*now, outcome, charge):
            return False
        if not self.new_values.fidelity_fits(placed.term.min_fidelity, charge):
            return False
        return was is None or not (
            _serves(*was, outcome, charge) and self.old_values.fidelity_fits(was[1].min_fidelity, charge)
        )


def _find(
    agreement: AgreementDefinition | None, ref: str
) -> tuple[AgreementDefinition, TermDefinition] | None:
    terms = agreement.terms if agreement else ()
    return next(((agreement, term) for term in terms if agreement and term.ref == ref), None)


def _serves(
    agreement: AgreementDefinition, term: TermDefinition, outcome: str, charge: DocumentedCharge
) -> bool:
    return (
        term.outcome == outcome
        and all(fits(agreement, charge.outcome_date) for fits in DATES.values())
        and all(fits(term, charge) for fits in MATCHES.values())
    )


def _cuts(old: int | None, new: int | None, used: int) -> bool:
    """Tell whether a limit is lowered below what is used of it."""
    return new is not None and (old is None or new < old) and new < used


class _Pays(NamedTuple):
    """
    What prices give for one documented charge.

    ``tariff`` is the one of which the charge was the balance; what another price's balance would
    have been is not known, so it differs from everything.
    """

    charge: DocumentedCharge
    tariff: int | None

    def at(self, price: Price, tariff: int) -> int | None:
        if price.kind == "balance":
            return None if self.tariff is None else max(self.charge.entitlement + tariff - self.tariff, 0)
        if price.percent is not None:
            return percent_of(tariff, price.percent)
        if price.fixed_minor is not None:
            return price.fixed_minor
        return next(
            band.amount_minor for band in price.bands if band.up_to is None or self.charge.place <= band.up_to
        )


def _altering_keys(old: FixedFeeDefinition, new: FixedFeeDefinition, month: Month) -> Iterator[str]:
    """Yield the keys of a fee that alter what one of its documented months costs."""
    if month < new.first or month > new.last:
        yield "from" if month < new.first else "to"
    elif _rule(old).of_month(month) != _rule(new).of_month(month):
        amounts = "total" if new.amount_minor is None else "amount"
        changed = {
            amounts: (old.amount_minor, old.total_minor) != (new.amount_minor, new.total_minor),
            "from": old.first != new.first,
            "to": old.last != new.last,
        }
        yield next(key for key, is_changed in changed.items() if is_changed)


def _rule(fee: FixedFeeDefinition) -> FixedFee:
    return FixedFee(0, fee.first, fee.last, fee.amount_minor, fee.total_minor)
