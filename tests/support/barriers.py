"""Look for barriers on a page, by axe: every rule once, and every look of a text once in each colour."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

SCHEMES = ("light", "dark")
BY_COLOUR = ("color-contrast", "link-in-text-block")
BY_STRUCTURE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {rule: {"enabled": False} for rule in BY_COLOUR},
    "resultTypes": ["violations"],  # all of them in full; of what is well only the names
}
IN_COLOURS = {
    "runOnly": {"type": "rule", "values": BY_COLOUR},
    "resultTypes": ["violations", "passes"],
    "elementRef": True,
}
# Contrast takes nine tenths of the time of axe, and a hundred rows of a table have one answer. A look is all
# that the answer comes from: colours, pictures, opacity and names of an element and of all that it stands in,
# its letters, and whether it can be used. Known is only what axe has passed, not what it could not decide.
LOOK_AT_COLOURS = """async ([known, options, most]) => {
  const chains = new Map(), counts = new Map(known.map((look) => [look, most])), looks = new Map();
  const chain = (element) => {
    if (!element) return "";
    if (!chains.has(element)) {
      const style = getComputedStyle(element);
      chains.set(element, hashed([chain(element.parentElement), element.tagName, element.className,
        element.getAttribute("style"), style.color, style.backgroundColor, style.backgroundImage,
        style.opacity, style.filter, style.mixBlendMode, style.position].join("|")));
    }
    return chains.get(element);
  };
  const hashed = (text) => {
    let one = 0xdeadbeef, other = 0x41c6ce57;
    for (let at = 0; at < text.length; at += 1) {
      one = Math.imul(one ^ text.charCodeAt(at), 2654435761);
      other = Math.imul(other ^ text.charCodeAt(at), 1597334677);
    }
    return (one >>> 0).toString(36) + "-" + (other >>> 0).toString(36);
  };
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].map((node) => node.nodeType === 3 ? node.data.trim() : "").join("");
    if (!text && !element.matches("input, select, textarea")) continue;
    if (!element.checkVisibility({visibilityProperty: true})) continue;
    const style = getComputedStyle(element), control = element.control ?? element;
    const look = hashed([chain(element), style.fontSize, style.fontWeight, style.textShadow, text.length > 1,
      control.matches(":disabled"), Boolean(element.closest("[aria-disabled=true], [inert]"))].join("|"));
    const count = counts.get(look) ?? 0;
    if (count >= most) continue;
    counts.set(look, count + 1);
    looks.set(element, look);
  }
  looks.forEach((_, element) => element.setAttribute("data-look", ""));
  axe.configure({rules: [{id: "color-contrast", selector: "[data-look]"}]});
  const {violations, passes} = await axe.run(options);
  looks.forEach((_, element) => element.removeAttribute("data-look"));
  const contrast = passes.filter((rule) => rule.id === "color-contrast");
  return [violations, contrast.flatMap((rule) => rule.nodes.map((node) => looks.get(node.element)))];
}"""
MOST_OF_A_LOOK = 3
_known_looks: set[str] = set()


def assert_no_barriers(page: Page) -> None:
    """Fail with a report of what keeps people out of the page as it stands."""
    page.evaluate(AXE_SCRIPT)
    _assert_none(page, page.evaluate("async (options) => (await axe.run(options)).violations", BY_STRUCTURE))
    _assert_colours(page)


def assert_no_barriers_in_either_scheme(page: Page) -> None:
    """Look also at the other colours, which are all that the style sheet changes for the system's scheme."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # no colour on its way
    assert_no_barriers(page)
    page.emulate_media(color_scheme="dark")
    _assert_colours(page)
    page.emulate_media(color_scheme="light")


def _assert_colours(page: Page) -> None:
    violations, passed = page.evaluate(LOOK_AT_COLOURS, [sorted(_known_looks), IN_COLOURS, MOST_OF_A_LOOK])
    _assert_none(page, violations)
    _known_looks.update(passed)


def _assert_none(page: Page, violations: list[dict[str, Any]]) -> None:
    results = AxeResults({"violations": violations})
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
