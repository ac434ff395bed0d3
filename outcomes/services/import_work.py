"""
The work on files on their way in: judging their rows, and storing the good ones once (ADR 0025).

What the check found good is what is stored. Rows that it left out stay out, and a good row that can no longer
be stored is reported, because somebody has agreed to what they saw. The rows and the end of the import are
written in one transaction, so a file is stored once or not at all, whatever dies in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from mhep.kernel.problems import BusinessRuleError
from mhep.shared import uploads
from mhep.shared.columns import Column, Layout, arranged
from mhep.shared.import_report import FileReport
from mhep.shared.jobs import Progress
from mhep.shared.tables import AnyTable, Row, Watched, letters, read_any_table, unwatched
from outcomes.enums import ImportState
from outcomes.models import FileImport
from outcomes.services.import_kinds import KINDS
from participants.services.taking import Taking

T = TypeVar("T")
TOLD_AFTER = 100  # rows
KEPT_FOR = timedelta(days=1)
REPORT_KEPT_FOR = timedelta(days=30)
_FOUND = ("good", "unchanged", "left_out", "report")
GONE = "The file is no longer here: a file waits for a day. Send it again."


class CannotImport(BusinessRuleError):
    pass


def check_file(*, import_id: int, progress: Progress, at: datetime) -> str:
    """
    Judge every row of a file; nothing is stored. Returns what was found, in words. May run twice.

    :raises CannotImport: if the file is no longer here.
    """
    file = FileImport.objects.select_related("programme").get(pk=import_id)
    if file.state != ImportState.CHECKING:
        return "The file was checked before."
    table = table_of(file, _Counted(progress, "{done:,} rows read so far"))
    rows = _rows(file, table)
    checked = _Counted(progress, "{done:,} of {total:,} rows checked", len(rows))
    judged = KINDS[file.kind].take(rows, _taking(file, at, watched=checked, dry_run=True))
    report = _empty_report(file, table).with_more(judged.rejections, rows)
    FileImport.objects.filter(pk=file.pk, state=ImportState.CHECKING).update(
        state=ImportState.CHECKED,
        good=judged.stored,
        unchanged=judged.unchanged,
        left_out=len(report.left_out),
        report=report.as_json(),
        checked_at=at,
    )
    return judged.summary()


def store_file(*, import_id: int, progress: Progress, at: datetime) -> str:
    """
    Store the good rows of a confirmed file, all at once. Returns what was stored, in words. May run twice.

    :raises CannotImport: if the file is no longer here.
    """
    file = FileImport.objects.select_related("programme").get(pk=import_id)
    if file.state != ImportState.STORING:
        return "The file was stored before."
    rows = _rows(file, table_of(file, _Counted(progress, "{done:,} rows read so far")))
    with transaction.atomic():
        file = (
            FileImport.objects.select_for_update(of=("self",)).select_related("programme").get(pk=import_id)
        )
        if file.state != ImportState.STORING:
            return "The file was stored before."
        told = _store(file, rows, progress, at)
    if not file.is_open:
        uploads.forget(file.key)
    return told


def forget_files(*, at: datetime) -> int:
    """Let files lapse after a day, and lists of problems after a month; return how many files did."""
    lapsed = 0
    waiting = FileImport.objects.open().filter(sent_at__lt=at - KEPT_FOR)
    for key in waiting.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            file = waiting.select_for_update(skip_locked=True).filter(pk=key).first()
            if file is None:
                continue
            end_import(file, ImportState.LAPSED, at)
        uploads.forget(file.key)
        lapsed += 1
    # An encrypted text cannot be compared, an empty one is stored as it is.
    old = FileImport.objects.annotate(stored=Cast("report", TextField())).exclude(stored="")
    old.filter(ended_at__lt=at - REPORT_KEPT_FOR).update(report="")
    uploads.forget_old(2 * KEPT_FOR.total_seconds())
    return lapsed


def end_import(file: FileImport, state: ImportState, at: datetime, report: FileReport | None = None) -> None:
    """End an import, whose row the caller has locked; the caller deletes the file once that is certain."""
    file.state, file.ended_at = state, at
    file.report = report.as_json() if report else ""
    file.save(update_fields=["state", "ended_at", *_FOUND])


def columns_of(file: FileImport) -> tuple[Column, ...]:
    """Return the columns that are asked of whoever sent the file."""
    return KINDS[file.kind].columns_for(is_providers=file.provider_id is not None)


def table_of(file: FileImport, watched: Watched = unwatched) -> AnyTable:
    """
    Return the table of a file that waits.

    :raises CannotImport: if the file is no longer here.
    """
    try:
        return read_any_table(uploads.read(file.key), watched)
    except uploads.UploadGone:
        raise CannotImport(GONE) from None


@dataclass(frozen=True, slots=True)
class _Counted:
    """Lets rows through and tells now and then, and at the end, how many; a total of 0 is not known."""

    progress: Progress
    words: str
    total: int = 0

    def __call__(self, rows: Iterable[T]) -> Iterator[T]:
        done = 0
        for done, row in enumerate(rows, 1):
            yield row
            if done % TOLD_AFTER == 0:
                self._tell(done)
        self._tell(done)

    def _tell(self, done: int) -> None:
        self.progress(done, self.total, self.words.format(done=done, total=self.total))


def _store(file: FileImport, rows: list[Row], progress: Progress, at: datetime) -> str:
    """Store what is good and end the import, or, where all are wanted and one is bad by now, check anew."""
    kind = KINDS[file.kind]
    before = FileReport.from_json(file.report)
    good = [row for row in rows if row.number not in before.left_out]
    if file.is_whole:
        again = _Counted(progress, "{done:,} of {total:,} rows checked again", len(good))
        judged = kind.take(good, _taking(file, at, watched=again, dry_run=True))
        if judged.rejections:
            report = before.with_more(judged.rejections, good, moved=True)
            file.state, file.checked_at, file.report = ImportState.CHECKED, at, report.as_json()
            file.good, file.unchanged, file.left_out = judged.stored, judged.unchanged, len(report.left_out)
            file.save(update_fields=["state", "checked_at", *_FOUND])
            return "Nothing was stored: not every row is good any more."
    counted = _Counted(progress, "{done:,} of {total:,} rows made ready; all are stored at once", len(good))
    stored = kind.take(good, _taking(file, at, watched=counted))
    report = before.with_more(stored.rejections, good, moved=True)
    file.good, file.unchanged, file.left_out = stored.stored, stored.unchanged, len(report.left_out)
    end_import(file, ImportState.STORED, at, report)
    return stored.summary()


def _rows(file: FileImport, table: AnyTable) -> list[Row]:
    return arranged(table, columns_of(file), Layout.from_json(file.layout))


def _empty_report(file: FileImport, table: AnyTable) -> FileReport:
    columns = Layout.from_json(file.layout).columns
    places = {
        heading: letters(table.labels.index(label))
        for heading, label in columns.items()
        if label in table.labels
    }
    return FileReport(sheet=table.sheet, letters=places)


def _taking(file: FileImport, at: datetime, *, watched: Watched, dry_run: bool = False) -> Taking:
    return Taking(
        programme_id=file.programme_id,
        actor=file.sent_by,
        at=at,
        providers=frozenset({file.provider_id}) if file.provider_id else None,
        submitted_on=file.programme.local_date(file.sent_at),
        dry_run=dry_run,
        watched=watched,
    )
