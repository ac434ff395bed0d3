"""The page's totals are those of statements, documents and the ledger, whatever is chosen (M1)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F, Q, QuerySet, Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from funders.models import Agreement
from mhep.kernel.periods import Month
from outcomes.models import OutcomeEvent
from outcomes.services.imports import import_outcomes
from outcomes.services.verification import void_event
from participants.services import import_participants
from payments.enums import Account
from payments.models import Charge, Document, DocumentLine, Posting, Statement
from payments.services.months import close_month
from payments.services.statements import let_silence_speak, open_statements
from performance.rules.facts import MonthFacts
from performance.selectors.facts import ScopeFacts, facts_of
from performance.selectors.scope import Scope, chosen, scope_for
from performance.services.facts import refresh_facts
from tests.cast import AT, OUTCOMES, PARTICIPANTS, Cast

pytestmark = pytest.mark.django_db
MONTHS = tuple(Month(2026, number) for number in (4, 5, 6))
PEOPLE, LATER = 24, datetime(2026, 9, 1, 9, tzinfo=UTC)
FILTERS = st.tuples(
    st.sampled_from(["", "EALING", "FOUND"]),
    st.sampled_from(["", "EAL", "HRW"]),
    st.sampled_from(["", "WL-1"]),
    st.sampled_from(["", "SUD"]),
    st.lists(st.sampled_from(MONTHS), min_size=1, max_size=3).map(lambda found: (min(found), max(found))),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and how each of the places that hold money is asked for the same."""

    scope: Scope
    months: tuple[Month, ...]

    @property
    def days(self) -> list[date]:
        return [month.first_day for month in self.months]

    @property
    def documents(self) -> QuerySet[Document]:
        return Document.objects.filter(agreement__in=self.scope.agreements, month__first_day__in=self.days)

    def lines(self) -> int:
        """Return the net sum of the lines of documents, from the charges beneath."""
        lines = DocumentLine.objects.filter(document__in=self.documents)
        return _sum(self._of_places(lines, "charge__"), "charge__amount_minor")

    def charges(self) -> int:
        charges = Charge.objects.filter(
            agreement__in=self.scope.agreements, month__first_day__in=self.days, month__state="CLOSED"
        )
        return _sum(self._of_places(charges, ""), "amount_minor")

    def _of_places(self, rows: QuerySet[Any], to: str) -> QuerySet[Any]:
        wanted = Q()
        if not self.scope.is_whole:
            wanted &= Q(**{f"{to}event__isnull": False})
        if self.scope.area:
            wanted &= Q(**{f"{to}event__participant__area": self.scope.area})
        if self.scope.cohort:
            wanted &= Q(**{f"{to}event__participant__cohort": self.scope.cohort})
        if self.scope.service:
            wanted &= Q(**{f"{to}event__service": self.scope.service})
        return rows.filter(wanted)


def _sum(rows: QuerySet[Any], column: str) -> int:
    return int(rows.aggregate(sum=Sum(column))["sum"] or 0)


def shown(facts: ScopeFacts, choice: Choice) -> MonthFacts:
    return facts.over(choice.months, choice.scope)


def test_m1_page_statements_documents_and_ledger_have_one_total_over_a_hundred_filters(cast: Cast) -> None:
    _three_months_with_voids_and_approvals(cast)
    everything = scope_for(cast.analyst, cast.programme)
    asked = []

    @settings(max_examples=100, deadline=None)
    @given(FILTERS)
    def holds(wanted: tuple[str, str, str, str, tuple[Month, Month]]) -> None:
        funder, area, service, cohort, (first, last) = wanted
        if funder == "EALING" and area == "HRW":  # which Ealing does not cover
            area = "EAL"
        codes = {"funder": funder, "area": area, "service": service, "cohort": cohort}
        choice = Choice(chosen(everything, codes), tuple(first.until(last)))
        found = shown(facts_of(choice.scope), choice)
        assert found.invoiced_minor == choice.lines()
        assert found.charged_minor == choice.charges()
        if choice.scope.is_whole:
            issued = (_of_documents(choice), _of_ledger(choice), _of_statements(choice))
            assert issued == (found.invoiced_minor,) * 3
        asked.append(found.invoiced_minor)

    holds()
    assert len(set(asked)) > 5
    assert any(amount > 0 for amount in asked)


def _of_documents(choice: Choice) -> int:
    invoices, credit_notes = (
        _sum(choice.documents.filter(kind=kind), "net_minor") for kind in ("INVOICE", "CREDIT_NOTE")
    )
    return invoices - credit_notes


def _of_ledger(choice: Choice) -> int:
    income = Posting.objects.filter(
        account=Account.INCOME.value, journal__document__in=choice.documents, journal__kind="DOCUMENT"
    )
    return -_sum(income, "amount_minor")


def _of_statements(choice: Choice) -> int:
    statements = Statement.objects.filter(
        agreement__in=choice.scope.agreements, month__first_day__in=choice.days
    ).exclude(state="SUPERSEDED")
    found = statements.aggregate(sum=Sum(F("charges_net_minor") - F("credits_net_minor")))
    return int(found["sum"] or 0)


def _three_months_with_voids_and_approvals(cast: Cast) -> None:
    """Close April to June with many outcomes, some of them voided later; silence approves every statement."""
    Agreement.objects.filter(programme=cast.programme, direction="RECEIVABLE").update(
        approval_days=5, approval_silence="APPROVES", cap_total_minor=None
    )
    chance = random.Random(7)  # noqa: S311 - made-up outcomes
    people = "".join(
        f"P-1{n:02},WL-1,{chance.choice(['EAL', 'HRW'])},{chance.choice(['SUD', ''])},"
        "2026-04-02,2026-04-06,2026-04-06\n"
        for n in range(PEOPLE)
    )
    heading = PARTICIPANTS.splitlines(keepends=True)[0]
    import_participants(programme_id=cast.programme.pk, content=heading + people.encode(), actor=None, at=AT)
    jobs = "".join(
        f"E-1{n:02},P-1{n:02},JOB_START,2026-0{4 + n % 3}-10,20,,payslip,2026-0{4 + n % 3}-12,"
        f"2026-0{4 + n % 3}-14,\n"
        for n in range(PEOPLE)
    )
    import_outcomes(
        programme_id=cast.programme.pk,
        content=OUTCOMES.splitlines(keepends=True)[0] + jobs.encode(),
        actor=None,
        at=AT,
    )
    for month in MONTHS:
        close_month(
            programme_id=cast.programme.pk,
            month=month,
            issued_on=month.last_day + timedelta(days=1),
            actor=None,
            at=AT,
        )
        for statement in open_statements():
            let_silence_speak(statement_id=statement, at=LATER)
        for number in range(2) if month != MONTHS[-1] else ():
            reference = f"E-1{number * 3 + month.number - 4:02}"
            event = OutcomeEvent.objects.get(reference=reference)
            day = (month + 1).first_day + timedelta(days=3)
            void_event(event_id=event.pk, voided_on=day, reason="Never began", actor=cast.analyst, at=AT)
    refresh_facts(programme_id=cast.programme.pk)
