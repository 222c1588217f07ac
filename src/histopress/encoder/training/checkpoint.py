"""Where an interrupted training goes on."""

from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from histopress.store import publish, temporary_path


@dataclass(frozen=True)
class Checkpoint:
    """One file, replaced after each epoch.

    Attributes
    ----------
    path : Path
        Written beside its place and renamed, so that a killed job leaves the last whole one.
    key : str
        Digest of all that decides the training; a file with another key is not taken up.
    """

    path: Path
    key: str

    def save(self, state: dict[str, Any]) -> None:
        """Replace the file's content; ``state`` holds tensors, numbers, text and lists of them."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_path(self.path)
        with temporary.open("wb") as handle:
            torch.save({"key": self.key, **state}, handle)
        publish(temporary, self.path)

    def load(self) -> dict[str, Any] | None:
        """Read the state; None if there is none, or it is damaged or of another training."""
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except (OSError, RuntimeError, EOFError, UnpicklingError):
            return None
        return state if isinstance(state, dict) and state.get("key") == self.key else None

    def remove(self) -> None:
        """Remove the file once the training's results are in place."""
        self.path.unlink(missing_ok=True)
