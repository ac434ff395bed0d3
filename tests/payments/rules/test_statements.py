"""The fingerprint of a statement: the same for the same, another for anything else (ADR 0020)."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from payments.rules.statements import StatedLine, answer_by, differences, fingerprint

texts = st.text(max_size=12)
LINES = st.lists(
    st.builds(
        StatedLine,
        key=st.integers(1, 10**6),
        kind=texts,
        reason=texts,
        what=texts,
        event=texts,
        participant=texts,
        outcome=texts,
        outcome_date=texts,
        period=texts,
        amount_minor=st.integers(-(10**9), 10**9),
        corrects=texts,
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda line: line.key,
)
HEADERS = st.dictionaries(texts, texts, max_size=4)


@given(HEADERS, LINES)
def test_the_order_of_lines_does_not_matter(header: dict[str, str], lines: list[StatedLine]) -> None:
    shuffled = list(reversed(lines))
    assert fingerprint(header, lines) == fingerprint(header, shuffled)


@given(HEADERS, LINES, st.data())
def test_any_other_value_anywhere_gives_another(
    header: dict[str, str], lines: list[StatedLine], data: st.DataObject
) -> None:
    before = fingerprint(header, lines)
    name = data.draw(st.sampled_from([field.name for field in fields(StatedLine)]))
    value = getattr(lines[0], name)
    other: Any = value + 10**7 if isinstance(value, int) else f"{value}x"
    changed = replace(lines[0], **{name: other})
    assert fingerprint(header, [changed, *lines[1:]]) != before
    assert fingerprint({**header, "new": "x"}, lines) != before
    assert fingerprint(header, lines[1:]) != before


@given(HEADERS, LINES)
def test_what_is_the_same_has_no_differences(header: dict[str, str], lines: list[StatedLine]) -> None:
    assert differences((header, lines), (header, lines), {}) == ()


def test_the_day_of_sending_is_not_counted() -> None:
    assert answer_by(date(2026, 7, 3), 10) == date(2026, 7, 13)
