"""What changed since the month before, in three sentences that the figures write themselves. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mhep.kernel.money import ratio_of
from mhep.kernel.periods import Month
from performance.rules.facts import MonthFacts

Count = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Story:
    """
    A month, the one before it and the twelve to it; ``earlier`` is None in the first month.

    ``count`` and ``money`` write figures as the reader may see them; without ``money`` no amount is told.
    """

    month: Month
    facts: MonthFacts
    earlier: MonthFacts | None
    twelve: MonthFacts
    months: int
    count: Count
    money: Callable[[int], str] | None


def sentences(story: Story) -> tuple[str, ...]:
    """Return what changed: people, outcomes and, where it may be told, money or else sustained work."""
    return (_people(story), _jobs(story), _amount(story) if story.money else _lasting(story))


def _people(story: Story) -> str:
    referred, started = story.facts.referrals, story.facts.starts
    text = f"{_name(story.month)}: {_many(story, referred, 'person was', 'people were')} referred and "
    text += f"{story.count(started)} started"
    if story.earlier is None:
        return f"{text}."
    return f"{text}, {_than(story, started, story.earlier.starts)}."


def _jobs(story: Story) -> str:
    now = story.facts.job_starts
    text = f"{_many(story, now, 'job start was', 'job starts were')} verified"
    if story.earlier is not None:
        text += f", {_than(story, now, story.earlier.job_starts)}"
    if story.months < 2:
        return f"{text}."
    usual = ratio_of(story.twelve.job_starts, story.months)
    return f"{text}; a usual month of the last {story.months} has {story.count(usual)}."


def _lasting(story: Story) -> str:
    now = story.facts.sustained_13 + story.facts.sustained_26
    text = f"{_many(story, now, 'outcome', 'outcomes')} for work that lasted were verified"
    if story.earlier is None:
        return f"{text}."
    return f"{text}, {_than(story, now, story.earlier.sustained_13 + story.earlier.sustained_26)}."


def _amount(story: Story) -> str:
    if story.money is None:
        return ""
    now = story.facts.charged_minor
    text = f"{story.money(now)} was charged, net of VAT"
    if story.earlier is None:
        return f"{text}."
    change = now - story.earlier.charged_minor
    if not change:
        return f"{text}, the same as in {_name(story.month - 1)}."
    way = "more" if change > 0 else "less"
    return f"{text}, {story.money(abs(change))} {way} than in {_name(story.month - 1)}."


def _than(story: Story, now: int, before: int) -> str:
    """Say how a count compares; where either is hidden, so is the difference."""
    shown = story.count(now), story.count(before)
    if not all(each.replace(",", "").lstrip("-").isdigit() for each in shown):
        return f"after {shown[1]} in {_name(story.month - 1)}"
    change = int(shown[0].replace(",", "")) - int(shown[1].replace(",", ""))
    if not change:
        return f"as many as in {_name(story.month - 1)}"
    return f"{abs(change):,} {'more' if change > 0 else 'fewer'} than in {_name(story.month - 1)}"


def _many(story: Story, count: int, one: str, several: str) -> str:
    return f"{story.count(count)} {one if count == 1 and story.count(1) == '1' else several}"


def _name(month: Month) -> str:
    return f"{month.first_day:%B %Y}"
