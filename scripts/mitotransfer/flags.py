"""The flags of variants and samples: their meaning and their effect on the verdict.

The columns ``flags`` of ``calls.tsv``, ``shared_variants.tsv``, ``transfer.tsv`` and the tables of
single cells hold these words. Code imports them by name, so that a misspelt flag fails at import.
The report, the header of the VCF and docs/reference.md take their texts from here.
"""

from __future__ import annotations

from mitotransfer.flag_words import Effect, Flag

_defined: list[Flag] = []


def _flag(
    name: str,
    effect: Effect = Effect.NONE,
    *,
    calls: str = "",
    variants: str = "",
    samples: str = "",
    cells: str = "",
) -> Flag:
    flag = Flag(name)
    flag.effect = effect
    flag.calls, flag.variants, flag.samples, flag.cells = calls, variants, samples, cells
    _defined.append(flag)
    return flag


#: Identity statuses of samples that are not judged, and their meaning.
REJECTED = {
    "swapped": "is another patient's",
    "foreign": "is another person's",
    "ambiguous": "may be another person's",
    "duplicate": "has the same reads as another sample",
}
#: The flag of a sample that is not judged, by the role and the status of the sample to blame.
UNJUDGED = {
    (role, status): _flag(
        f"{role}_{status}", Effect.NOT_JUDGED, samples=f"the {called} sample {says}"
    )
    for role, called in (("immune", "immune"), ("tumor", "tumour"), ("normal", "normal"))
    for status, says in {
        **REJECTED,
        "shallow": "is too shallow (qc.min_mean_depth)",
        "failed": "cannot be used",
    }.items()
}

