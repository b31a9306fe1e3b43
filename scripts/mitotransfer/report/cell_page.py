"""The page of a library of single cells: what was found in words, figures and tables."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mitotransfer import flags
from mitotransfer.cells import tables
from mitotransfer.cells.verdict import VERDICTS
from mitotransfer.flag_words import split
from mitotransfer.inputs.cell_settings import Cells
from mitotransfer.report import words
from mitotransfer.report.figures import cells as figures
from mitotransfer.report.figures import style
from mitotransfer.report.figures.cells import Share
from mitotransfer.report.pages import Site, write_page
from mitotransfer.report.tables import Row, check_name, number, records

#: Verdicts on cells that show more of the tumour's mtDNA than the threshold.
CALLED = ("transfer_supported", "single_variant", "doublet_not_excluded", "explained_by_doublet")
MEANINGS = {
    "transfer_supported": "more of the tumour’s mtDNA than free mtDNA and swapped barcodes bring, "
    "by more than one variant, and the nuclear score speaks against a doublet. Supported is not "
    "proven",
    "single_variant": "the same, but one variant alone carries it, or RNA alone shows the variants",
    "doublet_not_excluded": "the tumour’s mtDNA is there; a tumour cell in the same droplet may "
    "have brought it",
    "explained_by_doublet": "the tumour’s mtDNA is there; the nuclear score says that a tumour "
    "cell is in the droplet",
    "ambient_not_excluded": "more of the tumour’s alleles than errors bring, but perhaps no more "
    "than free mtDNA, swapped barcodes and the threshold",
    "not_detected": "nothing found, and a large share of tumour mtDNA would have been found",
    "underpowered": "nothing found, with too few fragments to say so",
    "uninformative": "no variant tells the tumour’s mtDNA from the patient’s own",
    "failed_qc": "the library cannot be judged",
}
#: What the verdict on a group says of its share of receivers.
CONCLUSIONS = {
    "transfer_supported": "This is more than doublets with a tumour cell are expected to bring.",
    "single_variant": "One variant, or RNA alone, carries this: a modified or inherited site may "
    "do the same.",
    "doublet_not_excluded": "Doublets with a tumour cell may have brought all of it.",
    "explained_by_doublet": "Doublets with a tumour cell explain it.",
    "ambient_not_excluded": "Free mtDNA or swapped barcodes may have brought it.",
    "not_detected": "No receivers were found, and a large share of them is excluded.",
    "underpowered": "No receivers were shown; the data cannot exclude a large share of them.",
    "uninformative": "Nothing can be said of receivers.",
    "failed_qc": "The library was not judged.",
}
REASONS = {
    "": "used",
    "in_immune_cells": "most immune cells have it",
    "in_normal": "the bulk normal has it",
    "not_in_dna": "not in the DNA of the tumour",
    "artefact": "a position of artefacts",
    "rna_position": "a modified position of RNA",
    "beside_another": "on the same fragments as a variant that is used",
}


@dataclass(frozen=True)
class Library:
    """A library and its tables, as ``cells.tables`` describes them."""

    name: str
    patient: str
    cells: pd.DataFrame
    shares: pd.DataFrame
    variants: pd.DataFrame
    fractions: pd.DataFrame

    @property
    def whole(self) -> Row:
        """The row of all immune cells."""
        return records(self.shares[self.shares["cell_type"] == "all"])[0]

    @property
    def used(self) -> list[Row]:
        """The variants that are used."""
        return records(self.variants[self.variants["reason"] == ""])


def read(folder: Path, name: str) -> Library:
    """A library from the folder of samples.

    Raises:
        ReportError: if its name cannot be a file name.
        ValueError: if a file is not the table that it should be.
    """
    check_name(name)
    stem = folder / name / name
    shares = tables.LIBRARY_SHARES.read(f"{stem}.cell_shares.tsv")
    return Library(
        name,
        str(shares["patient"].iloc[0]),
        tables.CELLS.read(f"{stem}.cells.tsv.gz"),
        shares,
        tables.CELL_VARIANTS.read(f"{stem}.cell_variants.tsv"),
        tables.FRACTIONS.read(f"{stem}.cell_fractions.tsv"),
    )


def group_name(row: Row) -> str:
    """A group of cells in words."""
    if row["cell_type"] == "all":
        return "all immune cells"
    return " · ".join(part for part in (row["cell_type"], row["subset"]) if part)


def _share(value: float) -> str:
    """A share of cells; likelihoods leave less than one cell in a hundred thousand."""
    return words.percent(_rounded(value))


def _rounded(value: float) -> float:
    return 0.0 if value < 1e-5 else value


def _bounds(row: Row) -> str:
    return words.interval(*(_rounded(number(row, f"share_{end}")) for end in ("low", "high")))


def summary(library: Library, settings: Cells) -> str:
    """What was found, in one paragraph."""
    row, used = library.whole, library.used
    tested = words.plural(int(row["n_cells"]), "immune cell")
    if row["verdict"] in ("uninformative", "failed_qc"):
        return f"{words.label(row['verdict']).capitalize()}: {CONCLUSIONS[row['verdict']]}"
    threshold = words.percent(settings.min_fraction)
    limit = library.cells["detection_limit"].fillna(math.inf).median()
    typical = (
        f"a typical cell would show a tumour fraction of {words.percent(limit)} or more"
        if math.isfinite(limit)
        else "a typical cell has too few fragments to show any tumour fraction"
    )
    ambient = (
        f"free mtDNA brings {words.digits(number(row, 'ambient'), 2)} fragments per position to a "
        f"droplet ({words.percent(number(row, 'ambient_tumor'))} of it the tumour’s)"
        if math.isfinite(number(row, "ambient"))
        else "free mtDNA was not measured"
    )
    doublets = _share(number(row, "doublets_high"))
    return (
        f"{tested} of patient {library.patient} were tested with "
        f"{words.plural(len(used), 'informative variant')}; {typical}, and {ambient}. "
        f"{_share(number(row, 'share'))} of the cells ({_bounds(row)}) have "
        f"more than {threshold} of the tumour’s mtDNA, where up to {doublets} doublets with a "
        f"tumour cell are expected. {CONCLUSIONS.get(row['verdict'], '')} {_single_cells(library)}"
    )


def _single_cells(library: Library) -> str:
    found = Counter(library.cells["verdict"])
    parts = [
        f"{words.count(found[name])} {words.plain(name)}" for name in VERDICTS[:5] if found[name]
    ]
    if not parts:
        return "No single cell shows the tumour’s mtDNA."
    return f"Of single cells, {words.join(parts)}."


def verdict_rows(library: Library) -> list[Row]:
    """Number of cells of each verdict, those without cells left out."""
    found = Counter(library.cells["verdict"])
    return [
        {"verdict": name, "count": words.count(found[name]), "says": MEANINGS[name]}
        for name in VERDICTS
        if found[name]
    ]


def share_rows(library: Library) -> list[Row]:
    """The shares of receivers by kind of cell, in words."""
    return [
        {
            "group": group_name(row),
            "verdict": row["verdict"],
            "n": f"{words.count(row['n_cells'])} ({words.count(row['n_powered'])})",
            "share": _share(number(row, "share")),
            "interval": _bounds(row),
            "without": _share(number(row, "share_low_without")),
            "doublets": _share(number(row, "doublets_high")),
            "p": words.probability(number(row, "p_value")),
            "flags": words.flags(row["flags"], flags.OF_CELLS),
        }
        for row in records(library.shares)
    ]


def variant_rows(library: Library) -> list[Row]:
    """The tumour's variants, used or not, in words."""
    return [
        {
            "name": _variant(row),
            "vaf": words.percent(number(row, "tumor_vaf")),
            "depth": words.count(row["tumor_depth"]),
            "immune": f"{words.count(row['immune_alt'])} of {words.count(row['immune_depth'])}",
            "error": words.percent(number(row, "error_rate")),
            "without": _share(number(row, "share_without")),
            "low": _share(number(row, "share_low_without")),
            "reason": REASONS.get(row["reason"], words.plain(row["reason"])),
        }
        for row in records(library.variants)
    ]


