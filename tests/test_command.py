"""Options of the scripts come from the settings."""

from __future__ import annotations

import argparse

import pytest

from mitotransfer import command
from mitotransfer.inputs.settings import Calling, Contamination, Fraction, Screening


def parsed(section, *words, names=()):
    parser = argparse.ArgumentParser()
    command.add_settings(parser, section, *names)
    return parser.parse_args(words)


def test_without_options_a_section_has_its_defaults():
    for section in (Calling, Contamination, Fraction, Screening):
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
