"""
Everything of a programme that somebody's role may read, as one file: tables and a manifest.

The tables are those of the pages, by references and without a name. What the matrix of access does not give
to a role is not in its file.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from accounts.models import User
from accounts.rules.matrix import Action, Object, allows
from funders.access import roles_of
from funders.models import Programme
from mhep.kernel.money import Money
from mhep.shared.sheets import Cell, Sheet, as_csv
from outcomes.selectors.logged import outcome_sheet, outcomes_of
from participants.selectors.people import people_to_see
from payments.enums import MonthState
from payments.models import Charge
from payments.selectors.adjusting import adjustment_sheet, adjustments_to_see
from payments.selectors.document_list import DocumentFilter, document_sheet, documents_matching
from payments.selectors.paying import batch_sheet
from payments.selectors.statement_list import (
    StatementFilter,
    queries_to_see,
    query_sheet,
    statement_sheet,
    statements_listed,
)

MANIFEST = "manifest.json"
FORMAT = "mhep-export-1"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same rows make the same file


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the file: what it needs of the matrix, one of several rights, and what it holds."""

    name: str
    needs: tuple[tuple[Object, Action], ...]
    says: str
    sheet: Callable[[User, Programme], Sheet]


def full_export(user: User, programme: Programme, at: datetime) -> bytes:
    """Return a ZIP of CSV files with what the user's role in the programme may read, and its manifest."""
    roles = roles_of(user, programme.code)
    stream = io.BytesIO()
    files = []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in PARTS:
            if any(allows(roles, thing, action) for thing, action in part.needs):
                sheet = part.sheet(user, programme)
                content = as_csv(sheet)
                archive.writestr(zipfile.ZipInfo(f"{part.name}.csv", EPOCH), content)
                files.append(_entry(part, sheet, content))
        manifest = {
            "format": FORMAT,
            "programme": programme.code,
            "currency": programme.currency,
            "taken_at": at.isoformat(),
            "roles": sorted(role.value for role in roles),
            "files": files,
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        archive.writestr(zipfile.ZipInfo(MANIFEST, EPOCH), text)
    return stream.getvalue()


def _entry(part: Part, sheet: Sheet, content: bytes) -> dict[str, object]:
    return {
        "name": f"{part.name}.csv",
        "says": part.says,
        "rows": len(sheet.rows),
        "columns": list(sheet.headings),
        "sha256": sha256(content).hexdigest(),
    }


def _participants(user: User, programme: Programme) -> Sheet:
    people = people_to_see(user, programme).select_related("service", "area", "cohort")
    rows: list[tuple[Cell, ...]] = [
        (
            person.reference,
            person.service.code,
            person.area.code if person.area else "",
            person.cohort.code if person.cohort else "",
            person.referred_on or "",
            person.started_on or "",
            person.consented_on or "",
        )
        for person in people
    ]
    headings = ("Participant", "Service", "Area", "Cohort", "Referred on", "Started on", "Consented on")
    return Sheet("Participants", headings, rows)


def _statements(user: User, programme: Programme) -> Sheet:
    return statement_sheet(statements_listed(user, programme, StatementFilter()), programme)


def _charges(user: User, programme: Programme) -> Sheet:
    visible = Charge.objects.visible_to(user).filter(agreement__programme=programme)
    charges = visible.select_related("month", "agreement", "term", "event", "line__document")
    return Sheet("Charges", CHARGE_HEADINGS, [_charge(row, programme) for row in charges.order_by("pk")])


CHARGE_HEADINGS = (
    *("Month", "Closed", "Agreement", "Direction", "Kind", "Reason", "Term", "Outcome", "Document"),
    *("Amount", "Currency"),
)


def _charge(row: Charge, programme: Programme) -> tuple[Cell, ...]:
    line = getattr(row, "line", None)
    return (
        str(row.month.period),
        "Yes" if row.month.state == MonthState.CLOSED else "No",
        row.agreement.ref,
        row.agreement.get_direction_display(),
        row.get_kind_display(),
        row.get_reason_display(),
        row.term.ref if row.term else "",
        row.event.reference if row.event else "",
        line.document.full_number if line else "",
        Money(row.amount_minor, programme.currency),
        programme.currency,
    )


PARTS = (
    Part(
        "participants",
        ((Object.PERSON, Action.SEE),),
        "People by reference, with their service and dates; no names",
        _participants,
    ),
    Part(
        "outcomes",
        ((Object.OUTCOME, Action.CLAIM), (Object.EVENT, Action.SEE)),
        "Outcomes and what became of them",
        lambda user, programme: outcome_sheet(outcomes_of(user, programme)),
    ),
    Part("charges", ((Object.CHARGE, Action.SEE),), "Every decision about money", _charges),
    Part(
        "documents",
        ((Object.DOCUMENT, Action.SEE),),
        "Invoices, credit notes and remittance statements",
        lambda user, programme: document_sheet(documents_matching(user, programme, DocumentFilter())),
    ),
    Part(
        "statements",
        ((Object.STATEMENT, Action.SEE),),
        "Statements before invoices, as they stand",
        _statements,
    ),
    Part(
        "queries",
        ((Object.STATEMENT, Action.SEE),),
        "What funders queried on statements",
        lambda user, programme: query_sheet(queries_to_see(user, programme), programme),
    ),
    Part(
        "adjustments",
        ((Object.ADJUSTMENT, Action.SEE),),
        "Amounts by hand, with who proposed and approved them",
        lambda user, programme: adjustment_sheet(adjustments_to_see(user, programme), programme),
    ),
    Part(
        "provider-payments",
        ((Object.PAYMENT, Action.SEE),),
        "Payments to providers",
        batch_sheet,
    ),
)
