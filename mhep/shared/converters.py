"""What stands for a value in an address."""

from __future__ import annotations

from django.urls import register_converter

from mhep.kernel.periods import Month
from mhep.shared.sealed_ids import Kind, opened_id, sealed_id


class MonthConverter:
    """A month as ``2026-04``; anything else is no page."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> Month:
        return Month.parse(value)

    def to_url(self, value: Month | str) -> str:
        return str(value)


class SealedIdConverter:
    """The primary key of a row, sealed for one kind; an id of another kind, or no id at all, is no page."""

    kind: Kind
    regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

    def to_python(self, value: str) -> int:
        return opened_id(self.kind, value)

    def to_url(self, value: int | str) -> str:
        return str(sealed_id(self.kind, int(value)))


register_converter(MonthConverter, "month")
for each in Kind:
    register_converter(type(f"{each.name}Converter", (SealedIdConverter,), {"kind": each}), each.value)
