"""A programme's terms as people read them: who pays what for what, and how much of each cap is used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, Sum

from accounts.models import User
from funders.enums import Direction, PriceKind
from funders.models import Agreement, OutcomeType, Programme, Tariff, Term
from mhep.kernel.money import percent_of
from payments.enums import ChargeKind, ChargeReason
from payments.models import AgreementYearStanding, Charge, TermStanding
from payments.selectors.parties import party_names

SIDES = {Direction.RECEIVABLE: "agreement", Direction.PAYABLE: "contract"}


def agreement_anchor(direction: str, ref: str) -> str:
    """Return the id of an agreement's place on the rate card."""
    return f"{SIDES[Direction(direction)]}-{ref}"


def term_anchor(direction: str, agreement_ref: str, term_ref: str) -> str:
    """Return the id of a term's place on the rate card; a term's ref alone is not unique."""
    return f"{agreement_anchor(direction, agreement_ref)}:{term_ref}"


@dataclass(frozen=True, slots=True)
class Use:
    """
    How much of a cap in money is used: by closed months, and by the draft of the open one.

    ``draft_minor`` is negative where the open month credits more than it charges.
    """

    label: str
    cap_minor: int
    closed_minor: int
    draft_minor: int

    @property
    def used_minor(self) -> int:
        return self.closed_minor + self.draft_minor

    @property
    def left_minor(self) -> int:
        return self.cap_minor - self.used_minor

    @property
    def is_full(self) -> bool:
        return self.left_minor <= 0


@dataclass(frozen=True, slots=True)
class TariffShare:
    """What a percentage of one version of the tariff comes to."""

    starts_on: date
    tariff_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TermCard:
    """One term with the names behind its codes; ``places`` after the last closed month, ``drafted`` since."""

    row: Term
    party: str
    anchor: str
    agreement_anchor: str
    shares: tuple[TariffShare, ...]
    areas: tuple[str, ...]
    services: tuple[str, ...]
    cohorts: tuple[str, ...]
    places: int
    drafted: int
    use: Use | None


@dataclass(frozen=True, slots=True)
class OutcomeCard:
    """One outcome type: its tariffs and rules, who pays for it and who is paid for it."""

    row: OutcomeType
    tariffs: tuple[Tariff, ...]
    payers: tuple[TermCard, ...]
    payees: tuple[TermCard, ...]


@dataclass(frozen=True, slots=True)
class AgreementCard:
    """One agreement or provider contract with its caps and their use."""

    row: Agreement
    party: str
    anchor: str
    uses: tuple[Use, ...]
    terms: tuple[TermCard, ...]


