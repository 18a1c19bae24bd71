"""What a person would take instead: Airbyte's agent connector for Gong, if the registry has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.runs import CHECKOUT

PACKAGE = "airbyte-agent-gong"
VERSION = "0.19.34"
_FOLDER = CHECKOUT / ".cache" / "bench" / f"{PACKAGE}-{VERSION}"


def agent_python() -> Path | None:
    """A Python that has the agent connector, in an environment of its own since its dependencies are others. None when
    it does not install here."""
    python = _FOLDER / "bin" / "python"
    marker = _FOLDER / "installed"
    if marker.is_file():
        return python
    try:
        subprocess.run([sys.executable, "-m", "venv", str(_FOLDER)], check=True, capture_output=True)
        install = [str(python), "-m", "pip", "install", "--quiet", f"{PACKAGE}=={VERSION}"]
        subprocess.run(install, check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError):
        return None
    marker.touch()
    return python
