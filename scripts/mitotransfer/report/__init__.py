"""The report: a static site of the cohort's results that opens from a file, offline.

``data`` reads the tables, ``words`` turns numbers into sentences that say no more than the
numbers do, ``figures`` draws, ``views`` joins the three into what a page shows, ``render``
writes the pages.
"""

from __future__ import annotations
