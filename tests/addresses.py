"""Every address of the application, with made-up values in it: for tests that walk them all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from mhep.shared.converters import SealedIdConverter

# One value for each kind of converter; a new kind needs its example here.
EXAMPLES = {
    "StringConverter": "X",
    "SlugConverter": "x",
    "UUIDConverter": "00000000-0000-4000-8000-000000000000",
    "MonthConverter": "2026-04",
}


def every_address() -> list[str]:
    """Return each address with an example for every value in it; what it names need not exist."""
    return [address for address, _ in every_pattern()]


def every_pattern() -> Iterator[tuple[str, URLPattern]]:
    """Give each address of the application, filled with examples, and the pattern behind it."""
    return _walk("/", get_resolver("mhep.urls").url_patterns)


def _walk(prefix: str, patterns: Sequence[URLPattern | URLResolver]) -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        assert isinstance(entry.pattern, RoutePattern), f"{entry.pattern} is not written with path()"
        address = prefix + _filled(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(address, entry.url_patterns)
        else:
            yield address, entry


def _example(kind: object) -> str:
    if isinstance(kind, SealedIdConverter):
        return kind.to_url(1)
    name = type(kind).__name__
    assert name != "IntConverter", "name a row by its kind, as in <event:pk>: mhep.shared.sealed_ids"
    return EXAMPLES[name]


def _filled(pattern: RoutePattern) -> str:
    examples = {name: _example(kind) for name, kind in pattern.converters.items()}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: examples[found[1]], str(pattern))