def _variant(row: Row) -> str:
    return f"m.{row['pos']}{row['own']}>{row['alt']}"


def group_shares(library: Library) -> list[Share]:
    """The shares of receivers beside the doublets to expect, to be drawn."""
    return [
        Share(
            group_name(row),
            number(row, "share"),
            number(row, "share_low"),
            number(row, "share_high"),
            number(row, "doublets_high"),
        )
        for row in records(library.shares)
    ]  # fmt: skip


def left_out(library: Library) -> list[Share]:
    """The share of receivers with all variants and without each, to be drawn."""
    row = library.whole
    share, low, high = (number(row, name) for name in ("share", "share_low", "share_high"))
    doublets = number(row, "doublets_high")
    return [
        Share("all variants", share, low, high, doublets),
        *(
            Share(
                f"without {_variant(one)}", number(one, "share_without"),
                number(one, "share_low_without"), math.nan, doublets,
            )
            for one in library.used
        ),
    ]  # fmt: skip


def write(library: Library, site: Site) -> None:
    """Write figures and page of a library."""
    settings = site.settings.cells
    drawn = _draw(library, settings)
    with style.settings():
        for name, made in drawn.items():
            style.save(made, site.output / "figures", f"{library.name}.cells.{name}", site.formats)
    shares = share_rows(library)
    write_page(
        "library.html.j2",
        site.output / "libraries" / f"{library.name}.html",
        root="../",
        site=site,
        library=library,
        verdict=library.whole["verdict"],
        summary=summary(library, settings),
        flags={name: says for row in shares for name, says in row["flags"].items()},
        verdicts=verdict_rows(library),
        shares=shares,
        variants=variant_rows(library),
        drawn=set(drawn),
        threshold=words.percent(settings.min_fraction),
        background=background(library),
    )


