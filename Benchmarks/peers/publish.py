"""Puts the tables where readers look: README.md has the short ones, Benchmarks/results/ the long ones."""

import re
from pathlib import Path

import table
from models import REPOSITORY


def results_file(document: dict) -> Path:
    """Benchmarks/results/<date>-<cpu>[-<variant>].md"""
    parts = [document["machine"]["date"][:10], document["machine"]["cpu"], document["variant"] or ""]
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")
    return REPOSITORY / "Benchmarks" / "results" / f"{slug}.md"


def write_long(document: dict) -> Path:
    """Writes the page of all results; its path."""
    file = results_file(document)
    file.parent.mkdir(parents=True, exist_ok=True)
    title = f"# {document['machine']['date'][:10]}, {document['machine']['cpu']}"
    page = [title, table.facts(document), "## Ours and the best correct peer", table.short(document)]
    page += ["## Everything", "The columns are explained in [Benchmarks/peers](../peers/README.md).", table.long(document)]
    file.write_text("\n\n".join(page) + "\n")
    return file


def write_readme(document: dict, readme: Path = REPOSITORY / "README.md") -> None:
    """Replaces what stands in `readme` between the markers: `<!-- results -->`, or `<!-- results-avx2 -->` of that variant."""
    marker = f"results-{document['variant']}" if document["variant"] else "results"
    start, end = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    before, rest = readme.read_text().split(start)
    _, after = rest.split(end)
    link = results_file(document).relative_to(REPOSITORY)
    block = [_heading(document, link), table.short(document)]
    readme.write_text(before + start + "\n" + "\n\n".join(block) + "\n" + end + after)


def _heading(document: dict, link: Path) -> str:
    machine = document["machine"]
    limits = document["peak"].get("1", {}).get(document["peak_unit"])
    peak = f" One core can do {limits:.0f} GMAC/s." if limits else ""
    return (
        f"{machine['cpu']} ({machine['cores']} cores, {table.instructions(document)}), {machine['date'][:10]}, "
        f"{document['rounds']} rounds.{peak}\n[Every contestant, with memory and open times]({link})."
    )
