"""A small genome with somatic SNVs, its reads and their VCF."""

from __future__ import annotations

import numpy as np
import pysam

CHROM, MITO = 400_000, 16_569
RNG = np.random.default_rng(11)
GENOME = {
    name: RNG.choice(np.frombuffer(b"ACGT", np.uint8), size).tobytes().decode()
    for name, size in (("chr1", CHROM), ("chr2", CHROM), ("chrM", MITO))
}
OTHER = dict(zip("ACGT", "CGTA", strict=True))
LOCI = [("chr1", 1000 + 2000 * k) for k in range(100)]


def write_genome(path, vaf, autosomal=8, mitochondrial=80, kind="bam", fasta=None):
    """Error-free pairs of 100 bases, inserts of 150: mates overlap by 50."""
    rng = np.random.default_rng(3)
    names = list(GENOME)
    header = pysam.AlignmentHeader.from_dict(
        {"SQ": [{"SN": name, "LN": len(GENOME[name])} for name in names]}
    )
    options = {"reference_filename": str(fasta)} if fasta else {}
    records, truth = [], np.zeros((len(LOCI), 2), int)
    rows = {locus: row for row, locus in enumerate(LOCI)}
    for name in names:
        depth = mitochondrial if name == "chrM" else autosomal
        size = len(GENOME[name])
        for k in range(depth * size // 200):
            start = int(rng.integers(0, size - 150))
            fragment = GENOME[name][start : start + 150]
            first = -(-(start + 1 - 1000) // 2000) * 2000 + 1000  # locus at or after the start
            if (name, first) in rows and first - 1 < start + 150:
                alt = rng.random() < vaf
                truth[rows[name, first], int(alt)] += 1
                if alt:
                    at = first - 1 - start
                    fragment = fragment[:at] + OTHER[fragment[at]] + fragment[at + 1 :]
            for second in (0, 1):
                record = pysam.AlignedSegment(header)
                record.query_name = f"{name}.{k}"
                record.flag = 0x1 | 0x2 | (0x80 | 0x10 if second else 0x40 | 0x20)
                at = 50 if second else 0
                record.query_sequence = fragment[at : at + 100]
                record.query_qualities_str = "I" * 100
                record.cigarstring = "100M"
                record.reference_id = record.next_reference_id = names.index(name)
                record.reference_start = start + at
                record.next_reference_start = start + 50 - at
                record.mapping_quality = 60
                records.append(record)
    records.sort(key=lambda r: (r.reference_id, r.reference_start, r.query_name))
    with pysam.AlignmentFile(
        str(path), "wc" if kind == "cram" else "wb", header=header, **options
    ) as target:
        for record in records:
            target.write(record)
    pysam.index(str(path))
    return truth


def write_vcf(path, prefix="chr", samples="NORMAL\tTUMOR"):
    lines = ["##fileformat=VCFv4.2", '##FILTER=<ID=weak,Description="x">']
    lines += [f"##contig=<ID={prefix}{k}>" for k in (1, 2, "M")]
    lines += ['##FORMAT=<ID=AD,Number=R,Type=Integer,Description="x">']
    lines += ["#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + samples]

    def row(chrom, pos, ref, alt, status="PASS"):
        columns = "\t".join("60,40" if k else "100,0" for k in range(len(samples.split("\t"))))
        lines.append(f"{prefix}{chrom}\t{pos}\t.\t{ref}\t{alt}\t.\t{status}\t.\tAD\t{columns}")

    for chrom, pos in LOCI:
        base = GENOME[chrom][pos - 1]
        row(chrom[3:], pos, base, OTHER[base])
    row(2, 5, GENOME["chr2"][4], OTHER[GENOME["chr2"][4]], "weak")
    row(2, 9, GENOME["chr2"][8], GENOME["chr2"][8] + "T")  # an insertion
    row("M", 9, GENOME["chrM"][8], OTHER[GENOME["chrM"][8]])
    path.write_text("\n".join(lines) + "\n")
    return path
