"""Fragments that two samples have in common: the same reads under two names.

Two libraries of one person share haplotype, heteroplasmies and error rates of sites, but not the
errors themselves. Counts k of rare errors in n fragments at a site are Poisson with rates p_a, p_b:

    E [k_a / n_a^2 + k_b / n_b^2 - (k_a / n_a - k_b / n_b)^2] = 2 s p / (n_a n_b) - (p_a - p_b)^2

where s fragments are in both samples. Summed over all errors this gives s / min(n_a, n_b): 0 for
two libraries, 1 where one sample holds the other. Different rates or dispersion make it negative,
never positive.

A file given to two samples is found by its checksum as well: one lane of eight is too small a share
to show in the counts, but large enough to bring another sample's mtDNA.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import ERROR_CAP, own_bases
from mitotransfer.genome.reference import CODE_N

#: Samples with this share of common fragments, this many standard errors above 0, are copies.
MIN_SHARE, MIN_DEVIATIONS = 0.2, 6.0
#: With fewer errors in both samples together the share is unknown.
MIN_ERRORS = 50
#: Smaller files (bytes) are practically empty, and alike.
MIN_FILE_BYTES = 1000
#: Statuses: the same reads under two names; reads of its own and some of another sample's.
DUPLICATE, SHARED = "duplicate", "shared"


def digest(counts: Counts) -> str:
    """Digest of the counts; empty for a sample without reads."""
    return hashlib.sha256(counts.bases.tobytes()).hexdigest() if counts.bases.any() else ""


def same_files(inputs: Mapping[str, Iterable[Mapping[str, str]]]) -> list[tuple[str, str]]:
    """Pairs of samples with an input file of the same content.

    Args:
        inputs: rows of ``inputs.checksums`` of each sample; those of an index do not count.
    """
    first: dict[str, str] = {}
    pairs = set()
    for sample in sorted(inputs):
        for row in inputs[sample]:
            whole = row["role"] == "input" and row["sha256_of"] == row["path"]
            if whole and int(row["bytes"]) >= MIN_FILE_BYTES:
                owner = first.setdefault(row["sha256"], sample)
                if owner != sample:
                    pairs.add((owner, sample))
    return sorted(pairs)


def shared_fragments(one: Counts, other: Counts) -> tuple[float, float]:
    """Share of the smaller sample's fragments that are in both, and its standard error.

    From alleles that are errors in both samples; NaN where there are too few of them.
    """
    own = own_bases(one)
    site = (own == own_bases(other)) & (own < CODE_N)
    error = site[:, None] & (own[:, None] != np.arange(4))
    for sample in (one, other):
        error &= sample.alleles <= ERROR_CAP * (sample.depth[:, :1] + sample.depth[:, 1:])
    # Sites without an error in either sample add nothing to the sums below.
    covered = (one.depth > 0) & (other.depth > 0)
    seen = error[..., None] & covered[:, None] & ((one.bases > 0) | (other.bases > 0))
    pos, allele, strand = np.nonzero(seen)
    ka, kb = (sample.bases[pos, allele, strand].astype(float) for sample in (one, other))
    na, nb = (sample.depth[pos, strand].astype(float) for sample in (one, other))
    if ka.sum() + kb.sum() < MIN_ERRORS:
        return math.nan, math.nan
    # Weight of a site: how well its depths distinguish the two shares.
    weight = na * nb / (na + nb)
    terms = weight * (ka / na**2 + kb / nb**2 - (ka / na - kb / nb) ** 2)
    scale = (weight * 2 * (ka + kb) / (na + nb) / np.maximum(na, nb)).sum()
    if not scale > 0:
        return math.nan, math.nan
    return float(terms.sum() / scale), float(np.sqrt((terms**2).sum()) / scale)


def are_copies(one: Counts, other: Counts) -> bool:
    """Whether two samples have too many fragments in common for two libraries."""
    share, error = shared_fragments(one, other)
    return share > MIN_SHARE and share > MIN_DEVIATIONS * error


class Copies:
    """Pairs of samples with reads in common; samples are added one by one.

    Attributes:
        same: pairs with equal counts, of the whole cohort.
        parts: pairs of a patient with a part in common; a patient's samples are added in a row.
    """

    def __init__(self) -> None:
        self.same: list[tuple[str, str]] = []
        self.parts: list[tuple[str, str]] = []
        self._seen: dict[str, str] = {}
        self._patient = ""
        self._own: dict[str, Counts] = {}

    def add(self, name: str, patient: str, counts: Counts) -> None:
        """Compare a sample with those before it."""
        if patient != self._patient:
            self._patient, self._own = patient, {}
        fingerprint = digest(counts)
        first = self._seen.setdefault(fingerprint, name) if fingerprint else name
        if first != name:
            self.same.append((first, name))
        for other, own in self._own.items():
            if other != first and are_copies(own, counts):
                self.parts.append((other, name))
        self._own[name] = counts


def mark(
    who: pd.DataFrame,
    same: Sequence[tuple[str, str]],
    parts: Sequence[tuple[str, str]] = (),
) -> pd.DataFrame:
    """``identity.tsv`` with the statuses ``duplicate`` and ``shared`` (of samples without faults).

    Of two immune samples of one patient the first stays. In any other pair either name may be
    wrong, and neither sample is trusted. Samples with a part in common may be mixtures of each
    other's reads: they are judged and flagged.

    Args:
        same, parts: names of samples with the same reads, and with some reads in common.
    """
    table = who.set_index("sample", drop=False)
    for pair in sorted(parts):
        for name, other in (pair, pair[::-1]):
            if table.loc[name, "status"] in ("ok", "single"):
                table.loc[name, ["status", "reason"]] = SHARED, f"reads in common with {other}"
    for first, second in sorted(tuple(sorted(pair)) for pair in same):
        of = [(table.loc[n, "patient"], table.loc[n, "role"]) for n in (first, second)]
        rejected = [(second, first)]
        if of[0] != of[1] or of[0][1] != "immune":
            rejected.append((first, second))
        for name, other in rejected:
            table.loc[name, ["status", "reason"]] = DUPLICATE, f"the same reads as sample {other}"
    return table.reset_index(drop=True)[list(who.columns)]