# Of samples.
NO_TUMOR = _flag("no_tumor", Effect.NOT_TESTED, samples="the sheet has no tumour sample")
NO_NORMAL = _flag("no_normal", Effect.NOT_TESTED, samples="the sheet has no normal sample")
NO_INFORMATIVE_VARIANT = _flag(
    "no_informative_variant",
    Effect.NOT_TESTED,
    samples="no usable variant tells the tumour from the normal",
)
MAYBE_IMMUNE_CLONE = _flag(
    "maybe_immune_clone",
    samples="every variant may come from a clone of immune cells in the tumour",
)
DIRECTION_NOT_SHOWN = _flag(
    "direction_not_shown",
    Effect.NOT_SUPPORTED,
    samples="an immune sample may have as much of the variants as the tumour: an immune clone in a "
    "bulk tumour looks like that",
)
AMBIENT_UNMEASURED = _flag(
    "ambient_unmeasured", samples="nothing bounds free mtDNA of lysed tumour cells"
)
BASELINE_NOT_EXCLUDED = _flag(
    "baseline_not_excluded",
    Effect.NOT_SUPPORTED,
    samples="the normal is too shallow to exclude that it has as much",
)
CONTAMINATION_UNMEASURED = _flag(
    "contamination_unmeasured",
    Effect.NOT_SUPPORTED,
    samples="tumour cells in the preparation were not measured",
)
CONTAMINATION_BY_FLOW = _flag(
    "contamination_by_flow",
    samples="tumour cells were bounded by counted cells, not by nuclear reads",
)
GERMLINE_LOCI_DROPPED = _flag(
    "germline_loci_dropped", samples="nuclear loci with the allele in the normal were left out"
)
LOCI_WITHOUT_TUMOR_DROPPED = _flag(
    "loci_without_tumor_dropped",
    samples="nuclear loci without the allele in the tumour's own reads were left out",
)
NUCLEAR_LOCI_DISAGREE = _flag(
    "nuclear_loci_disagree",
    samples="nuclear loci show different shares of tumour cells, as those of a subclone would",
)
NUCLEAR_LOCI_IN_NORMAL = _flag(
    "nuclear_loci_in_normal",
    samples="the normal has the tumour's nuclear alleles more often than errors explain: it may "
    "hold tumour cells",
)
NUCLEAR_LOCI_UNCHECKED = _flag(
    "nuclear_loci_unchecked",
    samples="the nuclear loci were not checked against reads of the tumour",
)
TUMOR_VAF_ASSUMED = _flag(
    "tumor_vaf_assumed",
    samples="the tumour's nuclear VAFs were not measured in its own reads: an upper bound alone",
)
INPUT_CELLS_UNKNOWN = _flag(
    "input_cells_unknown",
    Effect.NOT_SUPPORTED,
    samples="nuclear reads are deeper than 2,000 and the number of cells behind them is not stated",
)
CONTAMINATION_UNBOUNDED = _flag(
    "contamination_unbounded",
    Effect.NOT_SUPPORTED,
    samples="tumour cells were measured without the tumour sample's own nuclear reads or purity",
)
EXPLANATIONS_OPEN = _flag(
    "explanations_open",
    Effect.NOT_SUPPORTED,
    samples="an explanation that the data can exclude is not excluded",
)
MOLECULES_ASSUMED = _flag(
    "molecules_assumed",
    samples="amplicons without mtdna_molecules: fraction.amplicon_molecules is used",
)
MOLECULES_ESTIMATED = _flag(
    "molecules_estimated",
    samples="amplicons without mtdna_molecules: as few as how other libraries differ allows",
)
NUCLEAR_COUNTS_COPIED = _flag(
    "nuclear_counts_copied", samples="another sample has the same table of nuclear counts"
)
NUCLEAR_COUNTS_REFUSED = _flag(
    "nuclear_counts_refused",
    Effect.NOT_JUDGED,
    samples="a table of nuclear counts of this sample, the tumour or the normal cannot be used",
)
TUMOR_CELLS_DISAGREE = _flag(
    "tumor_cells_disagree", samples="counted tumour cells are more than the nuclear reads show"
)
CROSSTALK_ASSUMED = _flag(
    "crosstalk_assumed",
    samples="the batch cannot bound index cross-talk: crosstalk.assumed_high is used",
)
IDENTITY_UNCHECKED = _flag(
    "identity_unchecked",
    Effect.NOT_SUPPORTED,
    samples="there was nothing to compare the haplotype with",
)
READS_IN_COMMON = _flag(
    "reads_in_common",
    Effect.NOT_SUPPORTED,
    samples="this sample, the tumour or the normal holds reads of another sample of the patient",
)
FOREIGN_DNA = _flag("foreign_dna", samples="a second person's DNA is in this sample or the tumour")
FOREIGN_IN_NORMAL = _flag(
    "foreign_in_normal",
    samples="a second person's DNA is in the normal, where it can hide variants but add none",
)
TUMOR_ALLELES_IN_NORMAL = _flag(
    "tumor_alleles_in_normal",
    samples="the normal has an allele at a far lower VAF than the tumour: inherited, or "
    "tumour cells in the normal; it cannot count",
)
OTHER_SPECIES = _flag(
    "other_species",
    samples="a sample that should be of one species, the normal or a tumour line, holds fragments "
    "of the other (cohort/species.tsv)",
)
ONE_INFORMATIVE_VARIANT = _flag(
    "one_informative_variant", samples="everything rests on one variant"
)
READ_LENGTHS_DIFFER = _flag(
    "read_lengths_differ",
    variants="reads with the tumour's alleles are of another length than the others",
    samples="reads with the tumour's alleles are of another length than the others: bases at read "
    "ends do not count, and bias the fraction by more than 5 % of it",
)
ONE_VARIANT_CARRIES = _flag(
    "one_variant_carries",
    samples="without one of the variants the lower bound would fall by half or more",
)
VARIANTS_DISAGREE = _flag("variants_disagree", samples="the variants show different fractions")
OF_RNA = _flag(
    "of_rna",
    Effect.NOT_SUPPORTED,
    samples="reads of RNA: its share of the tumour's RNA need not be that of the mtDNA",
)
COUNTED_ELSEWHERE = _flag(
    "counted_elsewhere", samples="counts of another tool: no indels, base qualities or read ends"
)

