"""Tiles of molecules by variants: what long reads of a sample show together."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

from mitotransfer.inputs.columns import ROLES
from mitotransfer.report import words
from mitotransfer.report.tables import Row, number

#: Patterns drawn.
MOST = 24
_TILES = {"1": ("has", "the tumour’s allele"), "0": ("lacks", "another allele"),
          ".": ("mute", "no base that counts")}  # fmt: skip


def tiles(rows: Sequence[dict[str, Any]], sample: str, verdict: Row) -> dict[str, Any] | None:
    """The patterns with an allele of the tumour in tumour, immune sample and normal.

    Args:
        rows: of ``molecules.tsv`` of the patient.
        verdict: the sample's row of ``transfer.tsv``.

    Returns:
        ``variants``, ``rows`` (tiles, and molecules by role), ``left`` (patterns that are not
        drawn), ``told``; None where the sample has no long reads.
    """
    own = [row for row in rows if row["sample"] == sample]
    if not own:
        return None
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        if row["role"] != "immune" or row["sample"] == sample:
            of_role = counts.setdefault(row["pattern"], dict.fromkeys(ROLES, 0))
            of_role[row["role"]] += int(row["molecules"])
    shown = [pattern for pattern in counts if "1" in pattern]
    shown.sort(key=lambda p: (-counts[p]["immune"], -counts[p]["tumor"], p))
    return {
        "variants": own[0]["variants"].split(","),
        "rows": [
            {"tiles": [_TILES[mark] for mark in pattern], "counts": counts[pattern]}
            for pattern in shown[:MOST]
        ],
        "left": len(shown) - min(len(shown), MOST),
        "told": told(own) + switching(verdict),
    }


def told(own: Sequence[dict[str, Any]]) -> str:
    """How many molecules of a sample carry several of the tumour's alleles, in words."""

    def molecules(which: Any) -> int:
        return sum(int(row["molecules"]) for row in own if which(row["pattern"]))

    spanning = molecules(lambda p: len(p) - p.count(".") > 1)
    some = molecules(lambda p: "1" in p and len(p) - p.count(".") > 1)
    several = molecules(lambda p: p.count("1") > 1)
    mixed = molecules(lambda p: "1" in p and "0" in p)
    text = (
        f"Of {words.plural(spanning, 'molecule')} over two variants or more, {several:,} "
        f"{'carries' if several == 1 else 'each carry'} two or more tumour alleles."
    )
    if some:
        text += (
            f" Of the {some:,} with a tumour allele, {words.percent(mixed / some)} also lack one."
        )
    return text


def switching(verdict: Row) -> str:
    """The share of joined molecules in words; empty where it is not estimated."""
    share, low, high = (
        number(verdict, f"switched_molecules{end}") for end in ("", "_low", "_high")
    )
    if isnan(share):
        return ""
    return (
        f" An estimated {words.percent(share)} of the molecules ({words.percent(low)} to "
        f"{words.percent(high)}) are joined from two (template switching); the fraction is "
        "corrected for it."
    )
