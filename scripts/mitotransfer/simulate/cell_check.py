"""What a run found in simulated libraries of cells, against what was simulated."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: Share of the intervals of 95 % that have to hold the truth in a library of some hundred cells.
MIN_COVERED = 0.9
SUPPORTED = "transfer_supported"


@dataclass(frozen=True)
class Found:
    """A kind of cell of a library, as simulated and as found.

    Attributes:
        receivers: share of cells; ``low``, ``high``: bounds that were found.
    """

    library: str
    cell_type: str
    expected: str
    verdict: str
    receivers: float
    low: float
    high: float


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table, plain or gzipped."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def groups(truth: Path, results: Path) -> list[Found]:
    """All kinds of cells of all libraries.

    The receivers are those among cells that are tested: without doublets where these have scores.
    """
    expected = rows_of(truth / "truth_libraries.tsv")
    found = {(row["library"], row["cell_type"]): row
             for row in rows_of(results / "cell_shares.tsv") if not row["subset"]}  # fmt: skip
    cells = rows_of(truth / "truth_cells.tsv")
    made = []
    for row in expected:
        library, kind = row["library"], row["cell_type"]
        seen = found.get((library, kind), {})
        scored = "no_doublet_score" not in seen.get("flags", "")
        own = [one for one in cells if _is_of(one, library, kind)]
        tested = [one for one in own if not (scored and one["tumor_cell_beside"] == "true")]
        # Without scores a doublet is what a receiver would be.
        positive = sum(float(one["tumor_fraction"]) > 0 or one["tumor_cell_beside"] == "true"
                       for one in tested)  # fmt: skip
        made.append(
            Found(
                library,
                kind,
                row["expected_verdict"],
                seen.get("verdict", "none"),
                positive / max(len(tested), 1),
                float(seen.get("share_low") or "nan"),
                float(seen.get("share_high") or "nan"),
            )
        )
    return made


def _is_of(cell: dict[str, str], library: str, kind: str) -> bool:
    """Whether a droplet holds an immune cell of a kind."""
    immune = cell["library"] == library and cell["droplet"] not in ("tumor", "empty")
    return immune and kind in ("all", cell["droplet"])


def problems(truth: Path, results: Path) -> list[str]:
    """What of a run is not as simulated; empty where all is."""
    told = []
    for one in groups(truth, results):
        name = f"{one.library}, {one.cell_type}"
        if one.expected and one.expected != one.verdict:
            told.append(f"{name}: verdict {one.verdict}, expected {one.expected}")
        if not one.low <= one.receivers <= one.high:
            told.append(
                f"{name}: {one.receivers:.1%} receivers, found {one.low:.1%} to {one.high:.1%}"
            )
    truths = {(row["library"], row["barcode"]): row for row in rows_of(truth / "truth_cells.tsv")}
    for library in sorted({name for name, _ in truths}):
        path = results / "samples" / library / f"{library}.cells.tsv.gz"
        judged = [(truths[library, row["barcode"]], row) for row in rows_of(path)]
        told += [f"{library}: {problem}" for problem in _of_cells(judged)]
    return told


def _of_cells(judged: Sequence[tuple[dict[str, str], dict[str, str]]]) -> list[str]:
    told = []
    for truth, row in judged:
        if row["verdict"] == SUPPORTED and float(truth["tumor_fraction"]) == 0:
            told.append(f"{row['barcode']} is {SUPPORTED} without transfer")
    alone = [(float(truth["tumor_fraction"]), row) for truth, row in judged
             if truth["tumor_cell_beside"] == "false" and row["tumor_fraction_low"]]  # fmt: skip
    covered = sum(
        float(row["tumor_fraction_low"]) <= fraction <= float(row["tumor_fraction_high"])
        for fraction, row in alone
    )
    if covered < MIN_COVERED * len(alone):
        told.append(f"{covered} of {len(alone)} intervals hold the tumour fraction")
    return told
