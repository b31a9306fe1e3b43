"""The model of single cells against its targets, on drawn libraries and on a real tumour.

    python benchmarks/cells.py --page docs/validation.md [--data FOLDER]

Libraries are drawn as counts (``simulate.cell_library``), unless said with 300 tumour cells, 2,000
droplets without a cell in which free mtDNA is learned, three variants of 60 %, 40 fragments a
position, 0.2 % swapped reads (0.5 % is assumed) and free mtDNA of 2 % of the depth. ``--data`` is a
folder with ``mini_dataset.tsv.gz`` and ``mini_dataset_cell_ann.csv`` of the R package scMitoMut
(MIT): counts per cell of a colorectal tumour (Lareau et al., Nat Biotechnol 2021), mtscATAC.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import cell_libraries
import numpy as np
import pages
import pandas as pd

from mitotransfer.cells import (
    assess,
    cell_likelihood,
    cell_tests,
    shares,
    variants,
)
from mitotransfer.cells.ambient import Ambient
from mitotransfer.cells.cell_counts import CellCounts
from mitotransfer.inputs.cell_settings import Cells
from mitotransfer.simulate.cell_library import CellScenario, Subset
from mitotransfer.stats import intervals
from mitotransfer.stats.false_discovery import q_values

GRID = cell_likelihood.fractions(0.05)
Row = tuple[str, str, str]


def learned(subset: Subset, seed: Sequence[int], **changes: object) -> cell_libraries.Learned:
    return cell_libraries.learn(replace(CellScenario((subset,)), **changes), list(seed))


def of(found: int, draws: int) -> str:
    """A number of draws, with the exact interval of 95 % of their share."""
    low, high = (
        intervals.lower_bound(found, draws, 0.975),
        intervals.upper_bound(found, draws, 0.975),
    )
    return f"{found} of {draws} ({100 * low:.1f} to {100 * high:.1f} %)"


def null_cells(runs: int) -> Iterator[Row]:
    """p values of a fraction of 0 in cells that have none."""
    worst, where = 0.0, ""
    for share in (0.0, 0.02, 0.05):
        for shape in (1.0, 2.0, 5.0):
            low = []
            for run in range(runs):
                x = learned(
                    Subset("a", 3000), (1, run), ambient=40 * share, ambient_shape=shape
                ).library
                low.append(np.mean(cell_tests.p_values(x, 0.0) < 0.01))
            if np.mean(low) > worst:
                worst, where = float(np.mean(low)), f"ambient {100 * share:g} %, shape {shape:g}"
    yield (
        "null cells, ambient 0 to 5 %, shape 1 to 5: p of f = 0 below 0.01",
        "at most 1.2 %",
        f"at most {100 * worst:.2f} % ({where})",
    )


def at_threshold(runs: int) -> Iterator[Row]:
    for concentration in (0.0, 10.0):
        low = []
        for run in range(runs):
            x = learned(
                Subset("a", 3000, share=1.0, fraction=0.05), (2, run), concentration=concentration
            ).library
            low.append(np.mean(cell_tests.p_values(x, 0.05) < 0.01))
        spread = "donors alike" if not concentration else "donors of concentration 10"
        yield (
            f"cells at f = f_min: p of f > f_min below 0.01, {spread}",
            "at most 1.2 %",
            f"{100 * np.mean(low):.2f} %",
        )


def any_call(runs: int) -> Iterator[Row]:
    called = []
    for run in range(runs):
        x = learned(Subset("a", 3000), (3, run)).library
        called.append(bool((q_values(cell_tests.p_values(x, 0.05)) < 0.05).any()))
    yield (
        "any call among 3,000 null cells",
        "at most 10 % of runs",
        of(sum(called), runs),
    )


def power(runs: int) -> Iterator[Row]:
    for threshold, target in ((0.05, 0.65), (0.0, 0.90)):
        found, false, calls = [], 0, 0
        for run in range(runs):
            one = learned(Subset("a", 3000, share=0.1), (4, run), depth_spread=0.0)
            called = q_values(cell_tests.p_values(one.library, threshold)) < 0.05
            receiver = one.fraction > 0
            found.append(called[receiver].mean())
            false += int((called & ~receiver).sum())
            calls += int(called.sum())
        test = f"f > {threshold:g}" if threshold else "f = 0"
        yield (
            f"10 % receivers of f = 0.2, test of {test}: power",
            f"at least {target:.2f}",
            f"{np.mean(found):.3f}",
        )
        yield (
            "the same: false among calls",
            "at most 5 %",
            f"{100 * false / max(calls, 1):.1f} % ({false} of {calls})",
        )


def share_bounds(runs: int) -> Iterator[Row]:
    # A share near the noise is what a bound misses first: most draws are of it.
    for share, usual in ((0.0, 30), (0.03, 1000), (0.1, 300), (0.3, 300)):
        covered, error, draws = 0, [], usual * runs
        for run in range(draws):
            one = learned(Subset("a", 600, share=share), (77, run))
            values = cell_likelihood.log_likelihoods(one.library, GRID)[0]
            found = shares.share_of_receivers(values, GRID, 0.05)
            truth = float((one.fraction > 0).mean())
            covered += found.low <= share
            error.append(found.share - truth)
        yield (
            f"share of receivers {100 * share:g} % among 600 cells: lower bound covers; bias",
            "at least 95 %; at most 0.01",
            f"{of(covered, draws)}; {np.mean(error):+.4f} ± {np.std(error) / draws**0.5:.4f}",
        )


def hopped_reads(runs: int) -> Iterator[Row]:
    """Reads of another library, of a person born with the tumour's alleles."""
    low, called, share = [], 0, 0.0
    for run in range(runs):
        x = learned(Subset("a", 3000), (9, run), hopped=0.005, hopped_vafs=(1.0, 1.0, 1.0)).library
        p = cell_tests.p_values(x, 0.05)
        low.append(np.mean(p < 0.01))
        called += bool((q_values(p) < 0.05).any())
        values = cell_likelihood.log_likelihoods(x, GRID)[0]
        share = max(share, shares.share_of_receivers(values, GRID, 0.05).low)
    yield (
        "3,000 null cells, 0.5 % of reads from a library of a person with all alleles: p of f > "
        "f_min below 0.01; any call; highest lower bound of the share",
        "at most 1.2 %; at most 10 % of runs; 0",
        f"{100 * np.mean(low):.2f} %; {of(called, runs)}; {100 * share:.2f} %",
    )


