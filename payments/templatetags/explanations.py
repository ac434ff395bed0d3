"""How sentences whose figures know their source become words with links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import cast

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from funders.enums import Direction
from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.shared.templatetags.mhep import SYMBOLS, day, money, month
from payments.rules.explanation.page import Amount, Exact, Link, Part, Source, SourceKind, Text
from payments.selectors.rate_card import agreement_anchor

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Mapping[str, object], text: Text) -> SafeString:
    """
    Write a sentence of an explanation, every figure that has a source linked to it.

    Takes ``programme`` and ``is_operators`` from the context: others get no link to events.
    """
    programme, is_operators = cast(Programme, context["programme"]), bool(context["is_operators"])
    return format_html_join("", "{}", ((_part(part, programme, is_operators=is_operators),) for part in text))


@register.filter
def exact(amount: Exact, currency: str) -> str:
    """Write an amount with all its decimals, at least two: ``£328.4385``."""
    symbol, value = SYMBOLS.get(currency), _two_decimals(amount.value)
    return f"{symbol}{value}" if symbol else f"{value} {currency}"


def _two_decimals(value: Decimal) -> str:
    whole, _, rest = f"{value:,f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"


def _part(part: Part, programme: Programme, *, is_operators: bool) -> str:
    currency = programme.currency
    if isinstance(part, Amount):
        words = format_html('<span class="mhep-amount">{}</span>', money(part.minor, currency))
        return _linked(words, part.source, programme, is_operators=is_operators)
    if isinstance(part, Link):
        return _linked(part.text, part.source, programme, is_operators=is_operators)
    if isinstance(part, Exact):
        return exact(part, currency)
    if isinstance(part, Month):
        return month(part)
    return day(part) if isinstance(part, date) else part


def _linked(words: str, source: Source | None, programme: Programme, *, is_operators: bool) -> str:
    if source is None or (source.kind is SourceKind.EVENT and not is_operators):
        return words
    return format_html('<a class="govuk-link" href="{}">{}</a>', _address(source, programme), words)


def _address(source: Source, programme: Programme) -> str:
    code = programme.code
    if source.kind in PAGES:
        return reverse(PAGES[source.kind], args=[code, source.key])
    return f"{reverse('payments:rate-card', args=[code])}#{_anchor(source)}"


def _anchor(source: Source) -> str:
    if source.kind is SourceKind.OUTCOME:
        return f"outcome-{source.key}"
    side = Direction.PAYABLE if source.kind is SourceKind.CONTRACT else Direction.RECEIVABLE
    return agreement_anchor(side, source.key)


PAGES = {
    SourceKind.EVENT: "outcomes:event-detail",
    SourceKind.CHARGE: "payments:charge-detail",
    SourceKind.DOCUMENT: "payments:document-detail",
}
