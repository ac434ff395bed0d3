"""Bank files made for tests: the same movements in each format, and files with one known fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mhep.kernel.money import to_major
from payments.rules.bank_csv import ColumnMapping
from payments.rules.bank_files import BankFormat
from payments.rules.bank_statement import Line

ACCOUNT = "GB33BUKB20201555555555"
MAPPING = ColumnMapping(day="Date", amount="Amount", text="Description", balance="Balance")
LINES = (
    Line(date(2026, 4, 2), 250_00, "BACS EALING INV-000001", bank_key="B-1"),
    Line(date(2026, 4, 2), -12_50, "CHARGES", bank_key="B-2"),
    Line(date(2026, 4, 3), 1_234_567_89, "FPS EXAMPLE FOUNDATION", bank_key="B-3"),
    Line(date(2026, 4, 3), 99, "COUNTER CREDIT", bank_key="B-4"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a file says about itself; the closing balance is what it should be, plus ``wrong_by``."""

    lines: Sequence[Line] = LINES
    opening: int = 1000_00
    wrong_by: int = 0
    account: str = ACCOUNT
    currency: str = "GBP"

    @property
    def closing(self) -> int:
        return self.opening + sum(line.amount for line in self.lines) + self.wrong_by


def made(form: BankFormat, told: Told = Told()) -> bytes:
    """Return a file of this format."""
    makers = {
        BankFormat.CAMT053: camt,
        BankFormat.MT940: mt940,
        BankFormat.OFX: ofx,
        BankFormat.CSV: csv_file,
    }
    return makers[form](told).encode()


def camt(told: Told, version: str = "02", status: str = "<Sts>BOOK</Sts>") -> str:
    def balance(kind: str, amount: int) -> str:
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_camt_amount(amount, told.currency)}"
            "<Dt><Dt>2026-04-01</Dt></Dt></Bal>"
        )

    entries = "".join(
        f"<Ntry>{_camt_amount(line.amount, told.currency)}{status}"
        f"<BookgDt><Dt>{line.booked_on}</Dt></BookgDt><AcctSvcrRef>{line.bank_key}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><RmtInf><Ustrd>{line.text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for line in told.lines
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        "<BkToCstmrStmt><Stmt><Id>S-1</Id>"
        f"<Acct><Id><IBAN>{told.account}</IBAN></Id><Ccy>{told.currency}</Ccy></Acct>"
        f"{balance('OPBD', told.opening)}{balance('CLBD', told.closing)}{entries}"
        "</Stmt></BkToCstmrStmt></Document>"
    )


def _camt_amount(amount: int, currency: str) -> str:
    way = "CRDT" if amount >= 0 else "DBIT"
    return f'<Amt Ccy="{currency}">{to_major(abs(amount))}</Amt><CdtDbtInd>{way}</CdtDbtInd>'


def mt940(told: Told) -> str:
    def amount(minor: int) -> str:
        return to_major(abs(minor)).replace(".", ",")

    def side(minor: int) -> str:
        return "C" if minor >= 0 else "D"

    lines = "".join(
        f":61:{line.booked_on:%y%m%d}{line.booked_on:%m%d}{side(line.amount)}{amount(line.amount)}NTRFNONREF"
        f"//{line.bank_key}\r\n:86:{line.text}\r\n"
        for line in told.lines
    )
    return (
        f":20:STARTUMS\r\n:25:{told.account}\r\n:28C:1/1\r\n"
        f":60F:{side(told.opening)}260401{told.currency}{amount(told.opening)}\r\n{lines}"
        f":62F:{side(told.closing)}260403{told.currency}{amount(told.closing)}\r\n"
    )


def ofx(told: Told) -> str:
    lines = "".join(
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{line.booked_on:%Y%m%d}120000<TRNAMT>{to_major(line.amount)}"
        f"<FITID>{line.bank_key}<NAME>{line.text}</STMTTRN>\r\n"
        for line in told.lines
    )
    return (
        "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n"
        f"<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>{told.currency}<BANKACCTFROM><BANKID>202015"
        f"<ACCTID>{told.account}<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20260401<DTEND>20260403"
        f"\r\n{lines}</BANKTRANLIST><LEDGERBAL><BALAMT>{to_major(told.closing)}<DTASOF>20260403</LEDGERBAL>"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


def csv_file(told: Told) -> str:
    balance, rows = told.opening, []
    for line in told.lines:
        balance += line.amount
        shown = balance + (told.wrong_by if line is told.lines[-1] else 0)
        rows.append(f"{line.booked_on:%d/%m/%Y},{line.text},{to_major(line.amount)},{to_major(shown)}\r\n")
    return "Date,Description,Amount,Balance\r\n" + "".join(rows)


def many_lines(count: int) -> list[Line]:
    """Return lines over several days, many of which are alike."""
    first = date(2026, 4, 1)
    return [
        Line(first + timedelta(days=number // 7), (number % 3 + 1) * 100, f"PAYER {number % 2}")
        for number in range(count)
    ]
