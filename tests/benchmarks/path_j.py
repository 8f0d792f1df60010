"""A newcomer's second command: `make test`, and that every test asserts something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.context import Context
from bench.figure import Figure, at_most, equal, reported

TEST_MINUTES = 15.0
AST_CHECK = "tests/test_every_test_asserts.py"


def measure(context: Context) -> Iterator[Figure]:
    """Yield the time, whether all is green, and whether the check on the AST is part of it."""
    clone = context.clone()
    tests = clone.make("test")
    text = tests.log.read_text(encoding="utf-8", errors="replace")
    summary = re.findall(r"^=+ (.*(?:passed|failed|error).*) =+$", text, re.MULTILINE)
    words = summary[-1] if summary else text[-300:]
    detail = f"fresh clone, set-up, ruff, mypy and pytest{context.quick_words('pip cache allowed')}"
    yield at_most("path-j.time", tests.seconds / 60.0, TEST_MINUTES, "min", detail)
    yield equal("path-j.exit", tests.status, 0, "status", words)
    checked = clone.make("test", f"ARGS={AST_CHECK}")
    yield equal("path-j.every_test_asserts", checked.status, 0, "status", AST_CHECK)
    skipped = re.search(r"(\d+) skipped", words)
    yield reported("path-j.skipped", int(skipped.group(1)) if skipped else 0, "tests", words)
