"""On whose behalf a file is taken over, and what of it they may touch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import User
from mhep.shared.tables import Watched, unwatched


@dataclass(frozen=True, slots=True)
class Taking:
    """
    One file that is being taken over into a programme.

    ``providers`` are the keys of the providers whose people the file may be about; ``None`` means
    everybody's. To a file about some people only, the others do not exist: their references are merely taken.
    ``submitted_on`` is the day that counts as the submission of outcomes of such a file. ``is_file`` is false
    for rows that a program sent as outcomes that happen now, and not as a file of what happened before.
    ``watched`` sees each row go by as it is judged.
    """

    programme_id: int
    actor: User | None
    at: datetime
    providers: frozenset[int] | None = None
    submitted_on: date | None = None
    dry_run: bool = False
    is_file: bool = True
    watched: Watched = unwatched
