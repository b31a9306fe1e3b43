from __future__ import annotations

from mitotransfer.inputs.samples import Sample, Unit


def test_a_sample_has_the_files_of_its_units(tmp_path):
    for name, size in (("1.fq", 3_000_000), ("2.fq", 1_000_000), ("a.bam", 500_000)):
        (tmp_path / name).write_bytes(bytes(size))
    one, two, bam = (str(tmp_path / name) for name in ("1.fq", "2.fq", "a.bam"))
    sample = Sample("S", "P", "tumor", 2, {}, (Unit(2, one, two), Unit(3, bam=bam)))
    assert sample.read_files == [one, two, bam]
    assert sample.megabytes == 4.5
