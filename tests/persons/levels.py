"""Difficulty: three sets of knobs, calibrated by `measure` against the naive method (README.md has the figures)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """Shares between 0 and 1, unless said otherwise."""

    #: Of families, couples, successors of a number and offices: how many share a phone or a mailbox at all.
    sharing: float
    #: A factor on how many of the groups are such groups at all.
    kin: float
    #: Of a person's records: how many carry the second or third phone or mailbox instead of the first.
    scatter: float
    #: Of the phones given: how many nobody sees again (another card, a neighbour's, a new number each time).
    fresh: float
    #: A factor on how often a shop asks for an e-mail beside the phone, and for a tax number.
    asking: float
    phone_slip: float
    mail_slip: float
    name_slip: float
    number_slip: float
    date_slip: float
    #: Names such as friends use; initials; a given name alone.
    pet: float
    initials: float
    lone_given: float
    no_name: float


LEVELS = {
    "easy": Level(
        sharing=0.16, kin=1.0, scatter=0.03, fresh=0.002, asking=1.25, phone_slip=0.004, mail_slip=0.01, name_slip=0.03,
        number_slip=0.005, date_slip=0.02, pet=0.04, initials=0.03, lone_given=0.02, no_name=0.01,
    ),
    "medium": Level(
        sharing=0.6, kin=1.0, scatter=0.25, fresh=0.036, asking=1.0, phone_slip=0.015, mail_slip=0.02, name_slip=0.07,
        number_slip=0.01, date_slip=0.04, pet=0.09, initials=0.06, lone_given=0.05, no_name=0.02,
    ),
    "hard": Level(
        sharing=0.84, kin=1.38, scatter=0.4, fresh=0.117, asking=0.85, phone_slip=0.03, mail_slip=0.04, name_slip=0.12,
        number_slip=0.02, date_slip=0.08, pet=0.14, initials=0.09, lone_given=0.07, no_name=0.03,
    ),
}  # fmt: skip
