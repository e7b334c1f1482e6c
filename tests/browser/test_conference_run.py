"""A conference as the chair's assistant runs it: by keyboard alone, without barriers, to released minutes."""

from __future__ import annotations

import re
from typing import Any

PETRA = "petra.lindholm@wendstadt.example"
THORAX = "Tumorkonferenz Thorax"
ADVICE = "Radiochemotherapie, Bild in acht Wochen."


def test_an_assistant_takes_a_case_up_writes_and_releases_by_keyboard_alone(visit: Any) -> None:
    visitor = visit().sign_in(PETRA)
    page = visitor.page
    listed = page.request.get("/conferences/?show=to_finish").text()
    (held,) = re.findall(rf'<a href="(/conferences/[0-9a-f-]{{36}})">{THORAX}', listed)
    page.goto(f"{held}/run")
    page.get_by_role("button", name="Zu früh beendet").press("Enter")
    page.get_by_role("button", name=re.compile("^Zurück zu FK-")).press("Enter")
    # The field has the focus: type, go on by the tabulator over the day, press.
    page.wait_for_selector("[data-since]")
    visitor.assert_no_barriers_in_either_scheme()
    page.keyboard.press("Control+A")
    page.keyboard.type(ADVICE)
    for _field in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('button[name=step]')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Alle Fälle sind erledigt")
    page.get_by_role("button", name="Konferenz beenden").press("Enter")
    page.wait_for_url("**/minutes")
    visitor.assert_no_barriers_in_either_scheme()
    page.get_by_role("button", name="Protokoll freigeben").press("Enter")
    page.wait_for_selector("text=Fassung 1")
    assert ADVICE in page.content()
    assert visitor.problems == []
