"""A simulated cohort with libraries of cells on disk: reads, annotations, sheets, truth."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.genome.reference import CODE_OF
from mitotransfer.simulate import cell_reads
from mitotransfer.simulate.cell_library import Droplets, draw_droplets
from mitotransfer.simulate.cell_plans import LibraryPlan, with_variants
from mitotransfer.simulate.files import (
    SAMPLE_COLUMNS,
    number,
    sample_rows,
    write_samples,
    write_table,
)
from mitotransfer.simulate.scenario import Scenario
from mitotransfer.simulate.truth import Truth

SHEET = [*SAMPLE_COLUMNS, "bam", "cell_annotation", "barcodes"]
ANNOTATION = [
    "barcode", "cell_role", "cell_type", "tumor_score", "exhaustion", "umap_1", "umap_2",
]  # fmt: skip
TRUTH_CELLS = [
    "library", "barcode", "droplet", "tumor_fraction", "tumor_cell_beside", "depth", "free_mtdna",
]  # fmt: skip
TRUTH_LIBRARIES = [
    "library", "cell_type", "cells", "receivers", "doublets", "expected_verdict", "free_mtdna",
    "free_tumor", "swap",
]  # fmt: skip
TRUTH_VARIANTS = ["library", "pos", "ref", "alt", "kind", "tumor_vaf", "other_vaf"]


@dataclass(frozen=True)
class Drawn:
    """A library before its reads are written."""

    plan: LibraryPlan
    droplets: Droplets
    donors: NDArray[np.float64]
    barcodes: Sequence[str]


def write_libraries(
    scenario: Scenario,
    plans: Sequence[LibraryPlan],
    seed: int,
    outdir: str | Path,
    *,
    progress: bool = False,
) -> None:
    """Write the bulk samples of a scenario as ``files.write_samples``, and libraries of cells.

    The same arguments give the same bytes.
    """
    folder = Path(outdir)
    truth = write_samples(scenario, seed, folder, progress=progress)
    cells = folder / "cells"
    cells.mkdir(exist_ok=True)
    rows, of_cells, of_libraries, of_variants = [], [], [], []
    for plan in plans:
        drawn = draw(truth, plan)
        reads = _write_reads(truth, drawn, cells / f"{plan.library}.bam")
        if progress:
            print(f"simulated {plan.library}: {reads:,} reads", file=sys.stderr, flush=True)
        rng = truth.stream("annotation", plan.library)
        header, annotated = annotation(drawn, rng)
        write_table(cells / f"{plan.library}.cells.tsv", header, annotated)
        names = sorted(drawn.barcodes)
        write_table(cells / f"{plan.library}.barcodes.tsv", ["barcode"], [[name] for name in names])
        rows.append(_sheet_row(plan, cells))
        of_cells += truth_cell_rows(drawn)
        of_libraries += truth_library_rows(drawn)
        of_variants += truth_variant_rows(truth, plan)
    samples = [[*row, "", "", ""] for row in sample_rows(truth, folder)]
    write_table(folder / "samples.tsv", SHEET, [*samples, *rows])
    write_table(folder / "truth" / "truth_cells.tsv", TRUTH_CELLS, of_cells)
    write_table(folder / "truth" / "truth_libraries.tsv", TRUTH_LIBRARIES, of_libraries)
    write_table(folder / "truth" / "truth_cell_variants.tsv", TRUTH_VARIANTS, of_variants)


def draw(truth: Truth, plan: LibraryPlan) -> Drawn:
    """The droplets of a library."""
    somatic = truth.patients[plan.patient].somatic
    for site in plan.modified:
        if truth.reference.sequence[site.pos - 1] == site.alt:
            raise ValueError(f"library {plan.library}: {site.pos}{site.alt} is the reference's")
    plan = with_variants(plan, [variant.vaf for variant in somatic])
    droplets, donors = draw_droplets(plan.cells, truth.stream("cells", plan.library))
    names = cell_reads.barcodes(truth.stream("barcodes", plan.library), len(droplets.depth))
    return Drawn(plan, droplets, donors, names)


def _write_reads(truth: Truth, drawn: Drawn, path: Path) -> int:
    plan, patient = drawn.plan, truth.patients[drawn.plan.patient]
    codes, places = cell_reads.person(truth.reference, patient.haplotype)

    def on_circle(pos: int) -> int:
        return int(np.searchsorted(places, pos - 1))

    molecules = cell_reads.Molecules(
        codes,
        places,
        np.array([on_circle(variant.pos) for variant in patient.somatic], np.int64),
        np.array([CODE_OF[variant.alt] for variant in patient.somatic], np.uint8),
        np.array(plan.cells.vafs),
        drawn.donors,
        drawn.barcodes,
        [
            (on_circle(site.pos), CODE_OF[site.alt], site.tumor, site.other)
            for site in plan.modified
        ],
    )
    rng = truth.stream("reads of cells", plan.library)
    return cell_reads.write_bam(path, plan, drawn.droplets, molecules, rng)


def annotation(drawn: Drawn, rng: np.random.Generator) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the annotation: a doublet is annotated as the immune cell in it.

    Doublet scores are right: high for doublets, and nearly 0 for others.
    """
    droplets = drawn.droplets
    kinds = sorted(set(droplets.subset.tolist()) - {"empty"})
    header = [*ANNOTATION, "doublet_score"] if drawn.plan.scored else ANNOTATION
    rows: list[list[Any]] = []
    for at in np.flatnonzero(droplets.subset != "empty").tolist():
        kind = str(droplets.subset[at])
        tumor = kind == "tumor"
        beside = bool(droplets.doublet[at])
        score = rng.beta(20, 1) if beside else min(rng.beta(1, 200), 0.04)
        middle = 2 * np.pi * kinds.index(kind) / len(kinds)
        place = 4 * np.array([np.cos(middle), np.sin(middle)]) + rng.normal(size=2)
        row = [
            drawn.barcodes[at], "tumor" if tumor else "immune", kind,
            rng.normal(3 if tumor else 1.5 if beside else 0.0),
            rng.normal(2 * droplets.fraction[at]), *place.tolist(), float(score),
        ]  # fmt: skip
        rows.append([_rounded(cell) for cell in row[: len(header)]])
    return header, sorted(rows)


