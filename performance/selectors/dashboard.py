"""The commissioner's page: is it on track, what does it cost, what comes next, and what to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mhep.kernel.periods import Month
from performance.rules.facts import MonthFacts
from performance.rules.metrics import Basis, Figure, Metric, Staffing, Variant, figure_of
from performance.rules.registry import METRICS
from performance.rules.standing import Track, Verdict, against_profile
from performance.rules.story import Story, sentences
from performance.rules.warnings import FULL_CASELOAD, CapStanding, EarlyWarning, WarningKind, warnings_of
from performance.selectors.caps import CapRow, caps_of
from performance.selectors.facts import ScopeFacts, facts_of
from performance.selectors.pipeline import Pipeline, pipeline_of
from performance.selectors.profiles import planned
from performance.selectors.scope import Scope
from performance.selectors.services import ServiceRow, services_of
from performance.selectors.standing import service_standings

YEAR = 12  # months that are looked back
SHOWN = 24  # months in run charts
PROFILE = "Job starts against profile"  # of the verdicts
PROFILED = "job-starts"  # the metric whose profile is shown first
FEW_CAPS = 3  # up to which each has its own verdict


@dataclass(frozen=True, slots=True)
class Period:
    """Months over which figures are taken, and what that is called; none where no month is closed."""

    name: str
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A metric over each period, and the same as other schemes count it where that can be worked out."""

    metric: Metric
    figures: tuple[Figure, ...]
    variants: tuple[tuple[Variant, tuple[Figure, ...]], ...]


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month: as it was shown when it was closed, and where that is otherwise, as it stands now."""

    month: Month
    facts: MonthFacts
    is_closed: bool
    corrections: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All that the page of a scope shows as of a day; it names no participant."""

    scope: Scope
    today: date
    latest: Month
    is_closed: bool
    periods: tuple[Period, ...]
    to_date: MonthFacts
    rows: tuple[MetricRow, ...]
    months: tuple[MonthRow, ...]
    verdicts: tuple[Verdict, ...]
    story: tuple[str, ...]
    questions: tuple[EarlyWarning, ...]
    caps: tuple[CapRow, ...]
    pipeline: Pipeline | None
    services: tuple[ServiceRow, ...]

    @property
    def corrected(self) -> tuple[MonthRow, ...]:
        """The closed months of which something is known otherwise now."""
        return tuple(row for row in self.months if row.corrections)

    @property
    def recent(self) -> tuple[MonthRow, ...]:
        """The months of the run charts."""
        return self.months[-SHOWN:]


def dashboard(scope: Scope, today: date, money: Callable[[int], str]) -> Dashboard:
    """
    Return the page of a scope in a number of queries that no count of people, outcomes or months changes.

    :param money: writes an amount.
    """
    facts = facts_of(scope)
    closed = _closed(scope, facts)
    latest = closed[-1] if closed else scope.programme.first_open_month
    shown = closed or [latest]
    periods = (
        Period(f"{latest.first_day:%B %Y}", (latest,)),
        Period("Last 12 months" if len(shown) >= YEAR else f"Last {len(shown)} months", tuple(shown[-YEAR:])),
        Period("To date", tuple(shown)),
    )
    services = services_of(scope, facts, shown, today)
    staffing = _together({row.service.provider_id: row.staffing for row in services}.values())
    caps = caps_of(scope, facts.spend, closed) if scope.shows_money and scope.is_whole else ()
    bases = [_basis(scope, facts, period, (staffing, caps)) for period in periods]
    profile = _planned(scope, periods)
    to_date = bases[-1].facts
    return Dashboard(
        scope=scope,
        today=today,
        latest=latest,
        is_closed=bool(closed),
        periods=periods,
        to_date=to_date,
        rows=tuple(_metric_rows(bases)),
        months=tuple(_months(scope, facts, shown, today)),
        verdicts=tuple(_verdicts((to_date, profile), caps, services)),
        story=sentences(_story(scope, facts, (latest, shown), money)),
        questions=_questions(scope, caps, services, today),
        caps=caps,
        pipeline=pipeline_of(scope, today) if scope.shows_money else None,
        services=services,
    )


def _closed(scope: Scope, facts: ScopeFacts) -> list[Month]:
    """Return the closed months from the first with anything in it."""
    first = facts.first() or Month.of(scope.programme.starts_on)
    last = scope.programme.first_open_month - 1
    return list(max(first, Month.of(scope.programme.starts_on)).until(last))


def _basis(
    scope: Scope, facts: ScopeFacts, period: Period, beside: tuple[Staffing, tuple[CapRow, ...]]
) -> Basis:
    staffing, caps = beside
    whole = [cap for cap in caps if cap.cap_minor == cap.agreement.cap_total_minor]
    return Basis(
        facts=facts.over(period.months, scope),
        staffing=staffing,
        expected=_planned(scope, (period,)),
        cap_minor=sum(cap.cap_minor for cap in whole) or None,
        spent_minor=sum(cap.used_minor for cap in whole),
        shows_money=scope.shows_money,
    )


