"""Judging resolution from outside: files of records with known truth, run through the real path.

records    one line of a file -> a subject, below the rules of submission
measures   clusters beside the truth: precision, recall, B-cubed
run        the resolution of a whole file in a scratch database
fit        parameters estimated from a file
"""
