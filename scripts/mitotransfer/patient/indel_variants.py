"""Indels of the tumour as variants: which of them are evidence, and their errors.

Polymerases and sequencers change the length of repeats, so an indel is no evidence in or next to a
homopolymer, or in a tandem repeat of three units, on either allele: that with the indel or that
without it. Ion Torrent, nanopore and PacBio misread the length of any run of equal bases: there an
indel must not touch a run of two. Few fragments can show a long indel, so that its VAF is
uncertain: half of them have to be able to. Deletions of ``counts.junctions.MIN_SIZE`` bases or more
are evidence as junctions instead.

Runs are those of the patient's own sequence, in which a fixed SNV can make a run longer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Mask
from mitotransfer.calls.allele_tests import indel_background
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.indel_depth import indel_depth, repeat_beyond, shown_share
from mitotransfer.counts.junctions import MIN_SIZE
from mitotransfer.errors.indel_sums import IndelSums, indel_shapes
from mitotransfer.errors.site_sums import SiteSums
from mitotransfer.flag_words import Flag
from mitotransfer.flags import ARTEFACT, INDEL, INDEL_BESIDE_RUN, INDEL_IN_REPEAT, INDEL_TOO_LONG
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.reference import Reference
from mitotransfer.genome.tracts import MIN_HOMOPOLYMER

#: Copies of a unit of two or more bases that make a tandem repeat.
MIN_COPIES = 3
#: Share of the fragments without an indel that have to be able to show it.
MIN_SHOWN = 0.5
#: Platforms that read the length of runs wrongly.
RUN_ERRORS = ("iontorrent", "nanopore", "pacbio")
#: Variants within so many bases of an indel may be one event with it; the first counts for all.
NEIGHBOURS = 10
# Bases on each side among which runs are searched.
_FLANK = 20
_TYPES = ("insertion", "deletion")

Row = tuple[int, str, str]


def is_indel(variants: pd.DataFrame) -> Mask:
    """Mask of small insertions and deletions."""
    return np.asarray(variants["type"].isin(_TYPES), bool)


def indel_counts(counts: Counts, variants: pd.DataFrame, reference: Reference) -> NDArray[np.int64]:
    """Fragments with each indel, and those that can show it: alt, alt, depth, depth; (n, 4).

    Args:
        variants: rows that are indels. The sample need not show them.
    """
    keys = ["pos", "ref", "alt"]
    table = counts.indels.set_index(keys)[["forward", "reverse"]]
    wanted = pd.MultiIndex.from_frame(variants[keys])
    found = table.reindex(wanted, fill_value=0).to_numpy(np.int64)
    depth = indel_depth(counts, reference, variants)
    return np.hstack([found, np.maximum(depth, found)])


def touched_run(sequence: str, row: Row) -> int:
    """Longest run of equal bases that an indel stands in or next to, on either allele.

    Args:
        sequence: of the patient, on the coordinates of the reference.
        row: position (1-based), ref and alt, left-normalised with one anchor base.
    """
    anchor, moved = row[0] - 1, (row[1][1:], row[2][1:])
    shift, after = repeat_beyond(sequence, anchor, *row[1:]), anchor + 1 + len(moved[0])
    left = _around(sequence, anchor - _FLANK + 1, _FLANK)
    right = _around(sequence, after, _FLANK + shift + 1)
    longest = 1
    for middle in moved:
        text = left + middle + right
        # The bases on both sides of the gap, wherever in its repeat it is put.
        for edge in {_FLANK - 1, _FLANK - 1 + len(middle)}:
            for at in range(edge, edge + shift + 2):
                longest = max(longest, _run(text, at))
    return longest


def copies(sequence: str, row: Row) -> int:
    """Copies of the indel's unit that stand side by side on the longer allele."""
    moved = row[2][1:] or row[1][1:]
    unit = next(
        size for size in range(1, len(moved) + 1)
        if len(moved) % size == 0 and moved[:size] * (len(moved) // size) == moved
    )  # fmt: skip
    return (len(moved) + repeat_beyond(sequence, row[0] - 1, *row[1:])) // unit


def _around(sequence: str, start: int, size: int) -> str:
    return "".join(sequence[(start + i) % len(sequence)] for i in range(size))


def _run(text: str, at: int) -> int:
    first = last = at
    while first > 0 and text[first - 1] == text[at]:
        first -= 1
    while last + 1 < len(text) and text[last + 1] == text[at]:
        last += 1
    return last - first + 1


def errs_in_runs(samples: Sequence[Counts]) -> bool:
    """Whether any of the samples is of a platform that reads the length of runs wrongly."""
    return any(one.meta.get("platform") in RUN_ERRORS for one in samples)


def refusals(
    variants: pd.DataFrame, samples: Sequence[Counts], genome: Genome, sequence: str
) -> dict[Flag, Mask]:
    """Masks of the indels that are no evidence in these samples, by the reason.

    Args:
        variants: any; other types are never marked.
        samples: the patient's, of which all are compared.
        sequence: as for ``touched_run``.
    """
    indel = is_indel(variants)
    rows = rows_of(variants[indel])
    runs = np.array([touched_run(sequence, row) for row in rows], np.int64)
    repeated = np.array([copies(sequence, row) >= MIN_COPIES for row in rows], bool)
    shown = [shown_share(one, genome.reference, variants[indel]) for one in samples]
    size = np.array([len(ref) - len(alt) for _, ref, alt in rows], np.int64)
    complex_ = np.array([min(len(ref), len(alt)) > 1 for _, ref, alt in rows], bool)

    def of_all(of_indels: Mask) -> Mask:
        found = np.zeros(len(variants), bool)
        found[indel] = of_indels
        return found

    few = np.min([np.ones(len(rows)), *shown], axis=0) < MIN_SHOWN
    return {
        INDEL: of_all(complex_),
        ARTEFACT: of_all(np.array([_in_tract(genome, sequence, row) for row in rows], bool)),
        INDEL_IN_REPEAT: of_all((runs >= MIN_HOMOPOLYMER) | repeated),
        INDEL_BESIDE_RUN: of_all((runs >= 2) & errs_in_runs(samples)),
        INDEL_TOO_LONG: of_all(few | (size >= MIN_SIZE)),
    }


def of_immune(
    variants: pd.DataFrame, counts: Counts, reference: Reference, sequence: str
) -> dict[Flag, Mask]:
    """Masks of the usable indels that the immune sample's reads cannot judge, by the reason."""
    asked = is_indel(variants) & variants["usable"].to_numpy(bool)
    runs = np.zeros(len(variants), bool)
    long = runs.copy()
    if asked.any():
        rows = rows_of(variants[asked])
        runs[asked] = [errs_in_runs([counts]) and touched_run(sequence, row) > 1 for row in rows]
        long[asked] = shown_share(counts, reference, variants[asked]) < MIN_SHOWN
    return {INDEL_BESIDE_RUN: runs, INDEL_TOO_LONG: long}


def _in_tract(genome: Genome, sequence: str, row: Row) -> bool:
    """Whether an indel touches a tract of the bundle, wherever in its repeat it is put."""
    first = row[0] - 1
    last = first + len(row[1]) + repeat_beyond(sequence, first, *row[1:])
    return bool(genome.artefact[np.arange(first, last + 1) % genome.reference.length].any())


def beside_others(variants: pd.DataFrame, usable: Mask) -> Mask:
    """Usable variants that may be one event with a usable indel before them, or it with them.

    Of variants within ``NEIGHBOURS`` bases of an indel the first one counts, as of a phase set.
    """
    pos = variants["pos"].to_numpy(np.int64)
    last = pos + variants["ref"].str.len().to_numpy(np.int64) - 1
    indel = is_indel(variants) & usable
    again = np.zeros(len(variants), bool)
    if not indel.any():
        return again
    kept: list[int] = []
    for row in sorted(np.flatnonzero(usable).tolist(), key=lambda i: (indel[i], pos[i])):
        if not indel[row]:
            kept.append(row)
            continue
        near = [
            i for i in kept
            if pos[row] <= last[i] + NEIGHBOURS and pos[i] <= last[row] + NEIGHBOURS
        ]  # fmt: skip
        again[row] = bool(near)
        kept += [] if near else [row]
    return again


def own_shapes(
    counts: Counts, variants: pd.DataFrame, reference: Reference
) -> tuple[Floats, Floats]:
    """Beta parameters of the error rates of indels, from the sample's own errors, each (n,).

    Those of all indels after the same base, so they bound those of one indel: the rates of the
    sample's runs of the length that follows, or comes before, whichever is higher.
    """
    alpha, beta = indel_background(counts, reference)
    at = variants["pos"].to_numpy(np.int64) - 1
    after = (at + variants["ref"].str.len().to_numpy(np.int64)) % reference.length
    places = np.stack([at, at - 1, after - 1])
    worst = (alpha[places] / (alpha[places] + beta[places])).argmax(axis=0)
    chosen = places[worst, np.arange(len(at))]
    return alpha[chosen], beta[chosen]


def shapes(
    counts: Counts,
    variants: pd.DataFrame,
    reference: Reference,
    unrelated: tuple[IndelSums, SiteSums] | None = None,
) -> tuple[Floats, Floats]:
    """``own_shapes``, with the errors of unrelated samples after the same base."""
    prior = own_shapes(counts, variants, reference)
    if unrelated is None or not unrelated[1].n_samples:
        return prior
    indels, sites = unrelated
    at = variants["pos"].to_numpy(np.int64) - 1
    depth = sites.depth[at].max(axis=1).sum(axis=1)
    return indel_shapes(prior, indels.errors_at(at), depth)


def rows_of(variants: pd.DataFrame) -> list[Row]:
    """Position, ref and alt of each row."""
    columns = (variants[name].tolist() for name in ("pos", "ref", "alt"))
    return [(int(pos), str(ref), str(alt)) for pos, ref, alt in zip(*columns, strict=True)]
