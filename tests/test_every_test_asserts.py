"""A test that asserts nothing passes whatever the code does: none may exist."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(TESTS.rglob("*.py"))
PYTEST_CHECKS = {"raises", "warns", "fail"}


def is_check(node: ast.AST) -> bool:
    """An assert, pytest.raises, warns or fail, or a call of a helper assert_* or check_*."""
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Attribute):
        of_pytest = isinstance(function.value, ast.Name) and function.value.id == "pytest"
        name = function.attr
        return (of_pytest and name in PYTEST_CHECKS) or name.startswith(("assert_", "check_"))
    return isinstance(function, ast.Name) and function.id.startswith(("assert_", "check_"))


def silent_tests(tree: ast.AST) -> list[str]:
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any(is_check(inner) for inner in ast.walk(node))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_every_test_asserts(path):
    assert silent_tests(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_a_silent_test_is_found():
    source = (
        "def test_loud():\n    assert 1\ndef test_silent():\n    run()\ndef helper():\n    run()\n"
    )
    assert silent_tests(ast.parse(source)) == ["test_silent"]


def test_helpers_and_expected_errors_count_as_checks():
    source = (
        "def test_a():\n    with pytest.raises(ValueError):\n        f()\n"
        "def test_b():\n    np.testing.assert_allclose(a, b)\n"
        "def test_c():\n    check_limit(limit)\n"
    )
    assert silent_tests(ast.parse(source)) == []
