"""The tables of a library of single cells."""

from __future__ import annotations

from mitotransfer.table_files import Column, Table

CELLS = Table(
    "samples/{sample}/{sample}.cells.tsv.gz",
    "A verdict, a tumour fraction and a test per immune cell of a library of single cells.",
    (
        Column("barcode", "Barcode of the cell, as in the annotation."),
        Column("cell_type", "Of the annotation."),
        Column("subset", "Of the annotation."),
        Column(
            "verdict",
            "transfer_supported, single_variant (a single variant carries it, or RNA alone), "
            "doublet_not_excluded, explained_by_doublet, ambient_not_excluded, not_detected, "
            "underpowered, uninformative or failed_qc.",
        ),
        Column(
            "tumor_fraction",
            "Share of the cell's mtDNA that is of tumour origin, beyond free mtDNA and swapped "
            "barcodes.",
            float,
        ),
        Column("tumor_fraction_low", "Lower bound of its interval.", float),
        Column("tumor_fraction_high", "Upper bound.", float),
        Column(
            "detection_limit",
            "Least tumour fraction that the test of cells.min_fraction would find in this cell "
            "with 95 % power at p < 0.001; empty where even 1 would be missed.",
            float,
        ),
        Column("p_value", "Of a tumour fraction of at most cells.min_fraction.", float),
        Column("q_value", "Benjamini-Hochberg over the library's immune cells.", float),
        Column("zero_p_value", "Of a tumour fraction of 0.", float),
        Column("alt", "Fragments with the tumour's alleles.", int),
        Column(
            "ambient_alt",
            "Fragments with the tumour's alleles that free mtDNA, swapped barcodes and errors "
            "bring on average.",
            float,
        ),
        Column(
            "zero_least_alt",
            "Least such fragments at which the p value of a tumour fraction of 0 is at most 0.001.",
            int,
        ),
        Column("least_alt", "The same of a tumour fraction of cells.min_fraction.", int),
        Column("informative_fragments", "Fragments at informative variants.", int),
        Column("n_variants", "Informative variants with a fragment.", int),
        Column("mtdna_depth", "Mean depth of the cell's mtDNA.", float, "fragments"),
        Column(
            "ambient_share",
            "Share of the cell's mtDNA that free mtDNA and swapped barcodes bring on average.",
            float,
        ),
        Column("doublet_probability", "Nuclear doublet score of the annotation.", float),
        Column("tumor_score", "Of the annotation.", float),
        Column("umap_1", "Of the annotation.", float),
        Column("umap_2", "Of the annotation.", float),
        Column("flags", "Joined by ';'."),
    ),
    optional=True,
)

_SHARES = (
    Column("patient", "Id of the person."),
    Column("library", "Id of the library of single cells."),
    Column("cell_type", "Kind of immune cell; all: every immune cell of the library."),
    Column("subset", "Subset of it, where the annotation has subsets."),
    Column("n_cells", "Cells tested: those that are no doublets by their score.", int),
    Column(
        "n_powered", "Of these, cells with a detection limit up to cells.max_detection_limit.", int
    ),
    Column(
        "share",
        "Share of cells with a tumour fraction above cells.min_fraction: receivers, and doublets "
        "not excluded.",
        float,
    ),
    Column("share_low", "Lower bound, one-sided.", float),
    Column("share_high", "Upper bound, one-sided.", float),
    Column("share_low_without", "Least lower bound when one variant is left out.", float),
    Column("expected_doublets", "Expected share of doublets with a tumour cell.", float),
    Column("doublets_high", "Its upper bound.", float),
    Column("excess_low", "share_low less doublets_high, at least 0.", float),
    Column(
        "p_value",
        "Of the same share of receivers in the library's other immune cells (likelihood ratio); "
        "empty for all and for fewer than 20 cells on a side.",
        float,
    ),
    Column("ambient", "Free mtDNA per position and droplet.", float, "fragments"),
    Column("ambient_tumor", "Share of free mtDNA that is the tumour's.", float),
    Column("swap", "Share of a cell's reads that swapped barcodes, as used.", float),
    Column("verdict", "As of a cell."),
    Column("flags", "Joined by ';'."),
)
LIBRARY_SHARES = Table(
    "samples/{sample}/{sample}.cell_shares.tsv",
    "The share of receivers among the immune cells of a library, by kind of cell.",
    _SHARES,
    optional=True,
)
CELL_SHARES = Table(
    "cell_shares.tsv",
    "The share of receivers among immune cells, by library and kind of cell: the table that people "
    "want of single cells.",
    _SHARES,
    optional=True,
)
CELL_VARIANTS = Table(
    "samples/{sample}/{sample}.cell_variants.tsv",
    "The tumour's variants in a library of single cells, and why some are not used.",
    (
        Column("pos", "Position on rCRS, from 1.", int),
        Column("own", "Allele of the immune cells."),
        Column("alt", "The tumour's allele."),
        Column("tumor_vaf", "Mean VAF in tumour cells.", float),
        Column("concentration", "Of the beta distribution of the VAF over tumour cells.", float),
        Column("tumor_depth", "Fragments in tumour cells.", int),
        Column("immune_alt", "Fragments with the allele in immune cells.", int),
        Column("immune_depth", "Fragments in immune cells.", int),
        Column("median_vaf", "Median VAF of the immune cells' distribution.", float),
        Column("error_rate", "Rate of errors that look like the variant, as used.", float),
        Column("share_without", "Share of receivers among all immune cells without it.", float),
        Column("share_low_without", "Its lower bound.", float),
        Column(
            "reason",
            "Why it is not used: in_immune_cells, in_normal, not_in_dna (of RNA), artefact, "
            "rna_position, beside_another (its fragments are those of a variant that is used); "
            "empty if used.",
        ),
    ),
    optional=True,
)
FRACTIONS = Table(
    "samples/{sample}/{sample}.cell_fractions.tsv",
    "The distribution of the tumour fraction over a library's immune cells.",
    (
        Column("tumor_fraction", "Share of a cell's mtDNA that is the tumour's.", float),
        Column("weight", "Share of cells with it, by nonparametric maximum likelihood.", float),
    ),
    optional=True,
)
