"""The table of fragments that are shown; apart from their reading, which needs pysam."""

from mitotransfer.table_files import Column, Table

READS = Table(
    "patients/{patient}/reads.tsv",
    "Some of the fragments at each informative variant, for the report; only with reads.keep_bam.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the sample."),
        Column("role", "tumor, immune or normal."),
        Column("pos", "Position of the variant on rCRS.", int),
        Column("ref", "Reference allele."),
        Column("alt", "Alternative allele."),
        Column("start", "First base of the fragment, from 1.", int),
        Column("end", "Last base.", int),
        Column("strand", "Of the read that shows the base: + or -."),
        Column("base", "The fragment's base at the position."),
        Column("quality", "Its base quality.", int, "Phred"),
        Column("alt_fragments", "Fragments of the sample with the alternative allele.", int),
        Column("fragments", "Fragments of the sample at the position.", int),
    ),
)
