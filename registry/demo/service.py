"""Loading the demonstration data once, and the keys that open it.

The load plays fourteen months through the real services, with the clock moved to each step's moment and
then forward to now. The audit log is its journal: `demo.begun` holds the moment at which it was begun,
every step leaves its entries in its own transaction, and `demo.loaded` ends it. A load that was cut off
makes the same plan again and goes on behind the last entry that was written under a moved clock.

Never load in a process that serves or works: moving the clock moves it for the whole process, and a worker
anywhere would live through the months at once.
"""

import asyncio
import dataclasses
import fcntl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from registry.audit import service as audit
from registry.audit.wire import AuditEntry
from registry.businesses import access as member_access
from registry.businesses import service as businesses
from registry.businesses.access import Member
from registry.businesses.rules import Scope, State
from registry.businesses.wire import KeyRequest
from registry.demo import plan, stage
from registry.demo.businesses import BEGINNING, roster
from registry.demo.people import (
    EXAMPLE_EMAIL,
    EXAMPLE_NAME,
    EXAMPLE_PHONE,
    EXAMPLE_RELATIVE,
    EXAMPLE_STRANGER,
)
from registry.demo.stage import Stage
from registry.messages import jobs as messages_jobs
from registry.platform import clock, secrets
from registry.platform.actor import CONSOLE, Actor, ActorKind
from registry.platform.runtime import Runtime, Session, transaction
from registry.reports import jobs as reports_jobs
from registry.reports import service as reports
from registry.staff import access as staff_access
from registry.staff import service as staff
from registry.staff.access import Staff
from registry.staff.rules import Role

__all__ = [
    "EXAMPLE_EMAIL",
    "EXAMPLE_NAME",
    "EXAMPLE_PHONE",
    "EXAMPLE_RELATIVE",
    "EXAMPLE_STRANGER",
    "NotLoaded",
    "credentials",
    "load",
]
