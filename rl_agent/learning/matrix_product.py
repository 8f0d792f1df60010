"""Which library multiplies float32 matrices: on some processors PyTorch's choice loses half.

PyTorch asks MKL, which takes no 512-bit instructions of AMD's: on a Zen 5 core a product of
256 x 256 comes at 107 GFLOP/s, and at 237 from oneDNN (PyTorch 2.13, oneMKL 2024.0). It asks oneDNN
where float32 may be rounded to bfloat16 on the way. Without matrix units (AMX) oneDNN rounds
nothing, and that is checked here, since nobody promises it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

CPUINFO = Path("/proc/cpuinfo")
SIZE = 256
NUM_TERMS = 16
"""Of each sum of the check: with integers below 1024 all of them are exact in float32."""


def prefer_exact_onednn() -> bool:
    """Let oneDNN multiply where that is faster and rounds no more; tell whether it does now."""
    backend = _backend()
    if backend is None or not _is_slow_in_mkl(CPUINFO):
        return False
    before = backend.fp32_precision
    if before == "bf16":
        return True
    backend.fp32_precision = "bf16"
    if not _is_exact():
        backend.fp32_precision = before
        return False
    return True


@contextmanager
def pytorchs_choice() -> Iterator[None]:
    """Multiply as PyTorch does by itself, for a while."""
    backend = _backend()
    if backend is None:
        yield
        return
    before = backend.fp32_precision
    backend.fp32_precision = "none"
    try:
        yield
    finally:
        backend.fp32_precision = before


def _backend() -> Any:
    """Return where PyTorch keeps the setting; None where it has none (before 2.9), or no oneDNN."""
    if not torch.backends.mkldnn.is_available():
        return None
    matmul = getattr(torch.backends.mkldnn, "matmul", None)
    return matmul if hasattr(matmul, "fp32_precision") else None


def _is_slow_in_mkl(cpuinfo: Path) -> bool:
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:  # another system
        return False
    words = set(text.split())
    return {"AuthenticAMD", "avx512f"} <= words and not any(w.startswith("amx") for w in words)


def _is_exact() -> bool:
    """Tell whether integers that bfloat16 cannot hold are multiplied without a mistake."""
    generator = torch.Generator().manual_seed(0)
    left = torch.randint(1, 1024, (SIZE, SIZE), generator=generator)
    right = torch.randint(1, 1024, (SIZE, SIZE), generator=generator)
    left[:, NUM_TERMS:] = 0
    products = (
        (left.float() @ right.float(), left @ right),
        (torch.bmm(left.float()[None], right.float()[None])[0], left @ right),
    )
    return all(bool((found.long() == expected).all()) for found, expected in products)
