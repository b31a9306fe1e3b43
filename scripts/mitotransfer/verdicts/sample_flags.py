"""The flags of an immune sample that do not depend on its verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mitotransfer.flag_words import has, split
from mitotransfer.flags import (
    BATCH_HAPLOTYPE,
    COUNTED_ELSEWHERE,
    CROSSTALK_ASSUMED,
    DIRECT_REPEAT,
    DIRECT_REPEAT_ONLY,
    FOREIGN_DNA,
    HOT_SPOT,
    INHERITED_ONLY,
    LOW_TUMOR_VAF_SHALLOW_NORMAL,
    MAYBE_IMMUNE_CLONE,
    MAYBE_INHERITED,
    OF_RNA,
    ONE_INFORMATIVE_VARIANT,
    ONE_VARIANT_CARRIES,
    READ_LENGTHS_DIFFER,
    READS_IN_COMMON,
    RECURRENT,
    RECURRENT_ONLY,
    VARIANTS_DISAGREE,
)
from mitotransfer.fraction.estimate import DISAGREE_P
from mitotransfer.patient.immune_variants import MOSAIC_VAF
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.context import PatientContext
from mitotransfer.verdicts.one_tumor import molecules_of
from mitotransfer.verdicts.settings import number
from mitotransfer.verdicts.shared_variants import carries
from mitotransfer.verdicts.verdict import shares_reads


def sample_flags(
    context: PatientContext, case: Case, sample: str, variants: pd.DataFrame
) -> tuple[str, ...]:
    """Flags of a sample that do not depend on its verdict.

    Args:
        variants: of ``shared_variants``.
    """
    patient, found = context.patient, case.estimate
    _, molecules = molecules_of(context, sample)
    usable = variants.loc[variants["usable"].to_numpy(bool), "flags"]
    row = patient.samples.set_index("sample").loc[sample]
    raised = {
        CROSSTALK_ASSUMED: row["source"] == "assumed" and number(row["from_tumor_high"]) > 0,
        FOREIGN_DNA: bool(row["foreign_patient"]) or case.private.person_variants > 0,
        OF_RNA: case.sample.rna,
        COUNTED_ELSEWHERE: bool(patient.counts[sample].tool),
        ONE_INFORMATIVE_VARIANT: case.tested and len(usable) == 1,
        VARIANTS_DISAGREE: found.heterogeneity_p < DISAGREE_P,
        READ_LENGTHS_DIFFER: case.tested and any(has(usable, READ_LENGTHS_DIFFER)),
        ONE_VARIANT_CARRIES: found.low > 0 and found.leave_one_out_low < found.low / 2,
        BATCH_HAPLOTYPE: case.tested and any(has(usable, BATCH_HAPLOTYPE)),
        MAYBE_INHERITED: case.tested and any(has(usable, LOW_TUMOR_VAF_SHALLOW_NORMAL)),
    }
    measured = [
        flag
        for tumor in patient.pooled_tumors
        if (found_row := patient.contamination_of(sample, tumor)) is not None
        for flag in split(found_row["flags"])
    ]
    if molecules and case.tested:
        measured.append(molecules)
    sorted_flags = sorted({*measured, *(flag for flag, on in raised.items() if on)})
    own_clone = (
        found.low > 0
        and case.sample.design != "allogeneic"
        and not case.findings.sources.direction_shown
    )
    return (
        *sorted_flags,
        *carrier_flags(variants[carries(variants, found.low)]),
        *((READS_IN_COMMON,) if shares_reads(case) else ()),
        *((MAYBE_IMMUNE_CLONE,) if own_clone else ()),
    )


def carrier_flags(variants: pd.DataFrame) -> tuple[str, ...]:
    """Flags of the variants that carry a finding, given as rows of ``shared_variants``."""
    if variants.empty:
        return ()
    again = has(variants["flags"], RECURRENT, HOT_SPOT)
    seen = variants["normal_vaf_low"] > np.maximum(MOSAIC_VAF, 3 * variants["background_rate"])
    found: tuple[str, ...] = (RECURRENT_ONLY,) if all(again) else ()
    if all(has(variants["flags"], DIRECT_REPEAT)):
        found = (*found, DIRECT_REPEAT_ONLY)
    return (*found, INHERITED_ONLY) if len(variants) == 1 and seen.all() else found
