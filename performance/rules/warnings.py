"""
What should be raised before it is late: early warnings about a service or a cap, in words.

Thresholds are the ones below and nowhere else. They say what to look at, not that somebody has failed: small
months swing by chance, so each rule asks for a size before it speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from performance.rules.fidelity import AIM, band_of

SIGNALS_THAT_WARN = 2
REFERRALS_KEPT = Decimal("0.75")  # of the three months before
REFERRALS_FEWER = 4
ANSWERED_LATE = Decimal("0.20")  # of first decisions that were a question or a rejection
DECISIONS_NEEDED = 5
FULL_CASELOAD = 20  # people per full-time specialist (IPS fidelity)
CAP_BINDS_WITHIN = 3  # months
REVIEW_GOOD_FOR = timedelta(days=366)
REVIEW_BELOW_AIM_FOR = timedelta(days=183)


class WarningKind(Enum):
    """What a warning is about, as people read it, the gravest first."""

    CAP = "Spending limit"
    SIGNALS = "Results"
    REFERRALS = "Referrals"
    CASELOAD = "Caseload"
    EVIDENCE = "Evidence"
    FIDELITY = "Fidelity"
    PRACTICE = "Supervision and meetings"

    @property
    def counts_people(self) -> bool:
        """Tell whether its figures are counts of people or of what they achieved, which can be small."""
        return self in {WarningKind.REFERRALS, WarningKind.CASELOAD, WarningKind.EVIDENCE}


# Kinds whose figures count people or what they achieved, or amounts that tell how many there were.
OF_PEOPLE = frozenset(WarningKind) - {WarningKind.FIDELITY, WarningKind.PRACTICE}


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """Something to look at: about what and whom, what the figures are, and what to ask at the review."""

    kind: WarningKind
    subject: str
    figures: str
    ask: str

    @property
    def without_counts(self) -> EarlyWarning:
        """The same for somebody to whom counts of people are shown by a rule: what to ask, and no figures."""
        return replace(self, figures="") if self.kind.counts_people else self

    @property
    def in_words(self) -> str:
        """About what, the figures, and what to ask."""
        return " ".join(filter(None, (f"{self.subject}:", self.figures, self.ask)))


@dataclass(frozen=True, slots=True)
class Regular:
    """A regular meeting of a service: when the last one was, and how often the programme wants one."""

    name: str
    last_on: date | None
    every_days: int


@dataclass(frozen=True, slots=True)
class LastReview:
    """The last fidelity review of a service."""

    on: date
    total: int


@dataclass(frozen=True, slots=True)
class ServiceStanding:
    """
    What is known of a service on one day.

    ``concerns`` are the measures with a standard signal in the wrong direction, ``referrals`` the counts of
    the last six whole months, oldest first (fewer where the service is younger), ``decided`` the outcomes
    first decided in the last three, and ``came_back`` those of them that were questioned or rejected.
    ``full_time`` is specialists counted as full-time ones; none where nobody is entered.
    """

    name: str
    starts_on: date
    concerns: tuple[str, ...] = ()
    referrals: tuple[int, ...] = ()
    decided: int = 0
    came_back: int = 0
    caseload: int = 0
    full_time: Decimal = Decimal(0)
    review: LastReview | None = None
    regular: tuple[Regular, ...] = ()


@dataclass(frozen=True, slots=True)
class CapStanding:
    """A limit on spending: its name, what is used of it in per cent, and in how many months it binds."""

    name: str
    used_percent: int
    binds_in_months: int | None


def warnings_of(
    services: Iterable[ServiceStanding], caps: Iterable[CapStanding], today: date
) -> list[EarlyWarning]:
    """Return every warning, the gravest kind first and within a kind in the order given."""
    found = [*_caps(caps)]
    for service in services:
        found += [
            *_signals(service),
            *_referrals(service),
            *_caseload(service),
            *_evidence(service),
            *_fidelity(service, today),
            *_practice(service, today),
        ]
    rank = {kind: place for place, kind in enumerate(WarningKind)}
    return sorted(found, key=lambda warning: rank[warning.kind])


def _caps(caps: Iterable[CapStanding]) -> Iterator[EarlyWarning]:
    for cap in caps:
        months = cap.binds_in_months
        if months is not None and months <= CAP_BINDS_WITHIN:
            when = "is reached" if months <= 0 else f"binds in about {_count(months, 'month', 'months')}"
            yield EarlyWarning(
                WarningKind.CAP,
                cap.name,
                f"{cap.used_percent}% is used; at the present pace the limit {when}.",
                "Is the limit to be raised, or delivery to be slowed, and who pays for outcomes beyond it?",
            )


def _signals(service: ServiceStanding) -> Iterator[EarlyWarning]:
    if len(service.concerns) >= SIGNALS_THAT_WARN:
        yield EarlyWarning(
            WarningKind.SIGNALS,
            service.name,
            f"Unusual in the wrong direction: {_listed(service.concerns)}.",
            "What changed, and does it need help from the performance team?",
        )


def _referrals(service: ServiceStanding) -> Iterator[EarlyWarning]:
    if len(service.referrals) < 6:
        return
    before, since = sum(service.referrals[-6:-3]), sum(service.referrals[-3:])
    if since < before * REFERRALS_KEPT and before - since >= REFERRALS_FEWER:
        yield EarlyWarning(
            WarningKind.REFERRALS,
            service.name,
            f"{since} in the last three months after {before} in the three before.",
            "Which teams have stopped referring, and who speaks to them?",
        )


def _caseload(service: ServiceStanding) -> Iterator[EarlyWarning]:
    if service.full_time and service.caseload > service.full_time * FULL_CASELOAD:
        each = (Decimal(service.caseload) / service.full_time).normalize()
        yield EarlyWarning(
            WarningKind.CASELOAD,
            service.name,
            f"{service.caseload} people, {each:.1f} for each full-time specialist; {FULL_CASELOAD} is full.",
            "Is a post vacant, and when will it be filled?",
        )


def _evidence(service: ServiceStanding) -> Iterator[EarlyWarning]:
    if service.decided >= DECISIONS_NEEDED and service.came_back > service.decided * ANSWERED_LATE:
        yield EarlyWarning(
            WarningKind.EVIDENCE,
            service.name,
            f"{service.came_back} of {service.decided} outcomes did not pass at first.",
            "Which evidence is missing most, and would an example help?",
        )


def _fidelity(service: ServiceStanding, today: date) -> Iterator[EarlyWarning]:
    review = service.review
    if review is None:
        if today - service.starts_on > REVIEW_GOOD_FOR:
            yield EarlyWarning(
                WarningKind.FIDELITY, service.name, "No review is recorded.", "When will it be reviewed?"
            )
        return
    lasts = REVIEW_GOOD_FOR if review.total >= AIM else REVIEW_BELOW_AIM_FOR
    if today - review.on > lasts:
        yield EarlyWarning(
            WarningKind.FIDELITY,
            service.name,
            f"The last review, {review.total} ({band_of(review.total).label.lower()}), "
            f"was on {review.on:%-d %B %Y}.",
            "When is the next review?",
        )


def _practice(service: ServiceStanding, today: date) -> Iterator[EarlyWarning]:
    late = [each for each in service.regular if _is_late(each, service.starts_on, today)]
    if late:
        yield EarlyWarning(
            WarningKind.PRACTICE,
            service.name,
            "; ".join(
                f"{each.name}: {f'last on {each.last_on:%-d %B %Y}' if each.last_on else 'none recorded'}, "
                f"wanted every {each.every_days} days"
                for each in late
            )
            + ".",
            "What keeps the service from meeting, and when is the next one?",
        )


def _is_late(meeting: Regular, starts_on: date, today: date) -> bool:
    since = meeting.last_on or starts_on
    return today - since > timedelta(days=meeting.every_days)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
