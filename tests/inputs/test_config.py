from __future__ import annotations

import pytest
import yaml

from mitotransfer.inputs import config
from mitotransfer.problems import InputError, suggest
from mitotransfer.workflow import setup


@pytest.fixture
def schema(repository):
    return config.read_schema(repository / "config/schemas/config.schema.json")


def problems(given, schema, files=()):
    with pytest.raises(InputError) as caught:
        config.check(given, schema, files)
    return [str(problem) for problem in caught.value.problems]


def test_the_documented_file_holds_exactly_the_defaults_of_the_schema(repository, schema):
    written = yaml.safe_load((repository / "config/config.yaml").read_text())
    defaults = config.fill_defaults({}, schema)
    assert written == defaults


def test_an_empty_configuration_is_filled_and_valid(schema):
    filled = config.check({}, schema)
    assert filled["counting"]["min_base_quality"] == 20
    assert filled["contamination"]["copy_ratio"] == [1, 10]


def test_defaults_are_not_shared_between_two_fillings(schema):
    first = config.check({}, schema)
    first["contamination"]["copy_ratio"].append(3)
    assert config.check({}, schema)["contamination"]["copy_ratio"] == [1, 10]


def test_a_section_left_empty_means_its_defaults(schema):
    assert config.check({"calling": None}, schema)["calling"]["min_depth"] == 30


def test_an_unknown_key_names_the_nearest_with_file_and_line(tmp_path, schema):
    file = tmp_path / "c.yaml"
    file.write_text("samples: a.tsv\ncalling:\n  max_fdr: 0.01\n  min_dept: 3\n")
    found = problems(yaml.safe_load(file.read_text()), schema, [file])
    assert found == [f"{file}:4: calling.min_dept: unknown key; did you mean 'min_depth'?"]


def test_an_unknown_key_without_a_near_one_lists_the_known(schema):
    (found,) = problems({"zzz": 1}, schema)
    assert "zzz: unknown key (known here: samples, patients" in found


def test_all_problems_come_at_once(schema):
    found = problems(
        {
            "sample": "x",
            "counting": {"min_base_quality": "high", "read_end": -1},
            "verdict": {"max_q_value": 2},
        },
        schema,
    )
    assert len(found) == 4
    assert any("counting.min_base_quality: found 'high'" in line for line in found)
    assert any("counting.read_end: found -1" in line for line in found)
    assert any("verdict.max_q_value: found 2" in line for line in found)
    assert any("sample: unknown key; did you mean 'samples'?" in line for line in found)


@pytest.mark.parametrize(
    ("value", "hinted"), [("20", True), ("null", True), ("high", False), ("[", False)]
)
def test_a_number_given_as_text_is_told_how_to_write_it(schema, value, hinted):
    """As by ``--config 'qc={min_mean_depth: 20}'``, of which Snakemake makes texts."""
    (found,) = problems({"qc": {"min_mean_depth": value}}, schema)
    assert f"qc.min_mean_depth: found '{value}'" in found
    assert ("in a file for --configfile" in found) == hinted


def test_a_section_that_is_no_mapping_is_told(schema):
    (found,) = problems({"calling": 3}, schema)
    assert "calling: found 3" in found


def test_copy_ratios_have_to_be_in_order(schema):
    (found,) = problems({"contamination": {"copy_ratio": [10, 1]}}, schema)
    assert "contamination.copy_ratio: found [10, 1], expected the lower ratio first" in found
    assert config.check({"contamination": {"copy_ratio": [5, 5]}}, schema)  # the ratio is known


def test_the_head_of_the_message_counts_the_problems(schema):
    for given, head in (({"a": 1}, "1 problem in"), ({"a": 1, "b": 2}, "2 problems in")):
        with pytest.raises(InputError, match=f"^{head} the input; nothing was run"):
            config.check(given, schema)


def test_overdispersion_is_auto_or_a_number(schema):
    assert config.check({"fraction": {"overdispersion": 0.001}}, schema)
    (found,) = problems({"fraction": {"overdispersion": "some"}}, schema)
    assert "fraction.overdispersion: found 'some'" in found


def test_the_last_file_that_has_a_key_is_named(tmp_path, schema):
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("report:\n  title: ''\n")
    second.write_text("\n\nreport:\n  title: ''\n")
    (found,) = problems({"report": {"title": ""}}, schema, [first, second])
    assert found.startswith(f"{second}:4: report.title")


def test_aliases_that_multiply_do_not_hang(tmp_path):
    file = tmp_path / "bomb.yaml"
    rows = ["a0: &a0 {x: 1}"]
    for i in range(1, 40):
        rows.append(f"a{i}: &a{i} {{p: *a{i - 1}, q: *a{i - 1}}}")
    file.write_text("\n".join(rows))
    assert config.key_lines(file)[("a39",)] == 40


def test_values_that_aliases_multiply_are_refused(schema):
    value: object = "x"
    for _ in range(60):
        value = [value, value]
    with pytest.raises(InputError, match="stand for more than 10000 values"):
        config.check({"verdict": {"power": value}}, schema)
    assert config.written_out({"a": [1, 2], "b": "text"}) == 5


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


def test_an_unreadable_file_has_no_lines(tmp_path):
    assert config.key_lines(tmp_path / "none.yaml") == {}
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [")
    assert config.key_lines(broken) == {}


def test_every_key_is_described_and_has_a_default(schema):
    for name, rule in schema["properties"].items():
        assert rule["description"] and "default" in rule, name
        for key, inner in rule.get("properties", {}).items():
            assert inner["description"] and "default" in inner, (name, key)


def test_suggestions():
    assert suggest("tumour", ["tumor", "immune"]) == "; did you mean 'tumor'?"
    assert suggest("xyz", ["tumor", "immune"]) == ""
