"""Gathers every table for alembic. Imports tables and nothing else."""

from registry.audit import tables as _audit
from registry.businesses import tables as _businesses
from registry.disputes import tables as _disputes
from registry.erasure import tables as _erasure
from registry.identities import tables as _identities
from registry.limits import tables as _limits
from registry.lookups import tables as _lookups
from registry.messages import tables as _messages
from registry.platform.tables import Base
from registry.reports import tables as _reports
from registry.staff import tables as _staff
from registry.subjects import tables as _subjects
from registry.transparency import tables as _transparency
from registry.webhooks import tables as _webhooks

__all__ = ["metadata"]

metadata = Base.metadata
_ = (
    _audit,
    _businesses,
    _disputes,
    _erasure,
    _identities,
    _limits,
    _lookups,
    _messages,
    _reports,
    _staff,
    _subjects,
    _transparency,
    _webhooks,
)
