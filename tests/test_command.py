"""Options of the scripts come from the settings."""

from __future__ import annotations

import argparse
from dataclasses import fields, is_dataclass

import pytest

from mitotransfer import command
from mitotransfer.inputs import settings
from mitotransfer.inputs.settings import (
    Calling,
    Checks,
    Cohort,
    Contamination,
    Fraction,
    Reads,
    Report,
    Screening,
    Settings,
)


def parsed(section, *words, names=()):
    parser = argparse.ArgumentParser()
    command.add_settings(parser, section, *names)
    return parser.parse_args(words)


def test_without_options_a_section_has_its_defaults():
    sections = [one.type for one in fields(Settings) if is_dataclass(one.default)]
    assert sections
    for name in sections:
        section = getattr(settings, name)
        assert command.settings(section, parsed(section)) == section()


def test_values_have_the_types_of_their_keys():
    given = parsed(Calling, "--min-depth", "40", "--max-fdr", "0.05")
    assert command.settings(Calling, given) == Calling(min_depth=40, max_fdr=0.05)
    given = parsed(Contamination, "--copy-ratio", "2", "5")
    assert command.settings(Contamination, given).copy_ratio == (2.0, 5.0)
    given = parsed(Screening, "--max-tumor-fraction", "0.1")
    assert command.settings(Screening, given).max_tumor_fraction == 0.1


@pytest.mark.parametrize(("word", "value"), [("auto", "auto"), ("0.001", 0.001)])
def test_a_number_or_a_word(word, value):
    given = parsed(Fraction, "--overdispersion", word)
    assert command.settings(Fraction, given).overdispersion == value


def test_true_and_false():
    assert command.settings(Checks, parsed(Checks, "--stop-on-bad-file")).stop_on_bad_file is True
    assert command.settings(Reads, parsed(Reads, "--no-keep-bam")).keep_bam is False


def test_a_text_stays_a_text_and_a_list_may_be_empty():
    assert command.settings(Report, parsed(Report, "--title", "2024")).title == "2024"
    given = parsed(Cohort, "--covariates", "age", "2")
    assert command.settings(Cohort, given).covariates == ("age", "2")
    assert command.settings(Cohort, parsed(Cohort, "--covariates")).covariates == ()


def test_help_shows_defaults_as_they_are_given(capsys):
    for section, expected in ((Contamination, "(0.3 20.0)"), (Cohort, "(none)")):
        with pytest.raises(SystemExit):
            parsed(section, "--help")
        assert expected in " ".join(capsys.readouterr().out.split())


def test_single_keys_of_a_section():
    assert vars(parsed(Fraction, names=["confidence"])) == {"confidence": 0.95}


def test_a_wrong_number_ends_with_the_name_of_the_option(capsys):
    with pytest.raises(SystemExit):
        parsed(Calling, "--min-depth", "3.5")
    assert "argument --min-depth: invalid int value: '3.5'" in capsys.readouterr().err


def test_scripts_collect_garbage_rarely(monkeypatch):
    calls = []
    monkeypatch.setattr("mitotransfer.startup.collect_rarely", lambda: calls.append("rarely"))
    command.run(lambda: calls.append("main"))
    assert calls == ["rarely", "main"]


def test_input_errors_end_a_script_in_one_line(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["/x/call_variants.py"])
    monkeypatch.setattr("mitotransfer.startup.collect_rarely", lambda: None)

    def main() -> None:
        raise ValueError("a.npz: damaged")

    with pytest.raises(SystemExit, match=r"^call_variants: a\.npz: damaged$"):
        command.run(main)
