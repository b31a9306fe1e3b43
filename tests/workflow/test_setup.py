"""The configuration and the cohort for the Snakefile."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from places import BUNDLE, REPOSITORY

from mitotransfer.inputs.config import fill_defaults
from mitotransfer.problems import InputError
from mitotransfer.workflow import setup


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a sheet of one sample, whose reads are 2.5 MB."""
    monkeypatch.chdir(tmp_path)
    Path("r.fq").write_text("@r\nA\n+\nI\n")
    os.truncate("r.fq", 2_500_000)
    Path("s.tsv").write_text("sample\tpatient\trole\tfastq_1\nA\tP\timmune\tr.fq\n")
    return tmp_path


def prepare(given, **options):
    return setup.prepare({"samples": "s.tsv"} | given, REPOSITORY, [], **options)


def told(given):
    with pytest.raises(InputError) as caught:
        prepare(given)
    return [str(problem) for problem in caught.value.problems]


def test_the_human_bundle_serves_where_there_is_no_other(folder):
    config, cohort = prepare({})
    assert config["reference"]["bundle"] == "human_rCRS"
    assert config["counting"]["min_base_quality"] == 20
    assert list(cohort.samples) == ["A"]


def test_problems_of_configuration_reference_and_sheets_come_at_once(folder):
    Path("r.fq").unlink()
    found = told({"results": "~", "reference": {"bundle": "other", "primer_bed": "no.bed"}})
    assert [line.split(": ")[:2] for line in found] == [
        ["configuration", "results"],
        ["no.bed", "reference.primer_bed"],
        ["other/bundle.yaml", "reference.bundle"],
        ["s.tsv:2", "fastq_1"],
    ]


def test_jobs_do_not_check_again_what_the_run_has_checked(folder):
    Path("r.fq").unlink()
    config, cohort = prepare({"reference": {"primer_bed": "no.bed"}}, check_files=False)
    assert config["reference"]["primer_bed"] == "no.bed" and list(cohort.samples) == ["A"]


def test_a_bundle_is_one_of_the_workflow_or_a_folder(tmp_path):
    assert setup.bundle_folder("human_rCRS", REPOSITORY) == BUNDLE
    assert setup.bundle_folder(str(tmp_path), REPOSITORY) == tmp_path


def test_another_bundle_has_to_be_whole(folder):
    shutil.copytree(BUNDLE, "own")
    config, _ = prepare({"reference": {"bundle": "own"}})
    assert config["reference"]["bundle"] == "own"
    Path("own/genes.tsv").write_text("")
    (found,) = told({"reference": {"bundle": "own"}})
    assert found.startswith("own/genes.tsv: reference.bundle: is not the file whose checksum")
    (found,) = told({"reference": {"bundle": "humanrCRS"}})
    assert "humanrCRS/bundle.yaml: reference.bundle: no such file" in found


@pytest.mark.parametrize("key", ["fasta", "allow_other"])
def test_keys_of_the_former_reference_name_the_bundle(folder, key):
    (found,) = told({"reference": {key: "x"}})
    assert f"reference.{key}: is no longer a key: set reference.bundle to" in found


def test_a_results_folder_is_made_inside_a_folder_that_can_be_written(tmp_path):
    assert setup.check_results(str(tmp_path / "new" / "results")) == []
    (tmp_path / "file").write_text("")
    (problem,) = setup.check_results(str(tmp_path / "file" / "results"))
    assert "file is no folder; name another folder" in problem.message


@pytest.mark.parametrize("folder", ["", "/", " ", "~/results", "a/{b}", "<results>", "a\nb"])
def test_a_results_folder_that_snakemake_would_put_elsewhere_is_refused(folder):
    """Without a name it would be the root of the file system."""
    (problem,) = setup.check_results(folder)
    assert f"found '{folder}', expected a folder's path" in problem.message


def test_a_folder_that_cannot_be_written_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # also for root
    (problem,) = setup.check_results(str(tmp_path / "results"))
    assert "is read-only or not yours" in problem.message


