"""The script that aligns and counts: its outputs, and its errors."""

from __future__ import annotations

import json

import numpy as np
import pysam
import pytest
import script_runs
from bam_counts import input_totals
from places import BUNDLE, GENOME
from simulated_reads import CIRCLE, Library, on_circle, pair

from mitotransfer.counts import allele_counts
from mitotransfer.inputs import checksums


@pytest.fixture(scope="module")
def lane(tmp_path_factory):
    """A fragment from every second position: coverage has to be the same everywhere."""
    library = Library()
    for k, start in enumerate(range(0, len(CIRCLE), 2)):
        bases = pair(CIRCLE, start, 340, 150, bool(k % 4 == 0))
        library.add(f"even{k}", bases, ("I" * 150, "I" * 150))
    return library.write(tmp_path_factory.mktemp("even") / "even")


def run(folder, *words):
    """The script with outputs in a folder."""
    given = ["--sample", "S1", "--bundle", BUNDLE]
    outputs = ["--counts", folder / "S1.npz", "--qc", folder / "S1.json"]
    return script_runs.run("count_alleles", *given, *outputs, *words)


def test_outputs_are_the_same_bytes_with_and_without_the_bam_file(tmp_path, prefix, lane):
    plain, kept = tmp_path / "plain", tmp_path / "kept"
    words = ["--index", prefix, "--fastq", lane.fastq_1, lane.fastq_2]
    assert run(plain, *words).returncode == 0
    bam, sums = kept / "S1.bam", kept / "sums.tsv"
    done = run(kept, *words, "--output-bam", bam, "--checksums", sums)
    assert done.returncode == 0
    assert f"S1: {len(CIRCLE):,} reads, 0 left out as unaligned, 0 as nuclear" in done.stderr
    assert sorted(path.name for path in plain.iterdir()) == ["S1.json", "S1.npz"]
    names = ["S1.bam", "S1.bam.bai", "S1.json", "S1.npz", "sums.tsv"]
    assert sorted(path.name for path in kept.iterdir()) == names
    for name in ("S1.npz", "S1.json"):
        assert (plain / name).read_bytes() == (kept / name).read_bytes()
    summary = json.loads((kept / "S1.json").read_text())
    assert summary["mean_depth"] == pytest.approx(130 - 14 * 14 / 16568)
    assert allele_counts.load(kept / "S1.npz").sums is None
    loaded = allele_counts.load(kept / "S1.npz", sums=True)
    np.testing.assert_array_equal(loaded.sums.qualities, 40 * loaded.bases)
    rows = checksums.read(sums)
    assert [row["role"] for row in rows] == ["input", "input", "output"]
    assert rows[2]["sha256"] == checksums.sha256(bam)


def test_a_sample_without_aligned_reads_gives_valid_empty_files(tmp_path, prefix):
    path = tmp_path / "noise.fastq"
    path.write_text("".join(f"@n{k}\n{'AC' * 30}\n+\n{'I' * 60}\n" for k in range(30)))
    output = tmp_path / "S1.bam"
    result = run(tmp_path, "--index", prefix, "--output-bam", output, "--fastq", path, path)
    assert result.returncode == 0, result.stderr
    with pysam.AlignmentFile(str(output)) as source:
        assert list(source) == []
        assert source.has_index()
    totals = input_totals(output)
    assert (totals.reads, totals.unaligned) == (60, 60)
    found = allele_counts.load(tmp_path / "S1.npz")
    assert found.bases.sum() == 0
    assert found.failed == "no mitochondrial reads: none of 60 reads aligns to the mitogenome"


def test_a_bad_file_gives_valid_empty_files_with_the_reason(tmp_path, prefix, lane):
    broken, output = tmp_path / "broken.fastq.gz", tmp_path / "S1.bam"
    broken.write_bytes(lane.fastq_2.read_bytes()[:-100])
    result = run(tmp_path, "--index", prefix, "--output-bam", output, "--fastq", lane.fastq_1,
                 broken, "--checksums", tmp_path / "sums.tsv")  # fmt: skip
    assert result.returncode == 0 and "Traceback" not in result.stderr
    with pysam.AlignmentFile(str(output)) as source:
        assert list(source) == [] and source.has_index()
    found = allele_counts.load(tmp_path / "S1.npz", sums=True)
    assert str(broken) in found.failed and f"S1: cannot be used: {found.failed}" in result.stderr
    assert found.bases.sum() == 0 and found.sums is not None
    assert json.loads((tmp_path / "S1.json").read_text())["failed"] == found.failed
    assert [row["role"] for row in checksums.read(tmp_path / "sums.tsv")][-1] == "output"


def test_told_to_stop_bad_input_ends_in_one_line_and_leaves_no_output(tmp_path, prefix, lane):
    broken = tmp_path / "broken.fastq.gz"
    broken.write_bytes(lane.fastq_2.read_bytes()[:-100])
    kept = ["--output-bam", tmp_path / "S1.bam", "--stop-on-bad-file"]
    result = run(tmp_path, "--index", prefix, *kept, "--fastq", lane.fastq_1, broken)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    message = result.stderr.strip().splitlines()[-1]
    assert str(broken) in message and "gzip" in message
    missing = run(tmp_path, "--index", prefix, "--bam", tmp_path / "no.bam")
    assert missing.returncode == 1 and "no.bam: no such file" in missing.stderr
    wrong = run(tmp_path, "--index", tmp_path / "x", "--fastq", lane.fastq_1)
    assert wrong.returncode == 1 and "run index_reference.py first" in wrong.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["broken.fastq.gz"]


