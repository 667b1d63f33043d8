"""Invented persons as many shops would write them, with the truth beside: for judging a resolution engine from without.

Nothing here may import `registry` or share a table with it: a judge who asks the accused learns nothing. README.md says
what the files hold and what the naive method scores on them.
"""
