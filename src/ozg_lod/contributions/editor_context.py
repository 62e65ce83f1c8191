"""Where decisions are made: the inbox, the settings of the build, the source root that takes contributions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ozg_lod.contributions.inbox import Inbox
from ozg_lod.contributions.submissions import SubmissionCase
from ozg_lod.core.errors import UsageError
from ozg_lod.core.messages import Language, MessageSink, _
from ozg_lod.core.settings import Settings, packaged_source
from ozg_lod.snapshots.snapshot import Snapshots


@dataclass(frozen=True, slots=True)
class EditorContext:
    """Where an editor decides; `say` gets a message for each step."""

    inbox: Inbox
    settings: Settings
    folder: Path
    say: MessageSink

    @property
    def snapshots(self) -> Snapshots:
        return Snapshots(self.settings.target)


def context(inbox: Inbox, settings: Settings, chosen_root: Path | None, say: MessageSink) -> EditorContext:
    """Return the context; its root is `chosen_root`, else the last source, and must not be the program's own."""
    root = (chosen_root or settings.source[-1]).resolve()
    own = packaged_source().resolve()
    if root == own or (own / "data") in (root, *root.parents):
        raise UsageError(
            _(
                "{root} belongs to the program and is replaced with it; give a folder of yours with --source DIR.",
                root=root,
            ),
        )
    folder = root / "data" if (root / "data").is_dir() else root  # as the build reads it
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writable").touch()
        (folder / ".writable").unlink()
    except OSError as error:
        raise UsageError(_("{root} cannot be written: {strerror}.", root=root, strerror=error.strerror)) from None
    sources = tuple(path.resolve() for path in settings.source)
    all_sources = sources if root in sources else (*sources, root)
    return EditorContext(inbox, replace(settings, source=all_sources), folder, say)


def remaining_steps(editor: EditorContext, case: SubmissionCase, language: Language) -> list[str]:
    """Return what is left to do after a decision: the command for git, and what erasing cannot reach."""
    lines = []
    if any((folder / ".git").exists() for folder in (editor.folder, *editor.folder.parents)):
        message = f"{case.submission.key}: {case.state}"
        lines.append(f"git -C {editor.folder} add -A . && git -C {editor.folder} commit -m '{message}'")
    if case.last is not None and case.last.erased:
        left = _(
            "It is erased from the versions of this catalogue; the history of git, backups and copies elsewhere "
            "are left to you."
        )
        lines.append(left[language])
    return lines
