"""Drafts and their submission: refusals, what is known beforehand, once only, two windows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from outcomes.enums import EventState
from outcomes.models import OutcomeDraft, OutcomeEvent
from outcomes.selectors.drafts import choices_for, drafts_of, read_draft
from outcomes.services.claims import (
    CannotChangeDraft,
    CannotSubmit,
    DraftChanged,
    Edit,
    begin_draft,
    choose_outcome,
    discard_draft,
    hold_kind,
    keep_typed,
    submit_claim,
)
from outcomes.services.verification import CannotVerify, verify_event
from participants.models import WorkPeriod
from tests.cast import Cast, a_cast
from tests.outcomes.drafts import AT, demanding, draft_of, edit, person

TODAY = date(2026, 6, 20)


@pytest.mark.django_db
def test_a_submitted_draft_is_an_event_that_its_author_cannot_verify(cast: Cast) -> None:
    draft = draft_of(cast.specialist, person(cast))

    event = submit_claim(edit=edit(draft, cast.specialist))

    assert (event.state, event.submitted_by, event.submitted_on) == (
        EventState.SUBMITTED,
        cast.specialist,
        TODAY,
    )
    assert (event.outcome_date, str(event.hours_per_week), event.job) == (date(2026, 6, 15), "20", "Job 1")
    assert event.steps.get().actor == cast.specialist
    with pytest.raises(CannotVerify, match="submitted or edited"):
        verify_event(event_id=event.pk, actor=cast.specialist, at=AT)
    assert verify_event(event_id=event.pk, actor=cast.analyst, at=AT).state == EventState.VERIFIED


@pytest.mark.django_db
def test_b7_submitting_a_draft_again_gives_the_same_event(cast: Cast) -> None:
    draft = draft_of(cast.specialist, person(cast))
    first = submit_claim(edit=edit(draft, cast.specialist))
    assert submit_claim(edit=edit(draft, cast.specialist)).pk == first.pk
    assert OutcomeEvent.objects.filter(reference=first.reference).count() == 1
    assert drafts_of(cast.specialist, cast.programme) == []


@pytest.mark.django_db
def test_references_are_readable_and_unique_in_the_programme(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = iter("AAAAAA" + "AAAAAA" + "BCDEFG")
    monkeypatch.setattr("outcomes.services.claims.secrets.choice", lambda _: next(letters))
    first = submit_claim(edit=edit(draft_of(cast.specialist, person(cast)), cast.specialist))
    other = draft_of(cast.manager, person(cast, "P-001"), "SUSTAINED", job="")
    second = submit_claim(edit=edit(other, cast.manager))
    assert (first.reference, second.reference) == ("E-AAAAAA", "E-BCDEFG")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"happened_day": ""}, "Say what was achieved, and when"),
        ({"happened_day": "31"}, "Say what was achieved, and when"),
        ({"happened_day": "25"}, "after the submission"),
        ({"happened_month": "3"}, "before the participant's start"),
        ({"happened_month": "4"}, "must be submitted within 60 days"),
        ({"hours": ""}, "needs at least 16"),
        ({"hours": "12"}, "fewer than the 16"),
        ({}, "Add consent_form; and either payslip, or bank_statement with contract"),
    ],
)
def test_what_breaks_a_rule_is_not_submitted_and_the_words_say_how_to_mend_it(
    cast: Cast, typed: dict[str, str], words: str
) -> None:
    demanding(cast)
    draft = draft_of(cast.specialist, person(cast), **typed)
    with pytest.raises(CannotSubmit, match=words):
        submit_claim(edit=edit(draft, cast.specialist))
    assert not OutcomeEvent.objects.filter(submitted_by=cast.specialist).exists()
    assert not read_draft(draft, TODAY).passes


@pytest.mark.django_db
def test_evidence_that_is_held_counts_until_it_is_taken_back(cast: Cast) -> None:
    demanding(cast)
    draft = draft_of(cast.specialist, person(cast))
    for kind in ("consent_form", "contract", "bank_statement"):
        assert not read_draft(draft, TODAY).passes
        draft = hold_kind(edit=edit(draft, cast.specialist), kind=kind, is_held=True)
    assert read_draft(draft, TODAY).passes
    draft = hold_kind(edit=edit(draft, cast.specialist), kind="contract", is_held=False)
    assert not read_draft(draft, TODAY).passes


@pytest.mark.django_db
def test_what_the_rules_need_is_said_before_anything_is_typed(cast: Cast) -> None:
    demanding(cast)
    draft = begin_draft(participant=person(cast, "P-001"), actor=cast.specialist, at=AT)
    said = {
        choice.row.code: [(demand.text, demand.is_lacking) for demand in choice.demands]
        for choice in choices_for(draft, TODAY)
    }
    assert ("Has been claimed already: E-004 of 2 May 2026.", True) in said["ENGAGED"]
    assert ("Must be submitted within 60 days.", False) in said["ENGAGED"]
    assert ("At least 16 hours a week.", False) in said["ENGAGED"]
    assert (
        "Evidence: consent form; and either payslip, or bank statement with contract.",
        False,
    ) in said["ENGAGED"]
    assert said["SUSTAINED"] == [("Follows Job start (E-001): on 10 April 2026 or later.", False)]


@pytest.mark.django_db
def test_the_one_job_that_goes_on_is_filled_in_where_nothing_is_typed(cast: Cast) -> None:
    participant = person(cast)
    WorkPeriod.objects.create(
        participant=participant, job="Job 7", kind="WORK", starts_on=date(2026, 5, 1), hours_per_week=30
    )
    draft = begin_draft(participant=participant, actor=cast.specialist, at=AT)
    kind = demanding(cast)
    draft = choose_outcome(edit=edit(draft, cast.specialist), outcome_type=kind)
    assert draft.typed == {"job": "Job 7", "hours": "30"}


@pytest.mark.django_db
def test_no_job_is_filled_in_where_it_does_not_matter(cast: Cast) -> None:
    participant = person(cast)
    WorkPeriod.objects.create(
        participant=participant, job="Job 7", kind="WORK", starts_on=date(2026, 5, 1), hours_per_week=30
    )
    draft = begin_draft(participant=participant, actor=cast.specialist, at=AT)
    kind = cast.programme.outcome_types.get(code="ENGAGED")
    assert choose_outcome(edit=edit(draft, cast.specialist), outcome_type=kind).typed == {}


@pytest.mark.django_db
def test_b10_two_windows_do_not_write_over_each_other(cast: Cast) -> None:
    draft = draft_of(cast.specialist, person(cast))
    old = edit(draft, cast.specialist)
    keep_typed(edit=old, typed={"hours": "24"})
    with pytest.raises(DraftChanged) as conflict:
        keep_typed(edit=old, typed={"hours": "30"})
    assert conflict.value.draft.typed["hours"] == "24"
    with pytest.raises(DraftChanged):
        submit_claim(edit=old)
    assert not OutcomeEvent.objects.filter(submitted_by=cast.specialist).exists()


@pytest.mark.django_db
def test_what_was_submitted_or_deleted_is_not_changed_any_more(cast: Cast) -> None:
    draft = draft_of(cast.specialist, person(cast))
    submit_claim(edit=edit(draft, cast.specialist))
    with pytest.raises(CannotChangeDraft):
        keep_typed(edit=edit(draft, cast.specialist), typed={"hours": "24"})
    with pytest.raises(CannotChangeDraft):
        discard_draft(draft_id=draft.pk, actor=cast.specialist, at=AT)
    other = draft_of(cast.specialist, person(cast, "P-001"), "SUSTAINED")
    discard_draft(draft_id=other.pk, actor=cast.specialist, at=AT)
    discard_draft(draft_id=other.pk, actor=cast.specialist, at=AT)
    with pytest.raises(CannotSubmit, match="deleted"):
        submit_claim(edit=edit(other, cast.specialist))


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["event_id = NULL", "typed = '{}'", "discarded_at = now()"])
def test_the_database_too_keeps_a_submitted_draft_as_it_was(cast: Cast, change: str) -> None:
    draft = draft_of(cast.specialist, person(cast))
    submit_claim(edit=edit(draft, cast.specialist))
    with pytest.raises(DatabaseError, match="submitted or discarded"), transaction.atomic():
        connection.cursor().execute(f"UPDATE outcomes_outcomedraft SET {change}")  # noqa: S608


@pytest.mark.django_db
def test_a_draft_that_nobody_touched_for_four_weeks_goes_when_the_next_is_begun(cast: Cast) -> None:
    draft = draft_of(cast.specialist, person(cast))
    begin_draft(participant=person(cast, "P-001"), actor=cast.specialist, at=AT + timedelta(days=28))
    assert len(drafts_of(cast.specialist, cast.programme)) == 2
    begin_draft(participant=person(cast, "P-002"), actor=cast.specialist, at=AT + timedelta(days=29))
    draft.refresh_from_db()
    assert (draft.typed, draft.discarded_at) == ({}, AT + timedelta(days=29))


@pytest.mark.django_db(transaction=True)
def test_b6_a_double_tap_in_two_threads_makes_one_event(vault_folder: Path) -> None:
    cast = a_cast()
    draft = draft_of(cast.specialist, person(cast))
    made = in_threads(8, lambda: submit_claim(edit=edit(draft, cast.specialist)).reference)
    assert len(made) == 8
    assert len(set(made)) == 1
    assert OutcomeEvent.objects.filter(submitted_by=cast.specialist).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_who_log_the_same_outcome_at_once_make_one_event() -> None:
    cast = a_cast()
    drafts = [draft_of(actor, person(cast)) for actor in (cast.specialist, cast.manager)]
    edits = iter([Edit(draft.pk, draft.version, draft.author, AT) for draft in drafts])
    made = in_threads(2, lambda: submit_claim(edit=next(edits)).reference)
    assert len(made) == 1
    assert OutcomeDraft.objects.filter(event__isnull=False).count() == 1


def in_threads(count: int, call: Callable[[], str]) -> list[str]:
    """Make the call in so many threads at once; return what those gave that were not refused."""
    made: list[str] = []
    gate = threading.Barrier(count)

    def go() -> None:
        gate.wait()
        try:
            made.append(call())
        except CannotSubmit:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made
