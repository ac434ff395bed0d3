"""Works out an example of a page with the code that serves everyone: load, import, close, read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from funders.models import Programme
from funders.rules.programme_file import read_programme
from funders.services import store_programme
from mhep.kernel.money import to_major
from mhep.kernel.periods import Month
from outcomes.rules.acceptance import HEADINGS as OUTCOME_HEADINGS
from outcomes.services.imports import import_outcomes
from participants.rules.acceptance import HEADINGS as PARTICIPANT_HEADINGS
from participants.services import import_participants
from payments.models import Charge, Document
from payments.services.months import close_month
from tests.docs.pages import Row

AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
START = "2026-04-01"


def work_out(programme_file: str, events: Sequence[Row], through: Month) -> Programme:
    """
    Load a programme, import its events each in its month, and close every month through the given one.

    An event's row may have the columns ``event``, ``outcome date`` and ``verified``, and others that
    the pages' introduction explains.
    """
    read = read_programme(programme_file.encode())
    assert read.definition is not None, read.problems
    programme = store_programme(read.definition, at=AT)
    _import_people(programme, events)
    month = programme.first_open_month
    while month <= through:
        _import_events(programme, [row for row in events if _arrives(row, programme) == month])
        close_month(programme_id=programme.pk, month=month, issued_on=month.last_day, actor=None, at=AT)
        month += 1
    return programme


def charges(programme: Programme) -> list[Row]:
    """Return every stored decision, credit and fee under the headings of the pages' tables."""
    rows = Charge.objects.filter(agreement__programme=programme).select_related(
        "month", "agreement", "term", "fee", "event"
    )
    return [
        {
            "month": str(row.month.period),
            "agreement": row.agreement.ref,
            "term": (row.term or row.fee).ref if row.term or row.fee else "",  # type: ignore[union-attr]
            "event": str(Month.of(row.fee_month)) if row.fee_month else str(row.event),
            "kind": row.kind.lower(),
            "places before": "" if row.place_before is None else str(row.place_before),
            "tariff": _major(row.tariff_minor),
            "entitlement": _major(row.entitlement_minor),
            "charged before": _major(row.charged_before_minor),
            "room": _major(_least_room(row)),
            "amount": to_major(row.amount_minor),
            "reason": row.reason.lower(),
        }
        for row in rows
    ]


def documents(programme: Programme) -> list[Row]:
    """Return every issued document under the headings of the pages' tables."""
    return [
        {
            "month": str(row.month.period),
            "agreement": row.agreement.ref,
            "number": row.full_number,
            "document": row.kind.lower(),
            "lines": str(row.line_count),
            "net": to_major(row.net_minor),
            "VAT": to_major(row.vat_minor),
            "gross": to_major(row.gross_minor),
        }
        for row in Document.objects.filter(agreement__programme=programme).select_related(
            "month", "agreement"
        )
    ]


def _least_room(row: Charge) -> int | None:
    rooms = (row.room_term_minor, row.room_total_minor, row.room_year_minor, row.room_person_minor)
    return min((room for room in rooms if room is not None), default=None)


def _major(minor: int | None) -> str:
    return "" if minor is None else to_major(minor)


def _person(row: Row) -> str:
    return row.get("person") or f"P-{row['event']}"


def _arrives(row: Row, programme: Programme) -> Month:
    return Month.parse(row["imported in"]) if "imported in" in row else Month.of(programme.starts_on)


def _import_people(programme: Programme, events: Iterable[Row]) -> None:
    people = {
        _person(row): {
            "participant": _person(row),
            "service": "IPS",
            "area": row.get("area", ""),
            "started_on": START,
            "consented_on": START,
        }
        for row in events
    }
    content = _csv(PARTICIPANT_HEADINGS, people.values())
    report = import_participants(programme_id=programme.pk, content=content, actor=None, at=AT)
    assert not report.rejections, report.rejections


def _import_events(programme: Programme, events: Iterable[Row]) -> None:
    rows = [
        {
            "event": row["event"],
            "participant": _person(row),
            "outcome": row.get("outcome") or "JOB_START",
            "outcome_date": row["outcome date"],
            "hours_per_week": row.get("hours", ""),
            "submitted_on": row["outcome date"],
            "verified_on": row["verified"],
            "voided_on": row.get("voided", ""),
        }
        for row in events
    ]
    report = import_outcomes(
        programme_id=programme.pk, content=_csv(OUTCOME_HEADINGS, rows), actor=None, at=AT
    )
    assert not report.rejections, report.rejections


def _csv(headings: Sequence[str], rows: Iterable[Row]) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, headings, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()
