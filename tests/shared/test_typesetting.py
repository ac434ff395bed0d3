"""PDFs: accessible, archivable, the same to the byte, and literal (catalogue X8, N8)."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typst

from mhep.kernel.periods import Month
from mhep.shared import typesetting
from mhep.shared.typesetting import CannotTypeset, printable, typeset
from payments.rules.paper import BankAccount, Paper, PaperKind, Party, printed
from tests.payments.rules.papers import AWKWARD, fee_line, outcome_line, paper
from tests.shared.conformance import rules_broken

LONG = 40 * "W"
PAPERS = {
    "usual": paper([outcome_line(number) for number in range(20)], [fee_line(Month(2026, 4))]),
    "no lines": paper(),
    "fees only": paper([], [fee_line(Month(2026, 4))]),
    "credit note": paper(
        [outcome_line(1, corrects="INV-000001")], kind=PaperKind.CREDIT_NOTE, due_on=None, bank=None
    ),
    "remittance": paper([outcome_line(1)], kind=PaperKind.REMITTANCE, po_number=""),
    "French": paper(
        [outcome_line(1)],
        language="fr",
        currency="EUR",
        bank=BankAccount("Partenariat", "Banque", iban="FR00 0000 0000 0000 0000 0000 000", bic="XXXXFRPP"),
    ),
    "Danish": paper([outcome_line(1)], language="da", currency="DKK"),
    "18 groups": paper(
        [
            outcome_line(
                n, outcome=f"Outcome {n % 18} {'of some length ' * 6}", term=f"t-{n % 18}", position=n % 18
            )
            for n in range(90)
        ]
    ),
    "awkward": paper(
        [outcome_line(1, outcome=AWKWARD, event=LONG, participant=LONG, term=LONG, clause=AWKWARD)],
        party=Party(LONG, AWKWARD + 6 * LONG),
        programme_name=5 * AWKWARD,
        agreement=LONG,
        po_number=LONG,
    ),
    "very large": paper([outcome_line(1, amount_minor=2**63 - 1)], vat_rate=Decimal(0)),
}


@pytest.mark.parametrize("content", PAPERS.values(), ids=PAPERS.keys())
def test_x8_every_kind_of_document_keeps_pdf_ua_1_and_pdf_a_3a(content: Paper) -> None:
    assert rules_broken(typeset("document", printed(content))) == []


def test_the_check_of_the_standards_can_fail() -> None:
    untagged = typst.compile(b"= Invoice", pdf_tags=False)

    assert isinstance(untagged, bytes)
    assert rules_broken(untagged) != []


def test_n8_the_same_data_give_the_same_bytes_in_another_process_zone_and_year() -> None:
    data = printed(PAPERS["usual"])
    again = typeset("document", data)
    elsewhere = subprocess.run(
        [
            sys.executable,
            "-c",
            "import hashlib, json, sys; from mhep.shared.typesetting import typeset; "
            "print(hashlib.sha256(typeset('document', json.load(sys.stdin))).hexdigest())",
        ],
        input=json.dumps(data),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "1"},
    )

    assert typeset("document", data) == again
    assert elsewhere.stdout.strip() == hashlib.sha256(again).hexdigest()


def test_n8_the_only_date_in_the_file_is_that_of_its_data() -> None:
    pdf = typeset("document", printed(PAPERS["usual"]))

    assert set(re.findall(rb"D:([0-9]{8})|<xmp:\w+Date>([0-9-]{10})", pdf)) == {
        (b"20260506", b""),
        (b"", b"2026-05-06"),
    }


def test_title_language_and_author_are_in_the_file() -> None:
    pdf = typeset("document", printed(PAPERS["Danish"]))

    assert b"/Lang(da-DK)" in pdf
    assert b'<rdf:li xml:lang="x-default">Faktura INV-000012</rdf:li>' in pdf
    assert b"Health and Employment Partnership Ltd" in pdf


def texts(node: object) -> str:
    """Return the text in what a query of a template answers, in order."""
    if isinstance(node, dict):
        own = (
            " " if node.get("func") == "space" else node.get("text", "") if node.get("func") == "text" else ""
        )
        return own + "".join(texts(item) for key, item in node.items() if key != "text")
    return "".join(texts(item) for item in node) if isinstance(node, list) else ""


def test_awkward_characters_are_set_as_they_are() -> None:
    source = (Path(typesetting.__file__).parent / "document.typ").read_bytes()
    answer = typst.query(source, "table", sys_inputs={"data": json.dumps(printed(PAPERS["awkward"]))})

    assert AWKWARD in texts(json.loads(answer))


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (poppler)")
def test_awkward_characters_are_read_from_the_file_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(typeset("document", printed(paper(party=Party("X", AWKWARD)))))
    read = subprocess.run(
        ["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout

    assert AWKWARD in " ".join(read.split())


def test_every_character_that_is_called_printable_is_in_a_font() -> None:
    kept = [
        chr(point)
        for point in range(0x10000)
        if not 0xD800 <= point < 0xE000 and printable(chr(point)) == chr(point)
    ]
    data: dict[str, Any] = printed(paper(party=Party("X", " ".join(kept))))

    assert {*AWKWARD, "ø", "ł", "Ω", "Я", "€", "–", "\ufffd"} <= set(kept)
    assert rules_broken(typeset("document", data)) == []


def test_a_character_that_no_font_has_does_not_stop_a_document() -> None:
    name = "A\x00B 漢 \U0001f600 \u202eC\ue000\ufeff\ud800"

    assert printable({"k": [name, 1, None, ("e\u0301\n",)]}) == {"k": ["A�B � � �C���", 1, None, ["é "]]}
    assert rules_broken(typeset("document", printed(paper(party=Party("X", name))))) == []


def test_a_schedule_of_400_lines_takes_less_than_a_second_of_work() -> None:
    data = printed(paper([outcome_line(number) for number in range(400)]))
    typeset("document", printed(paper()))

    before = time.process_time()
    pdf = typeset("document", data)

    assert time.process_time() - before < 1
    assert b"/Type/Pages/Count 9/" in pdf


def test_data_that_the_template_cannot_use_are_refused() -> None:
    incomplete = {key: value for key, value in printed(PAPERS["usual"]).items() if key != "totals"}

    with pytest.raises(CannotTypeset, match=r"document: .*totals"):
        typeset("document", incomplete)
    with pytest.raises(FileNotFoundError):
        typeset("poster", {})