def background(library: Library) -> str:
    """What a droplet has whatever its cell, and what grows with the cell's depth."""
    row = library.whole
    load = number(row, "ambient") * number(row, "ambient_tumor")
    swap = number(row, "swap")
    assumed = flags.SWAP_ASSUMED in split(row["flags"])
    free = (
        f"free mtDNA, {words.digits(load, 2)} fragments per position of the tumour’s in a droplet "
        "without a cell, whatever the depth"
        if math.isfinite(load)
        else "free mtDNA, which was not measured"
    )
    taken = "assumed" if assumed else "at most, by the library itself"
    return f"{free}; and swapped barcodes, {words.percent(swap)} of the depth ({taken})"


def _draw(library: Library, settings: Cells) -> dict[str, Any]:
    """The figures that the tables have numbers for, by name."""
    cells = library.cells
    drawn: dict[str, Any] = {}
    with style.settings():
        if (cells["informative_fragments"] > 0).any():
            drawn["counts"] = figures.counts_figure(cells, settings.min_fraction)
            drawn["fractions"] = figures.fraction_figure(library.fractions, settings.min_fraction)
            drawn["shares"] = figures.share_figure(
                group_shares(library), "share of cells above the threshold"
            )
            called = np.isin(cells["verdict"].to_numpy(), CALLED)
            if library.used:
                vaf = float(np.mean([number(row, "tumor_vaf") for row in library.used]))
                drawn["foreign"] = figures.foreign_figure(cells, called, vaf)
            if called.any():
                drawn["called"] = figures.called_figure(cells, called)
        if len(library.used) > 1:
            drawn["variants"] = figures.share_figure(
                left_out(library), "share of all immune cells above the threshold"
            )
        if cells[["umap_1", "umap_2"]].notna().all(axis=1).any():
            drawn["umap"] = figures.umap_figure(cells)
    return drawn


def index_rows(libraries: Sequence[Library], settings: Cells) -> list[Row]:
    """What the index says of each library."""
    return [
        {
            "library": one.name,
            "patient": one.patient,
            "verdict": one.whole["verdict"],
            "summary": summary(one, settings),
        }
        for one in libraries
    ]
