"""The log: one line for each event, whatever strangers put into it; as text or as JSON, to standard error or a file.

Control characters, among them those that end lines or move the cursor of a terminal, are written as escapes; so no
request can forge a line. The file may be moved away (logrotate): the next line begins a new one.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import re
import sys
from pathlib import Path
from typing import Final

FORMATS: Final = ("text", "json")
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def configure(form: str, file: Path | None) -> None:
    """Let all loggers write in this form."""
    handler = logging.handlers.WatchedFileHandler(file, encoding="utf-8") if file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine() if form == "json" else _TextLine())
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def escaped(text: str) -> str:
    r"""Return the text as one line that does nothing.

    >>> escaped("a\r\nGET \x1b[2J")
    'a\\r\\nGET \\x1b[2J'
    """
    return _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


class _TextLine(logging.Formatter):
    """A line; those of a traceback below it are set in, so that none looks like one of ours."""

    def format(self, record: logging.LogRecord) -> str:
        trace = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        line = f"{self.formatTime(record)} {record.levelname} {escaped(record.getMessage())}"
        return "\n    ".join([line, *map(escaped, trace)])


class _JsonLine(logging.Formatter):
    """An object: time, level, message, what the event says as `fields`, and the traceback of a fault."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)
