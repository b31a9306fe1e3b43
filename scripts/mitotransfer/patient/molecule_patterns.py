"""What the long reads of a patient's samples show at the informative variants together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.counts.junctions import LONG_MARGIN
from mitotransfer.counts.molecule_bases import SILENT, MoleculeBases
from mitotransfer.fraction.molecule_haplotypes import MOST_VARIANTS
from mitotransfer.fraction.patterns import Alleles, Deletion, Patterns, gathered
from mitotransfer.genome import junction_alleles
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.genome.junction_alleles import JUNCTION, covered
from mitotransfer.genome.reference import Reference, allele_codes
from mitotransfer.table_files import Column, Table

#: How a pattern is written: no base that counts, another allele, the tumour's.
MARKS = ".01"
#: Code of a junction, which no base has.
JOINED = 9
PATTERNS = Table(
    "patients/{patient}/molecules.tsv",
    "Long reads by what they show at the patient's informative variants together: at most eight, "
    "SNVs and one large deletion; no rows for short reads. One row per sample and pattern.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the sample."),
        Column("role", "tumor, immune or normal."),
        Column("variants", "The variants, by position, joined by ','."),
        Column(
            "pattern",
            "A mark for each: 1 the tumour's allele, 0 another, . no base counts. Of a deletion: 1 "
            "the read has the junction, 0 it runs on at the junction's start.",
        ),
        Column(
            "if_deleted",
            "With a deletion among the variants, what the read would cover if its molecule had it: "
            "0, or . not. Else empty.",
        ),
        Column("molecules", "Reads that show it.", int),
        Column(
            "error_clustering",
            "Probability of an error at a site of a read that has one elsewhere, over that of any "
            "read; from the sample's other positions.",
            float,
        ),
    ),
    cure="compare the patient's samples again",
)


class Sites(NamedTuple):
    """The informative variants at which molecules are compared, in the order of the genome.

    Attributes:
        names: such as 3243A>G.
        pos: positions on the reference, from 1; of a deletion the last base before it.
        alt: codes of the tumour's alleles; of a deletion ``JOINED``.
        end: of a deletion the first base after it, else 0.
    """

    names: Sequence[str]
    pos: Ints
    alt: Ints
    end: Ints

    @property
    def deletion(self) -> int:
        """Which of them is a deletion; -1 without one."""
        return int(self.end.argmax()) if self.end.any() else -1

    def inside(self, length: int) -> Mask:
        """Which of them lie within the deletion, shape (k,)."""
        at = [self.deletion]
        return covered(self.pos[at], self.end[at], self.pos, length)[:, 0]


def site_names(evidence: pd.DataFrame) -> list[str]:
    """Name of each row's variant in the patterns."""
    columns = [evidence[name] for name in ("pos", "ref", "alt", "type")]
    names = [f"{pos}{ref}>{alt}" for pos, ref, alt, _ in zip(*columns, strict=True)]
    for at in np.flatnonzero(columns[-1] == JUNCTION):
        names[at] = str(evidence["hgvs_m"].iloc[at])
    return names


def sites_of(evidence: pd.DataFrame) -> Sites:
    """The SNVs and the deletion that count, those most frequent in the tumour of more than eight.

    Of several deletions the most frequent one.
    """
    kept = evidence["type"].isin(["SNV", JUNCTION]) & evidence["usable"].astype(bool)
    rows = evidence[kept].drop_duplicates(["pos", "alt"])
    alt = rows["tumor_alt_forward"] + rows["tumor_alt_reverse"]
    depth = rows["tumor_depth_forward"] + rows["tumor_depth_reverse"]
    share = (alt / depth.clip(lower=1)).sort_values(ascending=False, kind="stable")
    rows = rows.loc[share.index]
    deletions = rows["type"] == JUNCTION
    rows = rows[~deletions | (deletions.cumsum() == 1)][:MOST_VARIANTS].sort_values(["pos", "alt"])
    pos = rows["pos"].to_numpy(np.int64)
    joined = (rows["type"] == JUNCTION).to_numpy(bool)
    alleles, end = np.full(len(rows), JOINED, np.int64), np.zeros(len(rows), np.int64)
    alleles[~joined] = allele_codes(rows["alt"][~joined])
    if joined.any():
        end[joined] = junction_alleles.ends(rows[joined])[1]
    return Sites(site_names(rows), pos, alleles, end)


def alleles_at(molecules: MoleculeBases, sites: Sites, reference: Reference) -> Alleles:
    """What each molecule shows at the sites, int8 (n, k), as of ``Patterns``."""
    circle = Circle.of(reference)
    places = circle.to_circle(sites.pos - 1)
    codes = molecules.alleles(places, circle_codes(reference))
    shown = (codes == sites.alt[None]).astype(np.int8)
    shown[codes == SILENT] = -1
    at = sites.deletion
    if at >= 0:
        ends = int(places[at]), int(circle.to_circle(sites.end[at] - 1))
        repeat = junction_alleles.repeat(reference, int(sites.pos[at]), int(sites.end[at]))
        shown[:, at] = molecules.junction(*ends, repeat, circle.length)
    return shown


