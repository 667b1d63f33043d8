"""Settings: the one documented list of `REGISTRY_*` environment variables.

What differs between deployments lives here. What the law or the community sets (days, months,
plans) is policy, not settings: see `policy.py`.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec


class SettingsError(ValueError):
    """A setting cannot be used; the message names the variable and says what to write."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of one process. `from_env` reads each from `REGISTRY_<NAME IN CAPITALS>`."""

    #: PostgreSQL >= 15 as `postgresql://user:password@host/database`; empty starts the embedded one.
    database_url: str = ""
    #: A streaming replica of it, which answers lists and reports in its place; empty: it answers everything itself.
    replica_url: str = ""
    #: Where the embedded database, keys, files and outbox lie.
    data_dir: Path = Path("var")
    #: Policy profile: `ua`, `eu-strict` or `sandbox`.
    policy: str = "ua"
    #: Master keys as JSON, for deployments that inject secrets; empty uses the key file.
    keys: str = ""
    #: The key file; empty means `<data_dir>/keys.json`.
    key_file: str = ""
    #: Evidence store: empty for `<data_dir>/files`, or `s3://bucket/prefix`.
    files_url: str = ""
    #: Erasure journal: empty for `<data_dir>/erasures`, or `s3://bucket/prefix`.
    journal_url: str = ""
    #: S3-compatible endpoint, when it is not the provider's own.
    s3_endpoint: str = ""
    #: S3 region.
    s3_region: str = "us-east-1"
    #: S3 access key id; empty uses the provider's usual sources.
    s3_access_key_id: str = ""
    #: S3 secret access key.
    s3_secret_access_key: str = ""
    #: Mail server as `smtp://user:password@host:587` or `smtps://...`; empty writes to the outbox folder.
    smtp_url: str = ""
    #: The sender of mail to people.
    mail_from: str = "registry@localhost"
    #: Provider of short messages, or the bridge to it, as `https://sms.your.domain/messages`; empty sends none.
    sms_url: str = ""
    #: What we show it, as `Authorization: Bearer ...`.
    sms_token: str = ""
    #: What it signs its delivery receipts with: `whsec_` and 24 to 64 random bytes in base64.
    sms_secret: str = ""
    #: The sender that phones show; empty leaves it to the provider.
    sms_sender: str = ""
    #: The address under which people reach this registry; printed in letters.
    public_url: str = "http://127.0.0.1:8000"
    #: Where alarms about businesses are written; empty: only to the log, the metrics and the operators' list.
    alarm_email: str = "operator@localhost"
    #: The name under which this registry signs its letters.
    operator_name: str = "Client Registry"
    #: Addresses or networks of proxies whose `X-Forwarded-For` is believed, separated by commas.
    trusted_proxies: str = ""
    #: What evidence weighs in who is who: a file of `registry resolution learn`; empty for the release's.
    parameters: str = ""
    #: Log level: debug, info, warning, error.
    log_level: str = "info"
    #: Database connections of one process, besides the lookup path's own.
    pool_size: int = 10
    #: Database connections of the lookup path of one process.
    lookup_pool_size: int = 8

    @property
    def outbox_dir(self) -> Path:
        """The folder where messages to people are written when no mail server is set."""
        return self.data_dir / "outbox"

    @property
    def key_path(self) -> Path:
        """Where the master keys are kept when they are not in the environment."""
        return Path(self.key_file) if self.key_file else self.data_dir / "keys.json"


def from_env(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read the settings; an unknown `REGISTRY_*` variable or an unreadable value raises `SettingsError`."""
    environ = os.environ if environ is None else environ
    known = {f"REGISTRY_{name.upper()}": name for name in Settings.__struct_fields__}
    client_side = {"REGISTRY_URL", "REGISTRY_API_KEY"}
    values: dict[str, object] = {}
    for variable, text in environ.items():
        if not variable.startswith("REGISTRY_") or variable in client_side:
            continue
        if variable not in known:
            raise SettingsError(f"{variable} is not a setting. Known: {', '.join(sorted(known))}.")
        values[known[variable]] = text
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as fault:
        what, _, path = str(fault).partition(" - at `$.")
        raise SettingsError(
            f"REGISTRY_{path.rstrip('`').upper()} cannot be read: {what}."
        ) from None
    return msgspec.structs.replace(settings, data_dir=settings.data_dir.absolute())


def _decode(wanted: type, value: object) -> object:
    if wanted is Path:
        return Path(str(value))
    raise NotImplementedError  # how msgspec is told that a type is not ours to read
