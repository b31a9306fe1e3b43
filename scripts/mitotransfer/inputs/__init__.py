"""What a user writes: configuration, sheets, read files and tables, checked.

In: Files of the user.
Out: Settings and the cohort, or every mistake with its place.
May import the root modules, `stats` and `genome`.
"""
