"""PDF/UA by typst, from words and a layout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import typst

PDF_STANDARD: Final = "ua-1"  # ISO 14289-1: a screen reader finds title, language, headings and tables


def compile_pdf(layout: str, sheet: Mapping[str, object], *, made_at: datetime) -> bytes:
    """Return the words of a sheet in a layout that reads them as `sys.inputs.sheet`.

    What people typed travels as JSON and is never read as markup. Only typst's own fonts are used.
    """
    made = typst.compile(
        layout.encode(),
        None,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"sheet": json.dumps(sheet, ensure_ascii=False)},
        pdf_standards=PDF_STANDARD,
        timestamp=int(made_at.timestamp()),
    )
    assert isinstance(made, bytes), "one document is one file"
    return made
