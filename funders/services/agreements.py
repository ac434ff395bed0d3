"""Storing agreements and provider contracts: caps, terms, fees and versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max, Model

from funders.enums import Direction
from funders.models import (
    Agreement,
    AgreementVersion,
    Band,
    FixedFee,
    Funder,
    OutcomeType,
    Programme,
    Term,
    YearCap,
)
from funders.rules.agreement_json import agreement_json
from funders.rules.definition import AgreementDefinition, ProgrammeDefinition, TermDefinition
from funders.services.invoicing import store_orders_and_vat
from funders.services.rows import Gone, merge, replace

Key = tuple[Direction, str]  # an agreement's side and ref


class _Side(NamedTuple):
    direction: Direction
    place: str
    agreements: tuple[AgreementDefinition, ...]


class Parties(NamedTuple):
    """What agreements refer to, by code; providers by their primary keys."""

    funders: Mapping[str, Funder]
    providers: Mapping[str, int]
    outcome_types: Mapping[str, OutcomeType]


class AgreementsOf:
    """
    The agreements of both sides of a programme's definition on their way into the tables.

    What is gone is left standing and noted in ``gone``.
    """

    def __init__(self, programme: Programme, before: ProgrammeDefinition, now: ProgrammeDefinition) -> None:
        self.programme = programme
        self.sides = _sides(now)
        self.before = _by_key(_sides(before))
        self.changed = {
            key: agreement
            for key, agreement in _by_key(self.sides).items()
            if self.before.get(key) != agreement
        }
        self.gone: list[Gone] = []

    def store(self, parties: Parties, *, at: datetime) -> None:
        """Store the agreements with all that they hold; each that changed gets its next version."""
        rows = self._store_agreements(parties)
        self._store_year_caps(rows)
        self._store_terms(rows, parties.outcome_types)
        self._store_fees(rows)
        store_orders_and_vat({rows[key]: agreement for key, agreement in self.changed.items()})
        self._append_versions(rows, at)

    def _store_agreements(self, parties: Parties) -> dict[Key, Agreement]:
        agreements = {
            (side.direction, agreement.ref): Agreement(
                programme=self.programme,
                direction=side.direction,
                ref=agreement.ref,
                funder=parties.funders[agreement.party] if side.direction == Direction.RECEIVABLE else None,
                provider_id=parties.providers[agreement.party]
                if side.direction == Direction.PAYABLE
                else None,
                position=position,
                po_number=agreement.po_number or "",
                billing=agreement.billing.upper(),
                payment_days=agreement.payment_days,
                vat_rate=agreement.vat_rate,
                po_required=agreement.po_required,
                due_on=agreement.due_on.upper(),
                starts_on=agreement.starts_on,
                ends_on=agreement.ends_on,
                cap_total_minor=agreement.caps.total_minor,
                cap_per_participant_minor=agreement.caps.per_participant_minor,
                partial=agreement.caps.partial,
                over_cap=agreement.caps.over_cap.upper(),
                approval_days=agreement.approval.days if agreement.approval else None,
                approval_silence=agreement.approval.silence.upper() if agreement.approval else "",
            )
            for side in self.sides
            for position, agreement in enumerate(side.agreements)
        }
        gone = merge(
            self.programme.agreements.all(), ("programme_id", "direction", "ref"), list(agreements.values())
        )
        for side in self.sides:
            self.gone.append(Gone(side.place, [row for row in gone if row.direction == side.direction]))
        return agreements

    def _store_year_caps(self, agreements: Mapping[Key, Agreement]) -> None:
        replace(
            YearCap.objects.filter(agreement__in=[agreements[key] for key in self.changed]),
            [
                YearCap(agreement=agreements[key], year=year, amount_minor=amount)
                for key, agreement in self.changed.items()
                for year, amount in agreement.caps.financial_year_minor
            ],
        )

    def _store_terms(
        self, agreements: Mapping[Key, Agreement], outcome_types: Mapping[str, OutcomeType]
    ) -> None:
        terms = {
            (key, term.ref): _term(agreements[key], outcome_types[term.outcome], term, position)
            for key, agreement in self.changed.items()
            for position, term in enumerate(agreement.terms)
        }
        standing = Term.objects.filter(agreement__in=[agreements[key] for key in self.changed])
        self._note_gone("terms", merge(standing, ("agreement_id", "ref"), list(terms.values())), agreements)
        old = {key: set(agreement.terms) for key, agreement in self.before.items()}
        repriced = {
            (key, term.ref): term
            for key, agreement in self.changed.items()
            for term in agreement.terms
            if term not in old.get(key, ())
        }
        replace(
            Band.objects.filter(term__in=[terms[key] for key in repriced]),
            [
                Band(term=terms[key], up_to=band.up_to, amount_minor=band.amount_minor, position=position)
                for key, term in repriced.items()
                for position, band in enumerate(term.price.bands)
            ],
        )

    def _store_fees(self, agreements: Mapping[Key, Agreement]) -> None:
        fees = [
            FixedFee(
                agreement=agreements[key],
                ref=fee.ref,
                description=fee.description or "",
                first_month=fee.first.first_day,
                last_month=fee.last.first_day,
                amount_minor=fee.amount_minor,
                total_minor=fee.total_minor,
                position=position,
            )
            for key, agreement in self.changed.items()
            for position, fee in enumerate(agreement.fixed_fees)
        ]
        standing = FixedFee.objects.filter(agreement__in=[agreements[key] for key in self.changed])
        self._note_gone("fixed_fees", merge(standing, ("agreement_id", "ref"), fees), agreements)

    def _note_gone(
        self, name: str, rows: Iterable[Term | FixedFee], agreements: Mapping[Key, Agreement]
    ) -> None:
        by_agreement: dict[int, list[Model]] = {}
        for row in rows:
            by_agreement.setdefault(row.agreement_id, []).append(row)
        places = {
            agreements[side.direction, agreement.ref].pk: f"{side.place}[{index}].{name}"
            for side in self.sides
            for index, agreement in enumerate(side.agreements)
        }
        self.gone += [Gone(places[agreement], gone) for agreement, gone in by_agreement.items()]

    def _append_versions(self, agreements: Mapping[Key, Agreement], at: datetime) -> None:
        last = dict(
            AgreementVersion.objects.filter(agreement__in=[agreements[key] for key in self.changed])
            .values_list("agreement")
            .annotate(Max("number"))
        )
        AgreementVersion.objects.bulk_create(
            AgreementVersion(
                agreement=agreements[key],
                number=last.get(agreements[key].pk, 0) + 1,
                definition=agreement_json(agreement),
                recorded_at=at,
            )
            for key, agreement in self.changed.items()
        )


def _sides(definition: ProgrammeDefinition) -> tuple[_Side, _Side]:
    return (
        _Side(Direction.RECEIVABLE, "agreements", definition.agreements),
        _Side(Direction.PAYABLE, "provider_contracts", definition.provider_contracts),
    )


def _by_key(sides: Iterable[_Side]) -> dict[Key, AgreementDefinition]:
    return {(side.direction, agreement.ref): agreement for side in sides for agreement in side.agreements}


def _term(agreement: Agreement, outcome_type: OutcomeType, term: TermDefinition, position: int) -> Term:
    return Term(
        agreement=agreement,
        ref=term.ref,
        outcome_type=outcome_type,
        position=position,
        price_kind=term.price.kind.upper(),
        fixed_minor=term.price.fixed_minor,
        percent=term.price.percent,
        areas=list(term.areas),
        services=list(term.services),
        cohorts=list(term.cohorts),
        hours_min=term.hours_min,
        hours_below=term.hours_below,
        min_fidelity=term.min_fidelity,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        max_count=term.max_count,
        max_amount_minor=term.max_amount_minor,
        priority=term.priority,
        clawback=term.clawback.upper(),
        clause=term.clause or "",
    )
