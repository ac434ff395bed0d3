"""When documents fall due (spec: invoicing, Documents)."""

from __future__ import annotations

from datetime import date, timedelta

from mhep.kernel.working_days import is_working_day


def due_date(issued_on: date, payment_days: int, *, country: str = "") -> date:
    """
    Return the issue date plus ``payment_days``; with a country, the next working day there from that day on.

    A country whose holidays are not known has working days from Monday to Friday.
    """
    day = issued_on + timedelta(days=payment_days)
    while country and not is_working_day(day, country):
        day += timedelta(days=1)
    return day
