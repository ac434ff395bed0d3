"""What the pages of reviews, actions and meetings of services show, and their lists as sheets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from funders.models import Programme, Service
from mhep.shared.sheets import Sheet
from payments.models import LineQuery
from performance.enums import ActionState, PracticeKind
from performance.models import ActionUpdate, PracticeMeeting, ReviewAction, ReviewMeeting
from performance.rules.agenda import Agreed, InQuestion, Point, agenda_of
from performance.rules.warnings import EarlyWarning
from performance.selectors.caps import caps_standing
from performance.selectors.disclosure import ruling_of
from performance.selectors.standing import cadences_of, early_warnings, last_meetings


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of meeting of one service: when the last was, and by when the programme wants the next."""

    service: Service
    kind: PracticeKind
    last_on: date | None
    next_by: date | None
    is_late: bool


def actions_to_see(user: User, programme: Programme) -> QuerySet[ReviewAction]:
    """Return the actions that the user may read, with what was said of them: open ones first, by due day."""
    over = ActionUpdate.objects.filter(action=OuterRef("pk")).exclude(state=ActionState.OPEN)
    return (
        ReviewAction.objects.visible_to(user)
        .filter(programme=programme)
        .select_related("service", "meeting__service")
        .prefetch_related("updates")
        .annotate(is_over=Exists(over))
        .order_by("is_over", "due_on", "number")
    )


def open_actions(user: User, programme: Programme) -> QuerySet[ReviewAction]:
    """Return those of them that are neither done nor dropped."""
    seen = ReviewAction.objects.visible_to(user).open().filter(programme=programme)
    return seen.select_related("service").prefetch_related("updates").order_by("due_on", "number")


def agenda_for(meeting: ReviewMeeting, services: Collection[Service], today: date) -> list[Point]:
    """Return the agenda of a review: as it was if it was held, else made from the data of today."""
    if meeting.agenda is not None:
        return [Point(**point) for point in meeting.agenda]
    actions = ReviewAction.objects.open().filter(programme=meeting.programme, meeting__kind=meeting.kind)
    if meeting.service_id is not None:
        actions = actions.filter(meeting__service=meeting.service_id)
    return agenda_of(
        actions=[Agreed(each.number, each.text, each.owner, each.due_on) for each in actions],
        warnings=_warnings(meeting, services, today),
        questions=() if meeting.service_id else _in_question(meeting.programme),
        today=today,
    )


def kept_by(programme: Programme, services: Collection[Service], today: date) -> list[Kept]:
    """Return how each service keeps each kind of meeting, in their order."""
    wanted = cadences_of(programme, today)
    last = last_meetings(services, today)
    return [
        _kept(service, kind, last.get((service.pk, kind.value)), wanted.get(kind), today)
        for service in services
        for kind in PracticeKind
    ]


def review_sheet(meetings: Iterable[ReviewMeeting]) -> Sheet:
    """Return reviews as a table to download."""
    return Sheet(
        "Reviews",
        ("Review", "What", "Planned on", "Held on"),
        [(each.number, each.title, each.planned_on, each.held_on or "") for each in meetings],
    )


def action_sheet(actions: Iterable[ReviewAction]) -> Sheet:
    """Return actions, with how they stand, as a table to download."""
    return Sheet(
        "Actions",
        ("Action", "What is done", "Who", "Due on", "State", "Service", "Agreed at", "Last said"),
        [
            (
                action.number,
                action.text,
                action.owner,
                action.due_on,
                action.state.label,
                action.service.name if action.service else "",
                f"{action.meeting.title} {action.meeting.number}",
                updates[-1].text if (updates := list(action.updates.all())) else "",
            )
            for action in actions
        ],
    )


def practice_sheet(meetings: QuerySet[PracticeMeeting]) -> Sheet:
    """Return the meetings that services held as a table to download."""
    return Sheet(
        "Meetings of services",
        ("Service", "Meeting", "Held on", "How many came"),
        [
            (each.service.name, each.get_kind_display(), each.held_on, each.attended)
            for each in meetings.select_related("service")
        ],
    )


def _warnings(meeting: ReviewMeeting, services: Collection[Service], today: date) -> list[EarlyWarning]:
    """Return what stands out; limits are raised with the funders only, and counts as the contract rules."""
    if meeting.service_id is not None:
        return early_warnings(meeting.programme, services, today)
    ruling = ruling_of(meeting.programme)
    found = early_warnings(meeting.programme, services, today, caps_standing(meeting.programme))
    return [each.without_counts for each in found] if ruling and ruling.for_funders else found


def _in_question(programme: Programme) -> list[InQuestion]:
    queries = LineQuery.objects.filter(charge__agreement__programme=programme, settlement="")
    counts = Counter(queries.values_list("charge__agreement__funder__name", flat=True))
    return [InQuestion(funder, lines) for funder, lines in sorted(counts.items())]


def _kept(
    service: Service, kind: PracticeKind, last_on: date | None, every_days: int | None, today: date
) -> Kept:
    next_by = (last_on or service.starts_on) + timedelta(days=every_days) if every_days else None
    return Kept(service, kind, last_on, next_by, next_by is not None and next_by < today)
