"""A file that the browser keeps: never shown in the page, never guessed at, never stored on the way."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from mhep.shared.sheets import Sheet, as_csv, as_xlsx

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sheet_file(sheet: Sheet, name: str, form: str, *beside: Sheet) -> HttpResponse:
    """
    Return a table to download as ``csv`` or ``xlsx``.

    :param beside: further sheets of the workbook; a CSV file has no room for them.
    :raises Http404: for another form.
    """
    if form == "csv":
        return attachment(as_csv(sheet), f"{name}.csv", CSV)
    if form == "xlsx":
        return attachment(as_xlsx(sheet, *beside), f"{name}.xlsx", XLSX)
    raise Http404


def attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    """Return a file to download under a name of ours."""
    return HttpResponse(
        content,
        headers={
            "Content-Type": content_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
