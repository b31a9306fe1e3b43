"""Scripts run in this process: most of the time of one more would be its start."""

from __future__ import annotations

import contextlib
import importlib
import io
import subprocess
import sys
from unittest import mock

from mitotransfer import command, startup


def call(name: str, *words: object) -> None:
    """The main function of ``scripts/NAME.py``, given the words of a command line."""
    with mock.patch.object(sys, "argv", [f"{name}.py", *map(str, words)]):
        importlib.import_module(name).main()


def run(name: str, *words: object) -> subprocess.CompletedProcess[str]:
    """What ``python scripts/NAME.py WORDS`` ends with and says."""
    argv = [f"{name}.py", *map(str, words)]
    code: int | str | None = 0
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", argv),
        # What it freezes would stay to the end of the tests, garbage too.
        mock.patch.object(startup, "collect_rarely"),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            command.run(importlib.import_module(name).main)
        except SystemExit as ended:
            code = ended.code
            if isinstance(code, str):
                print(code, file=err)
                code = 1
    return subprocess.CompletedProcess(argv, code or 0, out.getvalue(), err.getvalue())