def _together(staff: Iterable[Staffing]) -> Staffing:
    known = list(staff)
    return Staffing(sum(each.in_post for each in known), on_caseload=sum(each.on_caseload for each in known))


def _metric_rows(bases: list[Basis]) -> Iterator[MetricRow]:
    for metric in METRICS:
        variants = tuple(
            (variant, tuple(figure_of(variant, basis) for basis in bases))
            for variant in metric.variants
            if variant.top
        )
        yield MetricRow(metric, tuple(figure_of(metric, basis) for basis in bases), variants)


def _months(scope: Scope, facts: ScopeFacts, closed: list[Month], today: date) -> Iterator[MonthRow]:
    last = max(Month.of(today), closed[-1])
    for month in closed[0].until(last):
        kept, now = facts.of(month, scope), facts.as_now(month, scope)
        yield MonthRow(month, kept, month in facts.frozen, tuple(_corrections(kept, now)))


CORRECTED = (
    ("Referrals", "referrals"),
    ("Starts", "starts"),
    ("Engagements", "engagements"),
    ("Job starts", "job_starts"),
    ("Sustained for 13 weeks", "sustained_13"),
    ("Sustained for 26 weeks", "sustained_26"),
)


def _corrections(kept: MonthFacts, now: MonthFacts) -> Iterator[tuple[str, int, int]]:
    for name, column in CORRECTED:
        before, after = getattr(kept, column), getattr(now, column)
        if before != after:
            yield name, before, after


def _planned(scope: Scope, periods: tuple[Period, ...]) -> int | None:
    """Return the job starts that the profile has to date; it is of a service or of the whole programme."""
    if scope.area or scope.cohort or scope.funder:
        return None
    months = periods[-1].months
    return planned(scope.programme, PROFILED, (months[0], months[-1]), service=scope.service)


def _verdicts(
    results: tuple[MonthFacts, int | None], caps: tuple[CapRow, ...], services: Iterable[ServiceRow]
) -> Iterator[Verdict]:
    to_date, expected = results
    track = against_profile(to_date.job_starts, expected)
    yield Verdict(
        PROFILE,
        track,
        f"{to_date.job_starts:,} of the {expected:,} that the profile has to date."
        if expected
        else "No profile has been agreed for these figures.",
    )
    yield from _of_caps(caps)
    known = [each for each in (_decimal(row.figure("caseload")) for row in services) if each is not None]
    if known:
        yield Verdict(
            "Caseloads",
            Track.ON_TRACK if max(known) <= FULL_CASELOAD else Track.WATCH,
            f"At most {_plain(max(known))} people for each full-time specialist; good practice is up to 20.",
        )


def _of_caps(caps: tuple[CapRow, ...]) -> Iterator[Verdict]:
    """Give each cap its own verdict; of many only those that are not on track, and a word for the rest."""
    if len(caps) <= FEW_CAPS:
        yield from (Verdict(f"Cap: {cap.name}", cap.track, cap.words) for cap in caps)
        return
    fine = [cap for cap in caps if cap.track is Track.ON_TRACK]
    yield from (
        Verdict(f"Cap: {cap.name}", cap.track, cap.words) for cap in caps if cap.track is not Track.ON_TRACK
    )
    if fine:
        yield Verdict("Caps", Track.ON_TRACK, f"{len(fine)} of {len(caps)} caps are on track to the end.")


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _story(
    scope: Scope, facts: ScopeFacts, time: tuple[Month, list[Month]], money: Callable[[int], str]
) -> Story:
    latest, shown = time
    year = shown[-YEAR:]
    return Story(
        month=latest,
        facts=facts.of(latest, scope),
        earlier=facts.of(latest - 1, scope) if len(shown) > 1 else None,
        twelve=facts.over(year, scope),
        months=len(year),
        count=lambda count: f"{count:,}",
        money=money if scope.shows_money else None,
    )


def _questions(
    scope: Scope, caps: Iterable[CapRow], services: Iterable[ServiceRow], today: date
) -> tuple[EarlyWarning, ...]:
    """Return what is worth raising, by the same rules as the agenda of a review."""
    standings = service_standings(scope.programme, [row.service for row in services], today)
    first = scope.programme.first_open_month
    limits = [CapStanding(cap.name, cap.used_percent, cap.binds_in(first)) for cap in caps]
    found = warnings_of(standings, limits, today)
    return tuple(each for each in found if scope.sees_practice or each.kind is not WarningKind.PRACTICE)


def _decimal(figure: Figure) -> Decimal | None:
    return None if figure.value is None else Decimal(figure.value)