def test_programs_of_a_folder_are_found_first(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    setup.put_first_on_path(Path("/env/bin"))
    assert os.environ["PATH"] == "/env/bin:/usr/bin"


def test_told_to_stop_a_run_does_not_pass_over_samples_that_failed_before(folder):
    summary = folder / "results/samples/A/A.qc.json"
    summary.parent.mkdir(parents=True)
    os.truncate("r.fq", 9)
    Path("r.fq").write_text("@r\nA\n+\nI\n")
    summary.write_text(json.dumps({"failed": "r.fq: cut"}))
    prepare({})
    stop = {"checks": {"stop_on_bad_file": True}}
    (found,) = told(stop)
    assert found.startswith("s.tsv:2: sample 'A' failed before: r.fq: cut; to count it again,")
    assert str(summary.relative_to(folder)) in found
    # A file that was mended is counted again anyway.
    later = summary.stat().st_mtime_ns + 10**9
    os.utime("r.fq", ns=(later, later))
    prepare(stop)
    os.utime("r.fq", ns=(0, 0))
    summary.write_text(json.dumps({"reads": 7}))
    prepare(stop)


def test_sizes_in_megabytes(folder):
    _, cohort = prepare({})
    assert setup.read_megabytes(cohort, "A") == 2
    assert setup.file_megabytes("r.fq") == 3  # rounded up
    assert setup.file_megabytes("") == setup.file_megabytes("none") == 0
    os.truncate("r.fq", 10**11)
    _, cohort = prepare({})
    assert setup.read_megabytes(cohort, "A") == setup.MAX_MEGABYTES


def test_the_parameters_hold_the_method_and_no_paths_of_the_user():
    one, other = (
        fill_defaults({"samples": name, "patients": name, "results": name}) for name in "ab"
    )
    assert setup.settings_text(one) == setup.settings_text(other)
    assert json.loads(setup.settings_text(one))["calling"] == one["calling"]
    changed = fill_defaults({"calling": {"min_depth": 31}})
    assert setup.settings_text(changed) != setup.settings_text(one)


def test_files_that_the_configuration_names():
    given = {"samples": "s.tsv", "reference": {"decoy_fasta": "d.fa"}}
    config = fill_defaults(given)
    assert setup.sheets(config) == ["s.tsv"]
    assert setup.sheets(config | {"patients": "p.tsv"}) == ["s.tsv", "p.tsv"]
    assert setup.reference_files(config) == ["d.fa"]


def test_templates_are_files_of_the_report_that_are_no_python(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    found = setup.template_files(REPOSITORY / "scripts")
    assert "scripts/mitotransfer/report/templates/base.html.j2" in found
    assert found == sorted(found)
    assert {Path(name).suffix for name in found} == {".j2", ".css", ".js"}


def test_a_missing_minimap2_stops_a_cohort_with_long_reads(folder, monkeypatch):
    monkeypatch.setattr(setup.shutil, "which", lambda name: None)
    assert prepare({})
    sheet = folder / "s.tsv"
    header, *rows = sheet.read_text().splitlines()
    text = [f"{header}\tplatform", *(f"{row}\tnanopore" for row in rows)]
    sheet.write_text("\n".join(text) + "\n")
    with pytest.raises(InputError, match=r"s.tsv:2: platform: .*apt install minimap2"):
        prepare({})
    assert prepare({}, with_conda=True)
    monkeypatch.setattr(setup.shutil, "which", lambda name: "/usr/bin/minimap2")
    assert prepare({})


def test_a_missing_haplogrep3_is_said_at_the_start(folder, monkeypatch):
    monkeypatch.setattr(setup.shutil, "which", lambda name: None)

    def said(given, **options):
        warnings = map(str, prepare(given, **options)[1].warnings)
        return [text for text in warnings if "haplogrep3" in text]

    named = {"haplogroup": {"tree": "a@1"}}
    (warning,) = said(named)
    assert "haplogrep3 is not installed" in warning and "haplogroup.tree" in warning
    assert not said(named, with_conda=True) and not said({})
    monkeypatch.setattr(setup.shutil, "which", lambda name: "/usr/bin/haplogrep3")
    assert not said(named)
