"""The table of fragments that are shown; apart from their reading, which needs pysam."""

from mitotransfer.table_files import Column, Table

#: Bases that are shown on each side of a junction.
REACH = 30
#: What a fragment at a junction is: split there, or running on at its start or into its end.
SPLIT, AT_START, AT_END = "split", "intact_start", "intact_end"

READS = Table(
    "patients/{patient}/reads.tsv",
    "Some of the fragments at each informative variant, for the report; only with reads.keep_bam.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the sample."),
        Column("role", "tumor, immune or normal."),
        Column("pos", "Position of the variant on rCRS; of a junction its start.", int),
        Column("ref", "Reference allele."),
        Column("alt", "Alternative allele."),
        Column("start", "First base of the fragment, from 1; at a junction, of the read.", int),
        Column("end", "Last base; at a junction, of the read's main alignment.", int),
        Column("strand", "Of the read that shows the base: + or -."),
        Column(
            "base",
            f"The fragment's base at the position. At a junction: {SPLIT}, or {AT_START} and "
            f"{AT_END} where it runs on at one of the ends.",
        ),
        Column(
            "quality",
            "Its base quality; at a junction, the lower one of the two bases beside it.",
            int,
            "Phred",
        ),
        Column(
            "alt_fragments",
            "Fragments of the sample with the alternative allele, or split at the junction.",
            int,
        ),
        Column(
            "fragments",
            "Fragments of the sample at the position; of a junction, split and intact at either "
            "end.",
            int,
        ),
        Column(
            "bases",
            f"At a junction, the read's bases: {REACH} on each side, . where it has none.",
        ),
        Column("qualities", "Their qualities as in FASTQ (Phred + 33)."),
    ),
)
