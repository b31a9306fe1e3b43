"""What a run of two species refuses before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import REPOSITORY
from tsv import write_rows

from mitotransfer.problems import InputError
from mitotransfer.workflow import setup

TWO = {"host_bundle": "mouse_C57BL6J"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("r.fq").write_text("@r\nA\n+\nI\n")
    write_rows(Path("p.tsv"), [{"patient": "P", "design": "allogeneic"}])
    return tmp_path


def prepare(reference, patients="p.tsv", **fields):
    row = {"sample": "A", "patient": "P", "role": "immune", "fastq_1": "r.fq"}
    write_rows(Path("s.tsv"), [row | fields])
    given = {"samples": "s.tsv", "patients": patients, "reference": reference}
    return setup.prepare(given, REPOSITORY, [])


def told(*given, **fields):
    with pytest.raises(InputError) as caught:
        prepare(*given, **fields)
    return [str(problem) for problem in caught.value.problems]


def test_a_second_species_is_taken():
    config, _ = prepare(TWO)
    assert config["reference"]["host_bundle"] == "mouse_C57BL6J"
    assert setup.reference_files(config) == []


def test_the_patients_have_to_be_of_two_species():
    (found,) = told(TWO, "")
    assert "patient 'P' has design autologous" in found and "set design to allogeneic" in found


def test_the_host_has_to_be_a_whole_bundle_and_another_one():
    (found,) = told({"host_bundle": "nowhere"})
    assert "reference.host_bundle: no such file" in found
    (found,) = told({"host_bundle": "human_rCRS"})
    assert "found 'human_rCRS', which is reference.bundle, too" in found


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"platform": "pacbio"}, "platform: long reads are not counted by species"),
        ({"umi": "name"}, "umi: reads with UMIs are not counted by species"),
        ({"assay": "amplicon"}, "assay: amplicons of one genome's primers are not counted"),
    ],
)
def test_reads_that_are_not_counted_by_species_are_refused(fields, message):
    assert any(message in line for line in told(TWO, **fields))


def test_primers_go_with_one_species():
    Path("primers.bed").write_text("chrM\t1\t20\tp\t0\t+\n")
    (found,) = told({**TWO, "primer_bed": "primers.bed"})
    assert "reference.primer_bed: goes with one species alone" in found
