"""mtDNA of tumour cells in each immune preparation: ``contamination.tsv`` and its likelihoods."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mitotransfer.arrays import Floats
from mitotransfer.flag_words import join
from mitotransfer.flags import INPUT_CELLS_UNKNOWN, TUMOR_CELLS_DISAGREE
from mitotransfer.fraction import excess, tumor_cells
from mitotransfer.fraction.tumor_cells import Factor
from mitotransfer.inputs.nuclear_tables import LOCUS_COLUMNS
from mitotransfer.inputs.settings import Contamination
from mitotransfer.patient import cell_ratios
from mitotransfer.patient.cell_ratios import NAN, Measured
from mitotransfer.patient.nuclear_loci import NuclearReads
from mitotransfer.stats import intervals
from mitotransfer.table_files import Column, Table

CONTAMINATION = Table(
    "patients/{patient}/contamination.tsv",
    "Tumour cells in each immune preparation, and the mtDNA that they bring. One row per immune "
    "sample and tumour sample.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the immune sample."),
        Column("tumor", "Id of the tumour sample; its cells and its mtDNA are the units."),
        Column("source", "nuclear_counts, tumor_cell_fraction or unmeasured."),
        Column(
            "bounded",
            "Whether the measurement can support transfer: nuclear reads of the preparation and "
            "of this tumour sample, or counted cells with the tumour sample's purity.",
            bool,
        ),
        Column("n_loci", "Nuclear loci.", int, optional=True),
        Column(
            "tumor_cells",
            "Measured share of tumour cells: by nuclear reads in cells of the tumour sample (times "
            "half the copies of the loci), by counts in pure tumour cells.",
            float,
        ),
        Column("tumor_cells_low", "Lower bound.", float),
        Column("tumor_cells_high", "Upper bound.", float),
        Column(
            "copy_ratio_low",
            "mtDNA copies per cell of the tumour sample over those of the preparation, at least.",
            float,
        ),
        Column("copy_ratio_high", "At most.", float),
        Column("copy_ratio_sd", "Log-sd of the ratio; 0 where it is not measured.", float),
        Column(
            "unit_low",
            "What divides share x ratio: half the copies of the loci, or the purity; at least.",
            float,
        ),
        Column("unit_high", "At most.", float),
        Column("unit_sd", "Its log-sd.", float),
        Column(
            "immune_copies",
            "mtDNA copies per cell of the preparation; empty where they are not measured.",
            float,
        ),
        Column("immune_copies_sd", "Their log-sd.", float),
        Column("tumor_vaf", "VAF of the nuclear loci in the tumour sample.", float),
        Column(
            "cells_per_portion",
            "Tumour-sample cells that a share of 1 means in each of two portions, of nuclear and "
            "of mtDNA reads; empty where both are of one library.",
            float,
        ),
        Column("mtdna_low", "Share of the mtDNA that the tumour cells bring, at least.", float),
        Column("mtdna_high", "At most.", float),
        Column("purity_low", "Tumour cells per cell of the tumour sample, at least.", float),
        Column(
            "immune_in_tumor_high",
            "Share of the tumour sample's mtDNA that its immune cells hold, at most.",
            float,
        ),
        Column("pure_low", "Share of its mtDNA that is of tumour cells, at least.", float),
        Column("pure_high", "At most; both empty without purity.", float),
        Column("flags", "Joined by ';'."),
        Column(
            "refused",
            "Why nuclear counts of the sample, the tumour or the normal cannot be used; the sample "
            "is then not judged.",
        ),
    ),
)
TUMOR_CELLS = Table(
    "patients/{patient}/tumor_cells.tsv",
    "Log likelihood of the measured share of tumour cells, in the portion that was measured.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the immune sample."),
        Column("tumor", "Id of the tumour sample."),
        Column("share", "Share of tumour cells.", float),
        Column("log_likelihood", "Relative to its maximum.", float),
    ),
)

#: A table of two samples is a copy if it has this many different counts or more: clean samples with
#: the same depth at every locus look alike.
MIN_COPIED_COUNTS = 3
#: Mean depth of nuclear reads above which they are copies of few cells, unless these are stated.
DEEPEST = 2000.0


def copied_tables(nuclear: Mapping[str, pd.DataFrame]) -> set[str]:
    """Samples of one patient whose nuclear counts are identical to those of another sample.

    If immune sample and normal have the same table, tumour cells in the immune sample stay hidden.
    """
    owners: dict[bytes, list[str]] = {}
    for name, table in nuclear.items():
        if len(table[["ref_count", "alt_count"]].drop_duplicates()) >= MIN_COPIED_COUNTS:
            columns = [*LOCUS_COLUMNS, "ref_count", "alt_count"]
            text = table.sort_values(LOCUS_COLUMNS)[columns].to_csv(index=False)
            owners.setdefault(text.encode(), []).append(name)
    return {name for names in owners.values() if len(names) > 1 for name in names}


@dataclass(frozen=True)
class SampleFacts:
    """What the sheet states of a sample, NaN where it does not.

    Attributes:
        copies: mtDNA copies per cell; ``from_depths`` if estimated, and so per two genomes.
        purity, ploidy: of a tumour sample.
        input_cells: of the library.
        counted: share of tumour cells by flow cytometry, with its upper bound; ``cells_counted``.
        own_nuclear_reads: the nuclear reads are of the library of the mtDNA reads.
        whole_genome: the nuclear loci lie over the whole genome.
    """

    copies: Measured = field(default_factory=Measured)
    from_depths: bool = False
    purity: Measured = field(default_factory=Measured)
    ploidy: float = NAN
    input_cells: float = NAN
    counted: Measured = field(default_factory=Measured)
    cells_counted: float = NAN
    own_nuclear_reads: bool = False
    whole_genome: bool = False


@dataclass(frozen=True)
class Cells:
    """The measurement of tumour cells that counts, and how its share becomes mtDNA.

    Attributes:
        curve: log likelihood of the share on ``excess.GRID``, in the portion that was measured.
        ratio, unit: K = share x ratio / unit.
        portion: cells of the tumour sample that a share of 1 means in the portion of the mtDNA
            reads, and in that of nuclear reads; NaN where both are of one library.
    """

    source: str = "unmeasured"
    bounded: bool = False
    curve: Floats = field(default_factory=lambda: np.zeros(0))
    ratio: Factor = field(default_factory=lambda: Factor(1.0, 1.0))
    unit: Factor = field(default_factory=lambda: Factor(1.0, 1.0))
    portion: float = NAN
    flags: tuple[str, ...] = ()

    def moved(self) -> Cells:
        """The measurement in the portion of the mtDNA reads."""
        if not self.portion > 0:
            return self
        # The noise of counted cells is in their own likelihood.
        counted = self.source == "tumor_cell_fraction"
        first = tumor_cells.MANY if counted else self.portion
        curve = tumor_cells.in_other_portion(self.curve, first, self.portion)
        return replace(self, curve=curve, portion=NAN)

    def of_mtdna(self) -> Floats:
        """Log likelihood of K on ``excess.GRID``."""
        return tumor_cells.of_mtdna(self.moved().curve, self.factor())

    def factor(self) -> Factor:
        """From the measured share to K."""
        sd = math.hypot(self.ratio.sd, self.unit.sd)
        low, high = self.ratio.low / self.unit.high, math.inf
        if self.unit.low > 0:
            high = self.ratio.high / self.unit.low
        return Factor(low, high, sd)


def from_reads(
    reads: NuclearReads,
    immune: SampleFacts,
    tumor: SampleFacts,
    ratio: Factor,
    settings: Contamination,
) -> Cells:
    """Tumour cells by nuclear reads."""
    if not reads.curve.size:
        return Cells(flags=reads.flags)
    cells = settings.input_cells if math.isnan(immune.input_cells) else immune.input_cells
    deep = reads.depth > DEEPEST and math.isnan(immune.input_cells)
    flags = (*reads.flags, *((INPUT_CELLS_UNKNOWN,) if deep else ()))
    if reads.measured:
        v = reads.tumor_vaf
        low, high = cell_ratios.locus_copies(v, tumor.purity)
        if tumor.from_depths and ratio.sd > 0:
            averaged = tumor.whole_genome and reads.n_loci >= cell_ratios.MANY_LOCI
            low, high = cell_ratios.per_genomes((low, high), tumor.ploidy, averaged)
        unit = Factor(low * settings.min_loci_share, high, 1 / math.sqrt(max(reads.tumor_alt, 1)))
        portion = cells * min(2 * v, 1.0)
        bounded = not deep
    else:
        low, high = cell_ratios.purity_range(tumor.purity)
        bounded = low > 0 and not deep
        unit = Factor(low if low > 0 else 0.0, high if high > 0 else 1.0)
        portion = cells
    if immune.own_nuclear_reads:
        portion = NAN
    return Cells("nuclear_counts", bounded, reads.curve, ratio, unit, portion, flags)


def from_count(
    immune: SampleFacts, tumor: SampleFacts, ratio: Factor, vaf_low: float, settings: Contamination
) -> Cells:
    """Tumour cells by flow cytometry, which counts pure ones; unmeasured without a bound above 0.

    Args:
        vaf_low: lower bound of the nuclear loci's VAF in the tumour sample, below its purity.
    """
    share, high = immune.counted.value, immune.counted.high
    if math.isnan(share) or not high > 0:
        return Cells()
    cells = immune.cells_counted
    if math.isnan(cells):
        cells = tumor_cells.cells_behind(share, high)
    low, top = cell_ratios.purity_range(tumor.purity)
    bounded = low > 0
    unit = Factor(low, top) if bounded else Factor(vaf_low, 1.0)
    portion = settings.input_cells if math.isnan(immune.input_cells) else immune.input_cells
    curve = tumor_cells.of_counted_cells(share, cells)
    return Cells("tumor_cell_fraction", bounded, curve, ratio, unit, portion)


def chosen(reads: Cells, counted: Cells, confidence: float) -> Cells:
    """Nuclear reads where they bound the cells, unless more cells were counted than they allow."""
    if counted.source == "unmeasured":
        return reads
    if reads.source == "unmeasured" or (counted.bounded and not reads.bounded):
        return replace(counted, flags=(*reads.flags, *counted.flags))
    drop = intervals.likelihood_drop(confidence)
    least, _ = excess.interval(counted.of_mtdna(), drop)
    _, most = excess.interval(reads.of_mtdna(), drop)
    if least > most:
        return replace(
            counted,
            bounded=reads.bounded and counted.bounded,
            flags=(*reads.flags, TUMOR_CELLS_DISAGREE),
        )
    return reads


def measure(
    reads: NuclearReads,
    immune: SampleFacts,
    tumor: SampleFacts,
    settings: Contamination,
    confidence: float,
) -> tuple[dict[str, object], Floats]:
    """A row of ``contamination.tsv`` without names, and the likelihood of the measured share.

    The likelihood is empty where nothing was measured.
    """
    ratio = cell_ratios.copy_ratio(
        tumor.copies, immune.copies, settings.copy_ratio, settings.copies_sd
    )
    vaf_low = 0.0
    if reads.measured:
        bound = intervals.lower_bound(reads.tumor_alt, reads.tumor_depth, confidence)
        vaf_low = float(bound)
    found = chosen(
        from_reads(reads, immune, tumor, ratio, settings),
        from_count(immune, tumor, ratio, vaf_low, settings),
        confidence,
    )
    stated, _ = cell_ratios.purity_range(tumor.purity)
    purity_low = max(vaf_low, 0.0 if math.isnan(stated) else stated)
    pure = cell_ratios.pure_share(tumor.purity, settings.copy_ratio)
    row: dict[str, object] = {
        "source": found.source,
        "bounded": found.bounded,
        "copy_ratio_low": ratio.low,
        "copy_ratio_high": ratio.high,
        "copy_ratio_sd": ratio.sd,
        "immune_copies": immune.copies.value if immune.copies.known else NAN,
        "immune_copies_sd": immune.copies.log_sd if immune.copies.known else NAN,
        "tumor_vaf": reads.tumor_vaf,
        "purity_low": purity_low,
        "immune_in_tumor_high": cell_ratios.immune_in_tumor(purity_low, ratio),
        "pure_low": pure[0],
        "pure_high": pure[1],
        "flags": join(found.flags),
    }
    if found.source == "unmeasured":
        return row, found.curve
    drop = intervals.likelihood_drop(confidence)
    low, high = excess.interval(found.curve, drop)
    mtdna = excess.interval(found.of_mtdna(), drop)
    row |= {
        "n_loci": reads.n_loci if found.source == "nuclear_counts" else 0,
        "tumor_cells": float(excess.GRID[int(np.argmax(found.curve))]),
        "tumor_cells_low": low,
        "tumor_cells_high": high,
        "unit_low": found.unit.low,
        "unit_high": found.unit.high,
        "unit_sd": found.unit.sd,
        "cells_per_portion": found.portion,
        "mtdna_low": mtdna[0],
        "mtdna_high": mtdna[1],
    }
    return row, found.curve


def likelihood_rows(patient: str, sample: str, tumor: str, curve: Floats) -> pd.DataFrame:
    """Rows of ``tumor_cells.tsv``."""
    grid = excess.GRID[: len(curve)]
    return pd.DataFrame(
        {
            "patient": patient,
            "sample": sample,
            "tumor": tumor,
            "share": grid,
            "log_likelihood": curve,
        }
    )


def cells_of(row: Mapping[str, object], curve: Floats) -> Cells:
    """The measurement of a row of ``contamination.tsv`` with its likelihood."""

    def value(name: str) -> float:
        return float(str(row[name]))

    return Cells(
        str(row["source"]),
        bool(row["bounded"]),
        curve,
        Factor(value("copy_ratio_low"), value("copy_ratio_high"), value("copy_ratio_sd")),
        Factor(value("unit_low"), value("unit_high"), value("unit_sd")),
        value("cells_per_portion"),
    )
