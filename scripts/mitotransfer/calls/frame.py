"""The calls of a sample as a table: its columns and filters."""

from __future__ import annotations

from mitotransfer.table_files import Column, Table

#: What ``calls.read_bias`` measures of minor alleles.
BIAS = (
    Column(
        "quality_ratio",
        "Mean base quality above the floor, over that of the sample's own base there; minor "
        "alleles only.",
        float,
    ),
    Column("position_ratio", "The same of the distance from the read's end.", float),
    Column(
        "linked_mismatches",
        "Further mismatches per read, more than reads with the sample's own base have.",
        float,
    ),
)
CALLS = Table(
    "samples/{sample}/{sample}.calls.tsv",
    "Variants of one sample, a row per allele.",
    (
        Column("pos", "Position on rCRS, from 1.", int),
        Column("ref", "Reference allele."),
        Column("alt", "Alternative allele."),
        Column("type", "SNV, insertion or deletion."),
        Column("vaf", "Share of the fragments.", float),
        Column("vaf_low", "Lower bound.", float),
        Column("vaf_high", "Upper bound.", float),
        Column("depth", "Fragments.", int),
        Column("ref_forward", "Fragments with the reference allele on the forward strand.", int),
        Column("ref_reverse", "On the reverse strand.", int),
        Column("alt_forward", "Fragments with the alternative allele on the forward strand.", int),
        Column("alt_reverse", "On the reverse strand.", int),
        Column("p_value", "Of errors alone.", float),
        Column(
            "q_value",
            "False-discovery rate over positions and minor alleles of the sample, among those of "
            "at most three times its VAF; indels and majority alleles apart.",
            float,
        ),
        *BIAS,
        Column("filter", "PASS, or reasons joined by ';'."),
        Column("state", "homoplasmic or heteroplasmic; the minor allele may be the reference's."),
        Column("gene", "Gene or region."),
        Column("consequence", "Effect on the gene."),
        Column(
            "hgvs_m",
            "HGVS name on the mitochondrial genome; indels shift along the sample's own bases.",
        ),
        Column("hgvs_p", "HGVS name on the protein, predicted; a part for each gene."),
        Column(
            "phase_set",
            "First position of the heteroplasmic SNVs, up to two bases apart, that the reads show "
            "on the same molecules (PS of the VCF); empty where there is no other.",
            int,
            optional=True,
        ),
        Column("flags", "Joined by ';'."),
    ),
    cure="call the sample again",
)
# Some sites err up to so many times as often as others of their kind; the counts of one sample do
# not show which. A convention, not an estimate.
ERROR_PRONE = 20.0
# Further mismatches per read (lower confidence bound) from which an allele is flagged.
LINKED_MISMATCHES = 1.0
# Further mismatches per read from which few fragments are no independent evidence. Of real
# differences with three fragments one in fifty has as many, of nuclear copies nearly all.
LINKED_FEW = 0.75

FILTERS = {
    "low_depth": "Depth below calling.min_depth",
    "low_vaf": "VAF below calling.min_vaf",
    "few_fragments": "Fewer fragments with the allele than calling.min_alt_fragments, or than "
    "twice as many where its reads bring a further mismatch along",
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
    "part_of_indel": "No more than twice as many fragments as have an indel with which the base is "
    "one event: along the sample's own sequence, the indel alone makes it",
}
HOMOPLASMIC, HETEROPLASMIC = "homoplasmic", "heteroplasmic"
