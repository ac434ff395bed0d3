"""Malformed programme files of every make: each gives problems, quickly, and no exception."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator

import pytest

from funders.rules.programme_file import read_programme
from tests.funders.rules.sample import changed

SOUND = json.dumps(changed(), indent=1).encode()
SLOWEST = 10.0  # seconds on a busy machine; the slowest takes a fraction of it


def _wrong_encodings() -> Iterator[tuple[str, bytes]]:
    accented = SOUND.replace(b"Area A", "Île-de-France".encode())
    for encoding in ("utf-16", "utf-16-le", "utf-32", "cp500"):
        yield encoding, SOUND.decode().encode(encoding)
    yield "latin-1", accented.decode().encode("latin-1")
    yield "two byte-order marks in the middle", SOUND[:50] + b"\xff\xfe" + SOUND[50:]
    yield "compressed", zlib.compress(SOUND)
    yield "PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
    yield "zip", b"PK\x03\x04" + bytes(range(256))
    yield "nul bytes", b"\x00" * 1000
    yield "every byte", bytes(range(256))
    yield "escaped surrogate", SOUND.replace(b"Area A", rb"\ud800")
    yield "escaped nul", SOUND.replace(b"Area A", rb"\u0000")


def _truncated() -> Iterator[tuple[str, bytes]]:
    for tenth in range(1, 10):
        yield f"cut after {tenth} tenths", SOUND[: len(SOUND) * tenth // 10]
    yield "last byte lost", SOUND[:-1]
    yield "half a second copy", SOUND + SOUND[:100]
    yield "twice", SOUND + b"\n---\n" + SOUND


def _aliases() -> Iterator[tuple[str, bytes]]:
    lines = ["l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 40)]
    yield "billion laughs beside the programme", "\n".join(lines).encode()
    lines[-1] = lines[-1].replace("l39: &l39", "areas:")
    yield "billion laughs as areas", "\n".join(lines).encode()
    many = f"[{', '.join(['*x'] * 3000)}]"
    yield (
        "lists of aliases to lists of aliases",
        f"""
cohorts: [&t {{ref: a, outcome: b, price: {{fixed: "1.00"}}}}, &a {{ref: a, terms: {many.replace("x", "t")}}}]
agreements: {many.replace("x", "a")}
""".encode(),
    )
    yield "alias loop in a list", b"programme: &p [*p]"
    yield "alias loop in a mapping", b"programme: &p {code: *p}"
    yield "alias loop through two", b"a: &a [&b [*a, *b]]"
    yield "alias loop as key", b"&a {*a : 1}"
    yield "unknown alias", b"programme: *nothing"


def _deep() -> Iterator[tuple[str, bytes]]:
    for depth in (900, 1_500, 100_000):
        yield f"{depth} lists", b"areas: " + b"[" * depth + b"]" * depth
        yield f"{depth} open lists", b"[" * depth
        yield f"{depth} mappings", b"{a: " * depth + b"}" * depth
        yield f"{depth} block lists", b"- " * depth + b"x"
        yield f"{depth} complex keys", b"? " * depth + b"x"


def _odd_roots_and_texts() -> Iterator[tuple[str, bytes]]:
    for root in (b"", b"   \n\n", b"null", b"[]", b"{}", b"42", b"a text", b"!!python/object:os.system x"):
        yield f"root {root!r}", root
    for text in (
        b"a: b: c",
        b"\ta: 1",
        b"a: [1, 2",
        b"a: }",
        b"a: 'x",
        b'a: "\\q"',
        b"%YAML 9.9\n---\na: 1",
        b"@a: 1",
    ):
        yield f"text {text!r}", text
    yield "repeated key", b"programme: {}\nprogramme: {}"
    yield "keys of every type", b"{1: a, 1.5: b, true: c, ~: d, [x]: e, {y: z}: f, ? |\n  long\n: g}"
    yield "not a number", SOUND.replace(b'"1000.00"', b".nan")
    yield "infinite hours", SOUND.replace(b'"weeks": 13', b'"hours_min": .inf')
    yield "a tiny fraction", SOUND.replace(b'"weeks": 13', b'"weeks": 13, "hours_min": 1e-999999999')
    yield "a huge exponent", SOUND.replace(b'"weeks": 13', b'"weeks": 1e999999999999999999999')
    yield "a huge integer", SOUND.replace(b'"weeks": 13', b'"weeks": ' + b"9" * 100_000)
    yield "python tag", SOUND.replace(b'"Area A"', b"!!python/name:os.system x")
    yield "CSV", b"code,name\nA,Area A\n"
    yield "HTML", b"<!DOCTYPE html><html><body>Sign in</body></html>"
    yield "a long key", b"k" * 2_000_000 + b": 1"
    yield "many unknown keys", b"\n".join(b"k%d: 1" % number for number in range(50_000))
    yield "many wrong entries", b"areas: [" + b"1," * 200_000 + b"1]"


MALFORMED = [*_wrong_encodings(), *_truncated(), *_aliases(), *_deep(), *_odd_roots_and_texts()]


@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content in MALFORMED])
def test_a_malformed_file_gives_problems_quickly_and_nothing_else(content: bytes) -> None:
    began = time.monotonic()
    result = read_programme(content)
    assert result.problems
    assert result.definition is None
    assert result.warnings == ()
    assert len({problem.place for problem in result.problems}) == len(result.problems)
    assert all(problem.message and len(problem.message) < 500 for problem in result.problems)
    assert time.monotonic() - began < SLOWEST


def test_there_are_sixty_of_them_and_the_file_they_are_made_of_is_sound() -> None:
    assert len(MALFORMED) >= 60
    assert read_programme(SOUND).problems == ()
