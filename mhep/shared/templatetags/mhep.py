"""How money, dates, months and states are written on every page: one filter or tag each."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.contrib.messages import SUCCESS, get_messages
from django.core.paginator import Paginator
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mhep.kernel.money import to_major
from mhep.kernel.periods import Month
from mhep.shared.once import TOKEN
from mhep.shared.scanning import is_by_stand_in
from mhep.shared.sealed_ids import Kind, sealed_id

register = template.Library()
SYMBOLS = {"GBP": "£", "EUR": "€"}

# The text and the colour of every state, wherever it is shown. No state is told by its colour alone.
TAGS: dict[tuple[str, str], tuple[str, str]] = {
    ("month", "OPEN"): ("Not priced yet", "grey"),
    ("month", "PRICED"): ("Priced, open", "teal"),
    ("month", "CLOSED"): ("Closed", "green"),
    ("month", "LATER"): ("Later", "grey"),
    ("job", "WAITING"): ("Waiting", "grey"),
    ("job", "RUNNING"): ("Running", "teal"),
    ("job", "DONE"): ("Done", "green"),
    ("job", "FAILED"): ("Failed", "red"),
    ("event", "DRAFT"): ("Draft", "grey"),
    ("event", "SUBMITTED"): ("Waiting to be verified", "yellow"),
    ("event", "QUERIED"): ("Queried", "orange"),
    ("event", "REJECTED"): ("Rejected", "red"),
    ("event", "VERIFIED"): ("Verified", "green"),
    ("event", "VOIDED"): ("Voided", "red"),
    ("rule", "MET"): ("Met", "green"),
    ("rule", "BROKEN"): ("Not met", "red"),
    ("finding", "OPEN"): ("Still to look at", "yellow"),
    ("finding", "AGREED"): ("Agreed", "green"),
    ("finding", "NOT_AGREED"): ("Not agreed", "red"),
    ("balance", "OPEN"): ("Not yet", "grey"),
    ("balance", "PART_PAID"): ("In part", "yellow"),
    ("balance", "PAID"): ("In full", "green"),
    ("transfer", "WAITING"): ("Waiting", "yellow"),
    ("transfer", "ACCEPTED"): ("Accepted", "green"),
    ("transfer", "DECLINED"): ("Declined", "red"),
    ("transfer", "WITHDRAWN"): ("Withdrawn", "grey"),
    ("evidence", "RECEIVED"): ("Not yet scanned", "grey"),
    ("evidence", "SCANNING"): ("Being scanned", "teal"),
    ("evidence", "CLEAN"): ("Scanned", "green"),
    ("evidence", "QUARANTINED"): ("Harmful, locked away", "red"),
    ("import", "COLUMNS"): ("Columns to match", "yellow"),
    ("import", "CHECKING"): ("Being checked", "teal"),
    ("import", "CHECKED"): ("To confirm", "yellow"),
    ("import", "STORING"): ("Being stored", "teal"),
    ("import", "STORED"): ("Stored", "green"),
    ("import", "CANCELLED"): ("Cancelled", "grey"),
    ("import", "LAPSED"): ("Not confirmed in time", "grey"),
    ("delivery", "WAITING"): ("Waiting", "yellow"),
    ("delivery", "SENT"): ("Arrived", "green"),
    ("delivery", "FAILED"): ("Given up", "red"),
    ("webhook", "ON"): ("On", "green"),
    ("webhook", "OFF"): ("Off", "grey"),
    ("check", "SOUND"): ("Holds", "green"),
    ("check", "LATE"): ("Overdue", "orange"),
    ("check", "NEVER"): ("Not checked yet", "grey"),
    ("check", "BROKEN"): ("Broken", "red"),
    ("document", "INVOICE"): ("Invoice", "teal"),
    ("document", "CREDIT_NOTE"): ("Credit note", "orange"),
    ("document", "REMITTANCE"): ("Remittance statement", "purple"),
    ("payment", "OPEN"): ("Open", "yellow"),
    ("payment", "PART_PAID"): ("Part-paid", "teal"),
    ("payment", "PAID"): ("Paid", "green"),
    ("export", "IN_FORCE"): ("Exported", "green"),
    ("export", "UNDONE"): ("Taken back", "grey"),
    ("charge", "CHARGE"): ("Charge", "teal"),
    ("charge", "CREDIT"): ("Credit", "orange"),
    ("charge", "NIL"): ("Nothing charged", "grey"),
    ("charge", "FEE"): ("Fixed fee", "purple"),
    ("charge", "ADJUSTMENT"): ("Adjustment", "yellow"),
    ("statement", "SENT"): ("Waits for the funder", "yellow"),
    ("statement", "APPROVED"): ("Approved", "green"),
    ("statement", "PARTLY_APPROVED"): ("Approved but for queries", "orange"),
    ("statement", "LAPSED"): ("Approved by silence", "teal"),
    ("statement", "SUPERSEDED"): ("Replaced", "grey"),
    ("settlement", "OPEN"): ("To settle", "yellow"),
    ("settlement", "UPHELD"): ("Upheld", "red"),
    ("settlement", "WAIVED"): ("Waived", "orange"),
    ("settlement", "DISMISSED"): ("Dismissed", "green"),
    ("track", "ON_TRACK"): ("On track", "green"),
    ("track", "WATCH"): ("Watch", "yellow"),
    ("track", "OFF_TRACK"): ("Off track", "red"),
    ("track", "UNKNOWN"): ("Nothing to hold it against", "grey"),
    ("adjustment", "PROPOSED"): ("Proposed", "yellow"),
    ("adjustment", "APPROVED"): ("Approved", "green"),
    ("adjustment", "REFUSED"): ("Refused", "grey"),
    ("first", "BEFORE"): ("Provider paid before the funders", "teal"),
    ("first", "SAME_DAY"): ("Paid on the same day", "green"),
    ("first", "AFTER"): ("Provider paid after the funders", "green"),
    ("first", "FUNDER_OPEN"): ("Provider paid, a funder not yet", "orange"),
    ("first", "PROVIDER_OPEN"): ("Funders paid, provider not yet", "yellow"),
    ("first", "BOTH_OPEN"): ("Neither side is paid in full", "grey"),
    ("first", "NO_PROVIDER"): ("Nothing to pay a provider", "grey"),
    ("first", "NO_FUNDER"): ("Nothing charged to a funder", "grey"),
    ("late", "TO_DECIDE"): ("To decide", "orange"),
    ("late", "NOTHING"): ("Nothing to claim", "grey"),
    ("late", "PROPOSED"): ("Waits for a second person", "yellow"),
    ("late", "CHARGED"): ("Charged", "green"),
    ("late", "REFUSED"): ("Refused", "grey"),
    ("late", "WAIVED"): ("Waived", "teal"),
    ("late", "WITHDRAWN"): ("Withdrawn", "grey"),
    ("letter", "SENDING"): ("Not known", "grey"),
    ("letter", "SENT"): ("Sent", "green"),
    ("letter", "AWAY"): ("To be tried again", "yellow"),
    ("letter", "REFUSED"): ("Refused by the post", "red"),
    ("review", "PLANNED"): ("Planned", "yellow"),
    ("review", "HELD"): ("Held", "green"),
    ("action", "OPEN"): ("Open", "yellow"),
    ("action", "DONE"): ("Done", "green"),
    ("action", "DROPPED"): ("Dropped", "grey"),
}


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Write minor units with their currency: ``£1,250.00``, ``-£3.10``, ``1,250.00 DKK``."""
    if minor is None:
        return ""
    sign = "-" if minor < 0 else ""
    major, _, rest = to_major(abs(minor)).partition(".")
    figure = f"{int(major):,}.{rest}"
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{figure}" if symbol else f"{sign}{figure} {currency}"


