"""The columns of the sheets of samples and patients: kind, bounds, roles and meaning of each.

The only place that declares them; ``docs/generate_reference.py`` writes the reference from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mitotransfer.inputs.declaration import Bounds
from mitotransfer.problems import suggest

SHARE = Bounds(ge=0, le=1)
POSITIVE = Bounds(gt=0)
COUNT = Bounds(ge=1)
#: Roles of samples, and of the cells of a library that make a sample of their own.
ROLES = ("tumor", "immune", "normal")
#: Whose tumour and immune cells of a patient are; the first where the sheet does not say.
DESIGNS = ("autologous", "allogeneic", "syngeneic")
#: Tags of a cell's barcode and of a UMI where the sheet names no others.
BARCODE_TAG, UMI_TAG = "CB", "UB"
#: Kinds of libraries of single cells; those of them whose reads are taken for RNA; those with UMIs.
CELL_ASSAYS = ("sc_atac", "sc_rna", "sc_rna_enriched", "sc_plate")
CELL_RNA = ("sc_rna", "sc_rna_enriched", "sc_plate")
CELL_UMIS = ("sc_rna", "sc_rna_enriched")
#: Platforms of long reads, which minimap2 aligns.
LONG_READS = ("pacbio", "nanopore")
#: Columns that name the reads of a row.
READ_COLUMNS = ("fastq_1", "fastq_2", "bam")
_ID = "[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
_TAG = "[A-Za-z][A-Za-z0-9]"


def _number(text: str) -> float:
    """A number as other programs read it; Python would also take 1_000 and full-width digits."""
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return float(text)


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    Attributes:
        kind: ``text``, ``path``, ``number`` or ``integer``.
        required: the column must be present, and none of its cells may be empty.
        choices: the words allowed; empty: any.
        choices_later: words that are planned and refused until then.
        pattern: regular expression that a text must match; ``description`` puts it in words.
        bounds: of a number.
        roles: roles of the samples that may have a value; empty: all.
        later: the column is planned; a value is refused until then.
    """

    name: str
    description: str
    kind: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    choices_later: tuple[str, ...] = ()
    pattern: str = ""
    bounds: Bounds = Bounds()  # noqa: RUF009  # never changed
    roles: tuple[str, ...] = ()
    later: bool = False

    def mistake(self, text: str, role: str = "") -> str:
        """What is wrong with a cell and what was expected; empty for a valid cell."""
        if not text:
            return "is empty, expected a value" if self.required else ""
        if self.later:
            return f"found '{text}', but this column is not yet supported: leave it empty"
        if self.roles and role not in self.roles:
            expected = " or ".join(self.roles)
            return f"found '{text}' in a sample with role {role}, expected role {expected}"
        if self.kind in ("number", "integer"):
            return self._number_mistake(text)
        if self.choices and text not in self.choices:
            expected = f"expected one of {', '.join(self.choices)}"
            if text in self.choices_later:
                return f"found '{text}', which is not yet supported; {expected}"
            return f"found '{text}', {expected}{suggest(text, self.choices)}"
        if self.pattern and not re.fullmatch(self.pattern, text):
            return f"found '{text}', expected {self.description}"
        return ""

    def _number_mistake(self, text: str) -> str:
        try:
            value = _number(text)
        except ValueError:
            hint = ": write a decimal point, no comma" if "," in text else ""
            share = text.removesuffix("%").strip()
            if self.bounds.get("le") == 1 and share != text and share.isdigit():
                hint = f": write {int(share) / 100:g}"
            return f"found '{text}', expected a number{hint}"
        if not math.isfinite(value):
            return f"found '{text}', expected a finite number"
        if self.kind == "integer" and not value.is_integer():
            return f"found '{text}', expected a whole number"
        if not self.bounds.hold(value):
            hint = ": a share of 1, no percentage" if self.bounds.get("le") == 1 else ""
            return f"found '{text}', expected {self.bounds.words()}{hint}"
        return ""


def required(all_columns: Iterable[Column]) -> set[str]:
    """Names of the columns that a sheet has to have."""
    return {column.name for column in all_columns if column.required}


