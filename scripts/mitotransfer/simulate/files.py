"""A simulated cohort on disk: reads, nuclear counts, sheets and truth tables."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from mitotransfer.genome.reference import BASES, Reference
from mitotransfer.simulate.genomes import Variant
from mitotransfer.simulate.molecules import in_portion
from mitotransfer.simulate.scenario import NuclearPlan, Scenario
from mitotransfer.simulate.sequencer import Trace, pairs_for_depth, write_reads
from mitotransfer.simulate.tally import draw_counts
from mitotransfer.simulate.truth import DEFAULT_COPY_RATIO, SampleTruth, Truth, draw_truth

NUCLEAR_COLUMNS = ["chrom", "pos", "ref", "alt", "ref_count", "alt_count", "tumor_vaf"]
SAMPLE_COLUMNS = [
    "sample", "patient", "role", "fastq_1", "fastq_2", "cell_type", "timepoint", "batch",
    "assay", "platform", "nuclear_counts", "mtdna_copies", "ambient_mtdna_high", "purity",
    "input_cells", "preparation", "preparation_split", "tumor_cell_fraction",
    "tumor_cell_fraction_high", "cells_counted",
]  # fmt: skip
#: Columns of the sheet that a sample's plan gives.
STATED = (
    "assay", "mtdna_copies", "ambient_mtdna_high", "purity", "input_cells", "preparation",
    "preparation_split", "tumor_cell_fraction", "tumor_cell_fraction_high", "cells_counted",
)  # fmt: skip
PATIENT_COLUMNS = ["patient", "cancer_type", "stage", "design", "os_months", "death"]
TRUTH_SAMPLE_COLUMNS = [
    "patient", "sample", "scenario", "expected_verdict", "transfer_fraction",
    "contamination_fraction", "tumor_fraction", "tumor_cell_fraction", "crosstalk",
]  # fmt: skip
TRUTH_VARIANT_COLUMNS = ["patient", "sample", "pos", "ref", "alt", "type", "kind", "vaf", "strand"]
TRUTH_IDENTITY_COLUMNS = [
    "sample", "patient", "role", "person", "swapped_with", "clade", "n_differences",
]  # fmt: skip


def write_cohort(
    scenario: Scenario,
    seed: int,
    outdir: str | Path,
    *,
    threads: int = 1,
    reference: Reference | None = None,
    progress: bool = False,
) -> Truth:
    """Simulate a cohort into ``outdir``: reads, nuclear counts, sheets, truth tables.

    The same scenario and seed give the same bytes, whatever the number of threads.
    Paths in the sheet start with ``outdir`` as given.

    Raises:
        ValueError: for a scenario that cannot be drawn.
    """
    truth = write_samples(
        scenario, seed, outdir, threads=threads, reference=reference, progress=progress
    )
    rows = sample_rows(truth, Path(outdir))
    write_table(Path(outdir) / "samples.tsv", SAMPLE_COLUMNS, rows)
    return truth


def write_samples(
    scenario: Scenario,
    seed: int,
    outdir: str | Path,
    *,
    threads: int = 1,
    reference: Reference | None = None,
    progress: bool = False,
) -> Truth:
    """The same as ``write_cohort`` but for the sheet of samples."""
    folder = Path(outdir)
    truth = draw_truth(scenario, seed, reference)
    for part in ("fastq", "nuclear", "truth"):
        (folder / part).mkdir(parents=True, exist_ok=True)

    def simulate(sample: str) -> None:
        first, second = fastq_paths(folder, sample)
        write_sample(truth, sample, first, second)
        if progress:
            print(f"simulated {sample}", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        list(pool.map(simulate, truth.samples))
    for sample in truth.samples:
        if has_nuclear(truth, sample):
            path = nuclear_path(folder, sample)
            write_table(path, NUCLEAR_COLUMNS, nuclear_counts(truth, sample))
    header, rows = patient_rows(truth)
    write_table(folder / "patients.tsv", header, rows)
    folder = folder / "truth"
    write_table(folder / "truth_samples.tsv", TRUTH_SAMPLE_COLUMNS, truth_sample_rows(truth))
    write_table(folder / "truth_variants.tsv", TRUTH_VARIANT_COLUMNS, truth_variant_rows(truth))
    write_table(folder / "truth_identity.tsv", TRUTH_IDENTITY_COLUMNS, truth_identity_rows(truth))
    return truth


def write_sample(truth: Truth, sample: str, fastq_1: str | Path, fastq_2: str | Path) -> Trace:
    """Write the reads of one sample of a cohort."""
    drawn = truth.drawn_as(sample)
    pairs = pairs_for_depth(truth.samples[drawn].depth, truth.noise)
    rng = truth.stream("reads", drawn)
    return write_reads(truth.library(drawn), pairs, rng, fastq_1, fastq_2, name=drawn)


def sample_counts(truth: Truth, sample: str, numts: bool = False) -> np.ndarray:
    """Counts (length, 4, 2) of one sample of a cohort, drawn without reads.

    ``numts`` keeps the nuclear copies, as a pipeline without a filter would.
    """
    drawn = truth.drawn_as(sample)
    library = truth.library(drawn, numts=numts)
    return draw_counts(library, truth.samples[drawn].depth, truth.stream("counts", drawn))


def fastq_paths(outdir: Path, sample: str) -> tuple[Path, Path]:
    return outdir / "fastq" / f"{sample}_R1.fastq.gz", outdir / "fastq" / f"{sample}_R2.fastq.gz"


def nuclear_path(outdir: Path, sample: str) -> Path:
    return outdir / "nuclear" / f"{sample}.tsv"


def has_nuclear(truth: Truth, sample: str) -> bool:
    """Whether the scenario has nuclear counts of this sample's patient."""
    return truth.patients[truth.samples[sample].patient].plan.nuclear is not None


