"""Exporting the ledger into the operator's own accounts, each movement once; and taking an export back."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction

from accounts.models import User
from audit.services import record
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.copying import copy_rows
from mhep.shared.sheets import Sheet, as_csv
from payments.enums import ExportFormat
from payments.models import ExportBatch, ExportFile, ExportUndo, Journal
from payments.rules.booking.codes import CodeBook, Subject
from payments.rules.booking.facts import File, Movement, Written, moved
from payments.rules.booking.journal import as_journal
from payments.rules.booking.sage import as_sage
from payments.rules.booking.xero import as_xero
from payments.selectors.exporting import code_book, movements_of, of_format, turns_of, waiting_journals
from providers.models import Operator

logger = logging.getLogger(__name__)

WRITERS = {
    ExportFormat.JOURNAL: as_journal,
    ExportFormat.XERO: as_xero,
    ExportFormat.SAGE: as_sage,
}


class CannotExport(BusinessRuleError):
    pass


class CodesMissing(CannotExport):
    """Things have no code on a day that the export needs; ``missing`` has the earliest day of each."""

    def __init__(self, missing: Mapping[Subject, date]) -> None:
        super().__init__(
            "Nothing was exported: some codes are missing. Enter each from the day on which it is needed."
        )
        self.missing = missing


class CannotUndo(BusinessRuleError):
    pass


class SpoiltExport(BusinessRuleError):
    """A stored file is not what was stored."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which movements to export: those of a currency that are dated on these days, the last included."""

    format: ExportFormat
    currency: str
    first_day: date
    last_day: date


@transaction.atomic
def make_export(*, operator_id: int, wanted: Wanted, actor: User | None, at: datetime) -> ExportBatch:
    """
    Export every movement of the days that no export of the format holds, and keep the files.

    Two at once wait for each other; the second finds nothing left.

    :raises CodesMissing: naming everything that has no code on the day of a movement.
    :raises CannotExport: if nothing is left, the days are in no order, or the files would not book what the
        ledger says.
    """
    if wanted.last_day < wanted.first_day:
        raise CannotExport("The last day must not lie before the first.")
    operator = Operator.objects.select_for_update(no_key=True).get(pk=operator_id)
    waiting = waiting_journals(operator, wanted.format, wanted.currency)
    journals = list(waiting.filter(dated_on__range=(wanted.first_day, wanted.last_day)))
    if not journals:
        raise CannotExport(_nothing_left(operator, wanted))
    movements = movements_of(journals, with_documents=wanted.format != ExportFormat.JOURNAL)
    written = _written(wanted, movements, code_book(operator))
    batch = _stored(operator, wanted, movements, written, actor, at)
    turns = turns_of([journal.pk for journal in journals], wanted.format)
    copy_rows(
        "payments_exportedjournal",
        ("batch_id", "format", "journal_id", "turn"),
        ((batch.pk, wanted.format.value, each.pk, turns.get(each.pk, 0) + 1) for each in journals),
    )
    _record(actor, "made", batch, at)
    return batch


@transaction.atomic
def undo_export(*, batch_id: int, reason: str, actor: User | None, at: datetime) -> ExportUndo:
    """
    Record that an export was not imported: its movements wait again. The export and its files stay.

    :raises CannotUndo: if that was recorded before, or there is no reason.
    """
    batch = ExportBatch.objects.select_related("operator").get(pk=batch_id)
    Operator.objects.select_for_update(no_key=True).get(pk=batch.operator_id)
    if not reason.strip():
        raise CannotUndo("Write why the export was not imported.")
    if ExportUndo.objects.filter(batch=batch).exists():
        raise CannotUndo(f"{batch.reference} was taken back already.")
    undo = ExportUndo.objects.create(batch=batch, reason=reason.strip(), undone_by=actor, undone_at=at)
    _record(actor, "undone", batch, at)
    return undo


def content_of(file: ExportFile) -> bytes:
    """
    Return the bytes of a file of an export, which are those that were stored.

    :raises SpoiltExport: if they are not.
    """
    content = bytes(file.content)
    if sha256(content).hexdigest() != file.sha256:
        logger.error("File %s of export %s does not match its hash", file.pk, file.batch_id)
        raise SpoiltExport(
            "The stored file of this export was damaged after it was made, so it is not given out. "
            "Ask your administrator to restore it from a backup."
        )
    return content


def _written(wanted: Wanted, movements: Sequence[Movement], codes: CodeBook) -> Written:
    written = WRITERS[wanted.format](movements, codes, wanted.currency)
    if codes.missing:
        raise CodesMissing(codes.missing)
    if written.effect != moved(movements):
        raise CannotExport(
            "Nothing was exported: the files would not book what the ledger says. "
            "Tell whoever runs this system."
        )
    return written


def _stored(
    operator: Operator,
    wanted: Wanted,
    movements: Sequence[Movement],
    written: Written,
    actor: User | None,
    at: datetime,
) -> ExportBatch:
    last = operator.exports.values_list("number", flat=True).first() or 0
    batch = ExportBatch.objects.create(
        operator=operator,
        number=last + 1,
        format=wanted.format,
        currency=wanted.currency,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        journal_count=len(movements),
        file_count=len(written.files),
        amount_minor=sum(max(leg.amount, 0) for each in movements for leg in each.legs),
        warnings=list(written.warnings),
        made_by=actor,
        made_at=at,
    )
    ExportFile.objects.bulk_create(
        _file(batch, position, file) for position, file in enumerate(written.files, start=1)
    )
    return batch


def _file(batch: ExportBatch, position: int, file: File) -> ExportFile:
    # Importers look for their headings at the very first byte; only the journal is for spreadsheets too.
    is_marked = batch.format == ExportFormat.JOURNAL
    content = as_csv(Sheet(file.name, file.headings, file.rows), is_marked=is_marked)
    return ExportFile(
        batch=batch,
        position=position,
        name=file.name,
        row_count=len(file.rows),
        content=content,
        sha256=sha256(content).hexdigest(),
    )


def _nothing_left(operator: Operator, wanted: Wanted) -> str:
    journals = Journal.objects.filter(
        operator=operator,
        currency=wanted.currency,
        dated_on__range=(wanted.first_day, wanted.last_day),
    )
    days = f"{wanted.first_day:%-d %B %Y} to {wanted.last_day:%-d %B %Y}"
    if not of_format(journals, wanted.format).exists():
        return f"Nothing that {wanted.format.label} takes was posted from {days}."
    last = (
        operator.exports.filter(
            format=wanted.format,
            undo__isnull=True,
            journals__journal__dated_on__range=(wanted.first_day, wanted.last_day),
        )
        .select_related("made_by")
        .first()
    )
    by = f" by {last.made_by.name}" if last and last.made_by else ""
    which = f", last in {last.reference}{by}" if last else ""
    return f"Everything from {days} was exported already{which}. Look at that export."


def _record(actor: User | None, done: str, batch: ExportBatch, at: datetime) -> None:
    record(
        actor=actor,
        action=f"accounting_export.{done}",
        subject=f"{batch.operator.code} {batch.reference}",
        at=at,
        amount_minor=batch.amount_minor,
    )
