"""Informative variants: alleles that a patient's tumour has and the normal lacks.

Such an allele may be the reference base: the normal is fixed for another base, and the tumour has
that of rCRS (or, in another person, never lost it). Calls list only alleles that differ from the
reference, so these are found in the counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.calls.own_indels import own_sequence
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.flag_words import Effect, has, join, marked
from mitotransfer.flags import (
    ARTEFACT,
    COPIES_UNCLEAR,
    FOREIGN_HAPLOTYPE,
    IN_DELETION,
    NORMALS_DISAGREE,
    OF_VARIANTS,
    PHASED,
    REFERENCE_ALLELE,
)
from mitotransfer.genome import junction_alleles
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.consequences import describe
from mitotransfer.genome.junction_alleles import JUNCTION
from mitotransfer.genome.reference import CODE_N, LETTERS, Reference
from mitotransfer.inputs.settings import Informative
from mitotransfer.patient import indel_variants, local_copies
from mitotransfer.patient.another_person import of_another_person
from mitotransfer.patient.evidence import counts_of, normal_upper_bound, tumor_copies, vaf
from mitotransfer.patient.junction_variants import tumor_junctions
from mitotransfer.patient.pooling import Pooled
from mitotransfer.stats import intervals

VARIANT_COLUMNS = [
    "pos", "ref", "alt", "type", "gene", "consequence", "hgvs_m", "phase_set", "flags",
]  # fmt: skip
#: Two people differ where one has an allele at this VAF or above, and the other at one minus this
#: or below, at this depth or more.
FIXED_VAF = 0.9
MIN_FIXED_DEPTH = 10
#: A homoplasmic reference allele needs this many fragments in the tumour, as a call would.
MIN_ALT_FRAGMENTS = 4

#: Flags of variants that never count as evidence.
UNUSABLE = frozenset(flag for flag in OF_VARIANTS if flag.effect is Effect.NO_EVIDENCE)


def informative_variants(
    pooled: Pooled,
    tumor_calls: Sequence[pd.DataFrame],
    genome: Genome,
    rules: Informative,
    *,
    confidence: float,
    allogeneic: bool = False,
) -> pd.DataFrame:
    """Alleles of the tumour that the normal lacks, usable or only shown.

    In an allogeneic design tumour and normal are of two people, who share no inherited
    heteroplasmy: every fixed difference counts, however shallow the normal. Other alleles have to
    meet the bound.

    In an autologous tumour a dozen variants at one level, or three reversions to the reference
    base, are another person's (``patient.another_person``, flag ``foreign_haplotype``): the same
    DNA in the immune sample would look like transfer.

    An allele does not count if one of several normals has it for certain, even if a deeper normal
    hides it in the sum (flag ``normals_disagree``).

    Args:
        tumor_calls: calls frames of the tumours; an allele has to pass in one of them.

    Returns:
        ``VARIANT_COLUMNS`` and ``usable``, sorted by pos, ref, alt. ``ref`` is the normal's base
        where ``alt`` is the reference's (flag ``reference_allele``).
    """
    tumor, normal = pooled.tumor, pooled.normal
    back = _reference_alleles(tumor, normal, genome.reference)
    found = [_passing(tumor_calls), back, tumor_junctions(tumor, genome)]
    passed = pd.concat([found[0], *(one for one in found[1:] if len(one))], ignore_index=True)
    if passed.empty:
        return passed.assign(usable=pd.Series(dtype=bool))
    in_tumor, in_normal = (counts_of(one, passed, genome.reference) for one in (tumor, normal))
    tumor_vaf, upper = vaf(in_tumor), normal_upper_bound(in_normal, confidence)
    kept = (tumor_vaf >= rules.min_tumor_vaf) & (upper < rules.max_normal_vaf)
    if allogeneic:
        deep = in_normal[:, 2:].sum(axis=1) >= MIN_FIXED_DEPTH
        kept |= (tumor_vaf >= FIXED_VAF) & (vaf(in_normal) <= 1 - FIXED_VAF) & deep
    variants = passed[kept].reset_index(drop=True)
    tract = genome.artefact[variants["pos"].to_numpy(np.int64) - 1]
    junction = (variants["type"] == JUNCTION).to_numpy(bool)
    tract[junction] |= genome.artefact[junction_alleles.ends(variants[junction])[1] - 1]
    indel = (variants["type"] != "SNV").to_numpy(bool) & ~junction
    person = np.zeros(len(variants), bool)
    if not allogeneic:
        snv = ~indel & ~junction & ~tract
        seen = in_tumor[kept][snv]
        reverted = np.array(has(variants["flags"], REFERENCE_ALLELE), bool)
        person[snv] = of_another_person(
            seen[:, :2].sum(axis=1), seen[:, 2:].sum(axis=1), reverted[snv]
        )
    # Who the indels are of cannot be told: where another person's SNVs are, they may be, too.
    person[indel] = person.any()
    refused = indel_variants.refusals(
        variants,
        [*pooled.tumors, *pooled.normals],
        genome,
        own_sequence(normal, genome.reference),
    )
    marks = refused | {
        ARTEFACT: tract | refused[ARTEFACT],
        NORMALS_DISAGREE: _in_one_normal(
            pooled.normals, variants, genome.reference, rules.max_normal_vaf, confidence
        ),
        FOREIGN_HAPLOTYPE: person,
        IN_DELETION: tumor_copies(tumor, variants) < 1,
        COPIES_UNCLEAR: ~junction
        & local_copies.unclear(tumor, normal, variants["pos"].to_numpy(np.int64)),
    }
    flags = marked(variants["flags"], marks)
    usable = np.array([UNUSABLE.isdisjoint(words) for words in flags], bool)
    # The same fragments read the SNVs of a phase set, of which the first one counts for all.
    phase_set = variants["phase_set"].where(usable)
    again = (phase_set.notna() & phase_set.duplicated()).to_numpy(bool)
    again |= indel_variants.beside_others(variants, usable & ~again)
    for row in np.flatnonzero(again):
        flags[row].append(PHASED)
    variants["flags"] = [join(sorted(words)) for words in flags]
    variants["usable"] = usable & ~again
    return variants.sort_values(["pos", "ref", "alt"], ignore_index=True)


def _in_one_normal(
    normals: Sequence[Counts],
    variants: pd.DataFrame,
    reference: Reference,
    max_vaf: float,
    confidence: float,
) -> NDArray[np.bool_]:
    """Mask of variants that at least one of several normals has for certain."""
    found = np.zeros(len(variants), bool)
    for one in normals:
        seen = counts_of(one, variants, reference)
        alt, depth = seen[:, :2].sum(axis=1), seen[:, 2:].sum(axis=1)
        found |= intervals.lower_bound(alt, depth, confidence) >= max_vaf
    return found


def _passing(calls: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Alleles that pass in at least one of the samples, each once."""
    passing = [frame.loc[frame["filter"] == "PASS", VARIANT_COLUMNS] for frame in calls]
    passing = [frame for frame in passing if len(frame)]
    if not passing:
        return pd.DataFrame({c: pd.Series(dtype=object) for c in VARIANT_COLUMNS})
    return pd.concat(passing).drop_duplicates(["pos", "ref", "alt"]).reset_index(drop=True)


