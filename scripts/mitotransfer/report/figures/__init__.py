"""Figures of the report, drawn with matplotlib as SVG.

In: Frames of results.
Out: Files of figures.
May import all stages before the report.
"""
