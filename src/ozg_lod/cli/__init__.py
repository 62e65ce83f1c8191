"""The command line: the only package that reads the environment, prints and exits.

Data go to standard output, words to standard error. Exit codes: 0 fine, 1 findings, 2 usage or could not run.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Final

import click

from ozg_lod import __version__
from ozg_lod.cli import (
    check,
    inbox,
    serve,
    snapshots,
)
from ozg_lod.cli.terminal import (
    COULD_NOT_RUN,
    FINE,
    note,
    plain,
    say,
)
from ozg_lod.core.errors import OzgLodError
from ozg_lod.core.messages import _


class Program(click.Group):
    """The program: runs a command and says why it could not."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OzgLodError as error:
            say(error.message)
        except BrokenPipeError:  # `ozg-lod dump | head`: who reads has enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FINE
        except OSError as error:
            note(f"ozg-lod: {error}")
        except KeyboardInterrupt:
            pass
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no finding, and findings are exit code 1
            _tell(error)
        return COULD_NOT_RUN


def _tell(error: Exception) -> None:
    from ozg_lod.sandbox.fork_server import WorkerFault  # only a failure pays for this import

    if isinstance(error, WorkerFault):
        note(f"ozg-lod: {error}")
        return
    say(_("This is a fault of ours: {kind}: {error}", kind=type(error).__name__, error=plain(str(error))))
    if os.environ.get("OZG_LOD_DEBUG"):
        traceback.print_exception(error)
    else:
        say(_("OZG_LOD_DEBUG=1 shows where; please report it."))


PROGRAM: Final = Program(
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Compile, validate and serve a linked open data catalogue.",
    commands=[
        *(serve.init, serve.build, serve.merge, serve.serve),
        *(snapshots.snapshots, snapshots.query, snapshots.dump, snapshots.publish),
        *(snapshots.template, snapshots.reconcile),
        *(check.validate, check.harvest_check, check.doctor),
        inbox.inbox,
    ],
)
click.version_option(__version__, message="%(prog)s %(version)s")(PROGRAM)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit."""
    try:
        code = PROGRAM.main(arguments, "ozg-lod", standalone_mode=False)
    except click.UsageError as error:
        note(_sentence(error))
        code = COULD_NOT_RUN
    sys.exit(code or FINE)


def _sentence(error: click.UsageError) -> str:
    """Return what was typed wrong in one line, and where it says what would be right."""
    command = error.ctx.command_path if error.ctx else "ozg-lod"
    text = " ".join(error.format_message().split()).removesuffix(".")
    return f"{command}: {text} (see `{command} --help`)."
