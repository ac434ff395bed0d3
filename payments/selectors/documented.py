"""What stands on issued documents, as the judgement of a changed contract wants it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection

from funders.enums import Direction
from funders.models import Agreement, Programme
from mhep.kernel.periods import Month
from payments.rules.contract_change import Documented, DocumentedCharge, Key

SIDES = {Direction.RECEIVABLE: "agreements", Direction.PAYABLE: "provider_contracts"}

LINES = """
    FROM payments_document d
    JOIN payments_documentline l ON l.document_id = d.id
    JOIN payments_charge c ON c.id = l.charge_id
"""
CHARGES = f"""
    SELECT DISTINCT c.agreement_id, t.ref, s.code, a.code, k.code, e.hours_per_week, e.outcome_date, c.place,
        c.entitlement_minor
    {LINES}
    JOIN funders_term t ON t.id = c.term_id
    JOIN outcomes_outcomeevent e ON e.id = c.event_id
    JOIN participants_participant p ON p.id = e.participant_id
    JOIN funders_service s ON s.id = e.service_id
    LEFT JOIN funders_area a ON a.id = p.area_id
    LEFT JOIN funders_cohort k ON k.id = p.cohort_id
    WHERE d.agreement_id = ANY(%(agreements)s) AND c.kind = 'CHARGE'
"""
FEES = f"""
    SELECT DISTINCT c.agreement_id, f.ref, c.fee_month {LINES}
    JOIN funders_fixedfee f ON f.id = c.fee_id
    WHERE d.agreement_id = ANY(%(agreements)s) AND c.kind = 'FEE'
"""
NET = f"""
    SELECT c.agreement_id, t.ref, c.financial_year, sum(c.amount_minor)::bigint, bool_or(c.kind = 'CREDIT'),
        bool_or(c.reason = 'PARTIAL_CAP'), bool_or(c.reason = 'CARRIED')
    {LINES}
    JOIN funders_term t ON t.id = c.term_id
    WHERE d.agreement_id = ANY(%(agreements)s) AND c.kind IN ('CHARGE', 'CREDIT')
    GROUP BY 1, 2, 3
"""
PLACES = f"""
    SELECT c.agreement_id, t.ref, count(DISTINCT c.event_id)
    {LINES}
    JOIN funders_term t ON t.id = c.term_id
    WHERE d.agreement_id = ANY(%(agreements)s) AND c.kind = 'CHARGE' AND NOT EXISTS (
        SELECT FROM payments_charge x JOIN payments_documentline xl ON xl.charge_id = x.id
        WHERE x.credits_id = c.id)
    GROUP BY 1, 2
"""  # noqa: S608 - made of constants
PERSONS = f"""
    SELECT agreement_id, max(net)::bigint FROM (
        SELECT c.agreement_id, e.participant_id, sum(c.amount_minor) AS net
        {LINES}
        JOIN outcomes_outcomeevent e ON e.id = c.event_id
        WHERE d.agreement_id = ANY(%(agreements)s) AND c.kind IN ('CHARGE', 'CREDIT')
        GROUP BY 1, 2
    ) persons GROUP BY 1
"""  # noqa: S608 - made of constants
WITH_DOCUMENTS = (
    "SELECT DISTINCT agreement_id FROM payments_document WHERE agreement_id = ANY(%(agreements)s)"
)


def documented(programme: Programme, wanted: Collection[Key]) -> dict[Key, Documented]:
    """
    Return what stands on issued documents of the ``wanted`` agreements; those without any are left out.

    Reads every line of these agreements' documents, in a number of queries that does not grow.
    """
    keys: dict[int, Key] = {
        pk: key
        for pk, direction, ref in Agreement.objects.filter(programme=programme).values_list(
            "pk", "direction", "ref"
        )
        if (key := (SIDES[Direction(direction)], ref)) in set(wanted)
    }
    if not keys:
        return {}
    with_documents = [pk for (pk,) in _rows(WITH_DOCUMENTS, list(keys))]
    found = {pk: _Found() for pk in with_documents}
    for pk, *values in _rows(CHARGES, with_documents):
        found[pk].charges.append(DocumentedCharge(*values))
    for pk, ref, month in _rows(FEES, with_documents):
        found[pk].fees.append((ref, Month.of(month)))
    for pk, *net in _rows(NET, with_documents):
        found[pk].add_net(*net)
    for pk, ref, count in _rows(PLACES, with_documents):
        found[pk].places[ref] = count
    for pk, most in _rows(PERSONS, with_documents):
        found[pk].most_for_a_person = most
    return {keys[pk]: each.documented() for pk, each in found.items()}


class _Found:
    def __init__(self) -> None:
        self.charges: list[DocumentedCharge] = []
        self.fees: list[tuple[str, Month]] = []
        self.years: dict[int, int] = {}
        self.terms: dict[str, int] = {}
        self.places: dict[str, int] = {}
        self.most_for_a_person = 0
        self.credited: set[str] = set()
        self.cut = False
        self.carried = False

    def add_net(self, term: str, year: int, amount: int, *flags: bool) -> None:
        credited, cut, carried = flags
        self.terms[term] = self.terms.get(term, 0) + amount
        self.years[year] = self.years.get(year, 0) + amount
        self.credited |= {term} if credited else set()
        self.cut |= cut
        self.carried |= carried

    def documented(self) -> Documented:
        return Documented(
            charges=self.charges,
            fees=self.fees,
            net_by_year=self.years,
            net_by_term=self.terms,
            places=self.places,
            most_for_a_person=self.most_for_a_person,
            credited=frozenset(self.credited),
            cut=self.cut,
            carried=self.carried,
        )


def _rows(sql: str, agreements: list[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"agreements": agreements})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
