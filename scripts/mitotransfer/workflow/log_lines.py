"""Short lines in the log of a run: a cohort's job has thousands of input files."""

from __future__ import annotations

import logging

#: Parts of a job in Snakemake's log records that are lists of files.
LISTS = ("input", "output", "log")
#: Files of a list that are shown, where it is longer.
SHOWN = 6


class ShortLists(logging.Filter):
    """Cuts the lists of files in the records of jobs, for all handlers of a logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Cut the lists of a record, which always passes."""
        for name in LISTS:
            files = getattr(record, name, None)
            if isinstance(files, (list, tuple)) and len(files) > SHOWN:
                more = f"and {len(files) - SHOWN:,} more"
                setattr(record, name, [*files[:SHOWN], more])
        return True


def shorten(logger: logging.Logger) -> None:
    """Cut the lists of files in a logger's records; once, however often it is called."""
    if not any(isinstance(one, ShortLists) for one in logger.filters):
        logger.addFilter(ShortLists())
