"""Variant calls of one sample: which alleles are more than its errors, and how sure that is.

The p value of an allele asks for the probability of at least as many fragments if there were
errors alone:

    p = P(K >= k over both strands | background) + h P(K_s >= k_s on the other strand | background)

The first term is the beta-binomial tail with the strands' backgrounds joined. The second covers
hot spots, sites where one strand errs far beyond what the background describes: their share h of
all sites is estimated from the sample, and given a hot spot on the strand with the higher VAF only
the other strand is evidence. A strand that could not have shown the variant (fewer than
``MIN_EXPECTED`` fragments expected at the VAF of the other) is not asked, so that sites which
amplicons cover on one strand can be called. q values by Benjamini and Hochberg (1995) over all
covered positions and alleles.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from mitotransfer import betabinom
from mitotransfer.counts import Counts
from mitotransfer.errormodel import Background, joined
from mitotransfer.reference import BASES, CODE_N, PLACEHOLDER, Reference
from mitotransfer.sampleerrors import DEFAULT_SPREAD, PRIOR_BASES, PRIOR_PAIRS, robust_fit
from mitotransfer.tracts import near_homopolymer, run_lengths, tract_masks

CALL_COLUMNS = [
    "pos", "ref", "alt", "type", "vaf", "vaf_low", "vaf_high", "depth", "ref_forward",
    "ref_reverse", "alt_forward", "alt_reverse", "p_value", "q_value", "filter", "gene",
    "consequence", "hgvs_m", "hgvs_p", "flags",
]  # fmt: skip
_INTEGERS = [
    "pos", "depth", "ref_forward", "ref_reverse", "alt_forward", "alt_reverse",
]  # fmt: skip
_FLOATS = ["vaf", "vaf_low", "vaf_high", "p_value", "q_value"]

FILTERS = {
    "low_depth": "Depth below calling.min_depth",
    "low_vaf": "VAF below calling.min_vaf",
    "few_fragments": "Fewer fragments with the allele than calling.min_alt_fragments",
    "strand_bias": "VAF of the weaker strand over that of the stronger below "
    "calling.min_strand_ratio even at its upper confidence bound",
    "artefact": "SNV in a tract where alignment makes false ones",
}
FLAGS = {
    "artefact": "In a tract known for alignment artefacts",
    "homopolymer": "In or next to a homopolymer of at least five bases",
}

# Fragments that a strand has to be expected to show before its silence means something.
MIN_EXPECTED = 3.0
# Lower ends of the classes of homopolymer length with an indel rate of their own.
RUN_CLASSES = (1, 3, 5, 6)


@dataclass(frozen=True)
class CallSettings:
    """The keys of ``calling`` in the configuration, and the confidence level of intervals."""

    max_fdr: float = 0.01
    min_vaf: float = 0.002
    min_alt_fragments: int = 4
    min_depth: int = 30
    homoplasmic_vaf: float = 0.95
    min_strand_ratio: float = 0.2
    confidence: float = 0.95


# ---------------------------------------------------------------- statistics


def p_values(
    k: NDArray[np.int64],
    n: NDArray[np.int64],
    strands: tuple[NDArray[np.float64], NDArray[np.float64]],
    both: tuple[NDArray[np.float64], NDArray[np.float64]],
    hot_spots: float,
) -> NDArray[np.float64]:
    """The p value of the module's docstring.

    Args:
        k, n: fragments with the allele and depth, shape (n_alleles, 2).
        strands: Beta parameters of the error rate, each (n_alleles, 2).
        both: those of both strands together, each (n_alleles,).
        hot_spots: share h of sites.
    """
    together = betabinom.upper_tail(k.sum(axis=1), n.sum(axis=1), *both)
    vaf = k / np.maximum(n, 1)
    row = np.arange(len(k))
    weaker = vaf.argmin(axis=1)
    asked = n[row, weaker] * vaf.max(axis=1) >= MIN_EXPECTED
    other = betabinom.upper_tail(
        k[row, weaker], n[row, weaker], strands[0][row, weaker], strands[1][row, weaker]
    )
    return np.minimum(together + np.where(asked, hot_spots * other, 0.0), 1.0)


def q_values(p: NDArray[np.float64], n_tests: int) -> NDArray[np.float64]:
    """Benjamini-Hochberg q values of the smallest of ``n_tests`` p values (the rest are 1)."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * n_tests / np.arange(1, p.size + 1)
    q = np.empty(p.size)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def vaf_interval(
    k: NDArray[np.int64], n: NDArray[np.int64], confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Jeffreys interval of k / n, closed at 0 and 1 (Brown, Cai and DasGupta, Stat Sci 2001)."""
    tail = (1.0 - confidence) / 2.0
    low = np.where(k > 0, special.betaincinv(k + 0.5, n - k + 0.5, tail), 0.0)
    high = np.where(k < n, special.betaincinv(k + 0.5, n - k + 0.5, 1.0 - tail), 1.0)
    return low, high


def strand_ratio_bound(
    k: NDArray[np.int64], n: NDArray[np.int64], confidence: float
) -> NDArray[np.float64]:
    """Upper confidence bound of the weaker strand's VAF over the stronger one's.

    Given ``k_w + k_s``, ``k_w`` is binomial with odds ``ratio n_w / n_s`` (small VAFs), so the
    exact bound of that share gives the ratio's. Infinite where a strand has no depth.
    """
    row = np.arange(len(k))
    vaf = k / np.maximum(n, 1)
    weaker = np.where(n.min(axis=1) > 0, vaf.argmin(axis=1), n.argmin(axis=1))
    weak, strong = k[row, weaker], k[row, 1 - weaker]
    share = special.betaincinv(weak + 1.0, np.maximum(strong, 0.5), (1.0 + confidence) / 2.0)
    with np.errstate(divide="ignore"):
        odds = share / (1.0 - share)
        return np.where(strong > 0, odds * n[row, 1 - weaker] / n[row, weaker], np.inf)


# ---------------------------------------------------------------- candidates


def _snv_candidates(
    counts: Counts, predicted: Background, reference: Reference
) -> tuple[pd.DataFrame, int]:
    """Every false or true base seen at least once, with its p value; number of tests."""
    depth = counts.depth
    covered = (depth.sum(axis=1) > 0) & (reference.codes < CODE_N)
    seen = counts.bases.any(axis=2) & covered[:, None]
    seen &= reference.codes[:, None] != np.arange(4)
    pos, allele = np.nonzero(seen)
    k = counts.bases[pos, allele].astype(np.int64)
    n = depth[pos]
    p = p_values(
        k,
        n,
        (predicted.alpha[pos, allele], predicted.beta[pos, allele]),
        joined(predicted, pos, allele, n[:, 0], n[:, 1]),
        predicted.hot_spots,
    )
    letters = np.array(list(BASES), object)
    ref = reference.codes[pos].astype(np.int64)
    frame = pd.DataFrame(
        {
            "pos": pos + 1,
            "ref": letters[ref],
            "alt": letters[allele],
            "type": "SNV",
            "depth": n.sum(axis=1),
            "depth_forward": n[:, 0],
            "depth_reverse": n[:, 1],
            "ref_forward": counts.bases[pos, ref, 0].astype(np.int64),
            "ref_reverse": counts.bases[pos, ref, 1].astype(np.int64),
            "alt_forward": k[:, 0],
            "alt_reverse": k[:, 1],
            "p_value": p,
        }
    )
    return frame, 3 * int(covered.sum())


def indel_background(
    counts: Counts, reference: Reference
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Beta parameters of the rate of false indels after each base, shape (16569,).

    Fitted to the sample's own positions in classes of the length of the homopolymer that follows
    (``RUN_CLASSES``), shrunk as substitution rates are; never lower than in a shorter class.
    """
    total = np.zeros(reference.length, np.int64)
    indels = counts.indels
    np.add.at(total, indels["pos"].to_numpy(np.int64) - 1, _fragments(indels).sum(axis=1))
    depth = counts.depth.sum(axis=1)
    total = np.minimum(total, depth)
    following = np.roll(run_lengths(reference), -1)
    # Left-normalised indels stand before a run, so bases inside runs never have any.
    starts = reference.codes != np.roll(reference.codes, -1)
    alpha, beta = np.empty(reference.length), np.empty(reference.length)
    mean = spread = 0.0
    for start, end in zip(RUN_CLASSES, [*RUN_CLASSES[1:], reference.length], strict=True):
        members = (following >= start) & (following < end)
        sites = np.flatnonzero(members & starts & (depth > 0))
        found, errors = robust_fit(total[sites], depth[sites])
        k, n = total[sites][errors], depth[sites][errors]
        own = float((k.sum() + 1.0) / (n.sum() + PRIOR_BASES))
        pairs = 0.5 * float(np.sum((n * own) ** 2))
        measured = found.rho * (1.0 - own) / own
        own_spread = (pairs * measured + PRIOR_PAIRS * DEFAULT_SPREAD) / (pairs + PRIOR_PAIRS)
        mean, spread = (own, own_spread) if own >= mean else (mean, max(spread, own_spread))
        rho = min(spread * mean / (1.0 - mean), 0.9)
        alpha[members], beta[members] = betabinom.shapes(mean, rho)
    unknown = following == 0  # before the placeholder
    alpha[unknown], beta[unknown] = betabinom.shapes(mean, rho)
    return alpha, beta


def _fragments(indels: pd.DataFrame) -> NDArray[np.int64]:
    return indels[["forward", "reverse"]].to_numpy(np.int64).reshape(-1, 2)


def _indel_candidates(
    counts: Counts, predicted: Background, reference: Reference
) -> tuple[pd.DataFrame, int]:
    """Every indel allele seen, with its p value; number of tests (one of each kind a position)."""
    indels = counts.indels
    ends = indels["pos"] + indels["ref"].str.len() - 1
    touches = (indels["pos"] <= PLACEHOLDER + 1) & (ends >= PLACEHOLDER + 1)
    if reference.codes[PLACEHOLDER] == CODE_N:
        indels = indels[~touches]
    anchor = indels["pos"].to_numpy(np.int64) - 1
    k = _fragments(indels)
    at_anchor = np.zeros((reference.length, 2), np.int64)
    np.add.at(at_anchor, anchor, k)
    n = np.maximum(counts.depth[anchor], at_anchor[anchor])
    alpha, beta = indel_background(counts, reference)
    alpha, beta = alpha[anchor], beta[anchor]
    strands = (np.stack([alpha] * 2, axis=1), np.stack([beta] * 2, axis=1))
    frame = pd.DataFrame(
        {
            "pos": anchor + 1,
            "ref": indels["ref"].to_numpy(object),
            "alt": indels["alt"].to_numpy(object),
            "type": np.where(
                indels["alt"].str.len() > indels["ref"].str.len(), "insertion", "deletion"
            ).astype(object),
            "depth": n.sum(axis=1),
            "depth_forward": n[:, 0],
            "depth_reverse": n[:, 1],
            "ref_forward": n[:, 0] - at_anchor[anchor, 0],
            "ref_reverse": n[:, 1] - at_anchor[anchor, 1],
            "alt_forward": k[:, 0],
            "alt_reverse": k[:, 1],
            "p_value": p_values(k, n, strands, (alpha, beta), predicted.hot_spots),
        }
    )
    return frame, 2 * int((counts.depth.sum(axis=1) > 0).sum())


# ---------------------------------------------------------------- calls


def call(
    counts: Counts,
    predicted: Background,
    reference: Reference,
    artefacts: pd.DataFrame,
    settings: CallSettings,
) -> pd.DataFrame:
    """Significant and homoplasmic alleles of one sample, columns ``CALL_COLUMNS``.

    Homoplasmic alleles are kept whatever their test says and are never marked for their strands.
    Sorted by pos, ref, alt. The columns of the annotation are empty.
    """
    snvs, n_snvs = _snv_candidates(counts, predicted, reference)
    indels, n_indels = _indel_candidates(counts, predicted, reference)
    frame = pd.concat([snvs, indels], ignore_index=True) if len(indels) else snvs
    frame["q_value"] = q_values(frame["p_value"].to_numpy(), n_snvs + n_indels)
    k = frame[["alt_forward", "alt_reverse"]].to_numpy(np.int64)
    frame["vaf"] = k.sum(axis=1) / np.maximum(frame["depth"].to_numpy(), 1)
    kept = (frame["q_value"] <= settings.max_fdr) | (frame["vaf"] >= settings.homoplasmic_vaf)
    frame = frame[kept].sort_values(["pos", "ref", "alt"], ignore_index=True)
    alt = frame[["alt_forward", "alt_reverse"]].to_numpy(np.int64)
    frame["vaf_low"], frame["vaf_high"] = vaf_interval(
        alt.sum(axis=1), frame["depth"].to_numpy(np.int64), settings.confidence
    )
    flagged, no_snv = tract_masks(artefacts, reference.length)
    frame["flags"] = _joined_words(
        {
            "artefact": _touched(frame, flagged),
            "homopolymer": _touched(frame, near_homopolymer(reference)),
        },
        "",
    )
    frame["filter"] = _joined_words(_failures(frame, alt, no_snv, settings), "PASS")
    for column in ("gene", "consequence", "hgvs_m", "hgvs_p"):
        frame[column] = ""
    return frame[CALL_COLUMNS]


def _failures(
    frame: pd.DataFrame,
    alt: NDArray[np.int64],
    no_snv: NDArray[np.bool_],
    settings: CallSettings,
) -> dict[str, NDArray[np.bool_]]:
    depth = frame[["depth_forward", "depth_reverse"]].to_numpy(np.int64)
    homoplasmic = (frame["vaf"] >= settings.homoplasmic_vaf).to_numpy()
    ratio = strand_ratio_bound(alt, depth, settings.confidence)
    snv = (frame["type"] == "SNV").to_numpy()
    return {
        "low_depth": (frame["depth"] < settings.min_depth).to_numpy(),
        "low_vaf": (frame["vaf"] < settings.min_vaf).to_numpy(),
        "few_fragments": alt.sum(axis=1) < settings.min_alt_fragments,
        "strand_bias": ~homoplasmic & (ratio < settings.min_strand_ratio),
        "artefact": snv & no_snv[frame["pos"].to_numpy(np.int64) - 1],
    }


def _touched(frame: pd.DataFrame, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows of which a changed base, or for an indel the base after its anchor, is in the mask."""
    before = np.concatenate([[0], np.cumsum(np.concatenate([mask, mask]))])
    first = frame["pos"].to_numpy(np.int64) - 1
    last = first + frame["ref"].str.len().to_numpy(np.int64)  # exclusive
    indel = (frame["type"] != "SNV").to_numpy()
    last = np.where(indel, np.maximum(last, first + 2), last)
    return before[last] > before[first]


def _joined_words(words: dict[str, NDArray[np.bool_]], none: str) -> NDArray[np.object_]:
    out = np.full(len(next(iter(words.values()))), "", object)
    for word, rows in words.items():
        out[rows] = [f"{text};{word}" if text else word for text in out[rows]]
    out[out == ""] = none
    return out


def write_calls(calls: pd.DataFrame, path: str | Path) -> None:
    """Write a calls frame as TSV."""
    calls[CALL_COLUMNS].to_csv(
        path, sep="\t", index=False, float_format="%.6g", lineterminator="\n"
    )


def read_calls(path: str | Path) -> pd.DataFrame:
    """A calls frame as ``write_calls`` wrote it."""
    calls = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    if list(calls.columns) != CALL_COLUMNS:
        raise ValueError(f"{path}: not a calls table; call the sample again")
    return calls.astype(dict.fromkeys(_INTEGERS, np.int64) | dict.fromkeys(_FLOATS, np.float64))
