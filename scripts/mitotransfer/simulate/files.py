"""A simulated cohort on disk: reads, nuclear counts, sheets and truth tables."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from mitotransfer.genome.reference import BASES, Reference
from mitotransfer.simulate.genomes import Variant
from mitotransfer.simulate.scenario import Scenario
from mitotransfer.simulate.sequencer import Trace, pairs_for_depth, write_reads
from mitotransfer.simulate.tally import draw_counts
from mitotransfer.simulate.truth import DEFAULT_COPY_RATIO, SampleTruth, Truth, draw_truth

NUCLEAR_COLUMNS = ["chrom", "pos", "ref", "alt", "ref_count", "alt_count", "tumor_vaf"]
SAMPLE_COLUMNS = [
    "sample", "patient", "role", "fastq_1", "fastq_2", "cell_type", "timepoint", "batch",
    "assay", "platform", "nuclear_counts", "mtdna_copies", "ambient_mtdna_high", "purity",
    "input_cells", "preparation", "preparation_split",
]  # fmt: skip
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
    write_table(folder / "samples.tsv", SAMPLE_COLUMNS, sample_rows(truth, folder))
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
    """Counts (16569, 4, 2) of one sample of a cohort, drawn without reads.

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
    rng = truth.stream("nuclear reads", sample)
    error = truth.noise.sequencing.nuclear_error
    share = info.tumor_cells * vaf + (1 - info.tumor_cells * vaf) * error
    # Depth varies between loci more than Poisson: gamma-mixed.
    depth = rng.poisson(plan.depth * rng.gamma(10, 0.1, plan.loci))
    seen = rng.binomial(depth, share)
    return [
        [f"chr{c}", p, BASES[r], BASES[a], d - s, s, f"{v:.3f}"]
        for c, p, r, a, d, s, v in zip(chrom, pos, ref, alt, depth, seen, vaf, strict=True)
    ]


def sequenced_copies(truth: Truth, sample: str) -> float | None:
    """mtDNA copies per cell of a library as sequenced, tumour cells among them included."""
    info = truth.samples[sample]
    own, cells = info.plan.mtdna_copies, info.plan.tumor_cells
    if not own or not cells:
        return own
    members = truth.patients[info.patient].plan.samples
    tumor = next((s.mtdna_copies for s in members if s.role == "tumor"), None)
    brought = info.plan.tumor_cell_copies or tumor or DEFAULT_COPY_RATIO * own
    return own * (1 - cells) + cells * brought


def sample_rows(truth: Truth, outdir: Path) -> list[list[Any]]:
    """The sheet of samples."""
    rows = []
    for name, info in truth.samples.items():
        plan = info.plan
        first, second = fastq_paths(outdir, name)
        copies = sequenced_copies(truth, name) if plan.copies_measured else None
        nuclear = nuclear_path(outdir, name).as_posix() if has_nuclear(truth, name) else ""
        rows.append([
            name, info.patient, info.role, first.as_posix(), second.as_posix(), plan.cell_type,
            number(plan.timepoint), info.batch, "capture", "illumina", nuclear, number(copies),
            number(plan.ambient_mtdna_high), number(plan.purity), number(plan.input_cells),
            plan.preparation, plan.preparation_split,
        ])  # fmt: skip
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
