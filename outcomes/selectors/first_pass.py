"""First-pass acceptance: how much was verified at once, and which rules the rest was about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import User
from funders.models import Programme
from outcomes.enums import EventState, Rule
from outcomes.models import EventQuery, EventRejection, EventStep, OutcomeEvent, OutcomeEventQuerySet


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How many events of one group were decided here, and how many of these without query or rejection."""

    name: str
    decided: int
    at_once: int
    queried: int
    rejected: int

    @property
    def percent(self) -> int:
        """The share verified at once, in whole per cent rounded down: 100 only if all were."""
        return 100 * self.at_once // self.decided if self.decided else 0


@dataclass(frozen=True, slots=True)
class RuleTrouble:
    """How often questions and rejections were about one rule. ``events`` counts each event once."""

    rule: str
    queries: int
    rejections: int
    events: int
    percent: int  # of all decided events, in whole per cent


@dataclass(frozen=True, slots=True)
class FirstPass:
    """First-pass acceptance of a programme's events that were decided here, not brought over decided."""

    total: Acceptance
    by_provider: tuple[Acceptance, ...]
    by_outcome: tuple[Acceptance, ...]
    by_rule: tuple[RuleTrouble, ...]


def first_pass(user: User, programme: Programme) -> FirstPass:
    """Return the programme's first-pass acceptance, in a fixed number of queries."""
    visible = OutcomeEvent.objects.visible_to(user).filter(programme=programme)
    decided = _decided(visible)
    events = {
        event.pk: event
        for event in visible.filter(pk__in=decided).select_related("outcome_type", "service__provider")
    }
    queries = list(EventQuery.objects.filter(event__in=events).values_list("event", "about"))
    rejections = list(EventRejection.objects.filter(event__in=events).values_list("event", "about"))
    queried = {event for event, _ in queries}
    rejected = {key for key, state in decided.items() if state == EventState.REJECTED}

    def acceptance(name: str, keys: Iterable[int]) -> Acceptance:
        group = set(keys)
        return Acceptance(
            name, len(group), len(group - queried - rejected), len(group & queried), len(group & rejected)
        )

    providers = dict(programme.provider_entries.values_list("provider_id", "name"))
    by_provider: dict[str, list[int]] = {}
    by_outcome: dict[str, list[int]] = {
        name: [] for name in programme.outcome_types.values_list("name", flat=True)
    }
    for key, event in events.items():
        provider = event.service.provider
        by_provider.setdefault(providers.get(provider.pk, provider.name), []).append(key)
        by_outcome[event.outcome_type.name].append(key)
    return FirstPass(
        total=acceptance("All", events),
        by_provider=tuple(acceptance(name, by_provider[name]) for name in sorted(by_provider)),
        by_outcome=tuple(acceptance(name, keys) for name, keys in by_outcome.items() if keys),
        by_rule=tuple(_by_rule(queries, rejections, len(events))),
    )


def _decided(visible: OutcomeEventQuerySet) -> dict[int, str]:
    """Return how each event was decided here by its key; an event brought over verified is left out."""
    steps = (
        EventStep.objects.filter(event__in=visible)
        .filter(to_state__in=[EventState.VERIFIED, EventState.REJECTED])
        .exclude(from_state="")
    )
    return dict(steps.values_list("event", "to_state"))


def _by_rule(
    queries: list[tuple[int, str]], rejections: list[tuple[int, str]], decided: int
) -> Iterable[RuleTrouble]:
    asked, refused = Counter(about for _, about in queries), Counter(about for _, about in rejections)
    events = Counter(about for _, about in set(queries) | set(rejections))
    for about, count in sorted(events.items(), key=lambda pair: (-pair[1], pair[0])):
        yield RuleTrouble(Rule(about).label, asked[about], refused[about], count, 100 * count // decided)