def _reference_alleles(tumor: Counts, normal: Counts, reference: Reference) -> pd.DataFrame:
    """Reference bases in the tumour at positions where the normal has another one."""
    own = own_bases(normal)
    codes = reference.codes.astype(np.int64)
    other = np.flatnonzero((own < CODE_N) & (codes < CODE_N) & (own != codes))
    fragments = tumor.bases[other, codes[other]].sum(axis=1, dtype=np.int64)
    other = other[fragments >= MIN_ALT_FRAGMENTS]
    ref = LETTERS[own[other]]
    alt = LETTERS[codes[other]]
    names = [f"m.{p + 1}{r}>{a}" for p, r, a in zip(other, ref, alt, strict=True)]
    return pd.DataFrame(
        {
            "pos": other + 1,
            "ref": ref,
            "alt": alt,
            "type": "SNV",
            "gene": "",
            "consequence": "reference_allele",
            "hgvs_m": names,
            "flags": REFERENCE_ALLELE,
        }
    )


def name_reference_alleles(variants: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """The variants with the genes of reference alleles, which no call names."""
    named = variants.copy()
    for i in np.flatnonzero(variants["consequence"] == "reference_allele"):
        pos, ref, alt = (variants[column].iloc[i] for column in ("pos", "ref", "alt"))
        named.loc[i, "gene"] = describe(genome, int(pos), str(alt), str(ref))[0]
    return named
