"""How a job's sums are rounded: fixed before it computes, and told in its record."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from histopress.cli.job import Job


def fix_numerics(
    job: "Job", *, threads: int = 1, device: str = "cpu", dtype: str = "float32", **more: Any
) -> None:
    """Let torch compute with ``threads`` threads and, on the CPU, deterministic algorithms alone.

    Equal recipes then give equal bytes on processors of one instruction set. On a GPU operations
    without a deterministic form only warn: results agree within a tolerance. ``more`` is what else
    decides the rounding, such as the size of a batch.

    Raises
    ------
    RuntimeError
        By torch, later, where an operation has no deterministic form on the CPU.
    """
    import torch

    exact = device == "cpu"
    torch.set_num_threads(threads)
    # Unlike use_deterministic_algorithms, this imports no compiler.
    torch.set_deterministic_debug_mode("error" if exact else "warn")
    job.numerics.update(device=device, dtype=dtype, threads=threads, deterministic=exact, **more)
