"""Everything on the page of one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from accounts.models import User
from funders.models import Programme
from outcomes.models import OutcomeEvent
from outcomes.rules.caseload import Need, needs_of
from outcomes.rules.work_line import WorkLine, work_line
from outcomes.selectors.caseload import evidence_of, standings_of
from outcomes.selectors.sustainment import clock_of, live_events
from participants.models import (
    Activity,
    Goal,
    JobDetail,
    Participant,
    Person,
    TransferRequest,
    VocationalProfile,
    WorkPeriod,
)
from participants.selectors.consent import StandingConsent, standing_consents
from participants.selectors.placements import Stay, stays_of
from participants.selectors.transfers import services_to_ask, services_to_move_to, waiting_request

SHOWN = 30  # activities on the page, the newest


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One period of work with its employer, where the reader may see it."""

    period: WorkPeriod
    employer: str
    role: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """A sustained outcome: how many days count, of how many, and when it can be claimed."""

    outcome: str
    state: str
    days: int
    of_days: int
    claimable_on: date | None
    evidence: str
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class GoalRow:
    goal: Goal
    scores: list[tuple[date, int]]


@dataclass(frozen=True, slots=True)
class PersonPage:
    """What the page shows; what only the provider sees is empty for everybody else."""

    person: Person | None
    profile: VocationalProfile | None
    specialist: str
    has_left: bool
    stays: list[Stay]
    request: TransferRequest | None
    may_move: bool
    may_transfer: bool
    consents: list[StandingConsent]
    needs: list[Need]
    work: list[WorkRow]
    line: WorkLine | None
    milestones: list[Milestone]
    goals: list[GoalRow]
    activities: list[Activity]
    events: list[OutcomeEvent]


def person_page(user: User, programme: Programme, participant: Participant, today: date) -> PersonPage:
    """Return what the user sees of a participant whom they may see. Needs ``own_people``."""
    periods = list(participant.work_periods.order_by("starts_on", "job"))
    milestones = _milestones(programme, participant, today)
    nearest = min(
        (each.claimable_on for each in milestones if each.claimable_on and not each.is_claimed), default=None
    )
    records = [record for _, record in WorkPeriod.objects.filter(participant=participant).records()]
    assignment = participant.assignments.filter(ends_before__isnull=True).select_related("specialist").first()
    last = participant.enrolments.order_by("-started_on").first()
    return PersonPage(
        person=Person.objects.visible_to(user).filter(participant=participant).first(),
        profile=VocationalProfile.objects.visible_to(user).filter(participant=participant).first(),
        specialist=assignment.specialist.name if assignment else "",
        has_left=last is not None and last.ended_on is not None,
        stays=stays_of(participant),
        request=waiting_request(participant),
        may_move=bool(services_to_move_to(participant)),
        may_transfer=bool(services_to_ask(participant)),
        consents=list(standing_consents(participant).values()),
        needs=needs_of(standings_of(programme, [participant], today)[participant.pk], today),
        work=_work(user, participant, periods),
        line=work_line(records, today, nearest),
        milestones=milestones,
        goals=_goals(user, participant),
        activities=list(
            Activity.objects.visible_to(user)
            .filter(participant=participant)
            .select_related("recorded_by")
            .order_by("-happened_on", "-pk")[:SHOWN]
        ),
        events=list(
            OutcomeEvent.objects.filter(participant=participant)
            .select_related("outcome_type")
            .order_by("-outcome_date", "-pk")
        ),
    )


def _work(user: User, participant: Participant, periods: list[WorkPeriod]) -> list[WorkRow]:
    details = JobDetail.objects.visible_to(user).filter(participant=participant)
    known = {detail.job: (detail.employer, detail.role) for detail in details}
    return [WorkRow(period, *known.get(period.job, ("", ""))) for period in periods]


def _milestones(programme: Programme, participant: Participant, today: date) -> list[Milestone]:
    claimed = set(live_events().filter(participant=participant).values_list("outcome_type_id", flat=True))
    evidence = evidence_of(programme)
    found = []
    for kind in programme.outcome_types.filter(sustainment__isnull=False).select_related(
        "sustainment", "requires"
    ):
        clock = clock_of(participant, kind, today)
        if clock is not None:
            found.append(
                Milestone(
                    outcome=kind.name,
                    state=str(clock.state),
                    days=clock.days,
                    of_days=7 * kind.sustainment.weeks,
                    claimable_on=clock.outcome_date,
                    evidence=evidence[kind.code],
                    is_claimed=kind.pk in claimed,
                )
            )
    return found


def _goals(user: User, participant: Participant) -> list[GoalRow]:
    goals = Goal.objects.visible_to(user).filter(participant=participant).prefetch_related("views")
    return [
        GoalRow(goal, sorted((view.seen_on, view.score) for view in goal.views.all()))
        for goal in goals.order_by("reached_on", "-set_on")
    ]
