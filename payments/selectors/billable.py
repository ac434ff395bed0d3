"""What waits to be billed, and what of it must not be billed yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from payments.rules import billing
from payments.rules.vat import VatKind
from payments.selectors.contracts import Terms
from payments.selectors.vat import kinds_of, taxed

OPEN_LINES = """
    SELECT c.id, c.agreement_id, c.amount_minor, c.credits_id
    FROM payments_charge c
    WHERE c.agreement_id = ANY(%(agreements)s) AND c.month_id = %(month)s AND c.kind <> 'NIL'
    UNION ALL
    SELECT c.id, c.agreement_id, c.amount_minor, c.credits_id
    FROM payments_unbilled u JOIN payments_charge c ON c.id = u.charge_id
    WHERE u.agreement_id = ANY(%(agreements)s)
    ORDER BY 1
"""
# Lines on a statement that is not answered, and lines whose query is not settled. Both are few beside all.
STATED = """
    SELECT l.charge_id FROM payments_statement s JOIN payments_statementline l ON l.statement_id = s.id
    WHERE s.state = 'SENT' AND s.agreement_id = ANY(%(agreements)s)
    UNION
    SELECT q.charge_id FROM payments_linequery q JOIN payments_charge c ON c.id = q.charge_id
    WHERE q.settlement IN ('', 'WAIVED') AND c.agreement_id = ANY(%(agreements)s)
"""
# Charges of voided events whose credit is still to come. Both are left out of what a funder is to approve.
UNCREDITED = """
    SELECT c.id FROM payments_charge c JOIN outcomes_outcomeevent e ON e.id = c.event_id
    WHERE c.id = ANY(%(charges)s) AND c.kind = 'CHARGE' AND e.voided_on IS NOT NULL
        AND NOT EXISTS (SELECT FROM payments_charge x WHERE x.credits_id = c.id)
"""
GIVING_BACK = """
    SELECT c.id, c.kind, -c.amount_minor, coalesce(c.credits_id, o.id),
        coalesce(l.document_id, j.corrects_id, ol.document_id), j.event_id
    FROM payments_charge c
    LEFT JOIN payments_documentline l ON l.charge_id = c.credits_id
    LEFT JOIN payments_adjustment j ON j.id = c.adjustment_id
    LEFT JOIN payments_charge o ON o.adjustment_id = c.adjustment_id AND c.reason = 'VOIDED'
        AND o.reason = 'ADJUSTMENT'
    LEFT JOIN payments_documentline ol ON ol.charge_id = o.id
    WHERE c.id = ANY(%(charges)s) AND c.amount_minor < 0
    ORDER BY c.kind DESC, c.id
"""
LEFT_OF_DOCUMENTS = """
    SELECT d.id, d.net_minor - payments_credited_of(d.id) FROM payments_document d
    WHERE d.id = ANY(%(documents)s)
"""
LEFT_OF_EVENTS = """
    SELECT event_id, sum(amount_minor)::bigint FROM (
        SELECT c.event_id, c.amount_minor FROM payments_charge c
        WHERE c.event_id = ANY(%(events)s) AND c.agreement_id = %(agreement)s
            AND (EXISTS (SELECT FROM payments_documentline l WHERE l.charge_id = c.id)
                 OR c.id = ANY(%(now)s))
        UNION ALL
        SELECT j.event_id, c.amount_minor FROM payments_adjustment j
        JOIN payments_charge c ON c.adjustment_id = j.id
        WHERE j.event_id = ANY(%(events)s) AND j.agreement_id = %(agreement)s
            AND (EXISTS (SELECT FROM payments_documentline l WHERE l.charge_id = c.id)
                 OR c.id = ANY(%(now)s))
    ) billed GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class OpenLines:
    """
    What is on no document, by agreement: ``free`` may be billed, ``held`` must wait.

    What cancels out is in neither.
    """

    free: Mapping[int, list[billing.BillableLine]]
    held: Sequence[tuple[int, int]]  # line and agreement


