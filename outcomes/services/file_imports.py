"""
Files on their way in: sent, matched to the columns that are asked for, confirmed or called off (ADR 0025).

A small file is worked on at once, a large one in the background.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from funders.models import Programme
from mhep.shared import uploads
from mhep.shared.columns import (
    Column,
    Doubts,
    Layout,
    doubts_of,
    fingerprint,
    is_exact,
    proposed,
)
from mhep.shared.jobs import enqueue
from mhep.shared.tables import AnyTable, read_any_table, read_table
from outcomes.enums import ImportState
from outcomes.models import ColumnLayout, FileImport
from outcomes.services.import_kinds import Kind
from outcomes.services.import_work import (
    CannotImport,
    check_file,
    columns_of,
    end_import,
    store_file,
    table_of,
)
from providers.models import Provider

CHECK = "outcomes.check_import"
STORE = "outcomes.store_import"
LARGE = 400_000  # bytes, from which on a file is worked on in the background
NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a file, into which programme, and for which provider; without one, for the operator."""

    user: User
    programme: Programme
    provider: Provider | None = None

    def columns_of(self, kind: Kind) -> tuple[Column, ...]:
        """Return the columns that are asked of the sender."""
        return kind.columns_for(is_providers=self.provider is not None)


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Matching:
    """What somebody has to match: the table's columns, how they are read now, and what is in doubt."""

    columns: tuple[Column, ...]
    table: AnyTable
    layout: Layout
    doubts: Doubts


def receive_file(*, sender: Sender, kind: Kind, sent: Sent, at: datetime) -> FileImport:
    """
    Keep a file and check it; if its columns leave anything open, somebody has to say first how to read them.

    :raises UnreadableTable: if it is no table, or none of its headings resembles one that is asked for.
    """
    columns = sender.columns_of(kind)
    table = read_any_table(sent.content)
    known = _remembered(sender, kind, table)
    layout = known or proposed(table.labels, columns)
    if not layout.columns:
        read_table(sent.content, [column.heading for column in columns])
    is_clear = known is not None or is_exact(table.labels, columns)
    file = FileImport(
        programme=sender.programme,
        provider=sender.provider,
        kind=kind.slug,
        name=_shown_name(sent.name),
        size=len(sent.content),
        sha256=hashlib.sha256(sent.content).hexdigest(),
        sent_by=sender.user,
        sent_at=at,
        layout=layout.as_json(),
        state=ImportState.COLUMNS,
    )
    uploads.keep(file.key, sent.content)
    if is_clear and doubts_of(table, columns, layout).are_settled_by(layout):
        file.state = ImportState.CHECKING
    with transaction.atomic():
        file.save()
        if file.state == ImportState.CHECKING:
            _begin(CHECK, file, at)
    if file.state == ImportState.CHECKING:
        _do_at_once(CHECK, file, at)
    return file


def matching_of(file: FileImport) -> Matching:
    """
    Return what there is to match in a file that waits.

    :raises CannotImport: if the file is no longer here.
    """
    columns, table = columns_of(file), table_of(file)
    layout = Layout.from_json(file.layout)
    return Matching(columns, table, layout, doubts_of(table, columns, layout))


def choose_columns(*, import_id: int, layout: Layout, actor: User, at: datetime) -> None:
    """
    Read the file's columns so from now on, and those of every like file of the organisation; check it anew.

    :raises CannotImport: if the file is no longer here, or its rows have been confirmed.
    """
    file = FileImport.objects.select_related("programme").get(pk=import_id)
    headings = fingerprint(table_of(file).labels)
    with transaction.atomic():
        file = _locked(import_id, ImportState.COLUMNS, ImportState.CHECKED)
        ColumnLayout.objects.update_or_create(
            operator_id=file.programme.operator_id,
            provider=file.provider,
            kind=file.kind,
            headings=headings,
            defaults={"layout": layout.as_json(), "chosen_by": actor, "chosen_at": at},
        )
        file.layout = layout.as_json()
        file.state = ImportState.CHECKING
        file.save(update_fields=["layout", "state"])
        _begin(CHECK, file, at)
    _do_at_once(CHECK, file, at)


def check_again(*, import_id: int, at: datetime) -> None:
    """
    Judge the rows of a file that waits as things are now, or go on with work that was cut off.

    :raises CannotImport: if the import has ended, or its columns are still open.
    """
    with transaction.atomic():
        file = _locked(import_id, ImportState.CHECKING, ImportState.CHECKED, ImportState.STORING)
        if file.state == ImportState.CHECKED:
            file.state = ImportState.CHECKING
            file.save(update_fields=["state"])
        task = STORE if file.state == ImportState.STORING else CHECK
        _begin(task, file, at)
    _do_at_once(task, file, at)


def confirm_file(*, import_id: int, is_whole: bool, at: datetime) -> None:
    """
    Store the rows that the check found good; confirmed before, it does nothing.

    :param is_whole: store all of them or none.
    :raises CannotImport: if the file was not checked, or was called off.
    """
    with transaction.atomic():
        file = FileImport.objects.select_for_update().get(pk=import_id)
        if file.state in (ImportState.STORING, ImportState.STORED):
            return
        file = _locked(import_id, ImportState.CHECKED)
        file.state, file.is_whole = ImportState.STORING, is_whole
        file.save(update_fields=["state", "is_whole"])
        _begin(STORE, file, at)
    _do_at_once(STORE, file, at)


def cancel_file(*, import_id: int, at: datetime) -> None:
    """
    Call off a file that was not confirmed, and delete it.

    :raises CannotImport: if its rows have been confirmed, or the import has ended.
    """
    with transaction.atomic():
        file = _locked(import_id, ImportState.COLUMNS, ImportState.CHECKING, ImportState.CHECKED)
        end_import(file, ImportState.CANCELLED, at)
    uploads.forget(file.key)


def subject_of(file: FileImport) -> str:
    """Return what a job about the file is about."""
    return f"import {file.key}"


def _locked(import_id: int, *states: ImportState) -> FileImport:
    file = FileImport.objects.select_for_update(of=("self",)).select_related("programme").get(pk=import_id)
    if file.state not in states:
        raise CannotImport(f"This cannot be done now: the file is “{file.get_state_display().lower()}”.")
    return file


def _begin(task: str, file: FileImport, at: datetime) -> None:
    """Ask for the work on a large file, in the transaction that needs it."""
    if file.size > LARGE:
        enqueue(
            task,
            subject=subject_of(file),
            arguments={"import_id": file.pk},
            requested_by_id=file.sent_by_id,
            at=at,
        )


def _do_at_once(task: str, file: FileImport, at: datetime) -> None:
    """Do the work on a small file, whose sender waits for it; the transaction has ended."""
    if file.size <= LARGE:
        work = store_file if task == STORE else check_file
        work(import_id=file.pk, progress=_silent, at=at)


def _silent(done: int, total: int, message: str) -> None:
    """Report nothing: the page that asks waits for the end."""


def _remembered(sender: Sender, kind: Kind, table: AnyTable) -> Layout | None:
    found = ColumnLayout.objects.filter(
        operator=sender.programme.operator_id,
        provider=sender.provider,
        kind=kind.slug,
        headings=fingerprint(table.labels),
    ).first()
    return Layout.from_json(found.layout) if found else None


def _shown_name(name: str) -> str:
    """Return a file's name as it may be shown: its last part, without what nobody can see."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[:NAME_LENGTH].strip() or "file"
