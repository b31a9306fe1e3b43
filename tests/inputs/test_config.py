"""Configurations: defaults, and every mistake with its place."""

from __future__ import annotations

import pytest
import yaml

from mitotransfer.inputs import config
from mitotransfer.problems import InputError


def problems(given, files=()):
    with pytest.raises(InputError) as caught:
        config.check(given, files)
    return [str(problem) for problem in caught.value.problems]


def test_an_empty_configuration_is_filled_and_valid():
    filled = config.check({})
    assert filled["counting"]["min_base_quality"] == 20
    assert filled["contamination"]["copy_ratio"] == [0.3, 20]


def test_defaults_are_not_shared_between_two_fillings():
    first = config.check({})
    first["contamination"]["copy_ratio"].append(3)
    assert config.check({})["contamination"]["copy_ratio"] == [0.3, 20]


def test_a_section_left_empty_means_its_defaults():
    assert config.check({"calling": None})["calling"]["min_depth"] == 30


def test_an_unknown_key_names_the_nearest_with_file_and_line(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("samples: a.tsv\ncalling:\n  max_fdr: 0.01\n  min_dept: 3\n")
    found = problems(yaml.safe_load(file.read_text()), [file])
    assert found == [f"{file}:4: calling.min_dept: unknown key; did you mean 'min_depth'?"]


def test_an_unknown_key_without_a_near_one_lists_the_known():
    (found,) = problems({"zzz": 1})
    assert "zzz: unknown key (known here: samples, patients" in found


def test_all_problems_come_at_once():
    found = problems(
        {
            "sample": "x",
            "counting": {"min_base_quality": "high", "read_end": -1},
            "verdict": {"max_q_value": 2},
        },
    )
    assert len(found) == 4
    assert any("counting.min_base_quality: found 'high'" in line for line in found)
    assert any("counting.read_end: found -1" in line for line in found)
    assert any("verdict.max_q_value: found 2" in line for line in found)
    assert any("sample: unknown key; did you mean 'samples'?" in line for line in found)


@pytest.mark.parametrize(
    ("section", "key", "text", "value"),
    [
        ("qc", "min_mean_depth", "20", 20),
        ("verdict", "max_q_value", "1e-3", 0.001),
        ("reads", "keep_bam", "false", False),
        ("screening", "max_tumor_fraction", "null", None),
        ("fraction", "overdispersion", "0.01", 0.01),
        ("fraction", "overdispersion", "auto", "auto"),
        ("contamination", "copy_ratio", ["2", "3.5"], [2, 3.5]),
        ("cohort", "covariates", ["1"], ["1"]),
        ("report", "title", "2026", "2026"),
    ],
)
def test_a_text_from_the_command_line_is_read_as_the_key_says(section, key, text, value):
    """Snakemake makes texts of all values within a section of ``--config``; jobs get the same."""
    given = {section: {key: text}}
    for filled in (config.check(given), config.fill_defaults(given)):
        assert repr(filled[section][key]) == repr(value)


@pytest.mark.parametrize("value", ["high", "["])
def test_a_text_that_is_no_number_is_refused(value):
    (found,) = problems({"qc": {"min_mean_depth": value}})
    assert f"qc.min_mean_depth: found {value!r}, expected number" in found


def test_a_percentage_is_refused_with_the_share():
    (found,) = problems({"informative": {"max_normal_vaf": 2}})
    assert found.endswith("; a share of 1, no percentage: 0.02 for 2 %")


def test_a_section_that_is_no_mapping_is_refused():
    (found,) = problems({"calling": 3})
    assert "calling: found 3" in found


def test_copy_ratios_have_to_be_in_order():
    (found,) = problems({"contamination": {"copy_ratio": [10, 1]}})
    assert "contamination.copy_ratio: found [10, 1], expected the lower ratio first" in found
    assert config.check({"contamination": {"copy_ratio": [5, 5]}})  # the ratio is known


def test_the_head_of_the_message_counts_the_problems():
    for given, head in (({"a": 1}, "1 problem in"), ({"a": 1, "b": 2}, "2 problems in")):
        with pytest.raises(InputError, match=f"^{head} the input; nothing was run"):
            config.check(given)


def test_overdispersion_is_auto_or_a_number():
    assert config.check({"fraction": {"overdispersion": 0.001}})
    (found,) = problems({"fraction": {"overdispersion": "some"}})
    assert "fraction.overdispersion: found 'some'" in found


def test_the_last_file_that_has_a_key_is_named(tmp_path):
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("report:\n  title: ''\n")
    second.write_text("\n\nreport:\n  title: ''\n")
    (found,) = problems({"report": {"title": ""}}, [first, second])
    assert found.startswith(f"{second}:4: report.title")


def test_aliases_that_multiply_do_not_hang(tmp_path):
    file = tmp_path / "bomb.yaml"
    rows = ["a0: &a0 {x: 1}"]
    for i in range(1, 40):
        rows.append(f"a{i}: &a{i} {{p: *a{i - 1}, q: *a{i - 1}}}")
    file.write_text("\n".join(rows))
    assert config.key_lines(file)[("a39",)] == 40


def test_values_that_aliases_multiply_are_refused():
    value: object = "x"
    for _ in range(60):
        value = [value, value]
    with pytest.raises(InputError, match="stand for more than 10000 values"):
        config.check({"verdict": {"power": value}})
    assert config.written_out({"a": [1, 2], "b": "text"}) == 5


@pytest.mark.parametrize(
    ("section", "key", "value", "expected"),
    [
        ("identity", "max_differences", 3.0, "integer ≥ 1"),
        ("identity", "max_differences", True, "integer ≥ 1"),
        ("qc", "min_mean_depth", float("nan"), "number ≥ 0 fragments"),
        ("contamination", "copy_ratio", [1, 2, 3], "list of 2 numbers > 0"),
        ("contamination", "copy_ratio", [0, 2], "list of 2 numbers > 0"),
        ("cohort", "covariates", ["a", ""], "list of texts"),
        ("fraction", "overdispersion", 1, "auto or number ≥ 0, < 1"),
        ("reads", "keep_bam", "maybe", "true or false"),
    ],
)
def test_a_wrong_value_is_reported_once_with_what_was_expected(section, key, value, expected):
    (found,) = problems({section: {key: value}})
    assert f"{section}.{key}: found {value!r}, expected {expected} (" in found


def test_covariates_are_named_once():
    (found,) = problems({"cohort": {"covariates": ["age", "age"]}})
    assert "cohort.covariates: found ['age', 'age'], expected each column once" in found


def test_numbers_stay_as_they_were_given():
    """4 and 4.0 would be two parameters to Snakemake."""
    given = {"counting": {"max_mismatches_per_100": 5}, "cohort": {"covariates": ["age"]}}
    checked = config.check(given)
    assert repr(checked["counting"]["max_mismatches_per_100"]) == "5"
    assert checked["cohort"]["covariates"] == ["age"]


def test_an_unreadable_file_has_no_lines(tmp_path):
    assert config.key_lines(tmp_path / "none.yaml") == {}
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [")
    assert config.key_lines(broken) == {}


def test_a_value_of_the_command_line_is_not_blamed_on_the_file(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("qc:\n  min_mean_depth: 50\n")
    (found,) = problems({"qc": {"min_mean_depth": "-3"}}, [file])
    assert found.startswith("--config: qc.min_mean_depth: found -3, expected number")
    file.write_text("qc:\n  min_mean_depth: -3\n")
    (found,) = problems({"qc": {"min_mean_depth": -3}}, [file])
    assert found.startswith(f"{file}:2: qc.min_mean_depth: found -3")


def test_the_old_meaning_of_the_copy_ratio_is_told():
    (found,) = problems({"contamination": {"copy_ratio": [1, 10]}})
    assert "the default of an earlier meaning" in found and "[0.3, 20]" in found
    (warning,) = config.changed_meanings({"contamination": {"copy_ratio": [2, 5]}})
    assert warning.warning and "no longer of a tumour cell" in str(warning)
    for given in ({}, {"contamination": None}, {"contamination": {"copy_ratio": [0.3, 20]}}):
        assert config.changed_meanings(given) == []
