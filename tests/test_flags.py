"""Each flag has a meaning and an effect, and is raised somewhere."""

import pickle
import re
from pathlib import Path

from mitotransfer import flags
from mitotransfer.calls.frame import ERROR_PRONE
from mitotransfer.flag_words import Effect, Flag
from mitotransfer.patient.informative import UNUSABLE

TABLES = {
    "calls": flags.OF_CALLS,
    "variants": flags.OF_VARIANTS,
    "samples": flags.OF_SAMPLES,
    "cells": flags.OF_CELLS,
}
EVERY = {flag for table in TABLES.values() for flag in table}


def test_the_constant_is_named_as_the_flag_is() -> None:
    named = {name.lower(): flag for name, flag in vars(flags).items() if isinstance(flag, Flag)}
    assert all(name == flag for name, flag in named.items())
    assert set(named) | set(flags.UNJUDGED.values()) == EVERY
    assert len(flags._defined) == len(EVERY)


def test_no_flag_is_defined_twice_or_says_nothing() -> None:
    assert set(flags._defined) == EVERY
    # Flags of calls go on into the tables of evidence.
    assert set(flags.OF_CALLS) <= set(flags.OF_VARIANTS)


def test_words_fit_the_effect() -> None:
    for flag, says in flags.OF_VARIANTS.items():
        assert says.startswith("no evidence") == (flag.effect is Effect.NO_EVIDENCE), flag
        assert says.endswith("counts for less") == (flag.effect is Effect.COUNTS_LESS), flag
    for (role, status), flag in flags.UNJUDGED.items():
        assert flag == f"{role}_{status}" and flag.effect is Effect.NOT_JUDGED


def test_the_text_states_the_limit_of_the_calls() -> None:
    assert f"Below {ERROR_PRONE:.0f} times" in flags.NO_PANEL.calls


def test_a_flag_survives_another_process() -> None:
    flag = pickle.loads(pickle.dumps(flags.HOT_SPOT))
    assert flag == "hot_spot" and flag.effect is Effect.COUNTS_LESS and flag.calls


def test_every_flag_is_raised_somewhere(repository: Path) -> None:
    package = repository / "scripts" / "mitotransfer"
    code = [path.read_text() for path in (*package.rglob("*.py"), *package.parent.glob("*.py"))]
    raised = "".join(text for text in code if not text.startswith(flags.__doc__[:20], 3))
    words = set(re.findall(r"\w+", raised))
    for flag in EVERY - set(flags.UNJUDGED.values()):
        # Calls still write theirs as text.
        assert flag.upper() in words or f'"{flag}"' in raised, flag


def test_what_is_no_evidence_is_not_usable() -> None:
    effects = {flag: flag.effect for flag in flags.OF_VARIANTS}
    assert {flag for flag, effect in effects.items() if effect is Effect.NO_EVIDENCE} == UNUSABLE