def interval_coverage(runs: int) -> Iterator[Row]:
    for concentration in (0.0, 10.0, 3.0):
        for fraction in (0.1, 0.3):
            covered = []
            for run in range(runs):
                one = learned(
                    Subset("a", 800, share=1.0, fraction=fraction),
                    (6, run),
                    concentration=concentration,
                )
                values = cell_likelihood.log_likelihoods(one.library, GRID)[0]
                _, low, high = cell_likelihood.intervals(values, GRID)
                covered.append(np.mean((low <= fraction) & (fraction <= high)))
            spread = f"concentration {concentration:g}" if concentration else "donors alike"
            yield (
                f"interval of f = {fraction:g}, {spread}: coverage",
                "at least 93 %",
                f"{100 * np.mean(covered):.1f} %",
            )


def equal_subsets(runs: int) -> Iterator[Row]:
    low = fisher = 0
    for run in range(runs):
        both, called = [], []
        for depth in (20.0, 60.0):
            one = learned(Subset("a", 250, depth=depth, share=0.1), (7, run, int(depth)))
            both.append(cell_likelihood.log_likelihoods(one.library, GRID)[0])
            calls = q_values(cell_tests.p_values(one.library, 0.05)) < 0.05
            called.append([int(calls.sum()), int((~calls).sum())])
        low += shares.compare(both[0], both[1], GRID, 0.05)[0] < 0.05
        fisher += _fisher(called) < 0.05
    yield (
        "10 % receivers at 20x and 60x, 250 cells each: p < 0.05",
        "at most 7 %",
        f"{of(low, runs)} (Fisher's test of called cells: {fisher})",
    )


def _fisher(table: list[list[int]]) -> float:
    from scipy import stats

    return float(stats.fisher_exact(table).pvalue)


