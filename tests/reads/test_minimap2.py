"""Records of long reads on the reference, by minimap2."""

from __future__ import annotations

import pysam
import pytest
from long_molecules import molecule, needs_minimap2, write
from simulated_reads import CIRCLE, RCRS

from mitotransfer.counts.count_sample import count_sample
from mitotransfer.inputs.settings import Counting
from mitotransfer.problems import BadFile
from mitotransfer.reads import minimap2
from mitotransfer.reads.align import Settings
from mitotransfer.reads.lanes import Lane, SampleReads, batches


def test_a_missing_program_is_named_with_its_cure(tmp_path, monkeypatch):
    monkeypatch.setattr(minimap2.shutil, "which", lambda name: None)
    with pytest.raises(ValueError, match="apt install minimap2"):
        minimap2.LongAligner(RCRS, "pacbio", "S", tmp_path)


@needs_minimap2
def test_records_are_on_the_reference_and_split_at_the_origin(tmp_path, prefix):
    reads = [molecule(0, 5000), molecule(len(CIRCLE) - 2000, 5000), molecule(2000, 3000)]
    path = write(tmp_path / "r.fq.gz", reads)
    sample = SampleReads("S", [Lane(path)])
    settings = Settings(platform="nanopore")
    bam = tmp_path / "S.bam"
    count_sample(sample, prefix, RCRS, Counting(), settings, bam=bam)
    with pysam.AlignmentFile(str(bam)) as file:
        program = next(row for row in file.header["PG"] if row["ID"] == "minimap2")
        found = sorted(
            (r.query_name, r.reference_start, r.reference_end, r.is_reverse, r.get_tag("NM"))
            for r in file
        )
    assert program["VN"] == minimap2.version()
    # The placeholder is a deletion.
    assert found == [
        ("long0", 0, 5001, False, 1),
        ("long1", 0, 3000, True, 0),
        ("long1", 14_569, 16_569, True, 0),
        ("long2", 2000, 5001, False, 1),
    ]


@needs_minimap2
def test_long_reads_have_no_mates(tmp_path):
    paths = [write(tmp_path / f"{k}.fq.gz", [molecule(0, 500)]) for k in (1, 2)]
    (batch,) = batches(Lane(*paths), 10)
    with pytest.raises(BadFile, match="no mates"):
        minimap2.LongAligner(RCRS, "pacbio", "S", tmp_path).align(batch)
