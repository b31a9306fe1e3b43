"""The VCF passes bcftools, round trips, and depends on nothing but the calls."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pysam
import pysam.bcftools
import pytest
import script_runs
from draws import CODES, REFERENCE, call, draw, gamma_factors, rates, some_positions, spike
from fitted_errors import errors_of
from places import BUNDLE, GENOME

from mitotransfer import flags
from mitotransfer.calls import vcf
from mitotransfer.calls.frame import CALLS, FILTERS
from mitotransfer.counts import allele_counts
from mitotransfer.errors import background, sample_errors, site_sums
from mitotransfer.genome import consequences


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(1)
    drawn = draw(rng, 2000, rates(rng), gamma_factors(rng, 1.0))
    drawn, _ = spike(rng, drawn, some_positions(rng, 15), 0.02)
    drawn, _ = spike(rng, drawn, some_positions(rng, 15), 1.0)
    drawn, _ = spike(rng, drawn, [309], 0.5)
    drawn, _ = spike(rng, drawn, [4999], 0.98)
    sequence = REFERENCE.sequence
    rows = [
        (302, "A", "AC", 300, 280),
        (302, "A", "ACC", 100, 90),
        (513, "GCA", "G", 400, 400),
        (3105, "AC", "A", 60, 60),
        (3106, "CNT", "C", 60, 60),
        (8270, sequence[8269:8279], "C", 1000, 1000),
        (9479, sequence[9478:9494], sequence[9478], 40, 50),
    ]
    return allele_counts.Counts(
        drawn.bases, pd.DataFrame(rows, columns=allele_counts.INDEL_COLUMNS), {}
    )


@pytest.fixture(scope="module")
def frame(sample):
    predicted = background.background(errors_of(sample), REFERENCE)
    return consequences.annotate(call(sample, predicted), GENOME, {})


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "chrM.fa"
    path.write_text(f">chrM\n{REFERENCE.sequence}\n")
    return path


def accepted(path, genome):
    """What ``bcftools norm`` counts; raises if it or ``bcftools view`` finds a fault."""
    text = pysam.bcftools.view(str(path))
    pysam.bcftools.norm("-c", "e", "-f", str(genome), "-m", "-any", str(path))
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_bcftools_accepts_and_changes_nothing(frame, genome, tmp_path):
    path = tmp_path / "s.vcf.gz"
    vcf.write_vcf(frame, path, "S-1.a", REFERENCE)
    lines = accepted(path, genome)
    normal = pysam.bcftools.norm("-c", "e", "-f", str(genome), "-m", "-any", str(path))
    assert [x for x in normal.splitlines() if not x.startswith("#")] == lines
    assert len(lines) == len(frame) > 30


def test_fields_are_those_of_the_calls(frame, tmp_path):
    path = tmp_path / "s.vcf.gz"
    vcf.write_vcf(frame, path, "S", REFERENCE)
    with pysam.VariantFile(str(path)) as handle:
        assert handle.header.contigs["chrM"].length == 16569
        assert list(handle.header.samples) == ["S"]
        records = list(handle)
        region = list(handle.fetch("chrM", 8269, 8271))
    assert [r.pos for r in region] == [8270]
    assert {r.info["HGVSM"] for r in records} == set(frame["hgvs_m"])
    assert any("%3D" in "".join(r.info.get("HGVSP", ())) for r in records)
    for record, row in zip(records, frame.to_dict("records"), strict=True):
        entry = record.samples["S"]
        assert (record.pos, record.alleles) == (row["pos"], (row["ref"], row["alt"]))
        assert ";".join(record.filter.keys()) == row["filter"]
        assert entry["AD"] == (
            row["ref_forward"] + row["ref_reverse"],
            row["alt_forward"] + row["alt_reverse"],
        )
        assert entry["ADF"] == (row["ref_forward"], row["alt_forward"])
        assert entry["ADR"] == (row["ref_reverse"], row["alt_reverse"])
        assert sum(entry["SB"]) == sum(entry["AD"])
        assert entry["DP"] == row["depth"]
        assert entry["AF"][0] == pytest.approx(row["vaf"], rel=1e-5)
        assert entry["HFL"][0] <= entry["AF"][0] <= entry["HFU"][0]
        assert entry["GT"] == ((1,) if row["state"] == "homoplasmic" else (0, 1))
        assert 0 <= record.qual <= 999
    (mixed,) = [r for r in records if r.pos == 5000]
    assert mixed.samples["S"]["GT"] == (0, 1) and mixed.samples["S"]["AF"][0] > 0.95


def test_deletions_over_the_ends_of_the_contig(sample, genome, tmp_path):
    """On the circle a reference allele goes on at position 1; a contig has no such base."""
    around = REFERENCE.sequence * 2
    deleted = {16569: 3, 16568: 2, 16560: 12, 16567: 2}
    rows = [(pos, around[pos - 1 : pos + n], around[pos - 1], 90, 90) for pos, n in deleted.items()]
    indels = pd.DataFrame(rows, columns=allele_counts.INDEL_COLUMNS)
    found = call(replace(sample, indels=indels))
    found = found[found["type"] == "deletion"]
    assert sorted(found["pos"]) == sorted(deleted)
    path = tmp_path / "s.vcf.gz"
    vcf.write_vcf(found, path, "S", REFERENCE)
    assert len(accepted(path, genome)) == len(deleted)
    with pysam.VariantFile(str(path)) as handle:
        records = {r.pos: (r.alleles, r.info.get("SVTYPE")) for r in handle}
    assert records == {
        1: ((around[:4], around[3]), None),
        16560: (("C", f"C[chrM:{16560 + 12 + 1 - 16569}["), "BND"),
        16567: ((around[16566:16569], around[16566]), None),
        16568: (("T", "T[chrM:2["), "BND"),
    }


def test_every_filter_and_flag_is_described():
    head = vcf.header("S", REFERENCE)
    assert set(FILTERS) <= set(head.filters)
    for flag in flags.OF_CALLS:
        assert f"FLAG_{flag.upper()}" in head.info
    for key in ("GT", "DP", "AD", "ADF", "ADR", "AF", "HFL", "HFU", "SB"):
        assert head.formats[key].description


def test_same_calls_same_bytes_and_no_dates(frame, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        vcf.write_vcf(frame, tmp_path / name / "s.vcf.gz", "S", REFERENCE)
    for suffix in ("", ".tbi"):
        one = (tmp_path / "one" / f"s.vcf.gz{suffix}").read_bytes()
        assert one == (tmp_path / "two" / f"s.vcf.gz{suffix}").read_bytes()
    head = str(vcf.header("S", REFERENCE))
    assert "Date" not in head and str(tmp_path) not in head


def test_no_calls_make_a_valid_vcf(frame, genome, tmp_path):
    path = tmp_path / "empty.vcf.gz"
    vcf.write_vcf(frame.iloc[:0], path, "S", REFERENCE)
    assert accepted(path, genome) == []
    assert (tmp_path / "empty.vcf.gz.tbi").exists()


# ---------------------------------------------------------------- command line


def run(tmp_path, archive, *more):
    names = {
        "--errors": "errors.json",
        "--calls": "calls.tsv",
        "--vcf": "calls.vcf.gz",
        "--tested": "tested.tsv.gz",
    }
    outputs = [word for key, name in names.items() for word in (key, tmp_path / name)]
    given = ("--sample", "S", "--counts", archive, "--bundle", BUNDLE)
    return script_runs.run("call_variants", *given, *outputs, *more)


def test_command_line_writes_all_outputs(sample, genome, tmp_path):
    allele_counts.save(sample, tmp_path / "s.npz")
    done = run(tmp_path, tmp_path / "s.npz", "--min-vaf", "0.001")
    assert done.returncode == 0, done.stderr
    table = CALLS.read(tmp_path / "calls.tsv")
    assert len(accepted(tmp_path / "calls.vcf.gz", genome)) == len(table) > 30
    sample_errors.load_errors(tmp_path / "errors.json")
    snv = table[table["type"] == "SNV"].iloc[0]
    assert snv["ref"] == "ACGT"[CODES[snv["pos"] - 1]]


def test_command_line_takes_a_panel_and_an_empty_sample(sample, tmp_path):
    nothing = allele_counts.Counts(np.zeros_like(sample.bases), allele_counts.empty_indels(), {})
    allele_counts.save(nothing, tmp_path / "s.npz")
    site_sums.save_sites(site_sums.site_contribution(sample), tmp_path / "panel.npz")
    done = run(tmp_path, tmp_path / "s.npz", "--panel", tmp_path / "panel.npz")
    assert done.returncode == 0, done.stderr
    assert "panel.npz: fewer than 5 immune samples and normals" in done.stderr
    assert CALLS.read(tmp_path / "calls.tsv").empty


def test_command_line_asks_for_counts_with_all_that_it_reads(sample, tmp_path):
    """Files of before pairs were counted have no such array."""
    sums = SimpleNamespace(
        **dict.fromkeys(("qualities", "distances", "mismatches"), sample.bases),
        profile=np.zeros((64, 32), np.uint32),
    )
    allele_counts.save(replace(sample, sums=sums), tmp_path / "old.npz")
    done = run(tmp_path, tmp_path / "old.npz")
    assert done.returncode == 1 and done.stderr.endswith("count the sample again\n")


def test_command_line_names_a_bad_file(tmp_path):
    (tmp_path / "bad.npz").write_text("not an archive")
    for archive in ("bad.npz", "missing.npz"):
        done = run(tmp_path, tmp_path / archive)
        assert done.returncode == 1 and archive in done.stderr
        assert len(done.stderr.splitlines()) == 1
