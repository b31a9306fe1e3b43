"""The settings of the pipeline: each key of the configuration with default, bounds and meaning.

The only place that declares them. From these classes come ``config/config.yaml``, the JSON schema,
the options of the scripts (``command.add_settings``) and the reference
(``docs/generate_reference.py``). Functions take the section that they need as a frozen object, such
as ``Counting()`` or ``Calling(min_depth=10)``.

The classes need the standard library alone, so that steps start quickly; pydantic understands them
and validates the user's values when a run starts (``config.check``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from mitotransfer.inputs.cell_settings import Cells
from mitotransfer.inputs.declaration import Bounds, Section, key

_SHARE = Bounds(ge=0, lt=1)
_POSITIVE = Bounds(gt=0)
_FILLED = Bounds(min_length=1)


@dataclass(frozen=True)
class Reference(Section):
    """The mitogenome."""

    bundle: str = key(
        "human_rCRS",
        "Mitogenome with the facts about it: human_rCRS, mouse_C57BL6J, or a folder with a "
        "bundle.yaml.",
    )
    cram_fasta: str = key("", "Reference FASTA that CRAM inputs were written with. Empty: none.")
    error_panel: str = key(
        "",
        "cohort/background.npz of other patients, prepared and sequenced the same way, for "
        "example of an earlier run. Calls then use each site's own error rate and, from five "
        "immune samples and normals on, mark their recurrent alleles. Empty: none.",
    )
    decoy_fasta: str = key(
        "",
        "FASTA of nuclear copies of mtDNA (NUMTs) with their flanks, up to 20 million bases. "
        "Fragments that fit it better than the mitogenome are left out. Empty: none.",
    )
    primer_bed: str = key(
        "",
        "BED of amplicon primers (on the mitogenome, as chrM; strand in column 6). In samples with "
        "assay amplicon, the primer at the start of a read does not count. Empty: none.",
    )
    host_bundle: str = key(
        "",
        "Mitogenome of a second species: of the host of a xenograft, or of T cells that are grown "
        "with a tumour of another species. reference.bundle is then that of the tumour. Empty: "
        "none.",
    )


@dataclass(frozen=True)
class Reads(Section):
    """Alignment."""

    extension: int = key(
        1000,
        "Bases by which the circle is extended for alignment; at least the longest insert.",
        unit="bp",
        ge=300,
        le=8000,
    )
    batch_size: int = key(10_000, "Read pairs aligned per batch.", ge=100)
    keep_bam: bool = key(
        True,
        "Keep a sorted BAM of each sample. false: reads are counted as they are aligned, with the "
        "same counts, in a third of the time.",
    )


@dataclass(frozen=True)
class Checks(Section):
    """Files that cannot be used."""

    stop_on_bad_file: bool = key(
        False,
        "true: stop at a sample whose files cannot be used. false: that sample ends as failed_qc "
        "with the reason, and the others are judged.",
    )


@dataclass(frozen=True)
class Counting(Section):
    """Which bases count."""

    min_base_quality: int = key(
        20, "Bases below this quality do not count.", unit="Phred", ge=0, le=60
    )
    min_mapping_quality: int = key(
        20, "Reads below this mapping quality do not count.", unit="Phred", ge=0, le=60
    )
    read_end: int = key(
        10,
        "Bases this close to the end of the aligned part of a read do not count.",
        unit="bp",
        ge=0,
        le=50,
    )
    min_aligned_length: int = key(
        40, "Reads with fewer aligned bases do not count.", unit="bp", ge=1
    )
    max_clipped: int = key(
        30,
        "Reads with more soft-clipped bases at one end do not count (chimeras, edges of nuclear "
        "copies), unless the fragment ends there.",
        unit="bp",
        ge=0,
    )
    max_mismatches_per_100: float = key(
        4.0,
        "Reads with more mismatches per 100 aligned bases against the sample's own alleles do not "
        "count: nuclear copies (NUMTs) and chimeras. Three mismatches are always allowed.",
        gt=0,
    )
    own_allele_vaf: float = key(
        0.03,
        "Alleles at least this frequent are the sample's own when mismatches are counted.",
        gt=0,
        lt=1,
    )


@dataclass(frozen=True)
class Calling(Section):
    """Variant calls per sample."""

    max_fdr: float = key(
        0.01, "False-discovery rate over positions and alleles of a sample.", gt=0, lt=1
    )
    min_vaf: float = key(
        0.0005, "Calls below this VAF are marked low_vaf, whatever their significance.", ge=0, le=1
    )
    min_alt_fragments: int = key(
        3,
        "Fragments with the alternative allele that a call needs, whatever its significance; twice "
        "as many where each read with the allele brings about one further mismatch along.",
        unit="fragments",
        ge=1,
    )
    min_depth: int = key(30, "Depth that a position needs to be called.", unit="fragments", ge=1)
    homoplasmic_vaf: float = key(
        0.95, "VAF from which a variant counts as homoplasmic.", gt=0.5, le=1
    )
    min_strand_ratio: float = key(
        0.2,
        "VAF of the weaker strand over that of the stronger strand. A call is marked strand_bias "
        "where even the upper confidence bound of this ratio is below.",
        ge=0,
        le=1,
    )
    min_quality_ratio: float = key(
        0.5,
        "Mean base quality of a minor allele over that of the sample's own base at the position, "
        "both above counting.min_base_quality. Where the upper confidence bound of this ratio is "
        "below, a call is marked base_quality. 0: never.",
        ge=0,
        le=1,
    )
    min_position_ratio: float = key(
        0.5,
        "The same for the distance from the end of the read above counting.read_end: "
        "read_position. 0: never.",
        ge=0,
        le=1,
    )
    max_panel_share: float = key(
        0.3,
        "A minor allele that is heteroplasmic in at least this share of the immune samples and "
        "normals of reference.error_panel (five or more) is marked recurrent.",
        gt=0,
        le=1,
    )
    max_nuclear_vaf: float = key(
        0.05,
        "Below this VAF, alleles whose reads differ from the sample's mtDNA as nuclear copies do "
        "are marked nuclear_copy: two nuclear copies make 5 % beside 38 mtDNAs. 0: never.",
        ge=0,
        le=1,
    )


@dataclass(frozen=True)
class Haplogroup(Section):
    """Names of haplogroups."""

    tree: str = key(
        "",
        "Tree of haplogrep3 for the names of haplogroups, for example phylotree-fu-rcrs@1.2; "
        "haplogrep3 fetches it at its first use. Empty: no haplogroups; no verdict needs them.",
    )


@dataclass(frozen=True)
class Informative(Section):
    """Which variants distinguish tumour from normal."""

    min_tumor_vaf: float = key(0.05, "VAF that an allele needs in the tumour.", gt=0, lt=1)
    max_normal_vaf: float = key(
        0.02, "The upper confidence bound of the normal's VAF has to be below this.", gt=0, lt=1
    )


@dataclass(frozen=True)
class Fraction(Section):
    """Tumour fraction."""

    confidence: float = key(0.95, "Confidence level of all intervals.", gt=0.5, lt=1)
    overdispersion: Annotated[float, _SHARE] | Literal["auto"] = key(
        "auto",
        "Extra-binomial dispersion (intra-class correlation) of allele counts between samples. "
        "auto estimates it for each patient, a number fixes it.",
        parts=_SHARE,
    )
    amplicon_molecules: float = key(
        2000.0,
        "mtDNA molecules behind each position of an amplicon library where the sheet does not "
        "state mtdna_molecules: reads beyond them are copies and add no certainty. Where other "
        "amplicon libraries of the patient share heteroplasmies, what these bound it to counts in "
        "its place. No source was found for it; state mtdna_molecules.",
        unit="molecules",
        ge=1,
    )


@dataclass(frozen=True)
class Contamination(Section):
    """Tumour cells in the immune preparation."""

    copy_ratio: tuple[Annotated[float, _POSITIVE], Annotated[float, _POSITIVE]] = key(
        (0.3, 20.0),
        "mtDNA copies per cell of the tumour sample over copies per cell of the preparation: "
        "lowest and highest plausible ratio where mtdna_copies is not measured in both.",
        parts=_POSITIVE,
    )
    copies_sd: float = key(
        0.2, "Log-sd of the contaminating cells' copies about the tumour sample's.", ge=0, le=2
    )
    min_loci_share: float = key(
        0.7, "Share of the nuclear loci that contaminating cells have at least.", gt=0, le=1
    )
    input_cells: int = key(
        1000, "Cells of a library where the sheet does not state input_cells.", unit="cells", ge=1
    )
    composition: float = key(
        0.12,
        "Spread of the VAFs of the cells that give mtDNA about those of the tumour sample (F; mean "
        "of its prior). No source was found for it.",
        ge=0,
        lt=1,
    )
    drift: float = key(
        0.01,
        "Spread of hidden heteroplasmies of immune cells about those of the normal (F). No source "
        "was found for it.",
        ge=0,
        lt=1,
    )
    sequencing_error: float = key(
        0.001,
        "Error per read at a nuclear locus where the normal's own counts are not given. A normal "
        "that shows more than three times as much may hold tumour cells: the bound on "
        "contamination then uses this error (flag nuclear_loci_in_normal).",
        ge=0,
        lt=0.5,
    )


@dataclass(frozen=True)
class Crosstalk(Section):
    """Index cross-talk."""

    assumed_high: float = key(
        0.005,
        "Upper bound of index cross-talk where the cohort cannot show it (no batch, or no other "
        "patient in the batch).",
        ge=0,
        lt=1,
    )


@dataclass(frozen=True)
class Identity(Section):
    """Whether all samples of a patient are of one person."""

    max_differences: int = key(
        8,
        "Fixed differences from the patient's other samples above which a sample is foreign.",
        ge=1,
    )
    min_differences: int = key(
        3, "Fixed differences at which another patient's haplotype may already fit better.", ge=1
    )


@dataclass(frozen=True)
class Verdict(Section):
    """From numbers to a verdict."""

    max_q_value: float = key(
        0.01,
        "Tumour mtDNA counts as detected below this q value (Benjamini-Hochberg). The detection "
        "limit is stated at this value over the number of immune samples.",
        gt=0,
        lt=1,
    )
    false_positive_rate: float = key(
        0.01,
        "False-positive rate at which swapped pairs are tested (cohort/null.tsv).",
        gt=0,
        lt=1,
    )
    power: float = key(0.95, "Power at which the detection limit is stated.", gt=0, lt=1)
    max_detection_limit: float = key(
        0.02,
        "Samples without detection are underpowered where their detection limit is above this.",
        gt=0,
        lt=1,
    )


@dataclass(frozen=True)
class Screening(Section):
    """Screening of TIL products."""

    max_tumor_fraction: float | None = key(
        None,
        "Largest tumour fraction allowed in a TIL product. An immune sample passes if its upper "
        "bound is below, fails if its lower bound is above (cohort/screening.tsv). null: off.",
        gt=0,
        lt=1,
    )


@dataclass(frozen=True)
class Qc(Section):
    """Quality floors."""

    min_mean_depth: float = key(
        50.0, "Samples with a lower mean depth are not judged.", unit="fragments", ge=0
    )


@dataclass(frozen=True)
class Cohort(Section):
    """Statistics of the cohort."""

    covariates: tuple[Annotated[str, _FILLED], ...] = key(
        (), "Columns of the patients sheet to associate with the tumour fraction.", parts=_FILLED
    )


@dataclass(frozen=True)
class Report(Section):
    """The report."""

    title: str = key("Tumour mtDNA in immune cells", "Title of the report.", min_length=1)


@dataclass(frozen=True)
class Settings(Section):
    """The whole configuration."""

    samples: str = key(
        "config/samples.tsv",
        "Sheet of samples (TSV): one row per sequencing unit. Columns: config/README.md.",
        min_length=1,
    )
    patients: str = key(
        "",
        "Sheet of patients (TSV), optional, for example config/patients.tsv. Empty: none, so that "
        "your patients never get the data of others with the same names.",
    )
    results: str = key("results", "Folder for everything that the pipeline writes.", min_length=1)
    reference: Reference = Reference()
    checks: Checks = Checks()
    reads: Reads = Reads()
    counting: Counting = Counting()
    calling: Calling = Calling()
    haplogroup: Haplogroup = Haplogroup()
    informative: Informative = Informative()
    fraction: Fraction = Fraction()
    contamination: Contamination = Contamination()
    crosstalk: Crosstalk = Crosstalk()
    identity: Identity = Identity()
    verdict: Verdict = Verdict()
    screening: Screening = Screening()
    cells: Cells = Cells()  # noqa: RUF009  # frozen
    qc: Qc = Qc()
    cohort: Cohort = Cohort()
    report: Report = Report()