def nuclear_counts(truth: Truth, sample: str) -> list[list[Any]]:
    """Rows of reads at the patient's somatic nuclear SNVs.

    A share ``c`` of tumour cells shows the allele with probability c v + (1 - c v) e,
    with v the VAF in the tumour and e the sequencing error.
    """
    info = truth.samples[sample]
    plan = truth.patients[info.patient].plan.nuclear
    assert plan is not None
    rng = truth.stream("nuclear loci", info.patient)
    chrom = np.sort(rng.integers(1, 23, plan.loci))
    pos = rng.integers(1_000_000, 48_000_000, plan.loci)
    order = np.lexsort((pos, chrom))
    chrom, pos = chrom[order], pos[order]
    ref = rng.integers(4, size=plan.loci)
    alt = (ref + rng.integers(1, 4, plan.loci)) % 4
    vaf = np.clip(rng.normal(plan.vaf, plan.vaf_sd, plan.loci), 0.1, 0.95).round(3)
    purity = _purity(truth, info.patient)
    cells = info.tumor_cells
    if info.plan.portion:
        cells = in_portion(info.plan, "nuclei", truth.seed)
    scatter = vaf / plan.vaf
    vaf = np.minimum(_locus_share(plan, purity, purity, scatter), 0.95).round(3)
    present = truth.stream("loci", sample).random(plan.loci) < info.plan.loci_share
    alleles = present * np.minimum(_locus_share(plan, cells, purity, scatter), 1)
    rng = truth.stream("nuclear reads", sample)
    error = truth.noise.sequencing.nuclear_error
    share = alleles + (1 - alleles) * error
    # Depth varies between loci more than Poisson: gamma-mixed.
    depth = rng.poisson(plan.depth * rng.gamma(10, 0.1, plan.loci))
    seen = rng.binomial(depth, share)
    return [
        [f"chr{c}", p, BASES[r], BASES[a], d - s, s, f"{v:.3f}"]
        for c, p, r, a, d, s, v in zip(chrom, pos, ref, alt, depth, seen, vaf, strict=True)
    ]


def _purity(truth: Truth, patient: str) -> float:
    """Tumour cells per cell of the patient's first tumour sample."""
    samples = truth.patients[patient].plan.samples
    return next((s.true_purity for s in samples if s.role == "tumor"), 1.0)