def _sheet_row(plan: LibraryPlan, folder: Path) -> list[Any]:
    known = {
        "sample": plan.library, "patient": plan.patient, "role": "cells", "assay": plan.assay,
        "platform": "illumina", "bam": (folder / f"{plan.library}.bam").as_posix(),
        "cell_annotation": (folder / f"{plan.library}.cells.tsv").as_posix(),
        "barcodes": (folder / f"{plan.library}.barcodes.tsv").as_posix(),
    }  # fmt: skip
    return [known.get(column, "") for column in SHEET]


def truth_cell_rows(drawn: Drawn) -> list[list[Any]]:
    """One row per droplet, sorted by barcode."""
    found = drawn.droplets
    columns = (found.subset, found.fraction, found.doublet, found.depth, found.load)
    rows = [
        [drawn.plan.library, barcode, *(_rounded(one.item()) for one in values)]
        for barcode, *values in zip(drawn.barcodes, *columns, strict=True)
    ]
    return sorted(rows)


def truth_library_rows(drawn: Drawn) -> list[list[Any]]:
    """One row per kind of immune cell, and one for all."""
    found, scenario = drawn.droplets, drawn.plan.cells
    immune = ~np.isin(found.subset, ["tumor", "empty"])
    rows = []
    for kind in ("all", *(subset.name for subset in scenario.subsets)):
        of_kind = immune & ((found.subset == kind) | (kind == "all"))
        rows.append([
            drawn.plan.library, kind, int(of_kind.sum()), int((found.fraction[of_kind] > 0).sum()),
            int(found.doublet[of_kind].sum()), drawn.plan.expected.get(kind, ""),
            number(scenario.ambient), number(scenario.ambient_tumor), number(scenario.swap),
        ])  # fmt: skip
    return rows


def truth_variant_rows(truth: Truth, plan: LibraryPlan) -> list[list[Any]]:
    """One row per variant of the tumour and modified site of RNA."""
    rows = [
        [plan.library, one.pos, one.ref, one.alt, "somatic", number(one.vaf), "0"]
        for one in truth.patients[plan.patient].somatic
    ]
    for site in plan.modified:
        ref = truth.reference.sequence[site.pos - 1]
        shares = (number(site.tumor), number(site.other))
        rows.append([plan.library, site.pos, ref, site.alt, "modified", *shares])
    return sorted(rows)


def _rounded(value: Any) -> Any:
    """A cell of a table: four digits of a fraction, words for truth."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.4g}" if isinstance(value, float) else value
