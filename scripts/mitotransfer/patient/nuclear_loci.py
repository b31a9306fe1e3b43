"""Nuclear reads at the tumour's somatic SNVs: which loci count, and what they say of tumour cells.

The result is a likelihood of the share q of cells like those of the tumour sample
(``fraction.tumor_cells``). Its unit is the tumour sample, pure or not. Where the tumour's own reads
are missing its VAFs are unknown: the loci then give an upper bound alone, of pure tumour cells, at
VAF 0.5 (one copy of two).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mitotransfer.arrays import Floats
from mitotransfer.flag_words import Flag
from mitotransfer.flags import (
    GERMLINE_LOCI_DROPPED,
    LOCI_WITHOUT_TUMOR_DROPPED,
    NUCLEAR_LOCI_DISAGREE,
    NUCLEAR_LOCI_IN_NORMAL,
    NUCLEAR_LOCI_UNCHECKED,
    TUMOR_VAF_ASSUMED,
)
from mitotransfer.fraction import tumor_cells
from mitotransfer.fraction.excess import GRID
from mitotransfer.fraction.tumor_cells import Loci
from mitotransfer.inputs.nuclear_tables import LOCUS_COLUMNS
from mitotransfer.quick_scipy import special
from mitotransfer.stats import intervals

#: VAF of a heterozygous variant in pure tumour cells, where it was not measured.
HETEROZYGOUS = 0.5
#: Highest error rate allowed if the normal's counts measure it.
MAX_ERROR = 0.05
#: A locus is germline or an artefact if the normal's VAF exceeds this, beyond chance.
NORMAL_VAF, NORMAL_P = 0.02, 1e-3
#: Depth in the tumour sample from which a locus has a VAF of its own; else that of all loci.
MIN_TUMOR_DEPTH = 20
#: Loci that disagree more than chance allows (p below this) widen the likelihood.
HETEROGENEITY_P = 0.01
#: Simulated draws of the loci, in batches, until this many lie beyond what was found.
DRAWS, BATCH, ENOUGH = 999, 111, 10
#: A normal with this many times the expected error may hold tumour cells. The likelihood then also
#: allows that the error is no higher than expected.
TOO_MANY = 3.0


@dataclass(frozen=True)
class NuclearReads:
    """What the nuclear reads of a preparation say of one tumour sample.

    Attributes:
        curve: log likelihood of the share of cells on ``excess.GRID``; empty where unmeasured.
        measured: whether the tumour's own reads gave its VAFs. If not, the share is that of pure
            tumour cells.
        n_loci, depth: loci that count, and mean reads at them in the preparation.
        tumor_alt, tumor_depth: reads of the tumour sample at these loci.
    """

    curve: Floats = field(default_factory=lambda: np.zeros(0))
    measured: bool = False
    n_loci: int = 0
    depth: float = 0.0
    tumor_alt: float = 0.0
    tumor_depth: float = 0.0
    flags: tuple[Flag, ...] = ()

    @property
    def tumor_vaf(self) -> float:
        """VAF of all loci together in the tumour sample, NaN where unknown."""
        return self.tumor_alt / self.tumor_depth if self.measured else np.nan


def nuclear_reads(
    immune: pd.DataFrame,
    tumor: pd.DataFrame | None,
    normal: pd.DataFrame | None,
    sequencing_error: float,
    confidence: float,
) -> NuclearReads:
    """The likelihood of tumour cells in an immune sample, from the loci that count.

    Args:
        immune, tumor, normal: frames of ``read_nuclear_counts``; the normals are pooled. None
            where there are none.
        sequencing_error: largest plausible error where the normal's counts are not given.

    Returns:
        Flags:

        - ``germline_loci_dropped``: the normal has the allele.
        - ``loci_without_tumor_dropped``: the tumour's own reads lack the allele. The locus is
          another person's or in other coordinates, so no immune sample would show it.
        - ``nuclear_loci_disagree``: subclones, copy numbers or artefacts.
        - ``nuclear_loci_in_normal``: the normal has the alleles more often than errors bring them.
        - ``nuclear_loci_unchecked``, ``tumor_vaf_assumed``: there are no reads of the tumour.
    """
    loci = _joined(immune, tumor, normal)
    depth, alt = loci["depth"].to_numpy(), loci["alt_count"].to_numpy(float)
    normal_depth, normal_alt = loci["normal_depth"].to_numpy(), loci["normal_alt"].to_numpy()
    germline = (normal_alt > NORMAL_VAF * normal_depth) & (
        _at_least(normal_alt, normal_depth, NORMAL_VAF / 2) < NORMAL_P
    )
    tumor_alt, tumor_depth = loci["tumor_alt"].to_numpy(), loci["tumor_depth"].to_numpy()
    absent = (tumor_alt <= NORMAL_VAF * tumor_depth) & (tumor is not None)
    flags = {
        GERMLINE_LOCI_DROPPED: bool(germline.any()),
        LOCI_WITHOUT_TUMOR_DROPPED: bool(absent.any()),
    }
    keep = (depth > 0) & ~germline & ~absent
    if not keep.any():
        return NuclearReads(flags=tuple(flag for flag, on in flags.items() if on))
    errors_known = normal_depth[keep].sum() > 0
    of_normal = float(normal_alt[keep].sum()), float(normal_depth[keep].sum())
    chosen = Loci(
        alt[keep],
        depth[keep],
        _vafs(tumor_alt[keep], tumor_depth[keep]),
        *of_normal,
        MAX_ERROR if errors_known else sequencing_error,
    )
    curve, disagree = _curve(chosen)
    doubtful = intervals.lower_bound(*of_normal, confidence) > TOO_MANY * sequencing_error
    if doubtful:
        plain = Loci(chosen.alt, chosen.depth, chosen.vaf, max_error=sequencing_error)
        curve = tumor_cells.either(curve, _curve(plain)[0])
    measured = float(tumor_depth[keep].sum()) > 0
    if not measured:
        curve = tumor_cells.at_most(curve)
    flags |= {
        NUCLEAR_LOCI_DISAGREE: disagree,
        NUCLEAR_LOCI_IN_NORMAL: bool(doubtful),
        NUCLEAR_LOCI_UNCHECKED: not measured,
        TUMOR_VAF_ASSUMED: not measured,
    }
    return NuclearReads(
        curve,
        measured,
        int(keep.sum()),
        float(depth[keep].mean()),
        float(tumor_alt[keep].sum()),
        float(tumor_depth[keep].sum()),
        tuple(flag for flag, on in flags.items() if on),
    )


def _joined(
    immune: pd.DataFrame, tumor: pd.DataFrame | None, normal: pd.DataFrame | None
) -> pd.DataFrame:
    """Loci of the immune sample with the reads of all three samples, 0 where there are none."""
    loci = immune.assign(depth=(immune["ref_count"] + immune["alt_count"]).astype(float))
    for role, frame in (("tumor", tumor), ("normal", normal)):
        columns = {"ref_count": f"{role}_depth", "alt_count": f"{role}_alt"}
        if frame is None:
            loci = loci.assign(**dict.fromkeys(columns.values(), 0.0))
            continue
        other = frame.rename(columns=columns)[[*LOCUS_COLUMNS, *columns.values()]]
        loci = loci.merge(other, on=LOCUS_COLUMNS, how="left", validate="1:1")
        own = loci[[*columns.values()]].fillna(0).astype(float)
        loci[own.columns] = own
        loci[f"{role}_depth"] += loci[f"{role}_alt"]
    return loci


def _vafs(alt: Floats, depth: Floats) -> Floats:
    """VAF of each locus in the tumour: its own where deep enough, else that of all loci."""
    total = float(depth.sum())
    common = float(alt.sum()) / total if total else HETEROZYGOUS
    return np.where(depth >= MIN_TUMOR_DEPTH, alt / np.maximum(depth, 1), common)


def _at_least(hits: ArrayLike, trials: ArrayLike, rate: float) -> Floats:
    """P(X >= hits) of a binomial X, element by element."""
    return np.asarray(special.betainc(hits, np.subtract(trials, hits) + 1, rate))


def _curve(loci: Loci) -> tuple[Floats, bool]:
    """The likelihood of q, and whether loci disagree on it.

    Loci that disagree widen it by their quasi-likelihood factor (McCullagh and Nelder 1989, 9.2.4).
    One odd locus does not show tumour cells: the likelihood without it is then allowed, too.
    """
    curve = tumor_cells.of_nuclear_reads(loci)
    factor, p = dispersion(loci, float(GRID[int(np.argmax(curve))]))
    if not p < HETEROGENEITY_P:
        return curve, False
    odd = int(np.argmax(loci.alt / np.maximum(loci.depth * loci.vaf, 1e-9)))
    alt, depth, vaf = (np.delete(values, odd) for values in (loci.alt, loci.depth, loci.vaf))
    rest = replace(loci, alt=alt, depth=depth, vaf=vaf)
    without = tumor_cells.of_nuclear_reads(rest)
    return tumor_cells.either(curve / factor, without), True


def dispersion(loci: Loci, share: float) -> tuple[float, float]:
    """Pearson dispersion of the loci (at least 1), and the p value of homogeneity.

    The error is that of the loci together. The null distribution is simulated: with less than one
    read expected per locus, Pearson's statistic is far from chi-squared. The simulation stops once
    enough draws lie beyond the statistic (Besag and Clifford 1991, doi 10.1093/biomet/78.2.301).
    """
    freedom = len(loci.alt) - 1
    if freedom < 1:
        return 1.0, np.nan
    left = float(loci.alt.sum() - share * (loci.depth * loci.vaf).sum())
    error = min(max(left / ((1 - share) * loci.depth.sum() + 1e-9), 0.0), loci.max_error)
    expected = np.clip(share * loci.vaf + (1 - share) * error, 1e-9, 1 - 1e-9)
    spread = loci.depth * expected * (1 - expected)

    def pearson(alt: NDArray[np.generic]) -> Floats:
        return np.asarray(((alt - loci.depth * expected) ** 2 / spread).sum(axis=-1), float)

    found = float(pearson(loci.alt))
    rng = np.random.default_rng(1)
    drawn = beyond = 0
    while drawn < DRAWS and beyond < ENOUGH:
        draws = rng.binomial(loci.depth.astype(np.int64), expected, (BATCH, len(loci.alt)))
        beyond += int((pearson(draws) >= found).sum())
        drawn += BATCH
    return max(1.0, found / freedom), (1 + beyond) / (1 + drawn)
