"""What a profile's page shows: its versions beside each other, and the results beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from funders.models import Programme, Service
from mhep.kernel.money import ratio_of
from mhep.kernel.periods import Month
from mhep.shared.sheets import Cell, Sheet
from performance.enums import PublishedBy, Scenario
from performance.models import Profile
from performance.rules.charts import BarChart, BarMonth, Words, bar_chart, in_hundreds, in_units
from performance.rules.charts.frame import Write
from performance.rules.disclosure import Months
from performance.rules.facts import NOTHING, MonthFacts
from performance.rules.facts import total as sum_of
from performance.rules.metrics import Unit
from performance.rules.profiles import TENTHS, Plan, Restated, restated, write_value
from performance.selectors.disclosure import is_ruled, ruling_of
from performance.selectors.publications import PUBLISHED, published_table
from performance.selectors.results import By, Results, results_by

FACTS = frozenset(MonthFacts.__dataclass_fields__) | {"outcomes"}


@dataclass(frozen=True, slots=True)
class Result:
    """
    What came of a period: as it was when its months were closed, and as it is known now.

    None where nothing is known yet. ``text`` is what stands for it, by the rule of the reader's role.
    """

    text: str
    now: int | None
    at_close: int | None

    @property
    def is_restated(self) -> bool:
        """Tell whether the result has changed since its months were closed."""
        return self.now is not None and self.at_close is not None and self.now != self.at_close


@dataclass(frozen=True, slots=True)
class Line:
    """One period: what each version planned, newest first, and what came of it."""

    first: Month
    last: Month
    planned: tuple[str, ...]
    result: Result
    difference: str
    is_locked: bool
    at_close: str

    @property
    def label(self) -> str:
        return _span_label((self.first, self.last))


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """A profile with all of its versions."""

    profile: Profile
    versions: tuple[Profile, ...]
    lines: tuple[Line, ...]
    chart: BarChart
    restated: tuple[Restated, ...]
    is_newest: bool
    is_ruled: bool


def planned(
    programme: Programme,
    subject: str,
    months: tuple[Month, Month],
    *,
    service: Service | None = None,
    scenario: Scenario = Scenario.MEDIUM,
    as_set: bool = False,
) -> int | None:
    """
    Return what the newest profile plans for the months from the first through the last; None where none does.

    For a whole programme that has no profile of its own, the profiles of its services are added up.

    :param as_set: leave profiles out that hold results or were spread from them, which a role under
        disclosure control may not be shown exactly.
    """
    newest = Profile.objects.newest().filter(programme=programme, subject=subject, scenario=scenario)
    if as_set:
        newest = newest.filter(locked=0)
    found = [each.plan.planned(*months) for each in newest.filter(service=service)]
    if not found and service is None:
        found = [each.plan.planned(*months) for each in newest]
    known = [each for each in found if each is not None]
    return sum(known) if known else None


def profile_page(user: User, profile: Profile, today: Month) -> ProfilePage:
    """Return what the user sees of a profile and its other versions; results are of periods that are over."""
    versions = tuple(
        Profile.objects.filter(
            programme=profile.programme,
            service=profile.service,
            subject=profile.subject,
            scenario=profile.scenario,
        )
        .order_by("-version")
        .select_related("made_by")
    )
    ruled = is_ruled(user, profile.programme) and profile.about.is_of_people
    spans = _spans(profile.plan)
    results = shown_results(profile, spans) if ruled else results_of(profile, spans, today)
    lines = tuple(
        _line(span, [_planned(each, span[0], result, ruled=ruled) for each in versions], result, profile)
        for span, result in zip(spans, results, strict=True)
    )
    return ProfilePage(
        profile=profile,
        versions=versions,
        lines=lines,
        chart=_chart(profile, lines, ruled=ruled),
        restated=() if ruled else restated(profile.plan, [each.now for each in results]),
        is_newest=versions[0].pk == profile.pk,
        is_ruled=ruled,
    )


def profile_sheet(page: ProfilePage) -> Sheet:
    """Return the page's table to download."""
    headings = ["Period", *(f"Version {each.version}" for each in page.versions), "Result", "At close"]
    rows: list[tuple[Cell, ...]] = [
        (
            line.first.first_day,
            *line.planned,
            line.result.text,
            line.at_close,
        )
        for line in page.lines
    ]
    return Sheet("Profile", tuple(headings), rows)


def _at_close(result: Result, unit: Unit) -> str:
    """Write the result as it was at the close, where it has changed since."""
    if not result.is_restated or result.at_close is None:
        return ""
    return write_value(result.at_close, unit)


Span = tuple[Month, Month]


def _spans(plan: Plan) -> list[Span]:
    return [(first, first + (plan.rhythm.value - 1)) for first, _ in plan.periods()]


def results_of(profile: Profile, spans: Sequence[Span], today: Month) -> list[Result]:
    """Return the exact result of each span of months, empty for those that are not over."""
    by = By.SERVICE if profile.service_id else By.NOTHING
    now = results_by(profile.programme, by)
    closed = results_by(profile.programme, by, frozen=True)
    results = []
    for first, last in spans:
        if last >= today:
            results.append(NOT_YET)
            continue
        value = _value(profile, now, (first, last))
        at_close = _value(profile, closed, (first, last)) if _is_closed(closed, (first, last)) else None
        text = "" if value is None else write_value(value, profile.about.unit)
        results.append(Result(text, value, at_close))
    return results


