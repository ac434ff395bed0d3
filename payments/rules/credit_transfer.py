"""
A batch of payments as a file for the bank: ISO 20022 ``pain.001.001.09``, or a plain CSV.

Accounts are an IBAN, or a United Kingdom sort code with an account number.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lxml import etree

from mhep.kernel.money import to_major

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
CSV_HEADINGS = ("name", "iban", "sort_code", "account_number", "amount", "currency", "reference")
# What the scheme lets through between banks; anything else can make a bank refuse the whole file.
_NOT_LET_THROUGH = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_WRITTEN_OUT = str.maketrans({"æ": "ae", "ø": "o", "ß": "ss", "Æ": "AE", "Ø": "O"})
_LONGEST_NAME, _LONGEST_REFERENCE, _LONGEST_ID = 140, 140, 35


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account, and which: ``iban`` (and ``bic`` if known), or ``sort_code`` and ``number``."""

    holder: str
    iban: str = ""
    bic: str = ""
    sort_code: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment: a positive amount in minor units, an id for the bank, and what the payee reads."""

    payee: Account
    amount: int
    end_to_end_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Payments from one account on one day in one currency."""

    message_id: str
    made_at: datetime
    pays_on: date
    payer: Account
    currency: str
    transfers: Sequence[Transfer]

    @property
    def amount(self) -> int:
        return sum(transfer.amount for transfer in self.transfers)


def plain(text: str, longest: int) -> str:
    """Return a text as banks pass it on: letters without marks, a full stop for any other sign."""
    letters = unicodedata.normalize("NFKD", text.translate(_WRITTEN_OUT))
    text = "".join(each for each in letters if not unicodedata.combining(each))
    return _NOT_LET_THROUGH.sub(".", " ".join(text.split()))[:longest].strip() or "."


def as_pain001(batch: Batch) -> bytes:
    """Return the batch as a customer credit transfer initiation, the same bytes each time."""
    root = etree.Element("Document", xmlns=NAMESPACE)
    initiation = etree.SubElement(root, "CstmrCdtTrfInitn")
    head = etree.SubElement(initiation, "GrpHdr")
    _texts(
        head,
        MsgId=batch.message_id[:_LONGEST_ID],
        CreDtTm=batch.made_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        NbOfTxs=str(len(batch.transfers)),
        CtrlSum=to_major(batch.amount),
    )
    _text(head, "InitgPty/Nm", plain(batch.payer.holder, _LONGEST_NAME))
    part = etree.SubElement(initiation, "PmtInf")
    _texts(
        part,
        PmtInfId=batch.message_id[:_LONGEST_ID],
        PmtMtd="TRF",
        NbOfTxs=str(len(batch.transfers)),
        CtrlSum=to_major(batch.amount),
    )
    _text(part, "ReqdExctnDt/Dt", batch.pays_on.isoformat())
    _text(part, "Dbtr/Nm", plain(batch.payer.holder, _LONGEST_NAME))
    _account(etree.SubElement(part, "DbtrAcct"), batch.payer)
    _agent(etree.SubElement(part, "DbtrAgt"), batch.payer)
    for transfer in batch.transfers:
        _transfer(etree.SubElement(part, "CdtTrfTxInf"), transfer, batch.currency)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def as_bank_csv(batch: Batch) -> bytes:
    """Return the batch as CSV for banks that take no XML; amounts are plain decimals."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(CSV_HEADINGS)
    for transfer in batch.transfers:
        payee = transfer.payee
        writer.writerow(
            [
                plain(payee.holder, _LONGEST_NAME),
                payee.iban,
                payee.sort_code,
                payee.number,
                to_major(transfer.amount),
                batch.currency,
                plain(transfer.reference, _LONGEST_REFERENCE),
            ]
        )
    return stream.getvalue().encode()


def _transfer(parent: Any, transfer: Transfer, currency: str) -> None:
    _text(parent, "PmtId/EndToEndId", transfer.end_to_end_id[:_LONGEST_ID])
    _text(parent, "Amt/InstdAmt", to_major(transfer.amount)).set("Ccy", currency)
    _agent(etree.SubElement(parent, "CdtrAgt"), transfer.payee)
    _text(parent, "Cdtr/Nm", plain(transfer.payee.holder, _LONGEST_NAME))
    _account(etree.SubElement(parent, "CdtrAcct"), transfer.payee)
    _text(parent, "RmtInf/Ustrd", plain(transfer.reference, _LONGEST_REFERENCE))


def _account(parent: Any, account: Account) -> None:
    if account.iban:
        _text(parent, "Id/IBAN", account.iban)
    else:
        _text(parent, "Id/Othr/Id", account.number)


def _agent(parent: Any, account: Account) -> None:
    bank = etree.SubElement(parent, "FinInstnId")
    if account.bic:
        _text(bank, "BICFI", account.bic)
    elif account.sort_code:
        member = etree.SubElement(bank, "ClrSysMmbId")
        _text(member, "ClrSysId/Cd", "GBDSC")
        _text(member, "MmbId", account.sort_code)
    else:
        _text(bank, "Othr/Id", "NOTPROVIDED")


def _text(parent: Any, path: str, text: str) -> Any:
    """Add elements along a path, each new, and return the last one with its text."""
    for name in path.split("/"):
        parent = etree.SubElement(parent, name)
    parent.text = text
    return parent


def _texts(parent: Any, **texts: str) -> None:
    for name, text in texts.items():
        _text(parent, name, text)
