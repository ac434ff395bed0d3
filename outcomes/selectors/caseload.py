"""The caseload: whom a specialist, or a manager's team, helps now, and what each of them needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Min, Q, QuerySet

from accounts.models import User
from funders.models import Programme
from outcomes.models import EventQuery
from outcomes.rules.caseload import Foreseen, Need, NeedKind, Query, Standing, most_people, needs_of
from outcomes.rules.reminders import PersonsNeeds, worth_reminding
from outcomes.selectors.claims import rules_of
from outcomes.selectors.sustainment import clocks_of, live_events
from participants.enums import ActivityKind
from participants.models import Activity, Assignment, Participant
from participants.selectors.people import names_of
from providers.enums import ProviderRole
from providers.models import Provider, ProviderMember


@dataclass(frozen=True, slots=True)
class CaseloadEntry:
    """
    One person, the most urgent need first; ``today`` is the day that the programme stands at.

    ``reminded`` are the kinds of needs of which reminders tell.
    """

    participant: Participant
    name: str
    specialist: str
    today: date
    needs: list[Need]
    reminded: frozenset[NeedKind]


@dataclass(frozen=True, slots=True)
class Caseload:
    """
    People who need something, by urgency, then those who need nothing.

    ``size`` and ``most`` compare the people with 20 for each full-time specialist. Programmes that have
    ``ended`` stand at their last day; ``delivered`` are those into which the user may refer somebody.
    """

    waiting: list[CaseloadEntry]
    settled: list[CaseloadEntry]
    most: int
    ended: list[Programme]
    delivered: list[Programme]

    @property
    def size(self) -> int:
        return len(self.waiting) + len(self.settled)


def caseload_of(user: User, at: datetime, *, whole_team: bool) -> Caseload:
    """
    Return the user's own caseload, or the one of everybody at the user's providers.

    Needs ``own_people``. The number of queries depends on that of programmes, not of people.
    """
    people = list(people_helped(user, whole_team=whole_team))
    names = names_of(user, people)
    of_people = dict(_assignments(user, whole_team=whole_team).values_list("participant", "specialist__name"))
    entries = [
        CaseloadEntry(
            person,
            names.get(person.pk, person.reference),
            of_people[person.pk],
            found.today,
            list(found.needs),
            frozenset(need.kind for need in worth_reminding(found)),
        )
        for person, found in needs_of_people(people, at)
    ]
    programmes = {person.programme for person in people}
    waiting = [entry for entry in entries if entry.needs]
    return Caseload(
        waiting=sorted(waiting, key=lambda entry: (entry.needs[0].due_on, entry.name)),
        settled=sorted((entry for entry in entries if not entry.needs), key=lambda entry: entry.name),
        ended=[programme for programme in programmes if programme.working_day(at) == programme.ends_on],
        delivered=list(
            Programme.objects.filter(services__provider__members__in=ProviderMember.objects.of(user))
            .distinct()
            .order_by("code")
        ),
        most=most_people(
            _specialists(user, whole_team=whole_team).values_list("full_time_percent", flat=True)
        ),
    )


def people_helped(user: User, *, whole_team: bool) -> QuerySet[Participant]:
    """Return the people on the user's own caseload, or on those of everybody at the user's providers."""
    return (
        Participant.objects.helped_by(user)
        .filter(pk__in=_assignments(user, whole_team=whole_team).values("participant"))
        .select_related("programme__operator", "service", "area")
    )


def needs_of_people(people: list[Participant], at: datetime) -> Iterator[tuple[Participant, PersonsNeeds]]:
    """
    Yield what each person needs, the most urgent first, on the day at which their programme stands.

    Needs ``own_people``. The number of queries depends on that of programmes, not of people.
    """
    for programme in {person.programme for person in people}:
        today = programme.working_day(at)
        is_over = programme.local_date(at) > programme.ends_on
        own = [person for person in people if person.programme_id == programme.pk]
        standings = standings_of(programme, own, today)
        for person in own:
            yield person, PersonsNeeds(needs_of(standings[person.pk], today), today, is_over)


def leads_a_team(user: User) -> bool:
    """Tell whether the user is a manager at a provider, and so sees the whole team's caseload."""
    return ProviderMember.objects.of(user).filter(role=ProviderRole.MANAGER).exists()


def standings_of(programme: Programme, people: list[Participant], today: date) -> dict[int, Standing]:
    """Return what is known of each person, by key. Needs ``own_people``."""
    activities = _activities(people)
    foreseen = _foreseen(programme, people, today)
    queries = _queries(programme, people)
    return {
        person.pk: Standing(
            referred_on=person.referred_on,
            started_on=person.started_on,
            consented_on=person.consented_on,
            first_employer_contact_on=activities.get(person.pk, (None, None))[0],
            last_activity_on=activities.get(person.pk, (None, None))[1],
            foreseen=tuple(foreseen.get(person.pk, ())),
            queries=tuple(queries.get(person.pk, ())),
        )
        for person in people
    }


def evidence_of(programme: Programme) -> dict[str, str]:
    """Return which kinds of evidence each outcome type needs, in words, by its code."""
    return {code: "; ".join(rule.evidence.in_words()) for code, rule in rules_of(programme).items()}


def _assignments(user: User, *, whole_team: bool) -> QuerySet[Assignment]:
    specialists = _specialists(user, whole_team=whole_team).values("user")
    return Assignment.objects.filter(ends_before__isnull=True, specialist__in=specialists)


def _specialists(user: User, *, whole_team: bool) -> QuerySet[ProviderMember]:
    members = ProviderMember.objects.people().filter(provider__in=Provider.objects.staffed_by(user))
    return members.filter(role=ProviderRole.SPECIALIST) if whole_team else members.filter(user=user)


def _activities(people: list[Participant]) -> dict[int, tuple[date | None, date | None]]:
    contact = Min("happened_on", filter=Q(kind=ActivityKind.EMPLOYER_CONTACT))
    found = Activity.objects.filter(participant__in=people).values_list("participant")
    return {key: (first, last) for key, first, last in found.annotate(first=contact, last=Max("happened_on"))}


def _foreseen(programme: Programme, people: list[Participant], today: date) -> dict[int, list[Foreseen]]:
    types = {kind.pk: kind for kind in programme.outcome_types.filter(sustainment__isnull=False)}
    claimed = set(
        live_events()
        .filter(participant__in=people, outcome_type__in=types)
        .values_list("participant_id", "outcome_type_id")
    )
    evidence = evidence_of(programme)
    found: dict[int, list[Foreseen]] = {}
    known = Participant.objects.filter(pk__in=[person.pk for person in people])
    for each in clocks_of(programme, today, known):
        day = each.clock.outcome_date
        if day is None or (each.participant_id, each.outcome_type_id) in claimed:
            continue
        kind = types[each.outcome_type_id]
        found.setdefault(each.participant_id, []).append(
            Foreseen(kind.name, day, is_reached=day <= today, evidence=evidence[kind.code])
        )
    return found


def _queries(programme: Programme, people: Iterable[Participant]) -> dict[int, list[Query]]:
    open_queries = EventQuery.objects.filter(
        event__programme=programme,
        event__participant__in=people,
        event__voided_on__isnull=True,
        answered_at__isnull=True,
    )
    found: dict[int, list[Query]] = {}
    for query in open_queries.select_related("event__outcome_type"):
        asked = Query(
            query.event.outcome_type.name,
            programme.local_date(query.asked_at),
            query.question,
            query.event_id,
        )
        found.setdefault(query.event.participant_id, []).append(asked)
    return found