def modified_site(runs: int) -> Iterator[Row]:
    supported = 0
    highest = 0.0
    for run in range(runs):
        one = learned(Subset("a", 600), (8, run), modified=(0.1, 0.0, 0.0)).library
        values = cell_likelihood.log_likelihoods(one, GRID)
        claims = [shares.share_of_receivers(v, GRID, 0.05) for v in values]
        highest = max(highest, claims[0].low)
        supported += min(claim.low for claim in claims[1:]) > 0.005
    yield (
        "no transfer, one of three sites modified in 10 % of the RNA: share claimed with all "
        "sites, at most; runs in which it remains above 0.5 % whichever is left out",
        "0",
        f"{100 * highest:.0f} %; {supported} of {runs}",
    )


def colorectal(folder: Path) -> Iterator[Row]:
    """The real tumour, with ambient mtDNA as given (its empty droplets are not public)."""
    data = pd.read_csv(folder / "mini_dataset.tsv.gz", sep="\t")
    types = pd.read_csv(folder / "mini_dataset_cell_ann.csv", index_col=0).iloc[:, 0]
    barcodes, positions = sorted(types.index), np.array(sorted(data["loc"].unique()))
    data = data[data["cell_barcode"].isin(barcodes)]
    counts = np.zeros((len(barcodes), len(positions), 4), np.uint32)
    row = pd.Index(barcodes).get_indexer(data["cell_barcode"])
    column = np.searchsorted(positions, data["loc"])
    counts[row, column, data["alt"].map("ACGT".index)] = data["fwd_depth"] + data["rev_depth"]
    once = data.drop_duplicates(["loc", "cell_barcode"]).groupby("cell_barcode")["coverage"]
    depth = (once.sum() / len(positions)).reindex(barcodes).to_numpy(float)
    cells = CellCounts(
        tuple(barcodes), positions - 1, counts, depth, (depth * 166).astype(np.int64),
        np.ones(len(barcodes), bool), {},
    )  # fmt: skip
    roles = types.map({"Blood": "immune", "Cancer Epi": "tumor"})
    annotation = pd.DataFrame({"cell_role": roles, "cell_type": types})
    given = Ambient(load=0.3, shape=2.0, tumor_share=0.6, swap=0.005, swap_tumor_share=0.6)
    prior = assess.Prior(variants.Rules(0.2, 0.02, 0.001, {}, 16569, 0.95), ambient=given)
    found = assess.assess(cells, annotation, prior, Cells()).cells
    zero = q_values(found["zero_p_value"])
    alone = found["verdict"].isin(["doublet_not_excluded", "ambient_not_excluded"])
    verdicts = found["verdict"].value_counts()
    yield ("real colorectal tumour, 603 immune cells: doublet_not_excluded", "28 ± 2",
           f"{verdicts.get('doublet_not_excluded', 0)}")  # fmt: skip
    yield ("the same: by the test of f = 0", "33", f"{int((zero < 0.05).sum())}")
    yield ("the same: by error alone", "45", f"{int(alone.sum())}")
    supported = verdicts.get("transfer_supported", 0) + verdicts.get("single_variant", 0)
    yield ("the same: supported", "0", f"{supported}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with the colorectal tumour's counts")
    parser.add_argument("--runs", type=int, default=1, help="multiple of the usual runs")
    parser.add_argument("--page", type=Path, help="page whose block `cells` to replace")
    args = parser.parse_args()
    parts = [
        (null_cells, 3), (at_threshold, 5), (any_call, 100), (power, 5), (share_bounds, 1),
        (hopped_reads, 10), (interval_coverage, 2), (modified_site, 4), (equal_subsets, 500),
    ]  # fmt: skip
    rows = []
    if args.data:
        rows += list(colorectal(args.data))
    for part, runs in parts:
        for row in part(args.runs * runs):
            rows.append(row)
            print(*row, sep="\t", file=sys.stderr, flush=True)
    text = pages.markdown(["", "target", "measured"], rows)
    print(text)
    if args.page:
        pages.replace_block(args.page, "cells", text)


if __name__ == "__main__":
    main()