def if_deleted(
    molecules: MoleculeBases, shown: Alleles, sites: Sites, reference: Reference
) -> Alleles:
    """What molecules would cover if they had the deletion, int8 (n, k): 0, or -1.

    Of those that have it nothing.
    Each starts where it does, if that place is left, and has as many bases, or a whole turn of the
    shorter molecule. Of places that it then reaches beyond the deletion as many count as of those
    that others cover.

    Args:
        shown: ``alleles_at``.
    """
    circle, at = Circle.of(reference), sites.deletion
    places = circle.to_circle(sites.pos - 1)
    inside = sites.inside(reference.length)
    start, end = int(places[at]), int(circle.to_circle(sites.end[at] - 1))
    first, last = molecules.facts[:, 1], molecules.facts[:, 2]
    bases = (last - first) % circle.length + 1
    lost = (end - start - 1) % circle.length
    turn = circle.length - lost
    before = (start - first) % circle.length
    off = (places[None] - first[:, None]) % circle.length
    covers = off < bases[:, None]
    often = (shown >= 0).sum(axis=0) / np.maximum(covers.sum(axis=0), 1)
    reached = off - lost * (off > before[:, None]) < bases[:, None]
    whole = bases >= turn
    reached |= whole[:, None]
    drawn = np.random.default_rng(0).random(shown.shape) < often
    seen = np.where(covers, shown >= 0, reached & drawn)
    across = (before >= LONG_MARGIN - 1) & (bases - before > LONG_MARGIN)
    seen[:, at] = whole | across
    # One that starts inside is none; of those of a turn or more as many as a molecule has reads.
    ahead = (first - start - 1) % circle.length
    seen &= ((ahead >= lost) | (ahead < bases - turn))[:, None]
    seen &= shown[:, [at]] != 1
    return np.where(seen & ~inside, 0, -1).astype(np.int8)


def error_clustering(molecules: MoleculeBases, sites: Sites, reference: Reference) -> float:
    """How much likelier a second error on a read is than the first, at least 1.

    Errors are bases that fewer than one in twenty of the sample's reads have, but for the sites.
    With m errors among n bases of each read: sum m (m - 1) / sum n^2 over (sum m / sum n)^2.
    """
    keys = molecules.places.astype(np.int64) * 4 + molecules.bases
    times = np.bincount(keys, minlength=4 * Circle.of(reference).length)
    rare = times[keys] < max(0.05 * len(molecules), 2)
    places = Circle.of(reference).to_circle(sites.pos - 1)
    rare &= ~np.isin(molecules.places, places)
    owner = np.repeat(np.arange(len(molecules)), np.diff(molecules.starts))
    errors = np.bincount(owner[rare], minlength=len(molecules)).astype(float)
    bases = molecules.facts[:, 3].astype(float)
    if not errors.sum() > 0:
        return 1.0
    pairs = (errors * (errors - 1)).sum() / (bases**2).sum()
    return float(max(pairs / (errors.sum() / bases.sum()) ** 2, 1.0))


def pattern_rows(
    patient: str,
    roles: Mapping[str, str],
    molecules: Mapping[str, MoleculeBases],
    sites: Sites,
    reference: Reference,
) -> pd.DataFrame:
    """``molecules.tsv``: the patterns of the samples of long reads; none with less than two sites.

    Args:
        roles: of the samples.
        molecules: of those with long reads.
    """
    rows: list[tuple[object, ...]] = []
    size = len(sites.pos)
    for name in sorted(molecules) if size > 1 else ():
        clustering = error_clustering(molecules[name], sites, reference)
        shown = alleles_at(molecules[name], sites, reference)
        if sites.deletion >= 0:
            shown = np.hstack([shown, if_deleted(molecules[name], shown, sites, reference)])
        found = gathered(shown)
        for pattern, times in zip(found.alleles, found.molecules, strict=True):
            texts = pattern_text(pattern[:size]), pattern_text(pattern[size:])
            here = (patient, name, roles[name], ",".join(sites.names), *texts)
            rows.append((*here, int(times), clustering))
    return PATTERNS.frame(rows)


def error_rates(evidence: pd.DataFrame, sites: Sites) -> Floats:
    """Mean error rate at each site, of a sample's evidence rows."""
    rows = evidence.assign(name=site_names(evidence)).set_index("name").loc[list(sites.names)]
    alpha, beta = rows["error_alpha"].to_numpy(float), rows["error_beta"].to_numpy(float)
    return np.asarray(alpha / (alpha + beta))


def pattern_text(pattern: Alleles) -> str:
    """A pattern as it is written."""
    return "".join(MARKS[allele + 1] for allele in pattern.tolist())


def patterns_of(rows: pd.DataFrame, variants: Sequence[str], column: str = "pattern") -> Patterns:
    """Patterns in rows of ``molecules.tsv``, at those of its variants that are given.

    Args:
        rows: of one or more samples of a patient, at least one.
        column: ``pattern`` or ``if_deleted``.
    """
    names = str(rows["variants"].iloc[0]).split(",")
    alleles = np.array([[MARKS.index(m) - 1 for m in text] for text in rows[column]], np.int8)
    wanted = [names.index(name) for name in variants]
    return gathered(alleles[:, wanted], rows["molecules"].to_numpy(np.int64))


def deletion_of(rows: pd.DataFrame, variants: Sequence[str], inside: Mask, which: Mask) -> Deletion:
    """The deletion among variants, for the molecules of one sample.

    Args:
        rows, variants: as for ``patterns_of``.
        inside: variants that lie within it; which: the one that it is; shape (k,) each.
    """
    return Deletion(int(which.argmax()), inside, patterns_of(rows, variants, "if_deleted"))
