"""What a PDF breaks of the standards that documents promise, by an independent checker."""

from __future__ import annotations

from page import ValidationProfile, validate_pdf_bytes

_LENGTH_MISREAD = "PDFA3A-STREAM-LENGTH-001"


def rules_broken(pdf: bytes) -> list[str]:
    """
    Return the rules of PDF/UA-1 and PDF/A-3a that ``pdf`` breaks; none is how it should be.

    A compressed stream may happen to end in a carriage return. The checker (0.11.0) then takes that
    byte and the line feed after it for one line end and calls the right length wrong: in such a
    file, and only there, that rule says nothing.
    """
    reports = [
        validate_pdf_bytes(pdf, profile=profile)
        for profile in (ValidationProfile.PDF_UA_1, ValidationProfile.PDF_A_3A)
    ]
    broken = [failure.rule_id for report in reports for failure in report.failures]
    misread = b"\r\nendstream" in pdf
    return [rule for rule in broken if not (misread and rule == _LENGTH_MISREAD)]