def test_words_for_interleaved_files_and_umis(tmp_path, prefix):
    made = Library()
    for k in range(60):
        bases = pair(CIRCLE, 400 + k // 3, 300, 100, False)
        made.add(f"r:{k}:{'ACGT'[k // 3 % 4] * 10}", bases, ("I" * 100, "I" * 100))
    path = tmp_path / "both.fastq"
    path.write_text("".join(a + b for a, b in zip(made.first, made.second, strict=True)))
    words = ["--index", prefix, "--fastq", path]
    single = run(tmp_path, *words, "--interleaved", "false")
    assert single.returncode == 0
    assert json.loads((tmp_path / "S1.json").read_text())["fragments"] == 120
    done = run(tmp_path, *words, "--umi", "name")
    assert done.returncode == 0 and "80 as copies of a molecule" in done.stderr
    summary = json.loads((tmp_path / "S1.json").read_text())
    assert (summary["fragments"], summary["molecules"]) == (60, 20)
    assert summary["copies_per_molecule"] == 3


def test_reads_that_failed_the_filter_of_the_sequencer_are_shown(tmp_path, prefix):
    path = tmp_path / "failed.fastq"
    lines = [f"@r{k} 1:{'YN'[k % 2]}:0:A\n{CIRCLE[k : k + 100]}\n+\n{'I' * 100}" for k in range(40)]
    path.write_text("\n".join(lines) + "\n")
    done = run(tmp_path, "--index", prefix, "--fastq", path)
    assert done.returncode == 0 and "20 as failed by the sequencer" in done.stderr
    summary = json.loads((tmp_path / "S1.json").read_text())
    assert (summary["failed_reads"], summary["failed_share"], summary["aligned"]) == (20, 0.5, 20)


def test_warnings_of_files_are_in_the_summary(tmp_path, prefix):
    path = tmp_path / "old.fastq"
    lines = [f"@r{k}\n{CIRCLE[k : k + 100]}\n+\n{'hB' * 50}" for k in range(40)]
    path.write_text("\n".join(lines) + "\n")
    done = run(tmp_path, "--index", prefix, "--fastq", path)
    told = f"{path}: qualities of Phred+64, read as such"
    assert done.returncode == 0 and f"Warning: {told}\n" in done.stderr
    assert json.loads((tmp_path / "S1.json").read_text())["warnings"] == [told]
    assert allele_counts.load(tmp_path / "S1.npz").meta["warnings"] == [told]


@pytest.mark.parametrize("mates", ["another lane's", "the first again"])
def test_mates_that_are_none_by_their_places_are_told(tmp_path, prefix, lane, mates):
    """All names are alike in both files: they tell nothing."""
    if mates == "the first again":
        second = lane.fastq_1
    else:
        with pysam.FastxFile(str(lane.fastq_2)) as source:
            reads = [(read.name, read.sequence, read.quality) for read in source]
        second = tmp_path / "other.fastq"
        half = len(reads) // 2
        turned = zip(reads, reads[half:] + reads[:half], strict=True)
        second.write_text(
            "".join(f"@{one[0]}\n{other[1]}\n+\n{other[2]}\n" for one, other in turned)
        )
    done = run(tmp_path, "--index", prefix, "--fastq", lane.fastq_1, second)
    assert done.returncode == 0, done.stderr
    (told,) = json.loads((tmp_path / "S1.json").read_text())["warnings"]
    assert "pairs only 0 have mates that face each other" in told


def test_rna_is_summarised_but_not_counted(tmp_path, prefix, lane):
    """RNA by the sheet; and by its reads, of two genes that differ in expression."""
    words = ["--index", prefix, "--stop-on-bad-file"]
    stated = run(tmp_path, *words, "--rna", "--fastq", lane.fastq_1, lane.fastq_2)
    assert stated.returncode == 0, stated.stderr
    summary = json.loads((tmp_path / "S1.json").read_text())
    assert summary["failed"].startswith("assay is rna, which is not judged as DNA")
    assert summary["mean_depth"] == 0 and summary["used_reads"] > 16_000
    assert not allele_counts.load(tmp_path / "S1.npz").bases.any()
    rng = np.random.default_rng(1)
    made = Library()
    for gene in GENOME.genes:
        if gene.kind in ("protein", "rRNA"):
            start, end = on_circle(gene.start), on_circle(gene.end) + 1
            level = 1.0 if gene.kind == "rRNA" else 0.02 * 2 ** rng.uniform(0, 5)
            for k in range(int(level * (end - start))):
                at = int(rng.integers(start, end - 100))
                size = int(min(rng.integers(100, 250), end - at))
                bases = pair(CIRCLE, at, size, 100, bool(rng.integers(2)))
                made.add(f"{gene.name}.{k}", bases, ("I" * 100, "I" * 100))
    expressed = made.write(tmp_path / "rna")
    words = ["--index", prefix, "--fastq", expressed.fastq_1, expressed.fastq_2]
    found = run(tmp_path, *words)
    assert found.returncode == 0, found.stderr
    reason = json.loads((tmp_path / "S1.json").read_text())["failed"]
    assert reason.startswith("its reads look like RNA (genes explain"), reason
    assert run(tmp_path, *words, "--stop-on-bad-file").returncode == 1


def test_an_error_of_the_program_is_not_the_failure_of_a_sample(tmp_path, prefix, lane):
    words = ["--index", prefix, "--fastq", lane.fastq_1, "--primers", lane.fastq_1]
    done = run(tmp_path, *words)
    assert done.returncode == 1 and "expected a BED file" in done.stderr
    assert not (tmp_path / "S1.json").exists()
