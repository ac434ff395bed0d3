"""One mapping of a programme file, read key by key: what is missing, unknown or of the wrong kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from funders.rules.faults import Faults, TooMuch
from funders.rules.syntax import Value
from funders.rules.values import BadValue, Kind, shown

T = TypeVar("T")
D = TypeVar("D")

LARGEST_READ = 500_000  # keys and list entries, each counted as often as aliases repeat it


@dataclass(slots=True)
class Reading:
    """What the entries of one file share: its faults, the keys left to their default, a budget."""

    faults: Faults = field(default_factory=Faults)
    defaulted: set[str] = field(default_factory=set)
    left: int = LARGEST_READ

    def spend(self, entries: int) -> None:
        """:raises TooMuch: when aliases blow the file up beyond what a programme can hold."""
        self.left -= entries
        if self.left < 0:
            raise TooMuch(f"The file holds more than {LARGEST_READ:,} entries. Split the programme.")


class Entry:
    """
    A mapping at a place. A null counts as an absent key.

    Reading a key records what is wrong with it and returns a stand-in, so that reading goes on.
    ``item`` is the place of the item to which faults here belong. An entry made of something that
    is no mapping is silent: its one fault is recorded, the keys that it lacks are not.
    """

    def __init__(self, reading: Reading, place: str, value: Value, item: str) -> None:
        self.reading = reading
        self.place = place
        self.item = item
        self._known: set[str] = set()
        self._silent = not isinstance(value, dict)
        self._values = (
            {key: each for key, each in value.items() if each is not None} if isinstance(value, dict) else {}
        )
        reading.spend(1 + len(self._values))

    def at(self, key: str) -> str:
        """Return the place of a key."""
        return f"{self.place}.{key}" if self.place else key

    def has(self, key: str) -> bool:
        return key in self._values

    def keys(self) -> list[str]:
        return list(self._values)

    def refuse(self, key: str, message: str, *, code: str = "bad_value") -> None:
        """Record a fault at a key."""
        self.reading.faults.add(self.at(key), code, message, item=self.item)

    def take(self, key: str, kind: Kind[T], default: D) -> T | D:
        """Return the value of a key that may be absent; ``default`` too where it is bad."""
        self._known.add(key)
        if key not in self._values:
            return default
        try:
            return kind.read(self._values[key])
        except BadValue as error:
            self.refuse(key, str(error))
            return default

    def need(self, key: str, kind: Kind[T]) -> T:
        """Return the value of a key that must be there, or the kind's blank."""
        self.require(key, f"Add the key {key}.")
        return self.take(key, kind, kind.blank)

    def require(self, key: str, message: str) -> None:
        """Record that a key is missing, if it is."""
        if not self.has(key) and not self._silent:
            self.refuse(key, message, code="missing_key")

    def refuse_all(self, code: str, message: str) -> None:
        """Record a fault of the mapping as a whole."""
        self.reading.faults.add(self.place, code, message, item=self.item)

    @property
    def is_silent(self) -> bool:
        return self._silent

    def inner(self, key: str) -> Entry | None:
        """Return the mapping at a key that may be absent; it belongs to the same item."""
        self._known.add(key)
        return self._inner(key, self.item) if self.has(key) else None

    def need_inner(self, key: str, *, is_item: bool = False) -> Entry:
        """Return the mapping at a key that must be there, or a silent entry."""
        self.require(key, f"Add the key {key}.")
        return self._inner(key, self.at(key) if is_item else self.item)

    def _inner(self, key: str, item: str) -> Entry:
        self._known.add(key)
        value = self._values.get(key)
        if value is not None and not isinstance(value, dict):
            message = f"Put keys and their values here instead of {shown(value)}."
            self.reading.faults.add(self.at(key), "bad_value", message, item=item)
        return Entry(self.reading, self.at(key), value, item)

    def parts(self, key: str) -> list[Entry]:
        """Return the mappings listed at a key; their faults belong to this entry's item."""
        return [self._listed(place, value, self.item) for place, value in self._list(key)]

    def items(self, key: str) -> list[Entry]:
        """Return the mappings listed at a key, each an item of its own."""
        return [self._listed(place, value, place) for place, value in self._list(key)]

    def _listed(self, place: str, value: Value, item: str) -> Entry:
        if not isinstance(value, dict):
            message = f"Put keys and their values here instead of {shown(value)}."
            self.reading.faults.add(place, "bad_value", message, item=item)
        return Entry(self.reading, place, value, item)

    def listed(self, key: str, kind: Kind[T]) -> tuple[T, ...]:
        """Return the values listed at a key, each in its position (the blank where one is bad)."""
        return tuple(self._value(place, value, kind) for place, value in self._list(key))

    def sets(self, key: str, kind: Kind[T]) -> tuple[tuple[T, ...], ...]:
        """Return the lists of values listed at a key; a list without values is a fault at its place."""
        return tuple(
            tuple(self._value(inner, each, kind) for inner, each in self._set(place, value))
            for place, value in self._list(key)
        )

    def _set(self, place: str, value: Value) -> Iterator[tuple[str, Value]]:
        if not isinstance(value, list) or not value:
            message = f"Put a list with at least one value here, like [A, B], instead of {shown(value)}."
            self.reading.faults.add(place, "bad_value", message, item=self.item)
            return
        for index, each in enumerate(value):
            yield f"{place}[{index}]", each

    def _value(self, place: str, value: Value, kind: Kind[T]) -> T:
        self.reading.spend(1)
        try:
            return kind.read(value)
        except BadValue as error:
            self.reading.faults.add(place, "bad_value", str(error), item=self.item)
            return kind.blank

    def _list(self, key: str) -> Iterator[tuple[str, Value]]:
        self._known.add(key)
        values = self._values.get(key, [])
        if not isinstance(values, list):
            self.refuse(key, f"Put a list here, like [A, B], instead of {shown(values)}.")
            return
        for index, value in enumerate(values):
            yield f"{self.at(key)}[{index}]", value

    def close(self) -> None:
        """Record every key that nothing has read."""
        for key in self._values:
            if key not in self._known:
                known = ", ".join(sorted(self._known))
                self.refuse(
                    key,
                    f"Delete or correct this key. Those that may stand here: {known}.",
                    code="unknown_key",
                )
