"""YAML 1.2 core: what a scalar means, and what is not one YAML document."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funders.rules import syntax
from funders.rules.programme_file import read_programme
from tests.funders.rules.sample import found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("null", None),
        ("~", None),
        ("", None),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("-7", -7),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-04-01", "2026-04-01"),
        ("07-01", "07-01"),
        ("2026-04", "2026-04"),
        ("15.50", Decimal("15.50")),
        (".5", Decimal("0.5")),
        ("1e3", Decimal(1000)),
        ("'12'", "12"),
        ("! 12", "12"),
        ("!!str 12", "12"),
        ('!!int "12"', 12),
        ("!!float 12", Decimal(12)),
        ("!!int twelve", syntax.Untyped("tag:yaml.org,2002:int")),
        ("!thing x", syntax.Untyped("!thing")),
        ("!!set {a: }", syntax.Untyped("tag:yaml.org,2002:set")),
        ("[&a 1, *a]", [1, 1]),
        ("{<<: {a: 1}}", {"<<": {"a": 1}}),
        ("{&k a: &k b, c: *k}", {"a": "b", "c": "b"}),
        ("{1: a, true: b, ~: c}", {"1": "a", "true": "b", "null": "c"}),
        ("{? [x] : 1}", {"(line 1, column 4)": 1}),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: syntax.Value) -> None:
    read = syntax.parse(text.encode())
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("text", [".nan", ".inf", "-.INF", "1e99999999999999999999", "9" * 101])
def test_numbers_beyond_use_are_no_programme_value(text: str) -> None:
    value = syntax.parse(text.encode())
    assert isinstance(value, Decimal)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"a: 1\nb: [1, 2\n", "line 3, column 1"),
        (b"a: 1\n---\nb: 2\n", "line 2, column 1"),
        (b"a: 1\n---\n", "line 2, column 1"),
        (b"a: 1\nb: 2\na: 3\n", "line 3, column 1"),
        (b"a: {1: x, '1': y}\n", "line 1, column 11"),
        (b"a: &x\n  - *x\n", "line 2, column 5"),
        (b"a: *x\n", "line 1, column 4"),
        (b"a:\n\t- 1\n", "line 2, column 1"),
        (b"a: \xc3\xa9\xff\n", "line 1, column 5"),
        (b"\xef\xbb\xbfa: \xff\n", "line 1, column 4"),
        (b"a: 1\nb: \x00\n", "line 2, column 4"),
        ("programme: {}".encode("utf-16"), "line 1, column 1"),
        (b"a: 'open", "line 1, column 9"),
    ],
)
def test_a_fault_of_syntax_stands_alone_with_its_line_and_column(content: bytes, place: str) -> None:
    assert found(read_programme(content)) == [(place, "syntax")]


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"---\n", b"- a\n", b"text", b"5", b"!x {}", b"~"])
def test_a_root_that_is_no_mapping_is_a_bad_value_of_the_whole_file(content: bytes) -> None:
    assert found(read_programme(content)) == [("", "bad_value")]


def test_a_byte_order_mark_is_accepted() -> None:
    assert syntax.parse(b"\xef\xbb\xbfa: 1\n") == {"a": 1}


def test_an_anchor_may_be_given_again() -> None:
    assert syntax.parse(b"[&a 1, &a 2, *a]") == [1, 2, 2]


def test_a_file_beyond_the_limit_is_refused() -> None:
    assert found(read_programme(b"#" * (syntax.LARGEST_FILE + 1))) == [("line 1, column 1", "syntax")]


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=200))
def test_any_bytes_give_problems_and_no_exception(content: bytes) -> None:
    assert read_programme(content).problems


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet="ab:-[]{}&*!?|>'\"#,%@ \n\t~0.", max_size=60))
def test_any_text_gives_problems_and_no_exception(text: str) -> None:
    assert read_programme(text.encode()).problems