@register.filter
def number(value: Decimal | int | None) -> str:
    """Write a number without trailing zeros: ``16``, ``37.5``, ``1,250``."""
    if value is None:
        return ""
    whole, dot, rest = f"{value:,f}".partition(".") if isinstance(value, Decimal) else (f"{value:,}", "", "")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if dot and rest else whole


@register.filter
def ordinal_number(value: int) -> str:
    """Write a place in a count: ``1st``, ``12th``, ``1,250th``."""
    ending = "th" if value % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value:,}{ending}"


@register.filter
def sealed(key: int, kind: str) -> str:
    """Write the id by which a form or a query names a row of that kind (:mod:`mhep.shared.sealed_ids`)."""
    return str(sealed_id(Kind(kind), key))


@register.filter
def words(code: str) -> str:
    """Write codes of a file in words: ``employer_confirmation`` is ``employer confirmation``."""
    return code.replace("_", " ")


@register.filter
def day(value: date | None) -> str:
    """Write a date in words: ``6 April 2026``."""
    return "" if value is None else f"{value.day} {value:%B %Y}"


@register.filter
def away(value: date, today: date) -> str:
    """Say how far a day is from today: ``today``, ``in 12 days``, ``3 days ago``."""
    days = (value - today).days
    if days == 0:
        return "today"
    unit = "day" if abs(days) == 1 else "days"
    return f"in {days} {unit}" if days > 0 else f"{-days} {unit} ago"


@register.filter
def moment(value: datetime | None, timezone: str = "UTC") -> str:
    """Write an instant as people of ``timezone`` do: ``6 April 2026 at 5:30pm``."""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(timezone))
    return f"{day(local)} at {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


@register.filter
def month(value: date | Month | None) -> str:
    """Write a month in words: ``April 2026``."""
    if value is None:
        return ""
    return f"{(value.first_day if isinstance(value, Month) else value):%B %Y}"


@register.filter
def page_range(paginator: Paginator, number: int) -> Iterator[int | str]:  # type: ignore[type-arg]
    """Return the page numbers to offer around page ``number``, with ellipses in the gaps."""
    return paginator.get_elided_page_range(number, on_each_side=2, on_ends=1)


@register.inclusion_tag("components/status_tag.html")
def status_tag(of: str, state: str) -> dict[str, str]:
    """
    Show a state in words and colour; ``of`` is what has it, such as ``month``.

    :raises KeyError: for a state that has no entry in ``TAGS``.
    """
    text, colour = TAGS[of, str(state)]
    return {"text": text, "colour": colour}


@register.simple_tag
def once() -> SafeString:
    """Give a form the token by which it counts once, however often it is sent (``mhep.shared.once``)."""
    return format_html('<input type="hidden" name="{}" value="{}">', TOKEN, secrets.token_urlsafe(16))


@register.inclusion_tag("components/scanner_note.html")
def scanner_note() -> dict[str, bool]:
    """Say beside evidence, where no scanner has looked at it, that only the demo's stand-in has."""
    return {"is_by_stand_in": is_by_stand_in()}


@register.inclusion_tag("components/notification_banner.html", takes_context=True)
def notification_banner(context: Context) -> dict[str, object]:
    """Show what the last request left to say, in one banner; an error page outside a request shows none."""
    request = context.get("request")
    notes = list(get_messages(request)) if request is not None else []
    return {"notes": notes, "is_success": all(note.level == SUCCESS for note in notes)}