# Of variants; those that are no evidence first.
INDEL = _flag(
    "indel", Effect.NO_EVIDENCE, variants="no evidence: an insertion and a deletion in one"
)
INDEL_IN_REPEAT = _flag(
    "indel_in_repeat",
    Effect.NO_EVIDENCE,
    variants="no evidence: an indel in or next to a homopolymer of five bases, or in a repeat of "
    "three units",
)
INDEL_BESIDE_RUN = _flag(
    "indel_beside_run",
    Effect.NO_EVIDENCE,
    variants="no evidence: an indel in or next to a run of equal bases, whose length Ion Torrent, "
    "nanopore and PacBio misread",
)
INDEL_TOO_LONG = _flag(
    "indel_too_long",
    Effect.NO_EVIDENCE,
    variants="no evidence: an indel that fewer than half of the fragments could show; its VAF is "
    "uncertain. Deletions of 50 bases or more count as junctions",
)
ARTEFACT = _flag(
    "artefact",
    Effect.NO_EVIDENCE,
    calls="In a tract known for alignment artefacts",
    variants="no evidence: on the list of artefact positions",
)
NORMALS_DISAGREE = _flag(
    "normals_disagree", Effect.NO_EVIDENCE, variants="no evidence: one of several normals has it"
)
FOREIGN_HAPLOTYPE = _flag(
    "foreign_haplotype",
    Effect.NO_EVIDENCE,
    variants="no evidence: part of another person's haplotype",
)
PHASED = _flag(
    "phased",
    Effect.NO_EVIDENCE,
    variants="no evidence: on the same molecules as a neighbour that counts",
)
BATCH_HAPLOTYPE = _flag(
    "batch_haplotype",
    variants="in the haplotype of another patient of the batch: no evidence as long as others "
    "remain",
    samples="the only variants are in other patients' haplotypes, too",
)
REFERENCE_ALLELE = _flag(
    "reference_allele", variants="the tumour has reverted to the reference base"
)
HOMOPOLYMER = _flag(
    "homopolymer",
    calls="In or next to a homopolymer of at least five bases",
    variants="beside a homopolymer",
)
RECURRENT = _flag(
    "recurrent",
    Effect.COUNTS_LESS,
    variants="heteroplasmic in unrelated immune samples or normals; counts for less",
)
AMPLICON_JUNCTION = _flag(
    "amplicon_junction",
    Effect.NO_EVIDENCE,
    variants="no evidence: amplicons with primers on either side of a deletion copy deleted "
    "molecules more than whole ones",
)
COPIES_UNCLEAR = _flag(
    "copies_unclear",
    Effect.NO_EVIDENCE,
    variants="no evidence: inside a deletion whose share the tumour's depth does not show",
)
IN_DELETION = _flag(
    "in_deletion",
    variants="inside a deletion of the tumour: weighted by the molecules that have the position",
)
DIRECT_REPEAT = _flag(
    "direct_repeat",
    variants="a deletion at a direct repeat of 8 or more bases, as template switching in PCR makes "
    "them: where unrelated samples show it, it is never enough alone",
)
HOT_SPOT = _flag(
    "hot_spot",
    Effect.COUNTS_LESS,
    calls="At a position that mutated often in the human tree (PhyloTree 17)",
    variants="at a published hot spot; counts for less",
)
INDEL_HOT_SPOT = _flag(
    "indel_hot_spot",
    calls="Indel in a homopolymer that tumours may hit often (after Gorelick et al. 2021; the list "
    "is unverified)",
    variants="an indel in a homopolymer that tumours may hit often",
)
LINKED = _flag(
    "linked",
    calls="Reads with the allele have at least one further mismatch more than others, on average: "
    "another haplotype, a nuclear copy or a chimera",
    variants="its reads, in the tumour or here, have further mismatches",
)
NUMT = _flag(
    "numt",
    calls="Allele of a published nuclear copy of mtDNA (resources/numts.tsv)",
    variants="allele of a published nuclear copy",
)
#: The number is ``calls.frame.ERROR_PRONE``.
NO_PANEL = _flag(
    "no_panel",
    calls="Below 20 times the sample's error rate, and no unrelated samples have shown how "
    "error-prone this site is (reference.error_panel)",
    variants="rare in the tumour, at a site of unknown error rate",
)
JOINT_CODON = _flag(
    "joint_codon",
    calls="Consequence and protein name are those of the codon with the sample's fixed "
    "differences, and other alleles that nearly all fragments with this one have, in it",
    variants="the consequence is that of the codon with the tumour's other alleles in it",
)
SAME_CODON = _flag(
    "same_codon",
    calls="Another heteroplasmic SNV that passes is in the same codon; not known whether nearly "
    "all or nearly no molecules with this one have it; named without it",
    variants="another variant of the tumour is in the same codon, perhaps on the same molecules",
)
OTHER_MOLECULES = _flag(
    "other_molecules",
    calls="Another heteroplasmic SNV that passes is in the same codon, on other molecules; named "
    "without it",
    variants="another variant of the tumour is in the same codon, on other molecules",
)
HIGH_BACKGROUND = _flag("high_background", variants="many errors are expected here")
ONLY_ONE_STRAND = _flag("only_one_strand", variants="seen on one strand alone")
LOW_TUMOR_VAF_SHALLOW_NORMAL = _flag(
    "low_tumor_vaf_shallow_normal", variants="of low VAF in the tumour beside a shallow normal"
)

