"""Variant calls of one sample: alleles that its errors do not explain, and their filters.

False discoveries are controlled (``calls.false_calls``) over all minor alleles of all positions of
the depth that calls need. Alleles at shallower ones, indels and fixed differences are families of
their own, so that a sample's many fixed differences do not allow false heteroplasmies. An allele
that most fragments have is a fixed difference (``homoplasmic``) unless another base at its position
is a call that passes, which may be the reference's; an indel is one unless its VAF is shown to be
lower.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer import flags
from mitotransfer.calls.allele_tests import (
    covered_positions,
    indel_tests,
    snv_tests,
)
from mitotransfer.calls.false_calls import FalseCalls, false_calls
from mitotransfer.calls.frame import (
    BIAS,
    CALLS,
    ERROR_PRONE,
    HETEROPLASMIC,
    HOMOPLASMIC,
    LINKED_FEW,
    LINKED_MISMATCHES,
)
from mitotransfer.calls.nuclear_copies import (
    MinorAlleles,
    of_nuclear_copies,
    of_published_copies,
    read_length,
)
from mitotransfer.calls.own_indels import Allele, OwnIndels, own_indels
from mitotransfer.calls.read_bias import compare
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors.background import Alleles, Background, expected_errors
from mitotransfer.errors.sample_errors import weights
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.hgvs import Change
from mitotransfer.genome.reference import allele_codes
from mitotransfer.inputs.settings import Calling, Fraction
from mitotransfer.quick_scipy import special
from mitotransfer.stats.false_discovery import step_up
from mitotransfer.stats.intervals import vaf_interval


@dataclass(frozen=True)
class CallSettings(Calling):
    """Settings of the calls, and the confidence level of intervals."""

    confidence: float = Fraction.confidence


# ---------------------------------------------------------------- statistics


def q_values(p: NDArray[np.float64], n_tests: int) -> NDArray[np.float64]:
    """Benjamini-Hochberg q values of the smallest of ``n_tests`` p values (the rest are 1)."""
    return step_up(p, lambda ordered: ordered * n_tests)


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


# ---------------------------------------------------------------- calls


@dataclass(frozen=True)
class Tested:
    """Every allele that was seen in one sample, tested and filtered.

    Attributes:
        bases: ``calls.allele_tests.snv_tests`` with further columns: ``minor`` (not the sample's
            own base), ``q_value`` (among the minor alleles, or among the own bases), ``filter``
            (which leaves q values aside), those of ``calls.read_bias`` for minor alleles, and the
            flags ``linked`` and ``no_panel``.
        indels: ``calls.allele_tests.indel_tests`` with the same columns, without ``minor``.
        errors: false calls expected among the minor alleles, by threshold.
        changes: the indels along the sample's own sequence (``calls.own_indels``).
    """

    bases: pd.DataFrame
    indels: pd.DataFrame
    errors: FalseCalls
    changes: dict[Allele, Change]


def tested_alleles(
    counts: Counts, predicted: Background, genome: Genome, settings: CallSettings
) -> Tested:
    """Tests and filters of all alleles of a sample."""
    errors = false_calls(counts, predicted, genome.reference, settings.min_depth)
    along = own_indels(counts, genome.reference)
    bases = _tested_bases(counts, predicted, genome, settings, (errors, along))
    indels = _tested_indels(counts, predicted, genome, settings)
    return Tested(bases, indels, errors, along.changes)


def call(tested: Tested, genome: Genome, settings: CallSettings) -> pd.DataFrame:
    """Significant and homoplasmic alleles of one sample, columns ``CALLS``.

    Homoplasmic alleles are kept at any p value, and are never filtered for strands, base qualities
    or read positions. Rows are sorted by pos, ref and alt; the columns of annotation and phasing
    are empty.
    """
    bases = tested.bases
    called = bases["minor"] & (bases["filter"] == "PASS") & (bases["q_value"] <= settings.max_fdr)
    mixed = bases["pos"].isin(bases.loc[called, "pos"])
    bases = bases.assign(state=_state(bases["own"] & ~mixed))[bases["alt"] != bases["ref"]]
    indels = tested.indels
    fragments = (indels["alt_forward"] + indels["alt_reverse"]).to_numpy(np.int64)
    _, high = vaf_interval(fragments, indels["depth"].to_numpy(np.int64), settings.confidence)
    indels = indels.assign(state=_state(high >= settings.homoplasmic_vaf))
    frame = pd.concat([bases, indels], ignore_index=True) if len(indels) else bases
    kept = (frame["q_value"] <= settings.max_fdr) | (frame["vaf"] >= settings.homoplasmic_vaf)
    frame = frame[kept].sort_values(["pos", "ref", "alt"], ignore_index=True)
    alt = frame[["alt_forward", "alt_reverse"]].to_numpy(np.int64)
    frame["vaf_low"], frame["vaf_high"] = vaf_interval(
        alt.sum(axis=1), frame["depth"].to_numpy(np.int64), settings.confidence
    )
    frame["flags"] = _joined_words(
        {
            flags.ARTEFACT: _touched(frame, genome.artefact),
            flags.HOMOPOLYMER: _touched(frame, genome.near_homopolymer),
            flags.LINKED: frame["linked"].to_numpy(bool),
            flags.NO_PANEL: frame["no_panel"].to_numpy(bool),
        },
        "",
    )
    for column in ("gene", "consequence", "hgvs_m", "hgvs_p"):
        frame[column] = ""
    frame["phase_set"] = np.nan
    return frame[CALLS.names]


def _state(fixed: pd.Series | NDArray[np.bool_]) -> NDArray[np.object_]:
    return np.where(fixed, HOMOPLASMIC, HETEROPLASMIC).astype(object)


def _tested_bases(
    counts: Counts,
    predicted: Background,
    genome: Genome,
    settings: CallSettings,
    of_sample: tuple[FalseCalls, OwnIndels],
) -> pd.DataFrame:
    reference, (errors, along) = genome.reference, of_sample
    frame = snv_tests(counts, predicted, reference)
    positions = covered_positions(counts, reference)
    p, minor = frame["p_value"].to_numpy(), ~frame["own"].to_numpy(bool)
    q = np.empty(len(frame))
    allele = allele_codes(frame["alt"])
    at = frame["pos"].to_numpy(np.int64) - 1
    own = own_bases(counts)
    weight = weights(own[at], allele)
    vaf = frame["vaf"].to_numpy()
    deep = minor & (frame["depth"] >= settings.min_depth).to_numpy()
    shallow = minor & ~deep
    q[deep] = errors.q_values(p[deep] / weight[deep], vaf[deep])
    q[shallow] = q_values(p[shallow] / weight[shallow], 3 * positions)
    q[~minor] = q_values(p[~minor], positions)
    frame["minor"], frame["q_value"] = minor, q
    alt = (frame["alt_forward"] + frame["alt_reverse"]).to_numpy(np.int64)
    bias = compare(counts, reference.codes, at, allele, settings.confidence)
    for column, values in zip(BIAS, (bias.quality, bias.distance, bias.linked), strict=True):
        frame[column.name] = np.where(minor, values, np.nan)
    frame["linked"] = minor & (bias.linked_low >= LINKED_MISMATCHES)
    mean = expected_errors(predicted, Alleles(at, allele, counts.depth[at]))
    frame["no_panel"] = minor & (predicted.site_factors is not None) & (alt < ERROR_PRONE * mean)
    low = minor & (q <= settings.max_fdr) & (vaf < settings.max_nuclear_vaf)
    seen = MinorAlleles(at, allele, vaf, alt, p, bias.linked)
    nuclear = np.zeros(len(frame), bool)
    covered = counts.depth.sum(axis=1) >= settings.min_depth
    nuclear[minor] = of_published_copies(seen.rows(minor), genome.nuclear_copies, own, covered)
    nuclear &= low
    if counts.sums is not None:
        length = read_length(counts.sums, counts.meta["read_end"])
        nuclear[low] |= of_nuclear_copies(
            seen.rows(low), genome.control_region, length, settings.confidence
        )
    shares = predicted.carriers
    carriers = np.zeros(len(frame)) if shares is None else shares[at, allele]
    failures = {
        "base_quality": minor & (bias.quality_high < settings.min_quality_ratio),
        "read_position": minor & (bias.distance_high < settings.min_position_ratio),
        "recurrent": minor & (carriers >= settings.max_panel_share),
        "nuclear_copy": nuclear,
        "part_of_indel": minor & (along.moved[at, allele] > 0),
    }
    return _filtered(frame, genome, settings, failures)


def _tested_indels(
    counts: Counts, predicted: Background, genome: Genome, settings: CallSettings
) -> pd.DataFrame:
    frame = indel_tests(counts, predicted, genome)
    # An insertion and a deletion are tested at each position.
    n_tests = 2 * covered_positions(counts, genome.reference)
    frame["q_value"] = q_values(frame["p_value"].to_numpy(), n_tests)
    frame = frame.assign(**{column.name: np.nan for column in BIAS}, linked=False, no_panel=False)
    return _filtered(frame, genome, settings, {})


def _filtered(
    frame: pd.DataFrame,
    genome: Genome,
    settings: CallSettings,
    others: dict[str, NDArray[np.bool_]],
) -> pd.DataFrame:
    alt = frame[["alt_forward", "alt_reverse"]].to_numpy(np.int64)
    depth = frame[["depth_forward", "depth_reverse"]].to_numpy(np.int64)
    homoplasmic = (frame["vaf"] >= settings.homoplasmic_vaf).to_numpy()
    # Mismatches of the same few reads, as of a nuclear copy, are not independent evidence.
    linked = (frame["linked_mismatches"] >= LINKED_FEW).to_numpy()
    ratio = strand_ratio_bound(alt, depth, settings.confidence)
    snv = (frame["type"] == "SNV").to_numpy()
    failures = {
        "low_depth": (frame["depth"] < settings.min_depth).to_numpy(),
        "low_vaf": (frame["vaf"] < settings.min_vaf).to_numpy(),
        "few_fragments": alt.sum(axis=1) < settings.min_alt_fragments * (1 + linked),
        "strand_bias": ~homoplasmic & (ratio < settings.min_strand_ratio),
        "artefact": snv & genome.no_snv[frame["pos"].to_numpy(np.int64) - 1],
    } | others
    frame["filter"] = _joined_words(failures, "PASS")
    return frame


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
