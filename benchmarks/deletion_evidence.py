"""Deletions as evidence: the fraction of a deleted tumour, patients without SNVs, and a cohort.

Counts are drawn; the rest is the pipeline's own functions, from the junctions of a tumour to the
verdict.

    python benchmarks/deletion_evidence.py --draws 60 --patients 200 --page docs/validation.md
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests" / "support")]
import pages  # noqa: E402
from deleted_samples import COMMON, deleted  # noqa: E402
from judged_draws import PATIENTS, SETTINGS, SHAPES, evidence_of, judged  # noqa: E402
from minor_variants import NOWHERE, calls, genome_with, mix, sample, snv  # noqa: E402
from realistic import EVIDENCE, measured, patient  # noqa: E402

from mitotransfer.errors import sample_errors  # noqa: E402
from mitotransfer.errors.junction_sums import Seen, junction_shapes  # noqa: E402
from mitotransfer.fraction.estimate import FractionEstimate, detection_limit, estimate  # noqa: E402
from mitotransfer.genome.junction_alleles import JUNCTION  # noqa: E402
from mitotransfer.inputs.settings import Informative  # noqa: E402
from mitotransfer.patient.evidence import ImmuneSample, evidence_frame  # noqa: E402
from mitotransfer.patient.informative import informative_variants  # noqa: E402
from mitotransfer.patient.pooling import Pooled  # noqa: E402
from mitotransfer.simulate.preparations import Drawn, Plan, spread  # noqa: E402
from mitotransfer.verdicts.shared_variants import variant_counts  # noqa: E402

DEPTH = 2000
#: Within the common deletion, and outside.
INSIDE, OUTSIDE = {9000: 0.5, 11_000: 0.4, 13_000: 0.6}, {2000: 0.5, 3000: 0.4, 15_000: 0.6}
#: Assumptions of the cohort. PCAWG: 56 % of tumours with an SNV; the others are assumed.
WITH_SNV, WITH_INDEL, WITH_DELETION = 0.56, 0.1, 0.12
SNVS, LOWEST = 1.5, 0.05
#: Share of deletions at a direct repeat, and of these that unrelated samples show.
AT_REPEAT, SHOWN = 0.5, 0.5
#: Deleted share of a tumour cell's mtDNA, even on a logarithmic scale; size over the circle.
DELETED, SIZE = (0.07, 0.95), (0.05, 0.5)
#: Intact fragments over depth: those that run on far enough on either side.
REACH = 0.7
#: Index of the evidence in ``realistic.EVIDENCE``: whole genomes with all measured.
KIND = 4


def fit_of(share: float, fraction: float, seed: int, snvs: bool, blind: bool) -> FractionEstimate:
    """The fraction in an immune sample, from the counts of three samples.

    Args:
        share: of the tumour's molecules that have the common deletion.
        snvs: whether the tumour has SNVs, too.
        blind: as if nothing were known of the deletion.
    """
    vafs = {**INSIDE, **OUTSIDE} if snvs else {}

    def changes(level: dict[int, float]) -> dict[int, dict[str, float]]:
        return {p: c for pos, vaf in level.items() for p, c in mix(pos, vaf).items()}

    left = fraction * (1 - share)
    local = {p: left / (1 - fraction + left) if p in INSIDE else fraction for p in vafs}
    seen = {pos: vaf * local[pos] for pos, vaf in vafs.items()}
    tumor = deleted({COMMON: share}, changes(vafs), depth=DEPTH, seed=seed)
    immune = deleted({COMMON: share * fraction}, changes(seen), depth=DEPTH, seed=seed + 1)
    pooled = Pooled([tumor], [deleted({}, depth=DEPTH, seed=seed + 2)])
    genome = genome_with(artefact=NOWHERE)
    variants = informative_variants(
        pooled, [calls(*map(snv, vafs))], genome, Informative(), confidence=0.95
    )
    errors = sample_errors.estimate_errors(sample({}, DEPTH, seed=seed + 3))
    rows = evidence_frame(
        "P", variants, pooled, {"I": ImmuneSample(immune, errors)},
        reference=genome.reference, overdispersion=0.0, confidence=0.95,
    ).assign(recurrence=0.0)  # fmt: skip
    rows = rows[rows["usable"]]
    if blind:
        rows = rows[rows["type"] != JUNCTION].assign(tumor_copies=1.0)
    return estimate(variant_counts(rows, SETTINGS))


def fractions(draws: int) -> list[list[str]]:
    """Estimate, interval and coverage by tumour."""
    rows = []
    for said, share, fraction, snvs, blind in (
        ("30 % deleted, three SNVs inside and three outside", 0.3, 0.1, True, False),
        ("80 % deleted, the same SNVs", 0.8, 0.1, True, False),
        ("the same, deletion unknown (as before)", 0.8, 0.1, True, True),
        ("50 % deleted, no SNV", 0.5, 0.1, False, False),
        ("50 % deleted, no SNV", 0.5, 0.02, False, False),
        ("50 % deleted, no SNV", 0.5, 0.0, False, False),
    ):
        found = [fit_of(share, fraction, 10 * seed, snvs, blind) for seed in range(1, draws + 1)]
        held = sum(one.low <= fraction <= one.high for one in found)
        middle = np.mean([[100 * x for x in (f.fraction, f.low, f.high)] for f in found], axis=0)
        width = float(np.mean([100 * (one.high - one.low) for one in found]))
        rows.append(
            [said, f"{100 * fraction:g} %", "{:.1f} % ({:.1f} to {:.1f})".format(*middle),
             f"{width:.1f}", f"{held} of {draws}",
             f"{sum(one.p_value < 0.01 for one in found)} of {draws}"]
        )  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def tumor(rng: np.random.Generator) -> pd.DataFrame:
    """Variants of a tumour's cells: kind, VAF, copies of the position, repeat, shown by others."""

    def vaf(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    rows: list[tuple[str, float, float, bool, bool]] = []
    share, size = 0.0, 0.0
    if rng.random() < WITH_DELETION:
        share, size = vaf(*DELETED), float(rng.uniform(*SIZE))
        repeat = bool(rng.random() < AT_REPEAT)
        rows.append((JUNCTION, share, 1.0, repeat, repeat and bool(rng.random() < SHOWN)))
    small = ["SNV"] * int(rng.poisson(SNVS) + 1) if rng.random() < WITH_SNV else []
    small += ["indel"] if rng.random() < WITH_INDEL else []
    for kind in small:
        inside = rng.random() < size
        rows.append((kind, vaf(LOWEST, 1.0), 1 - share if inside else 1.0, False, False))
    return pd.DataFrame(rows, columns=["type", "vaf", "left", "repeat", "shown"])


def counted(plan: Plan, variants: pd.DataFrame, rng: np.random.Generator) -> Drawn:
    """Counts of a preparation at these variants, inside deletions and outside."""
    bulk = plan.purity * plan.tumor_copies + (1 - plan.purity) * plan.other_copies
    of_tumor = plan.purity * plan.tumor_copies / bulk
    mtdna = plan.cells * plan.tumor_copies + (1 - plan.cells) * plan.immune_copies
    cells = plan.cells * plan.tumor_copies / mtdna
    given = (1 - cells) * plan.transfer * of_tumor
    v, left = variants["vaf"].to_numpy(float), variants["left"].to_numpy(float)

    def level(parts: list[tuple[float, np.ndarray, np.ndarray]]) -> np.ndarray:
        """VAF among molecules of which these shares are of tumour cells."""
        alt = sum(share * kept * vaf for share, vaf, kept in parts)
        lacking = sum(share * (1 - kept) for share, _, kept in parts)
        return np.asarray(alt / (1 - lacking))

    def drawn() -> tuple[np.ndarray, np.ndarray]:
        return spread(v, plan.composition, rng), spread(left, plan.composition, rng)

    immune = level([(cells, *drawn()), (given, *drawn())])
    inside = (variants["type"] == JUNCTION).to_numpy(bool)
    scale = np.where(inside, REACH, 1.0)

    def reads(vaf: np.ndarray, depth: int) -> np.ndarray:
        error = np.where(inside, 1e-6, 5e-4)
        return rng.binomial((depth * scale).astype(int), np.clip(vaf + (1 - vaf) * error, 0, 1))

    none = np.zeros(len(v))
    return Drawn(
        reads(level([(of_tumor, v, left)]), plan.depth), reads(immune, plan.depth),
        reads(none, plan.normal_depth), (plan.depth, plan.depth, plan.normal_depth),
        true_excess=(1 - cells) * plan.transfer, true_cells=min(cells / of_tumor, 1.0),
    )  # fmt: skip


def rows_of(found: Drawn, variants: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Evidence of a preparation; depths of junctions are those of fragments that reach across."""
    rows = evidence_of(found)
    junction = (variants["type"] == JUNCTION).to_numpy(bool)
    for column in rows.columns[rows.columns.str.contains("_depth_")]:
        rows.loc[junction, column] = (REACH * rows.loc[junction, column]).astype(int)
    repeat = np.where(variants["repeat"], 13, 0)
    shown = variants["shown"].to_numpy(float)
    seen = Seen(3 * shown, np.full(len(rows), 3 * PATIENTS * DEPTH * REACH), 2 * shown.astype(int))
    alpha, beta = junction_shapes(repeat, seen)
    bulk = plan.purity * plan.tumor_copies + (1 - plan.purity) * plan.other_copies
    of_tumor = plan.purity * plan.tumor_copies / bulk
    return rows.assign(
        type=variants["type"].to_numpy(),
        error_alpha=np.where(junction, alpha, SHAPES[0]),
        error_beta=np.where(junction, beta, SHAPES[1]),
        tumor_copies=1 - of_tumor * (1 - variants["left"].to_numpy(float)),
        carriers=2 * shown.astype(int),
        recurrence=np.where(shown > 0, 2.5 / (2 * PATIENTS + 1), 0.0),
        flags=np.where(variants["repeat"], "direct_repeat", ""),
    )


def verdict(found: Drawn, rows: pd.DataFrame, kinds: tuple[str, ...], n: int) -> str:
    """The verdict on a preparation by evidence of these kinds alone."""
    counts = variant_counts(rows, SETTINGS)
    vaf = np.asarray(counts.tumor_alt) / np.asarray(counts.tumor_depth)
    chosen = rows[rows["type"].isin(kinds).to_numpy() & (vaf >= LOWEST)].reset_index(drop=True)
    if chosen.empty:
        return "uninformative"
    if JUNCTION not in kinds:
        chosen = chosen.assign(tumor_copies=1.0)
    limit = detection_limit(variant_counts(chosen, SETTINGS), 0.05 / n)
    return judged(found, chosen, limit).verdict


SETS = {
    "SNVs alone, deletions unknown": ("SNV",),
    "and indels": ("SNV", "indel"),
    "and deletions": ("SNV", "indel", JUNCTION),
}


def cohort(n: int) -> list[list[str]]:
    """Verdicts by kind of evidence; the last column: supported without transfer."""
    rng = np.random.default_rng(11)
    answers: dict[str, list[tuple[str, bool]]] = {name: [] for name in SETS}
    for i in range(n):
        plan, ploidy = patient(rng)
        variants = tumor(rng)
        plan = replace(plan, vafs=(0.5,))
        nuclear = measured(plan, ploidy, i, EVIDENCE[KIND])
        found = counted(plan, variants, np.random.default_rng([i, 7]))
        found = replace(
            nuclear, tumor=found.tumor, immune=found.immune, normal=found.normal,
            true_excess=found.true_excess, true_cells=found.true_cells,
        )  # fmt: skip
        rows = rows_of(found, variants, plan) if len(variants) else pd.DataFrame()
        said = ""
        has = set(variants["type"])
        for name, kinds in SETS.items():
            if not said or kinds[-1] in has:  # nothing new otherwise
                said = verdict(found, rows, kinds, n) if len(rows) else "uninformative"
            answers[name].append((said, plan.transfer > 0))
    order = ("uninformative", "underpowered", "not_detected", "contamination_not_excluded",
             "explained_by_contamination", "transfer_supported")  # fmt: skip
    return [
        [name, *(str(sum(v == one for v, _ in given)) for one in order),
         f"{sum(v == order[-1] and not moved for v, moved in given)} of "
         f"{sum(not moved for _, moved in given)}"]
        for name, given in answers.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--page", type=Path, help="page with a block named deletions")
    arguments = parser.parse_args()
    head = ["tumour", "true", "estimate (mean of the interval's ends)", "width", "held", "p < 0.01"]
    one = pages.markdown(head, fractions(arguments.draws))
    head = ["evidence", "uninformative", "underpowered", "not detected", "not excluded",
            "explained", "supported", "supported without transfer"]  # fmt: skip
    two = pages.markdown(head, cohort(arguments.patients))
    text = f"{one}\n\n{two}"
    print(text)
    if arguments.page:
        pages.replace_block(arguments.page, "deletions", text)


if __name__ == "__main__":
    main()