NOT_YET = Result("", None, None)


def shown_results(profile: Profile, spans: Sequence[Span]) -> list[Result]:
    """Return the result of each span as it was published; hidden where a month of it is, or none was."""
    ruling = ruling_of(profile.programme)
    if ruling is None:
        return [NOT_YET] * len(spans)
    place = profile.service.code if profile.service else Months.TOTAL
    known = profile.subject in PUBLISHED and (
        not profile.service_id or ruling.published_by == PublishedBy.SERVICE
    )
    table = published_table(profile.programme, ruling.published_by, profile.subject) if known else None
    results = []
    for first, last in spans:
        months = [table.of_month(place, str(month)) for month in first.until(last)] if table else []
        values = [each.value for each in months if each is not None and each.value is not None]
        if not known:
            results.append(Result(ruling.symbol, None, None))
        elif None in months:
            results.append(NOT_YET)
        elif len(values) < len(months):
            results.append(Result(ruling.symbol, None, None))
        else:
            results.append(Result(f"{sum(values):,}", sum(values), None))
    return results


def _is_closed(closed: Results, span: Span) -> bool:
    months = {month for _, month in closed}
    return all(month in months for month in span[0].until(span[1]))


def _value(profile: Profile, results: Results, span: Span) -> int | None:
    """Return the result of a span in the subject's smallest unit; None where nothing can be worked out."""
    facts = sum_of(results.get((profile.service_id, month), NOTHING) for month in span[0].until(span[1]))
    subject = profile.about
    if not {subject.top, subject.bottom or subject.top} <= FACTS:
        return None
    top = int(getattr(facts, subject.top))
    if not subject.bottom:
        return top
    bottom = int(getattr(facts, subject.bottom))
    scale = 1_000 if subject.unit is Unit.PER_CENT else 10
    return ratio_of(top, bottom, scale) if bottom else None


def _planned(version: Profile, period: Month, result: Result, *, ruled: bool) -> str:
    """
    Write what a version plans for the period that begins with that month.

    For a role under control a locked result is what was published of it, and what was spread over the rest is
    rounded: exact, it would tell the sum of the results.
    """
    plan, unit = version.plan, version.about.unit
    place = plan.place_of(period)
    if place is None:
        return ""
    if not ruled or not plan.locked:
        return write_value(plan.values[place], unit)
    if place < plan.locked:
        return result.text
    return f"about {_about(plan.values[place])}"


ABOUT = 5  # to the nearest multiple of this is rounded what would tell too much exactly


def _about(value: int) -> int:
    return (value + ABOUT // 2) // ABOUT * ABOUT


def _line(span: Span, texts: Sequence[str], result: Result, profile: Profile) -> Line:
    place = profile.plan.place_of(span[0]) or 0
    wanted = profile.plan.values[place]
    is_locked = place < profile.plan.locked
    difference = (
        "" if result.now is None or is_locked else write_signed(result.now - wanted, profile.about.unit)
    )
    at_close = _at_close(result, profile.about.unit)
    return Line(span[0], span[1], tuple(texts), result, difference, is_locked, at_close)


def write_signed(value: int, unit: Unit) -> str:
    """Write a difference with its sign."""
    sign = "-" if value < 0 else "+" if value else ""
    return f"{sign}{write_value(abs(value), unit)}"


def _chart(profile: Profile, lines: Sequence[Line], *, ruled: bool) -> BarChart:
    is_drawn_anew = profile.plan.locked > 0
    write = _writer(profile)
    months = [
        BarMonth(
            label=line.label,
            short=f"{line.first.first_day:%b %y}",
            value=line.result.now,
            planned=None if line.is_locked else _about(value) if ruled and is_drawn_anew else value,
            said=line.result.text or "–",
        )
        for line, value in zip(lines, profile.plan.values, strict=True)
    ]
    known = [line for line in lines if line.result.now is not None]
    says = (
        f"{len(known)} of {len(lines)} periods are over and known."
        if known
        else "No period is over yet, or none may be shown."
    )
    return bar_chart(
        Words("profile", f"{profile.about.name}: planned and achieved", says),
        months,
        write=write,
        names=("Achieved", f"Planned, version {profile.version}"),
    )


def _writer(profile: Profile) -> Write:
    unit = profile.about.unit
    if unit is Unit.AMOUNT:
        return in_hundreds(profile.programme.currency)
    return (lambda value: write_value(int(value), unit)) if unit in TENTHS else in_units


def _span_label(span: Span) -> str:
    first, last = span
    if first == last:
        return f"{first.first_day:%B %Y}"
    return f"{first.first_day:%B} to {last.first_day:%B %Y}"


@dataclass(frozen=True, slots=True)
class Lockable:
    """A period that is over, with its result in the smallest unit."""

    label: str
    result: int


def lockable(profile: Profile, today: Month) -> list[Lockable]:
    """Return the first periods of a profile that can be locked: those that are over, but for the last one."""
    spans = _spans(profile.plan)[:-1]
    found = []
    for span, result in zip(spans, results_of(profile, spans, today), strict=True):
        if result.now is None:
            break
        found.append(Lockable(_span_label(span), max(result.now, 0)))
    return found
