"""What became of a file, as whoever mends it reads it: row by row, and as a file to send again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mhep.shared.columns import PROBLEM_HEADINGS
from mhep.shared.import_report import REPORT_HEADINGS, FileReport, headings_of
from mhep.shared.sheets import Sheet
from mhep.shared.tables import Rejection
from outcomes.models import FileImport

LIST_HEADINGS = (
    "Sent",
    "By",
    "For",
    "What",
    "File",
    "State",
    "Good rows",
    "There already",
    "Left out",
)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing that is wrong with a row: where to look in the sender's own file, and what to do."""

    row: int
    reference: str
    place: str
    code: str
    message: str
    moved: bool


@dataclass(frozen=True, slots=True)
class Problems:
    """
    What is wrong in a file; ``by_code`` counts rows.

    ``unlisted`` are rows with problems beyond those that are kept in full.
    """

    rows: list[RowProblem]
    by_code: list[tuple[str, int]]
    sheet: str
    unlisted: int


def report_of(file: FileImport) -> FileReport:
    """Return what is kept of the rows that are left out."""
    return FileReport.from_json(file.report)


def problems_of(
    report: FileReport, *, places: Mapping[str, tuple[str, ...]], headings: Sequence[str], code: str = ""
) -> Problems:
    """
    Return the problems of a file, or only those of one code.

    :param places: the headings that each code is about.
    """
    counted = Counter(name for _, name in {(each.row, each.code) for each in report.rejections})
    return Problems(
        rows=[
            RowProblem(
                row=each.row,
                reference=each.reference,
                place=_place(each, report, headings_of(each, places, headings)),
                code=each.code,
                message=each.message,
                moved=each.row in report.moved,
            )
            for each in report.rejections
            if code in ("", each.code)
        ],
        by_code=sorted(counted.items(), key=lambda item: (-item[1], item[0])),
        sheet=report.sheet,
        unlisted=len(report.left_out) - len(report.cells),
    )


def report_sheet(title: str, report: FileReport) -> Sheet:
    """Return what is wrong with each row, as ``import_…`` with ``--report`` writes it."""
    rows = [(each.row, each.reference, each.code, each.message) for each in report.rejections]
    return Sheet(title, REPORT_HEADINGS, rows)


def sheet_to_mend(title: str, report: FileReport, headings: Sequence[str]) -> Sheet:
    """Return the rows that are left out, each with what is wrong, to be mended and sent as a file."""
    faults: dict[int, list[Rejection]] = {}
    for each in report.rejections:
        faults.setdefault(each.row, []).append(each)
    rows = [
        (
            *cells[: len(headings)],
            str(number),
            "; ".join(each.code for each in faults.get(number, ())),
            " ".join(each.message for each in faults.get(number, ())),
        )
        for number, cells in sorted(report.cells.items())
    ]
    return Sheet(title, (*headings, *PROBLEM_HEADINGS), rows)


def list_sheet(files: Sequence[FileImport], may_open: set[int], timezone: str) -> Sheet:
    """Return the list of files that came; a name of a file is only for those who may open it."""
    zone = ZoneInfo(timezone)
    rows = [
        (
            file.sent_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            file.sent_by.name,
            file.provider.name if file.provider else "Operator",
            file.get_kind_display(),
            file.name if file.pk in may_open else "",
            file.get_state_display(),
            file.good,
            file.unchanged,
            file.left_out,
        )
        for file in files
    ]
    return Sheet("Imports", LIST_HEADINGS, rows)


def _place(rejection: Rejection, report: FileReport, headings: Sequence[str]) -> str:
    """Return where to look, such as ``D6 (outcome_date)``; a column that the file lacks has no letter."""
    return ", ".join(
        f"{report.letters[heading]}{rejection.row} ({heading})" if heading in report.letters else heading
        for heading in headings
    )
