"""Sum up what the set-up fetched: seconds and bytes from pip's log, into one JSON file."""

from __future__ import annotations

import json
import platform
import re
import sys
from pathlib import Path

UNITS = {"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}
SIZED = re.compile(r"^\s*(Downloading|Using cached) .*\(([\d.]+) (bytes|kB|MB|GB)\)$", re.MULTILINE)
TOOK = re.compile(r"^\[setup\] took (\d+) s$", re.MULTILINE)
LOCAL = re.compile(r"^Processing (\S+\.whl)", re.MULTILINE)


def summarise(log: str) -> dict[str, int]:
    """Return totals over every run of the set-up in this environment."""
    sizes = {"Downloading": 0.0, "Using cached": 0.0}
    for verb, number, unit in SIZED.findall(log):
        sizes[verb] += float(number) * UNITS[unit]
    local = [Path(name) for name in LOCAL.findall(log)]
    return {
        "seconds": sum(int(seconds) for seconds in TOOK.findall(log)),
        "downloaded_bytes": round(sizes["Downloading"]),
        "cached_bytes": round(sizes["Using cached"]),
        "local_bytes": sum(path.stat().st_size for path in local if path.is_file()),
    }


def describe(summary: dict[str, int]) -> str:
    """Return the summary as one line."""
    fetched, cached, local = (
        round(summary[f"{kind}_bytes"] / 1e6) for kind in ("downloaded", "cached", "local")
    )
    return (
        f"ready: {fetched} MB downloaded, {cached} MB from pip's cache, {local} MB from local "
        f"wheels, {summary['seconds']} s in all"
    )


def main(log_path: str, json_path: str) -> None:
    """Write the summary beside the log and say it."""
    summary = summarise(Path(log_path).read_text(encoding="utf-8", errors="replace"))
    about = {"python": platform.python_version(), "machine": platform.machine()}
    Path(json_path).write_text(json.dumps(summary | about, indent=2) + "\n", encoding="utf-8")
    print(f"[setup] {describe(summary)}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