SAMPLES = (
    Column(
        "sample",
        "Unique id: letters, digits, '.', '_' and '-'; at most 100 characters, not starting with "
        "'.' or '-'.",
        required=True,
        pattern=_ID,
    ),
    Column("patient", "Id of the person, same alphabet.", required=True, pattern=_ID),
    Column(
        "role",
        "tumor: donor (tumour cells or tissue); immune: recipient (TILs, a sorted subset, a "
        "product); normal: baseline of the same person, in co-culture the recipient cells grown "
        "alone; cells: a library of single cells.",
        required=True,
        choices=(*ROLES, "cells"),
    ),
    Column(
        "fastq_1",
        "Reads, first mates, or both mates interleaved: FASTQ, plain or compressed; path or URL.",
        kind="path",
    ),
    Column("fastq_2", "Second mates; empty for single-end.", kind="path"),
    Column(
        "bam",
        "Instead of FASTQ: BAM or CRAM, aligned to anything with a mitochondrial contig, or "
        "unaligned.",
        kind="path",
    ),
    Column("cell_type", "Free text: CD8 TIL, PBMC, cell line."),
    Column("timepoint", "Days, for time courses.", kind="number"),
    Column("batch", "Sequencing run or pool: samples of one batch can have swapped indexes."),
    Column(
        "assay",
        "Kind of library: wgs and wes get duplicates marked; of amplicon the primers of "
        "reference.primer_bed do not count; rna is not judged, and ends as failed_qc. "
        "Of single cells: sc_atac (mtscATAC), sc_rna, sc_rna_enriched (MAESTER), sc_plate (one BAM "
        "for each cell; taken for RNA).",
        choices=("amplicon", "capture", "wgs", "wes", "rna", *CELL_ASSAYS),
    ),
    Column(
        "platform",
        "Kind of sequencer; pacbio and nanopore: aligned as long reads, with minimap2.",
        choices=("illumina", "iontorrent", *LONG_READS),
    ),
    Column(
        "nuclear_counts",
        "TSV of this sample's reads at the patient's tumour's somatic nuclear SNVs: chrom pos ref "
        "alt ref_count alt_count tumor_vaf.",
        kind="path",
    ),
    Column(
        "nuclear_vcf",
        "VCF of the patient's tumour's somatic nuclear SNVs, to be counted in this sample's own "
        "indexed BAM or CRAM (column bam, or nuclear_bam), in place of nuclear_counts.",
        kind="path",
    ),
    Column(
        "tumor_cell_fraction",
        "Share of tumour cells in this sample, measured by flow cytometry or the like.",
        kind="number",
        bounds=SHARE,
    ),
    Column(
        "tumor_cell_fraction_high",
        "Its upper 95 % bound: above 0 also where no tumour cell was seen; 0 counts as unmeasured.",
        kind="number",
        bounds=SHARE,
    ),
    Column(
        "ambient_mtdna_high",
        "Upper 95 % bound of the share of this sample's mtDNA that is free mtDNA of lysed cells, "
        "measured with DNase or in the last wash. Empty: no bound.",
        kind="number",
        bounds=SHARE,
    ),
    Column(
        "mtdna_copies",
        "mtDNA copies per cell, measured. Where empty and assay is wgs, estimated from bam: 2 x "
        "mitochondrial depth / autosomal depth (not for wes: depth under baits says nothing of "
        "copies).",
        kind="number",
        bounds=POSITIVE,
    ),
    Column(
        "mtdna_copies_low",
        "Lower 95 % bound of mtdna_copies.",
        kind="number",
        bounds=POSITIVE,
    ),
    Column(
        "mtdna_copies_high",
        "Upper 95 % bound of mtdna_copies.",
        kind="number",
        bounds=POSITIVE,
    ),
    Column(
        "nuclear_bam",
        "BAM or CRAM of the same preparation in which nuclear_vcf is counted, where the mtDNA "
        "reads are in another file (amplicons, say): the usual exome or low-pass genome, indexed.",
        kind="path",
    ),
    Column(
        "purity",
        "Tumour cells per cell of the tumour sample; 1 for sorted cells and cell lines.",
        kind="number",
        bounds=Bounds(gt=0, le=1),
        roles=("tumor",),
    ),
    Column(
        "purity_low",
        "Lower 95 % bound of purity.",
        kind="number",
        bounds=SHARE,
        roles=("tumor",),
    ),
    Column(
        "purity_high",
        "Upper 95 % bound of purity.",
        kind="number",
        bounds=SHARE,
        roles=("tumor",),
    ),
    Column(
        "ploidy",
        "Mean ploidy of the tumour cells.",
        kind="number",
        bounds=POSITIVE,
        roles=("tumor",),
    ),
    Column(
        "input_cells",
        "Number of cells that the library was made of.",
        kind="integer",
        bounds=COUNT,
    ),
    Column(
        "mtdna_molecules",
        "Number of mtDNA molecules that the library was made of (amplicons).",
        kind="number",
        bounds=COUNT,
    ),
    Column(
        "cells_counted",
        "Number of cells that flow cytometry counted for tumor_cell_fraction.",
        kind="integer",
        bounds=COUNT,
    ),
    Column(
        "preparation",
        "Samples that were sorted or drawn from one preparation share this name; their tumour "
        "fractions are compared beyond what tumour cells bring.",
    ),
    Column(
        "preparation_split",
        "How the samples of one preparation were taken: portions drawn at random hold the same "
        "share of tumour cells, sorted ones may not. Empty counts as sorted.",
        choices=("drawn", "sorted"),
    ),
    Column(
        "library",
        "Name of the library that rows with one BAM per cell share (sc_plate).",
        pattern=_ID,
        roles=("cells",),
    ),
    Column(
        "cell_counts",
        "Instead of bam: allele counts per cell on rCRS: the folder of mgatk, mgatk2 or "
        "cellSNP-lite, or counts.h5 of mgatk2..",
        kind="path",
        roles=("cells",),
    ),
    Column(
        "cell_annotation",
        "TSV, CSV or h5ad with role and type of each cell, by barcode.",
        kind="path",
        roles=("cells",),
    ),
    Column(
        "barcodes",
        "List of all barcodes seen, of cells or not.",
        kind="path",
        roles=("cells",),
    ),
    Column(
        "barcode_tag",
        f"BAM tag with the barcode of the cell: two characters. Empty: {BARCODE_TAG}.",
        pattern=_TAG,
        roles=("cells",),
    ),
    Column(
        "umi_tag",
        f"BAM tag with the UMI in a library of single cells: two characters. Empty: {UMI_TAG} for "
        "RNA, none for sc_atac and sc_plate, where the ends of a fragment tell the molecule.",
        pattern=_TAG,
        roles=("cells",),
    ),
    Column(
        "interleaved",
        "true where fastq_1 holds both mates, false where it does not. Empty: recognised by the "
        "names of neighbouring reads.",
        choices=("true", "false"),
    ),
    Column(
        "umi",
        "Where the UMI of a read is: in the BAM tag RX (without it, CB and UB), or the last field "
        "of its name. Copies of a molecule then count once, by consensus. Empty: no UMIs.",
        choices=("RX", "name"),
    ),
)

PATIENTS = (
    Column("patient", "Id as in the sheet of samples.", required=True, pattern=_ID),
    Column("cancer_type", "Free text."),
    Column("stage", "Free text."),
    Column(
        "design",
        "autologous: all samples are of one person. allogeneic: tumour and immune cells are of "
        "two people (co-culture) or strains, every fixed difference is informative. syngeneic: an "
        "animal with a tumour line of its own strain that other animals of the cohort have, too.",
        choices=DESIGNS,
    ),
    Column(
        "os_months",
        "Overall survival or follow-up in months.",
        kind="number",
        bounds=Bounds(ge=0),
    ),
    Column("death", "1: died at os_months; 0: alive at last follow-up.", choices=("0", "1")),
)
