"""What people decided by hand becomes charges of the open month: adjustments, and waivers beside the caps."""

from __future__ import annotations

from typing import Any

from django.db import connection

from payments.models import Month
from payments.selectors.contracts import Contract

# Approved and on no month yet; then the reversal of each whose event was voided by this month's end.
ADJUSTMENTS = """
    INSERT INTO payments_charge
        (month_id, agreement_id, version_id, kind, reason, adjustment_id, amount_minor, financial_year)
    SELECT %(month)s, j.agreement_id, v.version_id, 'ADJUSTMENT', 'ADJUSTMENT', j.id, j.amount_minor, %(year)s
    FROM payments_adjustment j
    JOIN unnest(%(agreements)s::bigint[], %(versions)s::bigint[]) AS v(agreement_id, version_id)
        ON v.agreement_id = j.agreement_id
    WHERE j.state = 'APPROVED'
        AND NOT EXISTS (
            SELECT FROM payments_charge c WHERE c.adjustment_id = j.id AND c.reason = 'ADJUSTMENT')
    ORDER BY j.id
"""
REVERSALS = """
    INSERT INTO payments_charge
        (month_id, agreement_id, version_id, kind, reason, adjustment_id, amount_minor, financial_year)
    SELECT %(month)s, j.agreement_id, v.version_id, 'ADJUSTMENT', 'VOIDED', j.id, -j.amount_minor, %(year)s
    FROM payments_adjustment j
    JOIN outcomes_outcomeevent e ON e.id = j.event_id AND e.void_falls_in <= %(first_day)s
    JOIN unnest(%(agreements)s::bigint[], %(versions)s::bigint[]) AS v(agreement_id, version_id)
        ON v.agreement_id = j.agreement_id
    WHERE j.state = 'APPROVED'
        AND NOT EXISTS (SELECT FROM payments_charge c WHERE c.adjustment_id = j.id AND c.reason = 'VOIDED')
    ORDER BY j.id
"""
# Fees and adjustments use no room, so nothing but the amount itself is taken off.
WAIVERS = """
    INSERT INTO payments_charge
        (month_id, agreement_id, version_id, kind, reason, fee_id, fee_month, credits_id, amount_minor,
         financial_year)
    SELECT %(month)s, c.agreement_id, v.version_id, 'CREDIT', 'WAIVED', c.fee_id, c.fee_month, c.id,
        -c.amount_minor, c.financial_year
    FROM payments_linequery q
    JOIN payments_charge c ON c.id = q.charge_id AND c.kind IN ('FEE', 'ADJUSTMENT')
    JOIN unnest(%(agreements)s::bigint[], %(versions)s::bigint[]) AS v(agreement_id, version_id)
        ON v.agreement_id = c.agreement_id
    WHERE q.settlement = 'WAIVED' AND NOT EXISTS (SELECT FROM payments_charge x WHERE x.credits_id = c.id)
    ORDER BY c.id
"""


def write_by_hand(contract: Contract, month: Month, year: int) -> None:
    """
    Write what was approved or waived by hand and is in no month yet into the open ``month``.

    :param year: the financial year of the month.
    """
    values: dict[str, Any] = {
        "month": month.pk,
        "first_day": month.first_day,
        "year": year,
        "agreements": list(contract.agreements),
        "versions": [terms.version_id for terms in contract.agreements.values()],
    }
    with connection.cursor() as cursor:
        for statement in (ADJUSTMENTS, REVERSALS, WAIVERS):
            cursor.execute(statement, values)
