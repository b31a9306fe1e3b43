"""``show_reads.py`` as a command, on drawn reads."""

from __future__ import annotations

from pathlib import Path

import pysam
import script_runs
from places import RCRS

from mitotransfer.genome.junction_alleles import JUNCTION, allele
from mitotransfer.patient.evidence_table import EVIDENCE
from mitotransfer.patient.reads_table import READS

ROLES = {"T": "tumor", "I": "immune", "N": "normal"}


def write_bam(path: Path, contig: bool = True) -> None:
    """Fifty reads around position 1,000, and five split at the junction of 6,000 and 12,000."""
    path.parent.mkdir(parents=True)
    sequences = [{"SN": "chrM", "LN": 16569}] if contig else []
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": sequences}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for k in range(50 if contig else 0):
            read = pysam.AlignedSegment()
            read.query_name, read.query_sequence = f"r{k}", "A" * 100
            read.reference_id, read.reference_start, read.cigarstring = 0, 950, "100M"
            read.mapping_quality = 60
            read.query_qualities = pysam.qualitystring_to_array("I" * 100)
            out.write(read)
        for k in range(5 if contig else 0):
            read.query_name, read.reference_start, read.cigarstring = f"s{k}", 5949, "51M49S"
            read.query_sequence = RCRS.sequence[5949:6000] + RCRS.sequence[11999:12048]
            read.query_qualities = pysam.qualitystring_to_array("I" * 100)
            out.write(read)
    pysam.index(str(path))


def test_reads_and_session_of_a_patient(tmp_path: Path) -> None:
    for name in ROLES:
        write_bam(tmp_path / "samples" / name / f"{name}.bam", contig=name != "N")
    row = {"patient": "P", "sample": "I", "pos": 1000, "ref": "G", "alt": "A", "type": "SNV",
           "usable": True}  # fmt: skip
    counts = {
        f"{role}_{kind}_{strand}": 10
        for role in ROLES.values()
        for kind in ("alt", "depth")
        for strand in ("forward", "reverse")
    }
    own = tmp_path / "patients" / "P"
    own.mkdir(parents=True)
    ref = RCRS.sequence[5999]
    junction = {"pos": 6000, "ref": ref, "alt": allele(ref, 12000), "type": JUNCTION}
    EVIDENCE.write(EVIDENCE.frame([row | counts, row | counts | junction]), own / "evidence.tsv")
    words = ["--patient", "P"]
    for name, role in [*ROLES.items(), ("C", "cells")]:
        words += ["--sample", name, role]
    words += ["--evidence", own / "evidence.tsv", "--samples-folder", tmp_path / "samples"]
    words += ["--fasta", tmp_path / "reference" / "chrM.fa"]
    words += ["--reads", own / "reads.tsv", "--session", own / "P.igv.xml"]
    done = script_runs.run("show_reads", *words)
    assert done.returncode == 0, done.stderr
    found = READS.read(own / "reads.tsv")
    # A sample that failed has no reads, and shows none.
    assert found["sample"].value_counts().to_dict() == {"T": 45, "I": 45}
    assert found["base"].value_counts().to_dict() == {"A": 80, "split": 10}
    split = found[found["base"] == "split"]
    assert set(split["bases"]) == {RCRS.sequence[5970:6000] + RCRS.sequence[11999:12029]}
    session = (own / "P.igv.xml").read_text()
    assert 'genome="../../reference/chrM.fa"' in session
    assert 'path="../../samples/I/I.bam"' in session and "m.1000G&gt;A" in session
    assert 'start="5999" end="6000"' in session and 'start="11999" end="12000"' in session
