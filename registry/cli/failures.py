"""Exit codes, and what a command says when it cannot go on: one line that tells what to do.

What is not foreseen here is a defect of ours and keeps its traceback.
"""

import errno

#: Exit codes, as `--help` of the commands tells them.
OK, REFUSED, NOT_AUTHORISED, RATE_LIMITED, UNAVAILABLE = 0, 2, 3, 4, 5
RECORD, POSSIBLE = 10, 11
#: What the machine refuses, and whoever owns it can mend.
_MACHINE = {errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS, errno.EDQUOT}


class Refusal(Exception):
    """The command cannot go on; the text says why and what to do."""


def told(fault: BaseException) -> str | None:
    """What to tell of a fault that a person can mend; None for one that they cannot."""
    if isinstance(fault, Refusal):
        return str(fault)
    # Late: whoever raised one of these has loaded them already, and `--help` needs none.
    from registry.platform.embedded import EmbeddedError
    from registry.platform.errors import NotFound, RegistryError
    from registry.platform.settings import SettingsError

    if isinstance(fault, OSError) and fault.filename and fault.errno in _MACHINE:
        return f"{fault.filename}: {fault.strerror}."
    if isinstance(fault, SettingsError | EmbeddedError):
        return str(fault)
    if isinstance(fault, NotFound) and fault.detail == fault.title:
        return "There is nothing with this id."
    if isinstance(fault, RegistryError):
        places = [f"\n  {one.pointer}: {one.detail}" for one in fault.errors]
        return (f"{fault.title}." if places else fault.detail) + "".join(places)
    return None


def say(line: str) -> None:
    """Tell it on standard error."""
    from registry.cli import output

    output.err().print(f"[bold red]registry:[/] {output.plain(line)}", soft_wrap=True)
