"""What the long reads of a patient's samples show at the informative variants together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from mitotransfer.arrays import Floats, Ints
from mitotransfer.counts.molecule_bases import SILENT, MoleculeBases
from mitotransfer.fraction.molecule_haplotypes import MOST_VARIANTS, Alleles, Patterns, gathered
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.genome.reference import Reference, allele_codes
from mitotransfer.table_files import Column, Table

#: How a pattern is written: no base that counts, another allele, the tumour's.
MARKS = ".01"
PATTERNS = Table(
    "patients/{patient}/molecules.tsv",
    "Long reads by what they show at the patient's informative SNVs together, at most eight of "
    "them; no rows for short reads. One row per sample and pattern.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the sample."),
        Column("role", "tumor, immune or normal."),
        Column("variants", "The SNVs, by position, joined by ','."),
        Column("pattern", "A mark for each: 1 the tumour's allele, 0 another, . no base counts."),
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
    """The informative SNVs at which molecules are compared, in the order of the genome.

    Attributes:
        names: such as 3243A>G.
        pos: positions on the reference, from 1.
        alt: codes of the tumour's alleles.
    """

    names: Sequence[str]
    pos: Ints
    alt: Ints


def site_names(evidence: pd.DataFrame) -> list[str]:
    """Name of each row's variant in the patterns."""
    rows = zip(evidence["pos"], evidence["ref"], evidence["alt"], strict=True)
    return [f"{pos}{ref}>{alt}" for pos, ref, alt in rows]


def sites_of(evidence: pd.DataFrame) -> Sites:
    """The SNVs that count, those most frequent in the tumour if there are more than eight."""
    snv = (evidence["type"] == "SNV") & evidence["usable"].astype(bool)
    rows = evidence[snv].drop_duplicates(["pos", "alt"])
    alt = rows["tumor_alt_forward"] + rows["tumor_alt_reverse"]
    depth = rows["tumor_depth_forward"] + rows["tumor_depth_reverse"]
    share = (alt / depth.clip(lower=1)).sort_values(ascending=False, kind="stable")
    rows = rows.loc[share.index[:MOST_VARIANTS]].sort_values(["pos", "alt"])
    pos = rows["pos"].to_numpy(np.int64)
    return Sites(site_names(rows), pos, allele_codes(rows["alt"]).astype(np.int64))


def alleles_at(molecules: MoleculeBases, sites: Sites, reference: Reference) -> Alleles:
    """What each molecule shows at the sites, int8 (n, k), as of ``Patterns``."""
    places = Circle.of(reference).to_circle(sites.pos - 1)
    codes = molecules.alleles(places, circle_codes(reference))
    shown = (codes == sites.alt[None]).astype(np.int8)
    shown[codes == SILENT] = -1
    return shown


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
    for name in sorted(molecules) if len(sites.pos) > 1 else ():
        clustering = error_clustering(molecules[name], sites, reference)
        found = gathered(alleles_at(molecules[name], sites, reference))
        for pattern, times in zip(found.alleles, found.molecules, strict=True):
            text = pattern_text(pattern)
            here = (patient, name, roles[name], ",".join(sites.names), text)
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


def patterns_of(rows: pd.DataFrame, variants: Sequence[str]) -> Patterns:
    """Patterns in rows of ``molecules.tsv``, at those of its variants that are given.

    Args:
        rows: of one or more samples of a patient, at least one.
    """
    names = str(rows["variants"].iloc[0]).split(",")
    alleles = np.array([[MARKS.index(m) - 1 for m in text] for text in rows["pattern"]], np.int8)
    wanted = [names.index(name) for name in variants]
    return gathered(alleles[:, wanted], rows["molecules"].to_numpy(np.int64))
