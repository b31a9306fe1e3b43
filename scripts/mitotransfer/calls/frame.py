"""The calls of a sample as a table: its columns, filters and flags; reading and writing it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

CALL_COLUMNS = [
    "pos", "ref", "alt", "type", "vaf", "vaf_low", "vaf_high", "depth", "ref_forward",
    "ref_reverse", "alt_forward", "alt_reverse", "p_value", "q_value", "quality_ratio",
    "position_ratio", "linked_mismatches", "filter", "state", "gene", "consequence", "hgvs_m",
    "hgvs_p", "phase_set", "flags",
]  # fmt: skip
_INTEGERS = [
    "pos", "depth", "ref_forward", "ref_reverse", "alt_forward", "alt_reverse",
]  # fmt: skip
_BIAS = ["quality_ratio", "position_ratio", "linked_mismatches"]
_OPTIONAL = [*_BIAS, "phase_set"]
_FLOATS = ["vaf", "vaf_low", "vaf_high", "p_value", "q_value", *_OPTIONAL]
# Sites err up to so many times as often as others of their kind without that the counts of one
# sample tell how many do; a convention, not an estimate.
ERROR_PRONE = 20.0
# Further mismatches per read (lower confidence bound) from which an allele is flagged.
LINKED_MISMATCHES = 1.0

FILTERS = {
    "low_depth": "Depth below calling.min_depth",
    "low_vaf": "VAF below calling.min_vaf",
    "few_fragments": "Fewer fragments with the allele than calling.min_alt_fragments",
    "strand_bias": "VAF of the weaker strand over that of the stronger below "
    "calling.min_strand_ratio even at its upper confidence bound",
    "base_quality": "Mean base quality above counting.min_base_quality over that of the sample's "
    "own base below calling.min_quality_ratio even at its upper confidence bound",
    "read_position": "Mean distance from the read's end above counting.read_end over that of the "
    "sample's own base below calling.min_position_ratio even at its upper confidence bound",
    "artefact": "SNV in a tract where alignment makes false ones",
    "recurrent": "Heteroplasmic in at least calling.max_panel_share of the unrelated samples of "
    "reference.error_panel: an artefact or a hot spot",
    "nuclear_copy": "VAF below calling.max_nuclear_vaf, and reads with the allele and with others "
    "of about its VAF nearby differ more from the sample's mtDNA than human haplotypes do, or the "
    "sample has most alleles of a published nuclear copy (resources/numts.tsv) with it: a NUMT",
    "shifted_insertion": "At least half of the fragments with the reference base have an insertion "
    "after it that holds the sample's own base: one event, aligned as two",
}
FLAGS = {
    "artefact": "In a tract known for alignment artefacts",
    "homopolymer": "In or next to a homopolymer of at least five bases",
    "hot_spot": "At a position that mutated often in the human tree (PhyloTree 17)",
    "indel_hot_spot": "Indel in a homopolymer that tumours may hit often (after Gorelick et al. "
    "2021; the list is unverified)",
    "linked": "Reads with the allele have at least one further mismatch more than others, on "
    "average: another haplotype, a nuclear copy or a chimera",
    "numt": "Allele of a published nuclear copy of mtDNA (resources/numts.tsv)",
    "no_panel": f"Below {ERROR_PRONE:.0f} times the sample's error rate, and no unrelated samples "
    "have shown how error-prone this site is (reference.error_panel)",
    "joint_codon": "Consequence and protein name are those of the codon with the sample's fixed "
    "differences, and other alleles that nearly all fragments with this one have, in it",
    "same_codon": "Another heteroplasmic SNV that passes is in the same codon; not known whether "
    "nearly all or nearly no molecules with this one have it; named without it",
    "other_molecules": "Another heteroplasmic SNV that passes is in the same codon, on other "
    "molecules; named without it",
}

HOMOPLASMIC, HETEROPLASMIC = "homoplasmic", "heteroplasmic"


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
    calls[_OPTIONAL] = calls[_OPTIONAL].replace("", "nan")
    return calls.astype(dict.fromkeys(_INTEGERS, np.int64) | dict.fromkeys(_FLOATS, np.float64))
