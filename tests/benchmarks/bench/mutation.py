"""Small mistakes, put into a Python file one at a time: what a test-suite must notice.

A comparison that is always true, always false or negated; a sign that is lost or turned; minimum
for maximum, all for any, and for or; a limit's minimum or maximum that is left out.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,  # codespell:ignore
    ast.NotIn: ast.In,  # codespell:ignore
}
SWAPPED_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
SWAPPED_NAMES = {
    "minimum": "maximum",
    "maximum": "minimum",
    "min": "max",
    "max": "min",
    "all": "any",
    "any": "all",
}
LEFT_OUT = {"minimum", "maximum", "min", "max", "clip", "abs"}
"""Calls that bound their first argument: without them it stays what it was."""
UNTOUCHED = (ast.JoinedStr,)
"""Words for people."""
UNTOUCHED_FIELDS = {"annotation", "returns", "decorator_list", "bases"}


@dataclass(frozen=True)
class Mutant:
    """One file with one mistake."""

    path: str
    """Of the file, relative to the tree."""
    line: int
    name: str
    """`path:function: before -> after`, the same as long as that code is; #2 for a second one."""
    source: str
    """The whole file, without its comments."""


class Site(NamedTuple):
    """Where in the tree a node hangs."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.expr
    function: str

    def put(self, node: ast.AST) -> None:
        """Hang another node there."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants(path: str, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a file; each differs from it in one place."""
    tree = ast.parse(source)
    seen: Counter[str] = Counter()
    for site in list(_sites(tree, "")):
        before = ast.unparse(site.node)
        for changed in _variants(site):
            name = f"{path}:{site.function}: {before} -> {ast.unparse(changed)}"
            seen[name] += 1
            name += f" #{seen[name]}" if seen[name] > 1 else ""
            site.put(changed)
            text = ast.unparse(ast.fix_missing_locations(tree))
            site.put(site.node)
            yield Mutant(path, site.node.lineno, name, text)


def _sites(node: ast.AST, function: str) -> Iterator[Site]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}" if function else node.name
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED_FIELDS:
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if not isinstance(child, ast.AST) or isinstance(child, UNTOUCHED):
                continue
            if isinstance(child, ast.keyword) and child.arg == "axis":
                continue
            if isinstance(child, ast.expr):
                yield Site(node, field, index if isinstance(value, list) else None, child, function)
            yield from _sites(child, function)


def _variants(site: Site) -> Iterator[ast.expr]:
    node = site.node
    if isinstance(node, ast.Compare):
        yield from _comparisons(node)
    elif isinstance(node, ast.BoolOp):
        operator = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield ast.BoolOp(operator, node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in SWAPPED_OPERATORS:
        yield ast.BinOp(node.left, SWAPPED_OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Constant):
        yield from _constants(site)
    elif _is_state(site):
        yield from _states(node)
    if site.field == "test" and not isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)


def _comparisons(node: ast.Compare) -> Iterator[ast.expr]:
    # Of the same kind as the comparison was, an array's shape included.
    yield ast.BinOp(node, ast.BitOr(), ast.Constant(True))
    yield ast.BinOp(node, ast.BitAnd(), ast.Constant(False))
    for index, operator in enumerate(node.ops):
        operators = [*node.ops[:index], NEGATED[type(operator)](), *node.ops[index + 1 :]]
        yield ast.Compare(node.left, operators, node.comparators)


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    name = _called(node)
    if name in SWAPPED_NAMES:
        yield ast.Call(_renamed(node.func, SWAPPED_NAMES[name]), node.args, node.keywords)
    if name in LEFT_OUT and node.args and (len(node.args) > 1 or name == "abs"):
        yield node.args[0]


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _renamed(function: ast.expr, name: str) -> ast.expr:
    if isinstance(function, ast.Attribute):
        return ast.Attribute(function.value, name, ast.Load())
    return ast.Name(name, ast.Load())


def _constants(site: Site) -> Iterator[ast.expr]:
    value = site.node.value if isinstance(site.node, ast.Constant) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Losing the minus in front of it is the same mistake.
    if is_number and value and not isinstance(site.parent, ast.UnaryOp):
        yield ast.UnaryOp(ast.USub(), site.node)


def _is_state(site: Site) -> bool:
    return isinstance(site.parent, ast.Dict) and site.field == "values"


def _states(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the next state for an entry of the table of states."""
    names = ["_UNARMED", "_ARMED", "_HOLD", "_STOPPED"]
    if isinstance(node, ast.Name) and node.id in names:
        yield ast.Name(names[(names.index(node.id) + 1) % len(names)], ast.Load())