# Of samples, for what their variants say.
RECURRENT_ONLY = _flag(
    "recurrent_only", samples="every supporting variant is recurrent, and counts for less"
)
DIRECT_REPEAT_ONLY = _flag(
    "direct_repeat_only",
    samples="every supporting variant is a deletion at a direct repeat",
)
INHERITED_ONLY = _flag(
    "inherited_only",
    samples="a single variant supports it, and the normal certainly has some of it",
)
MAYBE_INHERITED = _flag(
    "maybe_inherited", samples="of low VAF in the tumour beside a shallow normal: perhaps inherited"
)

# Of single cells, and of groups of them.
NO_DOUBLET_SCORE = _flag(
    "no_doublet_score",
    Effect.NOT_SUPPORTED,
    cells="no nuclear doublet score: it may be a droplet with a tumour cell in it",
)
AMBIENT_NOT_MEASURED = _flag(
    "ambient_not_measured",
    Effect.NOT_SUPPORTED,
    cells="the library has no barcodes without a cell, in which free mtDNA could be measured",
)
SINGLE_VARIANT = _flag(
    "single_variant",
    Effect.NOT_SUPPORTED,
    cells="everything rests on one variant, which a modified or inherited site can make",
)
NO_BULK_NORMAL = _flag(
    "no_bulk_normal", cells="the normal is what most of the immune cells have: none was sequenced"
)
SWAP_ASSUMED = _flag("swap_assumed", cells="the rate of swapped barcodes is cells.swap_rate")
RNA_ALONE = _flag(
    "rna_alone",
    Effect.NOT_SUPPORTED,
    cells="the variants were seen in RNA alone: modified bases of RNA look the same",
)

#: What the flags of each table say, in the order of the report.
OF_CALLS = {flag: flag.calls for flag in _defined if flag.calls}
OF_VARIANTS = {flag: flag.variants for flag in _defined if flag.variants}
OF_SAMPLES = {flag: flag.samples for flag in _defined if flag.samples}
OF_CELLS = {flag: flag.cells for flag in _defined if flag.cells}
