"""The options of the commands, and how those that fill the settings do it."""

from __future__ import annotations

import os
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final

import click
from click.decorators import FC

from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import LANGUAGES
from ozg_lod.core.settings import Settings

PATH: Final = click.Path(path_type=Path)
_LANGUAGE: Final = click.Option(
    ["--lang"],
    type=click.Choice(LANGUAGES),
    is_eager=True,
    expose_value=False,
    callback=lambda context, _, value: context.meta.update(lang=value),
    help="language of what is said (default: as the environment)",
)


class Setting(click.Option):
    """An option that fills the field of `Settings` of its name."""


class Command(click.Command):
    """A command whose function gets its settings as `settings`, and each other option by its name."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [_LANGUAGE, *super().get_params(ctx)]

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 - the list of commands wraps whole sentences
        return self.help or ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click does not always say whose usage it was
            raise

    def settings(self, ctx: click.Context) -> Settings:
        """Return the settings that the options say; what none says has its default."""
        given = {param.name: ctx.params.pop(param.name) for param in self.params if isinstance(param, Setting)}
        user, password = os.environ.get("OZG_LOD_STORE_USER"), os.environ.get("OZG_LOD_STORE_PASSWORD")
        given["store_login"] = (user, password) if user and password else None
        return Settings(**{field: value for field, value in given.items() if value not in (None, ())})

    def invoke(self, ctx: click.Context) -> object:
        if any(isinstance(param, Setting) for param in self.params):
            ctx.params["settings"] = self.settings(ctx)
        return super().invoke(ctx)


def setting(field: str, explanation: str, **details: object) -> Callable[[FC], FC]:
    """Add the option for a field of `Settings`: named after it (or `flag`), as its environment variable is."""
    name = str(details.pop("flag", field.replace("_", "-")))
    flag, variable, default = f"--{name}", f"OZG_LOD_{field.upper()}", getattr(Settings, field)
    details |= {"default": default} if default else {}  # an empty one would satisfy `required`
    details |= {"show_default": True, "show_envvar": True, "help": explanation}
    return click.option(flag, field, cls=Setting, envvar=variable, **details)


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise UsageError(f"--trusted-proxies: {error}.") from None


SOURCE: Final = setting(
    "source", "source folder; may be given again for folders that add data", type=PATH, multiple=True, metavar="DIR"
)
TARGET: Final = setting("target", "folder of the snapshots", type=PATH, metavar="DIR")
LEGAL: Final = setting("legal", "folder with impressum.de.md, datenschutz.de.md …", type=PATH, metavar="DIR")
INBOX_DAYS: Final = setting(
    "inbox_days", "delete sender and file N days after the decision", type=click.IntRange(0, clamp=True), metavar="N"
)
JUDGE: Final = setting("judge", "who judges again what is published", type=click.Choice(["pyshacl", "none"]))
BUILD_MEMORY: Final = setting(
    "build_memory_mb", "memory for each step of reading and judging", flag="memory-mb", type=int, metavar="MB"
)
BUILD_DEADLINE: Final = setting(
    "build_deadline_s", "a build is stopped after so many seconds", flag="deadline-s", type=float, metavar="S"
)
JSON: Final = click.option("--json", "as_json", is_flag=True, help="as JSON")
STRICT: Final = click.option("--strict", is_flag=True, help="warnings count as findings")
TRUSTED_PROXIES: Final = setting(
    "trusted_proxies", "proxies, comma-separated, whose X-Forwarded-For counts", type=_networks, metavar="NETS"
)
