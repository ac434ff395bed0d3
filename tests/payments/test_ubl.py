"""E-invoices are right by the official rules, and the broken ones are found by the rule that they break."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from lxml import etree

from payments.rules.einvoice import EInvoice, LegalFacts, PaymentAccount, missing_facts
from payments.rules.einvoice_checks import NAMESPACES, own_findings
from payments.rules.schematron import UnsupportedSchematron, as_xslt
from payments.rules.ubl import ubl
from payments.rules.vat import STANDARD, VatKind
from payments.services.official_rules import are_installed, compiles, official_verdict
from tests.payments.rules.einvoices import ACCOUNTS, BUYERS, SELLERS, einvoice, summed

pytestmark = pytest.mark.django_db

needs_rules = pytest.mark.skipif(not are_installed(), reason="needs the extra einvoice")
MANY = 200
Tree = etree._Element


@needs_rules
def test_two_hundred_documents_have_no_finding_under_the_official_rules() -> None:
    documents = [einvoice(seed) for seed in range(MANY)]
    found = {
        document.number: (own_findings(ubl(document)), official_verdict(ubl(document)).findings)
        for document in documents
    }

    assert {number: found for number, found in found.items() if found != ((), ())} == {}
    assert {document.currency for document in documents} == {"GBP", "EUR", "DKK"}
    assert {document.buyer.country for document in documents} == {"GB", "DK", "FR"}
    assert {document.is_credit_note for document in documents} == {True, False}
    assert {len(document.groups) for document in documents} >= {1, 2, 3}
    assert {group.kind.category for document in documents for group in document.groups} == {
        *("standard", "zero", "exempt", "outside_scope", "reverse_charge")
    }


def test_the_file_says_what_the_document_says_to_the_minor_unit() -> None:
    for seed in range(MANY):
        document = einvoice(seed)
        root = etree.fromstring(ubl(document))
        assert _minor(root, "cac:LegalMonetaryTotal/cbc:PayableAmount") == document.gross_minor
        assert _minor(root, "cac:TaxTotal/cbc:TaxAmount") == document.vat_minor
        lines = root.findall("cac:InvoiceLine", NAMESPACES) or root.findall("cac:CreditNoteLine", NAMESPACES)
        assert sum(_minor(line, "cbc:LineExtensionAmount") for line in lines) == document.net_minor


def test_the_same_document_gives_the_same_bytes() -> None:
    assert ubl(einvoice(7)) == ubl(einvoice(7))


def test_a_text_that_xml_cannot_hold_does_not_stop_a_document() -> None:
    name = "A\x00B\x0b & <C>\ud800"
    document = einvoice(3)
    xml = ubl(replace(document, buyer=replace(document.buyer, name=name)))
    assert own_findings(xml) == ()
    assert "A\ufffdB\ufffd &amp; &lt;C&gt;" in xml.decode()


def _minor(node: Tree, path: str) -> int:
    return int((node.findtext(path, "", NAMESPACES)).replace(".", ""))


# Thirty broken ones


def plain(*, is_credit_note: bool = False, country: str = "GB") -> EInvoice:
    """Return a document at the standard rate between two organisations of a country."""
    kind = VatKind(STANDARD, Decimal({"GB": 20, "DK": 25, "FR": 20}[country]))
    found = next(each for each in map(einvoice, range(MANY)) if each.is_credit_note is is_credit_note)
    lines = tuple(replace(line, vat=kind, note="") for line in found.lines)
    return summed(
        replace(
            found,
            lines=lines,
            currency={"GB": "GBP", "DK": "DKK", "FR": "EUR"}[country],
            seller=SELLERS[country],
            buyer=BUYERS[country],
            account=ACCOUNTS[country],
        )
    )


def emptied(path: str) -> Callable[[Tree], None]:
    def change(root: Tree) -> None:
        node = _only(root, path)
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return change


def put(path: str, text: str) -> Callable[[Tree], None]:
    def change(root: Tree) -> None:
        _only(root, path).text = text

    return change


def attribute(path: str, name: str, value: str) -> Callable[[Tree], None]:
    return lambda root: _only(root, path).set(name, value)


def _only(root: Tree, path: str) -> Tree:
    node = root.find(path, NAMESPACES)
    assert node is not None, path
    return node


SELLER, BUYER = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
TOTAL, TAX, MEANS = "cac:LegalMonetaryTotal", "cac:TaxTotal", "cac:PaymentMeans"
LINE, CATEGORY = "cac:InvoiceLine", "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"
INVOICE, CREDIT_NOTE = plain(), plain(is_credit_note=True)
DANISH, DANISH_CREDIT = plain(country="DK"), plain(country="DK", is_credit_note=True)
FRENCH = plain(country="FR")


def both(*changes: Callable[[Tree], None]) -> Callable[[Tree], None]:
    def change(root: Tree) -> None:
        for each in changes:
            each(root)

    return change


def _second_group(root: Tree) -> None:
    subtotal = _only(root, "cac:TaxTotal/cac:TaxSubtotal")
    again = etree.fromstring(etree.tostring(subtotal))
    _only(again, "cac:TaxCategory/cbc:ID").text = "O"
    subtotal.addnext(again)


BROKEN: list[tuple[str, EInvoice, Callable[[Tree], None]]] = [
    ("PEPPOL-EN16931-R001", INVOICE, emptied("cbc:ProfileID")),
    ("PEPPOL-EN16931-R003", replace(INVOICE, order_number=""), emptied("cbc:BuyerReference")),
    ("PEPPOL-EN16931-R004", INVOICE, put("cbc:CustomizationID", "urn:cen.eu:en16931:2017")),
    ("PEPPOL-EN16931-R007", INVOICE, put("cbc:ProfileID", "urn:example:billing")),
    ("PEPPOL-EN16931-R008", INVOICE, put(f"{BUYER}/cac:PostalAddress/cbc:StreetName", "")),
    ("PEPPOL-EN16931-R010", INVOICE, emptied(f"{BUYER}/cbc:EndpointID")),
    ("PEPPOL-EN16931-R020", CREDIT_NOTE, emptied(f"{SELLER}/cbc:EndpointID")),
    ("PEPPOL-EN16931-R051", INVOICE, attribute(f"{TOTAL}/cbc:PayableAmount", "currencyID", "EUR")),
    ("PEPPOL-EN16931-R053", INVOICE, emptied("cac:TaxTotal/cac:TaxSubtotal")),
    ("PEPPOL-EN16931-R120", INVOICE, put(f"{LINE}/cac:Price/cbc:PriceAmount", "0.07")),
    ("PEPPOL-EN16931-CL007", INVOICE, put("cbc:DocumentCurrencyCode", "XXY")),
    ("PEPPOL-EN16931-CL008", INVOICE, attribute(f"{BUYER}/cbc:EndpointID", "schemeID", "0001")),
    ("PEPPOL-EN16931-F001", INVOICE, put("cbc:DueDate", "2026-02-30")),
    ("PEPPOL-EN16931-P0100", INVOICE, put("cbc:InvoiceTypeCode", "384")),
    ("PEPPOL-EN16931-P0101", CREDIT_NOTE, put("cbc:CreditNoteTypeCode", "396")),
    ("PEPPOL-COMMON-R040", INVOICE, put(f"{BUYER}/cbc:EndpointID", "5060012349990")),
    ("PEPPOL-COMMON-R042", DANISH, put(f"{SELLER}/cbc:EndpointID", "DK1358562")),
    ("BR-CO-10", INVOICE, put(f"{TOTAL}/cbc:LineExtensionAmount", "0.01")),
    ("BR-CO-14", INVOICE, put(f"{TAX}/cbc:TaxAmount", "0.01")),
    ("BR-CO-15", INVOICE, put(f"{TOTAL}/cbc:TaxInclusiveAmount", "0.01")),
    ("BR-CO-16", INVOICE, put(f"{TOTAL}/cbc:PayableAmount", "0.01")),
    ("BR-CO-17", INVOICE, put(f"{TAX}/cac:TaxSubtotal/cbc:TaxAmount", "0.01")),
    ("BR-O-11", INVOICE, _second_group),
    ("BR-E-10", INVOICE, both(put(f"{CATEGORY}/cbc:ID", "E"), put(f"{CATEGORY}/cbc:Percent", "0"))),
    ("BR-AE-10", INVOICE, both(put(f"{CATEGORY}/cbc:ID", "AE"), put(f"{CATEGORY}/cbc:Percent", "0"))),
    ("BR-61", INVOICE, emptied(f"{MEANS}/cac:PayeeFinancialAccount/cbc:ID")),
    ("DK-R-002", DANISH, emptied(f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID")),
    ("DK-R-005", DANISH, put(f"{MEANS}/cbc:PaymentMeansCode", "30")),
    ("DK-R-006", DANISH, emptied(f"{MEANS}/cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch")),
    ("DK-R-014", DANISH, attribute(f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID", "schemeID", "0096")),
    ("DK-R-016", DANISH_CREDIT, put(f"{TOTAL}/cbc:PayableAmount", "-1.00")),
    ("MHEP-FR-01", FRENCH, put("cbc:ID", "INV 000001")),
    ("MHEP-FR-02", FRENCH, put(f"{BUYER}/cac:PartyIdentification/cbc:ID", "73282932000075")),
]
BY_CEN = [
    ("BR-02", INVOICE, emptied("cbc:ID")),
    ("BR-06", INVOICE, emptied(f"{SELLER}/cac:PartyLegalEntity/cbc:RegistrationName")),
    ("BR-11", INVOICE, emptied(f"{BUYER}/cac:PostalAddress/cac:Country")),
    ("BR-25", INVOICE, emptied(f"{LINE}/cac:Item/cbc:Name")),
    ("BR-S-02", INVOICE, emptied(f"{SELLER}/cac:PartyTaxScheme")),
    ("BR-CL-14", INVOICE, put(f"{SELLER}/cac:PostalAddress/cac:Country/cbc:IdentificationCode", "UK")),
    ("BR-DEC-19", INVOICE, put(f"{TAX}/cac:TaxSubtotal/cbc:TaxableAmount", "1.001")),
    ("BR-CO-10", CREDIT_NOTE, put(f"{TOTAL}/cbc:LineExtensionAmount", "0.01")),
    ("XSD", INVOICE, lambda root: root.append(root[0])),
]


def broken(document: EInvoice, change: Callable[[Tree], None]) -> bytes:
    root = etree.fromstring(ubl(document))
    change(root)
    return etree.tostring(root, encoding="UTF-8")


@pytest.mark.parametrize(("rule", "document", "change"), BROKEN, ids=[rule for rule, *_ in BROKEN])
def test_a_broken_document_is_found_by_its_rule(
    rule: str, document: EInvoice, change: Callable[[Tree], None]
) -> None:
    assert own_findings(ubl(document)) == ()
    assert rule in {finding.rule for finding in own_findings(broken(document, change))}


def test_thirty_and_more_are_broken_each_by_a_rule_of_its_own() -> None:
    assert len({rule for rule, *_ in BROKEN}) >= 30


@needs_rules
@pytest.mark.parametrize(("rule", "document", "change"), BY_CEN, ids=[rule for rule, *_ in BY_CEN])
def test_the_official_rules_find_what_they_forbid(
    rule: str, document: EInvoice, change: Callable[[Tree], None]
) -> None:
    assert rule in {finding.rule for finding in official_verdict(broken(document, change)).findings}


# What is missing


NOBODY = LegalFacts("Somebody")


def test_facts_that_are_missing_are_named_with_where_to_add_them() -> None:
    bare = replace(
        INVOICE,
        seller=NOBODY,
        buyer=NOBODY,
        account=PaymentAccount(),
        buyer_reference="",
        order_number="",
        groups=(replace(INVOICE.groups[0], kind=VatKind("", Decimal(0))),),
    )

    missing = missing_facts(bare)

    assert missing_facts(INVOICE) == ()
    assert [(each.owner, each.what.split(" of ")[0]) for each in missing] == [
        ("seller", "the country"),
        ("seller", "the address"),
        ("seller", "the e-address"),
        ("seller", "the VAT number"),
        ("seller", "the bank account"),
        ("buyer", "the country"),
        ("buyer", "the address"),
        ("buyer", "the e-address"),
        ("buyer", "a reference"),
        ("agreement", "the reason why no VAT is due"),
    ]
    assert all(each.remedy for each in missing)


def test_a_gln_or_a_siret_is_an_address() -> None:
    assert BUYERS["DK"].e_address == ("0088", "5790000436057")
    assert BUYERS["FR"].e_address == ("0009", "73282932000074")


# Rules of the operator's own


OWN = b"""<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
<ns prefix="cbc" uri="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"/>
<let name="longest" value="3"/>
<pattern>
<rule context="cbc:ID"><assert id="OWN-1" test="string-length(.) &lt;= $longest" flag="warning">Too
long</assert></rule>
<rule context="cbc:ID | cbc:Name"><assert id="OWN-2" test="false()">No names</assert></rule>
</pattern></schema>"""


@needs_rules
def test_a_schematron_runs_and_the_first_rule_that_fits_wins() -> None:
    sheet = as_xslt(OWN).decode()
    assert compiles(sheet) is None
    assert re.search('id="OWN-1" flag="warning"', sheet)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no xml", "no XML"),
        (b"<schema/>", "no Schematron"),
        (OWN.replace(b"<pattern>", b'<pattern abstract="true">'), "abstract"),
        (OWN.replace(b"<pattern>", b'<include href="x"/><pattern>'), "include"),
    ],
)
def test_a_schematron_that_is_not_taken_is_refused_in_words(content: bytes, why: str) -> None:
    with pytest.raises(UnsupportedSchematron, match=why):
        as_xslt(content)
