"""A query about an allele gets an answer in words, or one line with the error."""

import shutil

import numpy as np
import pandas as pd
import pytest
import script_runs
from draws import CODES, REFERENCE, SETTINGS, alleles_of, clean, draw, prediction, rates
from places import GENOME

from mitotransfer.calls import audit, audit_query
from mitotransfer.calls.frame import FILTERS
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts


def table_of(counts):
    predicted = prediction(counts)
    return audit.table(alleles_of(counts, predicted), counts, predicted, GENOME, SETTINGS)


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(1)
    bases = draw(rng, 2000, rates(rng)).bases.copy()
    bases[3242] = [[900, 880], [0, 0], [100, 120], [0, 0]]
    bases[4999] = 0
    bases[5999, CODES[5999]] = [0, 0]
    bases[5999, (CODES[5999] + 1) % 4] = [1000, 1000]
    bases[309] = [[0, 0], [40, 40], [0, 0], [960, 960]]
    rows = [
        (302, "A", "AC", 300, 280),
        (8270, REFERENCE.sequence[8269:8279], "C", 500, 500),
        (16568, REFERENCE.sequence[16567:] + REFERENCE.sequence[0], "T", 90, 90),
    ]
    return table_of(Counts(bases, pd.DataFrame(rows, columns=INDEL_COLUMNS), {}))


@pytest.fixture(scope="module")
def folder(frame, tmp_path_factory):
    """Results of two samples, with the rows that are asked for."""
    results = tmp_path_factory.mktemp("results")
    asked = [*range(290, 330), 3243, *range(9490, 9510)]
    one, two = (results / "samples" / name / f"{name}.tested.tsv.gz" for name in ("S1", "S2"))
    one.parent.mkdir(parents=True)
    audit.TESTED.write(frame[frame["pos"].isin(asked)], one)
    two.parent.mkdir()
    shutil.copy(one, two)
    return results


def ask(frame, text):
    return audit_query.answer(frame, audit_query.question(text, REFERENCE), GENOME, 0.95)


@pytest.mark.parametrize("text", ["3243A>G", "m.3243A>G", "3243G", "A3243G"])
def test_a_base_is_named_in_any_usual_way(frame, text):
    (said,) = ask(frame, text)
    assert said.startswith("m.3243A>G MT-TL1 tRNA\n")
    assert "220 of 2,000 fragments, 100 forward, 120 reverse" in said and "VAF 11 %" in said
    assert "would be called with 95 % power" in said and said.endswith("PASS: Called")


def test_a_position_has_all_its_alleles(frame):
    said = ask(frame, "302")
    assert len(said) == 5 and sum("(302 A>AC in the tables)" in one for one in said) == 1
    assert sum(one.endswith("own: " + audit_query.REASONS["own"]) for one in said) == 1


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("302A>AC", "302 A>AC"),
        ("m.309dup", "302 A>AC"),
        ("m.303dupC", "302 A>AC"),
        ("m.305_306insC", "302 A>AC"),
        ("m.8271_8279del", "8270 CACCCCCTCT>C"),
        ("m.8281_8289del", "8270 CACCCCCTCT>C"),
        ("m.16569_1del", "16568 TGG>T"),
    ],
)
def test_equal_indels_are_found_by_any_name(frame, text, row):
    (said,) = ask(frame, text)
    assert f"({row} in the tables)" in said


def test_indels_are_named_and_found_along_the_samples_own_sequence():
    bases = clean(2000).bases.copy()
    bases[16188] = [[0, 0], [1000, 1000], [0, 0], [0, 0]]
    rows = pd.DataFrame([(16183, "A", "AC", 200, 200)], columns=INDEL_COLUMNS)
    table = table_of(Counts(bases, rows, {}))
    for text in ("m.16193dup", "m.16188dup", "16183A>AC", "m.16190dup"):
        (said,) = ask(table, text)
        assert said.startswith("m.16193dup") and "(16183 A>AC in the tables)" in said


def test_an_allele_without_fragments_has_a_bound(frame):
    (said,) = ask(frame, "m.9500_9501insACGT")
    depth = frame.loc[frame["pos"] == 9500, "depth"].iloc[0]
    assert f"{depth:,} fragments at 9500" in said
    # Rule of three.
    bound = float(said.split("VAF is below ")[1].removesuffix(" %")) / 100
    assert bound == pytest.approx(3.0 / depth, rel=0.05)
    asked = audit_query.question("m.9500_9501insACGT", REFERENCE)
    (said,) = audit_query.answer(frame, asked, GENOME, 0.8)
    assert "With 80 % confidence" in said
    bound = float(said.split("VAF is below ")[1].removesuffix(" %")) / 100
    assert bound == pytest.approx(1.61 / depth, rel=0.05)


def test_every_reason_has_words(frame):
    assert set(FILTERS) < set(audit_query.REASONS)
    assert {word for text in frame["reason"] for word in text.split(";")} <= set(
        audit_query.REASONS
    )
    said = ask(frame, "5000")
    assert said and all("no_depth" in one and "VAF" not in one for one in said)
    (tract,) = ask(frame, "310C")
    assert "Whatever its VAF" in tract and "artefact: " in tract
    lost = ask(frame, f"6000{REFERENCE.sequence[5999]}")[0]
    assert "VAF 0 %" in lost and "not_seen" in lost
    assert "placeholder" in ask(frame, "3107")[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3243C>G", "rCRS has A there, not C"),
        ("16570A", "positions 1 to 16569"),
        ("0", "positions 1 to 16569"),
        ("3107A", "placeholder"),
        ("m.3100_3107del", "placeholder"),
        ("p.Leu156Arg", "is no allele"),
        ("", "is no allele"),
        ("m.10_12insA", "do not fit"),
        ("m.10_11ins", "do not fit"),
        ("m.3243delC", "do not fit"),
    ],
)
def test_a_bad_query_is_an_error(text, said):
    with pytest.raises(ValueError, match=said):
        audit_query.question(text, REFERENCE)


def run(*words):
    return script_runs.run("why_not_called", *words)


def test_the_configured_confidence_is_taken(folder):
    (folder / "cohort").mkdir()
    (folder / "cohort" / "config.json").write_text('{"fraction": {"confidence": 0.8}}')
    words = ("--results", folder, "--sample", "S1", "3243A>G", "m.9500_9501insACGT")
    said = run(*words).stdout
    (folder / "cohort" / "config.json").unlink()
    usual = run(*words).stdout
    assert "With 80 % confidence" in said and "With 95 % confidence" in usual
    low, other = (text.split("VAF 11 % (")[1].split(" to ")[0] for text in (said, usual))
    assert float(low.removesuffix(" %")) > float(other.removesuffix(" %"))


def test_command_line(folder, tmp_path):
    done = run("--results", folder, "3243A>G", "m.309dup")
    assert done.returncode == 0 and done.stdout.count("PASS: Called") == 4, done.stderr
    assert [x[:4] for x in done.stdout.splitlines() if x[0] == "S"] == [
        "S1: ",
        "S1: ",
        "S2: ",
        "S2: ",
    ]
    (tmp_path / "samples" / "S3").mkdir(parents=True)
    (tmp_path / "samples" / "S3" / "S3.tested.tsv.gz").write_text("not gzipped")
    for words in (
        ("--results", folder, "--sample", "S9", "3243"),
        ("--results", tmp_path / "none", "3243"),
        ("--results", tmp_path, "3243"),
        ("--results", folder, "3243X"),
    ):
        done = run(*words)
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
