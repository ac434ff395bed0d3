"""
What happened, told by the apps that know: each registers a source when it gets ready, in its ``apps.py``.

A source reads rows that were written for good, whatever route wrote them, so nothing that happens has to
think of webhooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """
    One thing that happened.

    ``key`` tells it apart from all others of its source, ``path`` is where the API answers about it. Nothing
    in it is about a person.
    """

    key: int
    type: str
    programme: str
    path: str
    at: datetime


Source = Callable[[str, int, datetime], Iterable[Happening]]
"""Gives what an organisation, by kind and key, may know of and what happened since."""

_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Ask ``source`` from now on; registered again under the same name, the later one counts."""
    _sources[name] = source


def sources() -> dict[str, Source]:
    """Return every source by its name."""
    return dict(_sources)
