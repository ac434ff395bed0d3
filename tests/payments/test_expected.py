"""What pages say before a decision is what the next close then does (verification: money at stake, voids)."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from accounts.models import User
from funders.models import Programme
from mhep.kernel.periods import Month
from outcomes.models import OutcomeEvent
from outcomes.selectors.voiding import void_preview
from outcomes.services.imports import import_outcomes
from outcomes.services.verification import verify_event, void_event
from payments.models import Charge, DocumentLine
from payments.selectors.expected import expected_for, void_effect
from payments.services.months import close_month, price_month
from tests.payments.golden import QUICK_CASES, Case

pytestmark = pytest.mark.django_db

TRIALS = 4  # events for each golden case and kind of trial
Row = dict[str, str]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


@contextmanager
def undone_afterwards() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rows_of(case: Case) -> list[Row]:
    return list(csv.DictReader(io.StringIO((case.folder / "outcomes.csv").read_text("utf-8-sig"))))


def load(case: Case, rows: Sequence[Row], folder: Path) -> Programme:
    case.load()
    case.import_file("participants", folder / "report.csv")
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    programme = Programme.objects.get(code=case.code)
    import_outcomes(
        programme_id=programme.pk, content=stream.getvalue().encode(), actor=None, at=noon(date(2020, 1, 1))
    )
    return programme


def close_through(programme: Programme, last: Month) -> None:
    programme.refresh_from_db()
    for month in programme.first_open_month.until(last):
        at = noon(month.last_day)
        close_month(programme_id=programme.pk, month=month, issued_on=month.last_day, actor=None, at=at)
    programme.refresh_from_db()


def decided(event: OutcomeEvent, month: Month) -> Counter[tuple[str, str, str, int]]:
    charges = Charge.objects.filter(event=event, month__first_day=month.first_day).exclude(kind="CREDIT")
    return Counter(
        (charge.agreement.ref, charge.term.ref if charge.term else "", charge.reason, charge.amount_minor)
        for charge in charges.select_related("agreement", "term")
    )


def able_to_wait(case: Case, rows: Sequence[Row], folder: Path) -> tuple[list[str], int]:
    """Return the events that could still wait to be verified, and how many of them to try."""
    with undone_afterwards():
        programme = load(case, rows, folder)
        stored = OutcomeEvent.objects.filter(programme=programme, dependants__isnull=True)
        verified = stored.filter(verified_on__isnull=False, voided_on__isnull=True)
        able = sorted(verified.values_list("reference", flat=True))
    return able, min(TRIALS, len(able))


@pytest.mark.parametrize("case", QUICK_CASES, ids=lambda case: case.name)
def test_what_is_at_stake_is_what_the_close_then_charges(case: Case, tmp_path: Path) -> None:
    """Verified alone on its true date, with nought to two open months before it, drafts present or not."""
    rows, chance = rows_of(case), random.Random(case.name)  # noqa: S311
    chosen = chance.sample(*able_to_wait(case, rows, tmp_path))
    days = {row["event"]: date.fromisoformat(row["verified_on"]) for row in rows if row["event"] in chosen}
    for row in rows:
        row["verified_on"] = "" if row["event"] in chosen else row["verified_on"]
    programme = load(case, rows, tmp_path)
    verifier = User.objects.create_user("verifier@example.org")
    for reference in sorted(chosen, key=lambda each: days[each]):
        month = Month.of(days[reference])
        event = OutcomeEvent.objects.get(programme=programme, reference=reference)
        close_through(programme, max(month - 1 - chance.randrange(3), programme.first_open_month - 1))
        with undone_afterwards():
            if chance.random() < 0.5:
                at = noon(month.last_day)
                price_month(programme_id=programme.pk, month=programme.first_open_month, at=at)
            expected = expected_for(programme, [event.pk], days[reference])[event.pk]
            verify_event(event_id=event.pk, actor=verifier, at=noon(days[reference]))
            close_through(programme, expected.month)
            said = Counter((s.ref, s.term, s.reason, s.amount_minor) for s in expected.shares)
            assert said == decided(event, expected.month), reference
            assert expected.at_stake_minor == sum(
                charge.amount_minor
                for charge in Charge.objects.filter(
                    event=event,
                    month__first_day=expected.month.first_day,
                    agreement__direction="RECEIVABLE",
                )
            )


@pytest.mark.parametrize("case", QUICK_CASES, ids=lambda case: case.name)
def test_a_void_credits_what_its_preview_said(case: Case, tmp_path: Path) -> None:
    chance = random.Random(f"void {case.name}")  # noqa: S311
    programme = load(case, rows_of(case), tmp_path)
    actor = User.objects.create_user("voider@example.org")
    able = OutcomeEvent.objects.filter(programme=programme, voided_on__isnull=True, verified_on__isnull=False)
    chosen = chance.sample(list(able.order_by("reference")), min(TRIALS, able.count()))
    for event in sorted(chosen, key=lambda each: (each.falls_in or date.min, each.reference)):
        assert event.verified_on is not None
        close_through(
            programme,
            max(Month.of(event.verified_on) + chance.randrange(-1, 2), programme.first_open_month - 1),
        )
        latest = programme.first_open_month.last_day + timedelta(days=chance.randrange(60))
        voided_on = max(event.verified_on, latest - timedelta(days=chance.randrange(80)))
        with undone_afterwards():
            voidings = void_preview(event, voided_on, programme)
            effect = void_effect(programme, voidings)
            done = void_event(
                event_id=event.pk,
                voided_on=voided_on,
                reason="mistaken",
                actor=actor,
                at=noon(max(latest, voided_on)),
            )
            assert [(v.event.pk, v.voided_on, v.falls_in) for v in done] == [
                (v.event.pk, v.voided_on, v.falls_in) for v in voidings
            ]
            close_through(
                programme, max([Month.of(voidings[0].falls_in), *(line.billed_in for line in effect.lines)])
            )
            credited = Charge.objects.filter(kind="CREDIT", event__in=[v.event.pk for v in voidings])
            assert Counter(
                (line.ref, line.term, line.event, line.month, line.credited_minor) for line in effect.lines
            ) == Counter(
                (
                    c.agreement.ref,
                    c.term.ref if c.term else "",
                    c.event.reference if c.event else "",
                    c.month.period,
                    -c.amount_minor,
                )
                for c in credited.select_related("agreement", "term", "event", "month")
            )
            on_paper = DocumentLine.objects.filter(charge__in=credited).select_related("document__month")
            assert Counter(
                (line.ref, line.event, line.credited_minor, line.billed_in)
                for line in effect.lines
                if not line.is_cancelled
            ) == Counter(
                (
                    p.document.agreement.ref,
                    p.charge.event.reference if p.charge.event else "",
                    -p.charge.amount_minor,
                    p.document.month.period,
                )
                for p in on_paper
            )
            assert set(on_paper.values_list("document__kind", flat=True)) <= {"CREDIT_NOTE"}
