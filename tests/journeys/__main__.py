"""
Walk through a demo in Chromium and take its pictures: ``python -m tests.journeys month-close``.

That is what ``make journey NAME=month-close`` does. It uses the demo that runs, at ``MHEP_URL`` or the usual
address, or else starts one of its own. It fails if a step does, and then leaves the old pictures alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, ViewportSize

from tests.journeys import commissioner, job_start, month_close, reconcile
from tests.journeys.browser import PATIENCE, Mouse, chromium
from tests.journeys.demo import CHECKOUT, Demo, NoDemo, a_demo

PICTURES = CHECKOUT / "docs" / "screenshots"
SPECIALIST, ANALYST, FINANCE, COMMISSIONER = (
    f"{role}@demo.example" for role in ("specialist", "analyst", "finance", "commissioner")
)
APPROVING = ("approver-lcf@demo.example", "approver-ccg-eal@demo.example")
QUERYING, INVESTOR = "approver-ccg-hrw@demo.example", "investor@demo.example"
WIDE, NARROW = ViewportSize(width=1280, height=880), ViewportSize(width=360, height=740)
ALSO_NARROW = {
    *("priced-month", "cannot-be-undone", "invoice", "why-this-amount"),
    *("query", "proposals", "reconciliation"),
    *("on-track", "month-by-month"),
}
PDF_DOTS_PER_INCH = "80"


@dataclass(slots=True)
class Album:
    """
    The pictures of one journey, numbered in the order in which they are taken.

    They show what a reader sees before scrolling, so that each stays small enough for the repository.
    """

    folder: Path
    name: str
    taken: list[str] = field(default_factory=list)

    def take(self, page: Page, of: str) -> None:
        """Take a picture of a page as it stands."""
        page.screenshot(path=self.place(of))

    def take_both(self, page: Page, of: str) -> None:
        """Take a picture of a page as it stands; of the chosen ones another as on a telephone."""
        self.take(page, of)
        if of in ALSO_NARROW:
            place = self.place(of)
            page.set_viewport_size(NARROW)
            page.screenshot(path=place.with_stem(f"{place.stem}-360"))
            page.set_viewport_size(WIDE)

    def place(self, of: str) -> Path:
        """Return where the picture belongs; one that was taken before is taken again in its old place."""
        if of not in self.taken:
            self.taken.append(of)
        return self.folder / f"{self.name}-{self.taken.index(of) + 1:02}-{of}.png"

    def take_pdf(self, pdf: Path) -> None:
        """Take a picture of a PDF's first page, if the machine can draw it."""
        if shutil.which("pdftoppm") is None:
            say("  (no picture of the PDF: install poppler-utils)")
            return
        target = self.place("invoice-pdf").with_suffix("")
        draw = ["pdftoppm", "-png", "-singlefile", "-r", PDF_DOTS_PER_INCH, str(pdf), str(target)]
        subprocess.run(draw, check=True)

    def publish(self, folder: Path) -> None:
        """Put the pictures where the documentation shows them, in place of the old ones."""
        for old in folder.glob(f"{self.name}-*.png"):
            old.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        for picture in sorted(self.folder.glob("*.png")):
            shutil.move(picture, folder / picture.name)


def walk_month_close(demo: Demo, scratch: Path) -> Album:
    """Close the open month of a demo; return the pictures, which lie in ``scratch``."""
    with chromium() as browser:
        page = a_window(browser, WIDE)
        album = Album(scratch, "month-close")
        visit = month_close.Visit(
            person=Mouse(page),
            site=demo.site,
            email=FINANCE,
            password=demo.password,
            picture=partial(album.take_both, page),
            downloads=scratch,
        )
        for step in month_close.walk(visit):
            if visit.pdf is not None and "invoice-pdf" not in album.taken:
                album.take_pdf(visit.pdf)
            say(f"  {step}")
        return album


def walk_reconcile(demo: Demo, scratch: Path) -> Album:
    """Close a month, let funders answer, take in the bank's file, and see that every balance ties."""
    album = Album(scratch, "reconcile")
    with chromium() as browser:

        def visit(email: str) -> month_close.Visit:
            page = a_window(browser, WIDE)
            return month_close.Visit(Mouse(page), demo.site, email, demo.password, downloads=scratch)

        story = reconcile.Story(
            finance=visit(FINANCE),
            approving=tuple(map(visit, APPROVING)),
            querying=visit(QUERYING),
            investor=visit(INVESTOR),
            picture=lambda visit, of: album.take_both(visit.page, of),
        )
        for step in reconcile.walk(story):
            say(f"  {step}")
    return album


def walk_job_start(demo: Demo, scratch: Path) -> Album:
    """Bring a job start from the referral to its price; return the pictures, which lie in ``scratch``."""
    album = Album(scratch, "job-start")
    with chromium() as browser:

        def visit(email: str, size: ViewportSize) -> month_close.Visit:
            return month_close.Visit(Mouse(a_window(browser, size)), demo.site, email, demo.password)

        story = job_start.Story(
            specialist=visit(SPECIALIST, NARROW),
            analyst=visit(ANALYST, WIDE),
            finance=visit(FINANCE, WIDE),
            picture=lambda visit, of: album.take(visit.page, of),
        )
        for step in job_start.walk(story):
            say(f"  {step}")
    for outcome, (screens, seconds) in story.took.items():
        say(f"  ({outcome}: {screens} screens and {seconds:.1f} seconds from the caseload to submitted)")
    return album


def walk_commissioner(demo: Demo, scratch: Path) -> Album:
    """Find out in a minute how it goes; return the pictures, which lie in ``scratch``."""
    album = Album(scratch, "commissioner")
    with chromium() as browser:
        page = a_window(browser, WIDE)
        visit = month_close.Visit(
            Mouse(page), demo.site, COMMISSIONER, demo.password, picture=partial(album.take_both, page)
        )
        for step in commissioner.walk(visit):
            say(f"  {step}")
    return album


def a_window(browser: Browser, size: ViewportSize) -> Page:
    """Return a page in a window of its own, as somebody in England sees it."""
    page = browser.new_page(viewport=size, locale="en-GB", reduced_motion="reduce")
    page.set_default_timeout(PATIENCE)
    return page


JOURNEYS: dict[str, Callable[[Demo, Path], Album]] = {
    "month-close": walk_month_close,
    "job-start": walk_job_start,
    "reconcile": walk_reconcile,
    "commissioner": walk_commissioner,
}


def say(line: str) -> None:
    """Tell whoever watches what is happening."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Take the named journey; return the exit status."""
    name = arguments[0] if arguments else ""
    if name not in JOURNEYS:
        say(f"Which journey? make journey NAME=... with one of: {', '.join(JOURNEYS)}")
        return 2
    try:
        with a_demo() as demo, tempfile.TemporaryDirectory() as scratch:
            say(f"{name}, at {demo.site}:")
            album = JOURNEYS[name](demo, Path(scratch))
            album.publish(PICTURES)
    except (NoDemo, month_close.NothingToClose, LookupError) as refusal:
        say(str(refusal))
        return 1
    except (AssertionError, Error) as failure:
        say(f"The last step named above failed:\n{failure}")
        return 1
    say(f"{len(album.taken)} pictures are in {PICTURES.relative_to(CHECKOUT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
