"""What every decision by staff names: the version of what was read."""

from typing import Annotated

from msgspec import Meta

DecidedVersion = Annotated[
    int,
    Meta(
        ge=1,
        description="The `version` of what you read. If it changed since, the answer is 409: read it again.",
    ),
]