def _locus_share(
    plan: NuclearPlan, cells: float, purity: float, scatter: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share of the somatic alleles at each locus, with this share of tumour cells.

    Either the tumour sample's mean VAF in proportion to the cells, or by the copies of the loci.
    """
    if not plan.copies:
        return cells / purity * plan.vaf * scatter
    return cells * plan.mutated / (cells * plan.copies + 2 * (1 - cells)) * scatter


def stated(truth: Truth, sample: str) -> dict[str, Any]:
    """Cells of the sheet that state what was measured of a sample: ``STATED``."""
    info = truth.samples[sample]
    plan = info.plan
    copies = sequenced_copies(truth, sample) if plan.copies_measured else None
    counted, high = None, None
    if plan.cells_counted:
        rng = truth.stream("counted cells", sample)
        seen = int(rng.binomial(plan.cells_counted, info.tumor_cells))
        counted = seen / plan.cells_counted
        # The exact one-sided 95 % bound (Clopper and Pearson 1934).
        high = float(betaincinv(seen + 1, plan.cells_counted - seen, 0.95))
    values = (
        plan.assay or "capture", copies and copies * plan.copies_factor, plan.ambient_mtdna_high,
        plan.purity, plan.input_cells, plan.preparation, plan.preparation_split, counted, high,
        plan.cells_counted,
    )  # fmt: skip
    return {name: number(value) for name, value in zip(STATED, values, strict=True)}


def sequenced_copies(truth: Truth, sample: str) -> float | None:
    """mtDNA copies per cell of a library as sequenced, tumour cells among them included."""
    info = truth.samples[sample]
    own, cells = info.plan.mtdna_copies, info.plan.tumor_cells
    if not own or not cells:
        return own
    members = truth.patients[info.patient].plan.samples
    tumor = next((s.mtdna_copies for s in members if s.role == "tumor"), None)
    brought = info.plan.tumor_cell_copies or tumor or DEFAULT_COPY_RATIO * own
    return own * (1 - cells) + cells / _purity(truth, info.patient) * brought


def sample_rows(truth: Truth, outdir: Path) -> list[list[Any]]:
    """The sheet of samples."""
    rows = []
    for name, info in truth.samples.items():
        plan = info.plan
        first, second = fastq_paths(outdir, name)
        row = stated(truth, name) | {
            "sample": name, "patient": info.patient, "role": info.role,
            "fastq_1": first.as_posix(), "fastq_2": second.as_posix(),
            "cell_type": plan.cell_type, "timepoint": number(plan.timepoint),
            "batch": info.batch, "platform": "illumina",
            "nuclear_counts":
                nuclear_path(outdir, name).as_posix() if has_nuclear(truth, name) else "",
        }  # fmt: skip
        rows.append([row[column] for column in SAMPLE_COLUMNS])
    return rows


def patient_rows(truth: Truth) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the sheet of patients; further covariates after the fixed columns."""
    plans = [patient.plan for patient in truth.patients.values()]
    extra = sorted({key for plan in plans for key in plan.covariates} - set(PATIENT_COLUMNS))
    header = [*PATIENT_COLUMNS, *extra]
    rows = []
    for plan in plans:
        known = {**plan.covariates, "patient": plan.patient, "design": plan.design}
        rows.append([number(known.get(column)) for column in header])
    return header, rows


def truth_sample_rows(truth: Truth) -> list[list[Any]]:
    """One row per immune sample: the result that the pipeline should give."""
    rows = []
    for name, info in truth.samples.items():
        if info.role != "immune":
            continue
        plan = truth.patients[info.patient].plan
        hop = truth.noise.sequencing.index_hopping if _batch_mates(truth, info) else 0.0
        rows.append([
            info.patient, name, plan.scenario, info.plan.expected or plan.expected,
            number(info.transfer), number(info.contamination), number(info.tumor_fraction),
            number(info.tumor_cells), number(hop),
        ])  # fmt: skip
    return rows


def _batch_mates(truth: Truth, info: SampleTruth) -> bool:
    return len(truth.batches.get(info.batch, ())) > 1


def truth_variant_rows(truth: Truth) -> list[list[Any]]:
    """One row per sample and variant of its patient or its own; VAFs without noise.

    Error hot spots come last, with this sample's rate on the affected strand as VAF.
    """
    of_patient: dict[str, dict[tuple[int, str, str], Variant]] = {}
    shares = {name: {v.allele: v for v in info.variants} for name, info in truth.samples.items()}
    for name, info in truth.samples.items():
        of_patient.setdefault(info.patient, {}).update(shares[name])
    rows = []
    for name, info in truth.samples.items():
        for allele, variant in sorted(of_patient[info.patient].items()):
            own = shares[name].get(allele)
            pos, ref, alt = allele
            kind = own.kind if own else variant.kind
            vaf = own.vaf if own else 0.0
            rows.append([info.patient, name, pos, ref, alt, _type(ref, alt), kind, number(vaf), ""])
        for (start, end), share in info.junctions.items():
            base = truth.reference.sequence[start - 1]
            rows.append([
                info.patient, name, start, base, f"{base}[chrM:{end}[", "junction",
                "large_deletion", number(share), "",
            ])  # fmt: skip
        rates = truth.rates(name).hot_spots
        for spot, rate in zip(truth.noise.hot_spots, rates, strict=True):
            strand = "reverse" if spot.strand else "forward"
            rows.append([
                info.patient, name, spot.pos, spot.ref, spot.alt, "SNV", "hotspot",
                number(rate), strand,
            ])  # fmt: skip
    return rows


def _type(ref: str, alt: str) -> str:
    if len(ref) == len(alt):
        return "SNV"
    return "insertion" if len(alt) > len(ref) else "deletion"


def truth_identity_rows(truth: Truth) -> list[list[Any]]:
    """One row per sample: the person of its molecules."""
    rows = []
    for name, info in truth.samples.items():
        person = truth.patients[info.person]
        fixed = [v for v in person.haplotype if _type(v.ref, v.alt) == "SNV"]
        rows.append([
            name, info.patient, info.role, info.person, info.plan.swapped_with, person.clade,
            len(fixed),
        ])  # fmt: skip
    return rows


def number(value: Any) -> Any:
    """A cell: empty for missing, six significant digits for fractions."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A TSV with Unix line ends."""
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