@dataclass(frozen=True, slots=True)
class GridRow:
    """One agreement or contract in the grid: its terms under each outcome type of the rate card, in order."""

    card: AgreementCard
    cells: tuple[tuple[TermCard, ...], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Who pays, or is paid, for what at a glance: a row for each agreement that has terms or fees."""

    rows: tuple[GridRow, ...]

    @property
    def has_fees(self) -> bool:
        return any(row.card.row.fixed_fees.all() for row in self.rows)

    @property
    def has_balance(self) -> bool:
        """Whether somebody pays, or is paid, the rest of a tariff."""
        return any(term.row.price_kind == PriceKind.BALANCE for row in self.rows for term in row.card.terms)


@dataclass(frozen=True, slots=True)
class RateCard:
    outcomes: tuple[OutcomeCard, ...]
    agreements: tuple[AgreementCard, ...]
    contracts: tuple[AgreementCard, ...]

    @property
    def payers(self) -> Grid:
        return self._grid(self.agreements)

    @property
    def payees(self) -> Grid:
        return self._grid(self.contracts)

    def _grid(self, cards: Iterable[AgreementCard]) -> Grid:
        return Grid(tuple(self._row(card) for card in cards if card.terms or card.row.fixed_fees.all()))

    def _row(self, card: AgreementCard) -> GridRow:
        by_outcome: dict[int, list[TermCard]] = {outcome.row.pk: [] for outcome in self.outcomes}
        for term in card.terms:
            by_outcome[term.row.outcome_type_id].append(term)
        return GridRow(card, tuple(map(tuple, by_outcome.values())))


@dataclass(slots=True)
class _Charged:
    """Net amounts by term and by agreement and year, of closed months and of the open one."""

    terms: Mapping[int, int]
    places: Mapping[int, int]
    years: Mapping[tuple[int, int], int]
    draft_terms: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    draft_places: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    draft_years: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))


def rate_card_of(programme: Programme, user: User) -> RateCard:
    """
    Return the part of the rate card that the user may see, in a number of queries that does not grow.

    A funder's people see that funder's agreements only, and no provider contract.
    """
    agreements = list(
        Agreement.objects.filter(programme=programme)
        .visible_to(user)
        .prefetch_related("year_caps", "fixed_fees", "terms__bands", "terms__outcome_type__tariffs")
        .order_by("position")
    )
    charged = _charged(programme, agreements)
    names = _Names(programme)
    cards = [_agreement_card(agreement, charged, names) for agreement in agreements]
    return RateCard(
        outcomes=tuple(
            _outcome_card(outcome, cards)
            for outcome in programme.outcome_types.select_related("requires").prefetch_related("tariffs")
        ),
        agreements=tuple(card for card in cards if card.row.direction == Direction.RECEIVABLE),
        contracts=tuple(card for card in cards if card.row.direction == Direction.PAYABLE),
    )


class _Names:
    """The names of a programme's parties by agreement, and of its areas, services and cohorts by code."""

    def __init__(self, programme: Programme) -> None:
        self.parties = party_names(programme)
        self.areas = dict(programme.areas.values_list("code", "name"))
        self.services = dict(programme.services.values_list("code", "name"))
        self.cohorts = dict(programme.cohorts.values_list("code", "name"))


def _charged(programme: Programme, agreements: list[Agreement]) -> _Charged:
    standings = TermStanding.objects.filter(term__agreement__in=agreements)
    years = AgreementYearStanding.objects.filter(agreement__in=agreements)
    charged = _Charged(
        terms=dict(standings.values_list("term_id", "net_minor")),
        places=dict(standings.values_list("term_id", "places")),
        years={
            (agreement, year): net
            for agreement, year, net in years.values_list("agreement", "year", "net_minor")
        },
    )
    drafts = (
        Charge.objects.filter(agreement__in=agreements, month__first_day=programme.open_month)
        .exclude(kind=ChargeKind.FEE)
        .values_list("agreement_id", "term_id", "financial_year")
        .annotate(
            net=Sum("amount_minor"),
            new_places=Count("pk", filter=Q(place__isnull=False) & ~Q(reason=ChargeReason.CARRIED)),
        )
    )
    for agreement, term, year, net, new_places in drafts:
        if term is not None:
            charged.draft_terms[term] += net
            charged.draft_places[term] += new_places
            charged.draft_years[agreement, year] += net
    return charged


def _agreement_card(agreement: Agreement, charged: _Charged, names: _Names) -> AgreementCard:
    terms = tuple(_term_card(term, agreement, charged, names) for term in agreement.terms.all())
    return AgreementCard(
        row=agreement,
        party=names.parties[agreement.pk],
        anchor=agreement_anchor(agreement.direction, agreement.ref),
        uses=tuple(_uses(agreement, terms, charged)),
        terms=terms,
    )


def _uses(agreement: Agreement, terms: Iterable[TermCard], charged: _Charged) -> Iterable[Use]:
    keys = [card.row.pk for card in terms]
    if agreement.cap_total_minor is not None:
        yield Use(
            "In all",
            agreement.cap_total_minor,
            sum(charged.terms.get(key, 0) for key in keys),
            sum(charged.draft_terms.get(key, 0) for key in keys),
        )
    for cap in agreement.year_caps.all():
        yield Use(
            f"Financial year {cap.year}/{(cap.year + 1) % 100:02d}",
            cap.amount_minor,
            charged.years.get((agreement.pk, cap.year), 0),
            charged.draft_years.get((agreement.pk, cap.year), 0),
        )
    yield from (card.use for card in terms if card.use is not None)


def _term_card(term: Term, agreement: Agreement, charged: _Charged, names: _Names) -> TermCard:
    return TermCard(
        row=term,
        party=names.parties[agreement.pk],
        anchor=term_anchor(agreement.direction, agreement.ref, term.ref),
        agreement_anchor=agreement_anchor(agreement.direction, agreement.ref),
        shares=tuple(_shares(term)),
        areas=tuple(names.areas.get(code, code) for code in term.areas),
        services=tuple(names.services.get(code, code) for code in term.services),
        cohorts=tuple(names.cohorts.get(code, code) for code in term.cohorts),
        places=charged.places.get(term.pk, 0),
        drafted=charged.draft_places.get(term.pk, 0),
        use=None
        if term.max_amount_minor is None
        else Use(
            f"Term {term.ref}",
            term.max_amount_minor,
            charged.terms.get(term.pk, 0),
            charged.draft_terms.get(term.pk, 0),
        ),
    )


def _shares(term: Term) -> Iterable[TariffShare]:
    if term.price_kind == PriceKind.PERCENT_OF_TARIFF and term.percent is not None:
        for tariff in sorted(term.outcome_type.tariffs.all(), key=lambda tariff: tariff.starts_on):
            yield TariffShare(
                tariff.starts_on, tariff.amount_minor, percent_of(tariff.amount_minor, term.percent)
            )


def _outcome_card(outcome: OutcomeType, cards: Iterable[AgreementCard]) -> OutcomeCard:
    by_side: dict[str, list[TermCard]] = {direction: [] for direction in Direction}
    for card in cards:
        by_side[card.row.direction] += [term for term in card.terms if term.row.outcome_type_id == outcome.pk]
    return OutcomeCard(
        row=outcome,
        tariffs=tuple(sorted(outcome.tariffs.all(), key=lambda tariff: tariff.starts_on)),
        payers=tuple(by_side[Direction.RECEIVABLE]),
        payees=tuple(by_side[Direction.PAYABLE]),
    )
