"""The table of a patient's evidence; apart from its making, which needs pandas."""

from mitotransfer.inputs.columns import ROLES
from mitotransfer.table_files import Column, Table

_COUNTS = {
    "alt_forward": "Fragments with the allele, forward strand.",
    "alt_reverse": "Reverse strand.",
    "depth_forward": "All fragments, forward strand.",
    "depth_reverse": "Reverse strand.",
}
COUNT_KINDS = tuple(_COUNTS)
TUMOR_COPIES = Column(
    "tumor_copies",
    "Molecules of the tumour that have the position, over those outside its deletions; 1 where it "
    "has none.",
    float,
)
LENGTH_BIAS = Column(
    "length_bias",
    "Counted over true odds of the fragments with the tumour's alleles in the immune sample, where "
    "they are of reads of another length; 1 where that is not shown, or less than 5 %.",
    float,
)
EVIDENCE = Table(
    "patients/{patient}/evidence.tsv",
    "Evidence on each variant from the patient's own samples, without the cohort.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the immune sample."),
        Column("pos", "Position on rCRS, from 1.", int),
        Column("ref", "Reference allele."),
        Column(
            "alt",
            "The tumour's allele; of a junction the base at pos, joined to the base that follows.",
        ),
        Column("type", "SNV, insertion, deletion or junction (of a large deletion)."),
        Column("gene", "Gene or region."),
        Column("consequence", "Effect on the gene."),
        Column("hgvs_m", "HGVS name."),
        Column("usable", "Whether it is informative by the patient's own samples.", bool),
        Column("flags", "Joined by ';'."),
        *(Column(f"{role}_{kind}", doc, int) for role in ROLES for kind, doc in _COUNTS.items()),
        Column(
            "error_alpha",
            "Beta distribution of the allele's error rate in the immune sample: first parameter.",
            float,
        ),
        Column("error_beta", "Its second parameter.", float),
        Column("overdispersion", "Extra-binomial dispersion of the patient's counts.", float),
        TUMOR_COPIES,
        LENGTH_BIAS,
    ),
    cure="compare the patient's samples again",
    digits=10,
)
