"""The HTML pages of a report, parsed."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

from mitotransfer.report.index_page import MULTIQC


class Page(HTMLParser):
    """Links, ids, images without alt, and whether tags are closed in order."""

    VOID = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: Counter[str] = Counter()
        self.open: list[str] = []
        self.bare: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags[tag] += 1
        self.links += [str(found[name]) for name in ("href", "src") if name in found]
        self.ids += [str(found["id"])] if "id" in found else []
        if tag == "img" and not found.get("alt"):
            self.bare.append(str(found.get("src")))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        self.text += text


def pages(site: Path) -> dict[Path, Page]:
    """The pages, without MultiQC's."""
    own = [path for path in sorted(site.rglob("*.html")) if path.name != MULTIQC]
    return {path: Page(path.read_text(encoding="utf-8")) for path in own}
