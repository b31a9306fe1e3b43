"""The sorted BAM file that is written beside the work on records, and its header."""

from __future__ import annotations

import pysam
import pytest
from bam_counts import input_totals, raw_records
from simulated_reads import CIRCLE, RCRS, Library, aligned, pair

from mitotransfer.reads import sorted_bam
from mitotransfer.reads.bam_header import Header, Totals, sample_header


@pytest.fixture(scope="module")
def records(tmp_path_factory, prefix):
    """Records of a few pairs, backwards."""
    library = Library()
    for k in range(40):
        library.add(f"r{k}", pair(CIRCLE, 400 * k, 300, 100, False), ("I" * 100,) * 2)
    folder = tmp_path_factory.mktemp("sorted")
    raw = raw_records(aligned(folder, prefix, [library.write(folder / "r")]))
    return raw._replace(offsets=raw.offsets[::-1])


def test_batches_pass_and_the_file_is_sorted_indexed_and_has_the_totals(tmp_path, records):
    totals = Totals()

    def batches():
        yield records
        totals.reads = 80

    def header():
        return sample_header(RCRS, "S1", totals, "1.0")

    output = tmp_path / "out.bam"
    folder = tmp_path / "work"
    folder.mkdir()
    passed = []
    for batch in sorted_bam.keep(batches(), output, folder, header, 1):
        assert not output.exists()
        passed.append(batch)
    assert passed == [records]
    with pysam.AlignmentFile(str(output)) as source:
        starts = [record.reference_start for record in source]
        assert source.has_index()
        assert source.header.to_dict()["RG"] == [{"ID": "S1", "SM": "S1"}]
    assert starts == sorted(starts) and len(starts) == len(records.offsets)
    assert input_totals(output) == Totals(reads=80)


def test_a_failure_on_the_way_leaves_no_file(tmp_path, records):
    def batches():
        yield records
        raise ValueError("broken reads")

    header = sample_header(RCRS, "S1", Totals(), "1.0")
    with pytest.raises(ValueError, match="broken reads"):
        list(sorted_bam.keep(batches(), tmp_path / "out.bam", tmp_path, lambda: header, 1))
    assert not (tmp_path / "out.bam").exists()


def test_a_header_of_another_length_is_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="the new header has another length"),
        sorted_bam.BamWriter(tmp_path / "a.bam", Header("@CO\ta\n", (("chrM", 5),))) as writer,
    ):
        writer.replace_header(Header("@CO\tab\n", (("chrM", 5),)))
