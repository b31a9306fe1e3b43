"""Whether a sample's reads are of another species, by how many positions differ from the reference.

Two human mitogenomes differ at up to 0.7 % of their positions (haplogroup L0 against rCRS: some
100), Neanderthals' at 1.3 %, chimpanzees' at 9 %. What aligns of a mouse differs at 8 %: its
most conserved parts.
"""

from __future__ import annotations

import numpy as np

from mitotransfer.counts.allele_counts import Counted, Counts
from mitotransfer.genome.reference import CODE_N, Reference

_MIN_DEPTH = 5
_MAX_SHARE = 0.02
# Short, variable stretches, such as an amplicon of the control region, differ at up to 5 %.
_MIN_DIFFERENT = 50


def reason_of_species(counts: Counted | Counts, reference: Reference) -> str:
    """Why the reads are not of the reference's species; empty where they may be."""
    alleles = counts.bases.sum(axis=2, dtype=np.int64)
    seen = (alleles.sum(axis=1) >= _MIN_DEPTH) & (reference.codes != CODE_N)
    different = int((seen & (alleles.argmax(axis=1) != reference.codes)).sum())
    covered = int(seen.sum())
    if different < _MIN_DIFFERENT or different <= _MAX_SHARE * covered:
        return ""
    share = different / covered
    return (
        f"at {different:,} of {covered:,} covered positions ({share:.1%}) most reads differ from "
        f"the reference, as those of another species do ({reference.facts.species}: below "
        f"{_MAX_SHARE:.0%}); {counts.meta['aligned']:,} of {counts.meta['reads']:,} reads align; "
        f"give reads of {reference.facts.species} cells, or set reference.bundle to their genome"
    )