def open_lines(agreements: Collection[int], approving: Collection[int], month_id: int) -> OpenLines:
    """
    Return what a month and the months before it left to be billed.

    :param approving: those of the agreements whose funder approves first.
    """
    keys = {"agreements": list(agreements), "month": month_id}
    rows = _rows(OPEN_LINES, keys)
    gone = billing.cancelled(billing.BillableLine(key, amount, credits_) for key, _, amount, credits_ in rows)
    held = held_back([key for key, *_ in rows if key not in gone], agreements)
    held |= uncredited(key for key, agreement, *_ in rows if agreement in approving and key not in gone)
    free: dict[int, list[billing.BillableLine]] = {key: [] for key in agreements}
    for key, agreement, amount, credits_ in rows:
        if key not in gone and key not in held:
            free[agreement].append(billing.BillableLine(key, amount, credits_))
    return OpenLines(
        {agreement: lines for agreement, lines in free.items() if lines},
        [(key, agreement) for key, agreement, *_ in rows if key in held and key not in gone],
    )


def held_back(lines: Collection[int], agreements: Collection[int]) -> set[int]:
    """Return those of the lines that a funder has not answered, that it queried, or that it was spared."""
    return {key for (key,) in _rows(STATED, {"agreements": list(agreements)})} & set(lines)


def uncredited(lines: Iterable[int]) -> set[int]:
    """Return those of the lines whose event is voided and whose credit is still to come."""
    charges = list(lines)
    return {key for (key,) in _rows(UNCREDITED, {"charges": charges})} if charges else set()


def bill_ready(
    terms: Terms, lines: Sequence[billing.BillableLine], kinds: Mapping[int, VatKind] | None = None
) -> billing.Billed:
    """
    Divide open lines into an invoice and a credit note; what must not be given back yet waits.

    :param kinds: how the lines are taxed, from :func:`kinds_to_bill`, by who bills several agreements.
    """
    given_back = [line for line in lines if line.amount < 0]
    may_be_early = terms.row.approval_days is not None or any(line.credits is None for line in given_back)
    early = too_early(terms.row.pk, lines) if given_back and may_be_early else set()
    billed = billing.bill([line for line in lines if line.key not in early], terms.vat_rate)
    billed = replace(billed, waiting=(*billed.waiting, *sorted(early)))
    if not terms.says_vat:
        return billed
    if kinds is None:
        kinds = kinds_to_bill([terms], {terms.row.pk: lines})
    return taxed(billed, {line.key: line.amount for line in lines}, kinds)


def kinds_to_bill(
    agreements: Iterable[Terms], lines: Mapping[int, Sequence[billing.BillableLine]]
) -> dict[int, VatKind]:
    """Return how the lines are taxed of those agreements that say or said so, in two queries or none."""
    rates = {terms.row.pk: terms.vat_rate for terms in agreements if terms.says_vat}
    keys = [line.key for agreement in rates for line in lines.get(agreement, ())]
    return kinds_of(keys, rates) if keys else {}


def too_early(agreement: int, lines: Sequence[billing.BillableLine]) -> set[int]:
    """
    Return those of an agreement's lines that would give back what is on no document, or more than is left.

    A credit waits until the charge that it reverses was billed, at the latest on the invoice beside it. An
    adjustment waits while less is left of its invoice or of its event than it takes off.
    """
    charges = {line.key for line in lines if line.amount >= 0}
    rows = _rows(GIVING_BACK, {"charges": [line.key for line in lines if line.amount < 0]})
    early = {
        key for key, _, _, reversed_, document, _ in rows if document is None and reversed_ not in charges
    }
    wanted = [row for row in rows if row[1] == "ADJUSTMENT" and row[3] is None]
    if not wanted:
        return early
    documents = dict(_rows(LEFT_OF_DOCUMENTS, {"documents": [row[4] for row in wanted]}))
    for key, _, amount, reversed_, document, _ in rows:
        if document in documents and reversed_ is not None and key not in early:
            documents[document] -= amount
    now = charges | {row[0] for row in rows if row[3] is not None and row[0] not in early}
    events = dict(
        _rows(
            LEFT_OF_EVENTS,
            {"events": [row[5] for row in wanted if row[5]], "agreement": agreement, "now": list(now)},
        )
    )
    return early | _do_not_fit(wanted, documents, events)


def _do_not_fit(
    wanted: Iterable[tuple[Any, ...]], documents: dict[int, int], events: dict[int, int]
) -> set[int]:
    late = set()
    for key, _, amount, _, document, event in wanted:
        if amount > documents[document] or (event is not None and amount > events.get(event, 0)):
            late.add(key)
            continue
        documents[document] -= amount
        if event is not None:
            events[event] -= amount
    return late


def _rows(sql: str, keys: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, keys)
        return list(cursor.fetchall())
