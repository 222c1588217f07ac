"""When, where and on what a job ran: what may differ between two runs of one recipe."""

import hashlib
import os
import platform
import resource
import socket
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

NAME_HOST = "HISTOPRESS_NAME_HOST"
"""Environment variable: set to 1, records name the host; else they hold its digest."""
PACKAGES = {
    "opencv": ("opencv-python-headless", "opencv-python", "py-opencv", "opencv"),
    "openslide": ("openslide-bin",),
}
"""Distributions that a library goes by."""
CAPABILITIES = ("avx512f", "avx2", "avx", "sse4_2", "asimd")
"""Instruction sets that numerical libraries choose their kernels by, the widest first."""


def run_facts(
    *,
    start: str,
    end: str,
    wall_s: float,
    threads: int,
    attempt: int,
    libraries: Iterable[str],
    edited: bool = False,
) -> dict[str, Any]:
    """Say when and where a job ran.

    Parameters
    ----------
    start, end : str
        UTC in ISO 8601, whole seconds.
    wall_s : float
        Duration in seconds.
    threads : int
        Threads that the job might use; what changes sums is part of the recipe.
    attempt : int
        1, or more if the workflow tried the job again.
    libraries : iterable of str
        Whose versions count for the job.
    edited : bool
        The code was edited while the job ran: what it imported late may be of another digest
        than the recipe names.
    """
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu = _cpu()
    return {
        "start": start,
        "end": end,
        "wall_s": round(wall_s, 3),
        "peak_memory_mb": round(peak_kb / 1024, 1),
        "threads": threads,
        "host": _host(),
        "machine": platform.machine(),
        "cpu": cpu.get("model name", platform.processor() or "unknown"),
        "capability": capability(cpu.get("flags", cpu.get("Features", ""))),
        "gpu": _gpu(),
        "slurm_job": os.environ.get("SLURM_JOB_ID"),
        "attempt": attempt,
        "edited": edited,
        "versions": installed_versions(libraries),
    }


def installed_versions(libraries: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of the installed ones among ``libraries``."""
    found = {"python": platform.python_version()}
    for library in libraries:
        for package in PACKAGES.get(library, (library,)):
            try:
                found[library] = version(package)
            except PackageNotFoundError:
                continue
            break
    return found


def capability(flags: str) -> str:
    """Name the widest instruction set among a processor's flags.

    Examples
    --------
    >>> capability("fpu sse4_2 avx avx2 bmi1")
    'avx2'
    """
    has = set(flags.split())
    return next((each for each in CAPABILITIES if each in has), "unknown")


def _cpu() -> dict[str, str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    first = text.partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _gpu() -> str | None:
    """Name the GPU where the job has loaded torch and can see one."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return str(torch.cuda.get_device_name())


def _host() -> str:
    name = socket.gethostname()
    if os.environ.get(NAME_HOST) == "1":
        return name
    return hashlib.sha256(name.encode()).hexdigest()[:16]
