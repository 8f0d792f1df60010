"""Looking at processes through /proc: whose child, how large, what is mapped."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def child_running(parent: int, module: str) -> int | None:
    """Return the pid of the child of `parent` that was started with `-m module`."""
    for folder in PROC.glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            status = (folder / "status").read_text()
        except OSError:
            continue  # it ended meanwhile
        if module.encode() in words and _field(status, "PPid") == parent:
            return int(folder.name)
    return None


def memory_mb(pid: int) -> tuple[float, float]:
    """Return resident memory and its peak so far [MB, 1e6 bytes]."""
    status = (PROC / str(pid) / "status").read_text()
    return _field(status, "VmRSS") * 1024 / 1e6, _field(status, "VmHWM") * 1024 / 1e6


def mapped_files(pid: int, part: str) -> list[str]:
    """Return the mapped files whose path contains `part`."""
    lines = (PROC / str(pid) / "maps").read_text().splitlines()
    files = {line.split(maxsplit=5)[5] for line in lines if line.count(" ") >= 5 and "/" in line}
    return sorted(name for name in files if part in name)


def _field(status: str, name: str) -> int:
    for line in status.splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0])
    raise ValueError(f"no {name} in a process's status")
