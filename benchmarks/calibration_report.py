"""Tables and figure of the calibration for docs/validation.md, from the rows of ``calibration.py``.

    python benchmarks/calibration_report.py calibration.tsv docs

rewrites what stands between the calibration markers of ``docs/validation.md`` and draws
``docs/images/validation-calibration.svg``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import calibration
import matplotlib.pyplot as plt
import numpy as np
import pages
import pandas as pd
from matplotlib.axes import Axes

FRACTIONS = ("0", "0.001", "0.01", "0.1", "0.5", "0.9")
COLOURS = {"1": "#0072b2", "2-5": "#d55e00", "30": "#009e73"}
ORACLES = ("attainable", "fair", "oracle")
DESIGN = ["variants", "depth", "rho"]


def percent(share: float, digits: int = 1) -> str:
    return "" if np.isnan(share) else f"{100 * share:.{digits}f}"


def by_design(
    table: pd.DataFrame, columns: list[tuple[str, str]], cell: Callable[[pd.Series], str]
) -> str:
    """A row per number of variants, depth and dispersion; a column per (header, f)."""
    rows = []
    for (variants, depth, rho), part in table.groupby(DESIGN, sort=False):
        found = part.set_index("f")
        cells = [cell(found.loc[f]) if f in found.index else "" for _, f in columns]
        if any(cells):
            rows.append([variants, f"{depth:,}", "on" if rho else "off", *cells])
    header = ["variants", "depth", "dispersion", *(name for name, _ in columns)]
    return pages.markdown(header, rows)


def targets(plain: pd.DataFrame) -> str:
    """How many cells are on each target, and which is furthest off."""
    null, limit = plain[plain["f"] == "0"], plain[plain["f"] == "limit"]
    measured = plain[~plain["f"].isin(["0", "limit"])]
    f = pd.to_numeric(measured["f"])
    limits = limit.set_index(DESIGN)["limit"]
    own_limit = pd.MultiIndex.from_frame(measured[DESIGN]).map(limits)
    seen = measured[f >= own_limit]
    bias = measured["bias"].abs() - np.maximum(0.02 * f, 5e-4)
    compared = plain[plain["attainable"].notna()]

    def line(name: str, good: pd.Series, value: pd.Series, way: int) -> list[str]:
        off = value.loc[(way * value).idxmax()] if len(value) else np.nan
        return [name, f"{int(good.sum())} of {len(good)}", f"{100 * off:.2f} %"]

    def points(name: str) -> pd.Series:
        return compared[name] - compared["positive"]

    rows = [
        line("false positives 0.3 to 1.3 %", null["positive"].between(0.003, 0.013),
             null["positive"], 1),
        line("coverage 93 to 97 %, f at or above the detection limit",
             seen["covered"].between(0.93, 0.97), seen["covered"], -1),
        line("bias within 2 % of f or 0.0005, f > 0", bias <= 0, bias, 1),
        line("power at most 5 points below the attainable", points("attainable") <= 0.05,
             points("attainable"), 1),
        line("power at most 5 points below the fair oracle", points("fair") <= 0.05,
             points("fair"), 1),
        line("detection limit detected in 93 to 97 %", limit["positive"].between(0.93, 0.97),
             limit["positive"], -1),
    ]  # fmt: skip
    return pages.markdown(["target", "cells on it", "furthest"], rows)


def at_zero(null: pd.DataFrame) -> str:
    """The estimate where nothing is there."""
    rows = [
        [row.variants, f"{row.depth:,}", "on" if row.rho else "off", f"{1e3 * row.bias:.2f}",
         f"{1e3 * row.median:.2f}", f"{1e3 * row.sd:.2f}", f"{row.bias / row.sd:.2f}"]
        for row in null.itertuples()
    ]  # fmt: skip
    header = ["variants", "depth", "dispersion", "mean", "median", "standard deviation", "ratio"]
    return pages.markdown(header, rows)


def tables(table: pd.DataFrame) -> str:
    plain = table[(table["hidden"] == 0) & (table["shared"] == 0)].copy()
    order = {"1": 0, "2-5": 1, "30": 2}
    plain = plain.sort_values(DESIGN, key=lambda c: c.map(order) if c.name == "variants" else c)
    each = [(f"f = {f}", f) for f in FRACTIONS]
    some = [(f"f = {f}", f) for f in FRACTIONS[1:4]]
    patients = int(plain["patients"].min())
    hidden = table[(table["hidden"] > 0) | (table["shared"] > 0)]
    rows = [
        [
            row.variants, f"{row.depth:,}", f"{row.normal_depth or row.depth:,}",
            f"{percent(row.hidden)} % of its own" if row.hidden
            else f"{percent(row.shared)} % of the tumour's mtDNA",
            percent(row.positive), percent(row.hidden_positive), percent(row.above_zero),
        ]
        for row in hidden.itertuples()
    ]  # fmt: skip
    parts = [
        f"{len(table)} of the grid's {len(calibration.grid())} cells, of at least {patients:,} "
        "patients each.",
        "**Targets** and how many cells are on them; *furthest* is the value furthest off, of "
        "power the distance, of bias what goes beyond:",
        targets(plain),
        "**False positives** in per cent at a nominal 1 % (Monte Carlo error: "
        f"{percent(np.sqrt(0.01 * 0.99 / patients), 2)}), nothing hidden in the baseline:",
        by_design(
            plain, [("p < 1 %", "0")], lambda r: percent(r["positive"], 2)
        ),
        "**The same where the baseline hides something**: false positives by the p value, by "
        "the p value of a baseline that hides what the normal cannot exclude, and lower bounds "
        "above zero:",
        pages.markdown(
            ["variants", "depth", "of the normal", "in every baseline", "p < 1 %",
             "hidden p < 1 %", "lower bound > 0"], rows,
        ),
        "**Coverage** of 95 % intervals, per cent (Monte Carlo error: "
        f"{percent(np.sqrt(0.05 * 0.95 / patients), 1)}):",
        by_design(plain, each, lambda r: percent(r["covered"])),
        "**Bias** of the estimate, in thousandths:",
        by_design(plain, each[1:], lambda r: f"{1e3 * r['bias']:.2f}"),
        "**The estimate at f = 0**, in thousandths, and its mean over its standard deviation (0.68 "
        "for an unbiased normal one that is cut off at 0):",
        at_zero(plain[plain["f"] == "0"]),
        "**Power** in per cent at a nominal 1 %: the test / attainable / the fair oracle / the "
        "oracle:",
        by_design(
            plain, some,
            lambda r: " / ".join(percent(r[name]) for name in ("positive", *ORACLES)),
        ),
        "**Detection limit**: its median, and how often a patient's own limit is detected (95 % "
        "meant), per cent:",
        by_design(
            plain, [("median limit", "limit")],
            lambda r: f"{percent(r['limit'], 2)} found {percent(r['positive'])}",
        ),
    ]  # fmt: skip
    return "\n\n".join(parts)


def figure(table: pd.DataFrame, path: Path) -> None:
    plain = table[(table["hidden"] == 0) & (table["shared"] == 0)]
    plt.rcParams["svg.hashsalt"] = "calibration"
    shape, axes = plt.subplots(2, 2, figsize=(9, 7), layout="constrained")
    null, limits = plain[plain["f"] == "0"], plain[plain["f"] == "limit"]
    dots(axes[0, 0], null, "positive", (0.003, 0.013), "False positives at a nominal 1 %")
    dots(axes[0, 1], limits, "positive", (0.93, 0.97), "Detection limit detected (95 % meant)")
    present = plain[plain["f"].isin(FRACTIONS[1:])]
    dots(axes[1, 0], present, "covered", (0.93, 0.97), "Coverage of 95 % intervals, f > 0")
    axis = axes[1, 1]
    for variants, part in present.groupby("variants", sort=False):
        label = "1 variant" if variants == "1" else f"{variants} variants"
        power = 100 * part[["attainable", "positive"]].to_numpy(float)
        axis.plot(*power.T, "o", ms=4, color=COLOURS[variants], label=label)
    axis.axline((0, 0), slope=1, color="0.5", lw=0.8)
    axis.axline((0, -5), slope=1, color="0.5", lw=0.8, ls=":")
    axis.set(title="Power against what is attainable, %", xlim=(0, 101), ylim=(0, 101))
    axis.set(xlabel="attainable", ylabel="this test")
    axis.legend(frameon=False)
    shape.savefig(path, metadata={"Date": None})
    plt.close(shape)


def dots(
    axis: Axes, table: pd.DataFrame, column: str, band: tuple[float, float], title: str
) -> None:
    """A dot with its Monte Carlo interval for each cell, over depth."""
    axis.axhspan(100 * band[0], 100 * band[1], color="0.92")
    for variants, part in table.groupby("variants", sort=False):
        shift = {"1": 0.85, "2-5": 1.0, "30": 1.18}[variants]
        share = part[column].to_numpy(float)
        error = 1.96 * np.sqrt(share * (1 - share) / part["patients"].to_numpy(float))
        jitter = shift * (1 + 0.02 * np.arange(len(part)) / max(len(part), 1))
        axis.errorbar(
            part["depth"] * jitter, 100 * share, 100 * error, fmt="o", ms=3, lw=0.8,
            color=COLOURS[variants],
        )  # fmt: skip
    axis.set(xscale="log", title=f"{title}, %", xlabel="depth")


def main() -> None:
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    table = pd.read_csv(source, sep="\t", dtype={"variants": str, "f": str})
    image = folder / "images" / "validation-calibration.svg"
    figure(table, image)
    note = "![Calibration by simulation](images/validation-calibration.svg)"
    pages.replace_block(folder / "validation.md", "calibration", f"{tables(table)}\n\n{note}")


if __name__ == "__main__":
    main()
