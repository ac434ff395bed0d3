"""What stands in for clamd in the demo: it finds the test file wherever it lies, or it says nothing (F11)."""

from __future__ import annotations

import io
import zipfile

import pytest

from mhep.shared import stand_in_scanner
from mhep.shared.stand_in_scanner import DEEPEST, FINDING, finding_in
from tests.outcomes.drafts import office, pdf, picture
from tests.outcomes.hostile import EICAR


def archive(content: bytes, depth: int = 1) -> bytes:
    """Return the content in a ZIP archive, in another one, and so on."""
    for _ in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
            opened.writestr("inside", content)
        content = out.getvalue()
    return content


@pytest.mark.parametrize(
    "content",
    [EICAR, b"\n" * 70_000 + EICAR, archive(EICAR), archive(EICAR, DEEPEST), office({"word/x.bin": EICAR})],
    ids=["plain", "far behind", "in a ZIP", "deep in ZIPs", "in a Word file"],
)
def test_f11_the_test_file_is_found(content: bytes) -> None:
    assert finding_in(content) == FINDING


@pytest.mark.parametrize("content", [b"", EICAR[:-1], pdf(), picture(), office(), archive(b"", DEEPEST)])
def test_nothing_is_found_in_what_does_not_hold_it(content: bytes) -> None:
    assert finding_in(content) == ""


def test_what_cannot_be_unpacked_gets_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="too deep"):
        finding_in(archive(b"", DEEPEST + 1))
    with pytest.raises(ValueError, match="cannot be unpacked"):
        finding_in(archive(pdf())[:-30])
    monkeypatch.setattr(stand_in_scanner, "MOST_UNPACKED", 1_000)
    with pytest.raises(ValueError, match="too much"):
        finding_in(office({"word/1.xml": b"\0" * 600, "word/2.xml": b"\0" * 600}))
