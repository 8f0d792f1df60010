import ast
import json
import os
import subprocess
import sys

import pytest
import safety_l
from bench.equivalents import EQUIVALENT
from bench.mutation import mutants

SOURCE = '''
def limit(value, lower, upper):
    """Words."""
    if value < lower:
        return -lower
    return min(value, upper) + 1.0
'''


def changes(source):
    return [mutant.name.split(": ", 1)[1] for mutant in mutants("file.py", source)]


def test_every_comparison_sign_and_bound_is_mistaken_once():
    assert changes(SOURCE) == [
        "value < lower -> (value < lower) | True",
        "value < lower -> (value < lower) & False",
        "value < lower -> value >= lower",
        "-lower -> lower",
        "min(value, upper) + 1.0 -> min(value, upper) - 1.0",
        "min(value, upper) -> max(value, upper)",
        "min(value, upper) -> value",
        "1.0 -> -1.0",
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a and b", ["a and b -> a or b"]),
        ("not a", ["not a -> a"]),
        ("x.all()", ["x.all() -> x.any()"]),
        ("np.abs(x)", ["np.abs(x) -> x"]),
        ("np.clip(x, a, b)", ["np.clip(x, a, b) -> x"]),
        ("a | b", ["a | b -> a & b"]),
        ("x.max(axis=-1)", ["x.max(axis=-1) -> x.min(axis=-1)"]),
        ("f'{a < b}'", []),
        ("0.0", []),
        ("'text'", []),
        ("True", []),
        ("a if b else c", ["b -> not b"]),
        ("{1: _HOLD}", ["1 -> -1", "_HOLD -> _STOPPED"]),
    ],
)
def test_kinds_of_mistakes(code, expected):
    assert [change.split(": ", 1)[-1] for change in changes(code)] == [
        change.split(": ", 1)[-1] for change in expected
    ]


def test_chained_comparisons_are_negated_one_at_a_time():
    assert "a < b <= c -> a >= b <= c" in [c.split(": ", 1)[-1] for c in changes("a < b <= c")]
    assert "a < b <= c -> a < b > c" in [c.split(": ", 1)[-1] for c in changes("a < b <= c")]


def test_a_mutant_differs_in_one_place_and_is_python():
    plain = ast.unparse(ast.parse(SOURCE))
    for mutant in mutants("file.py", SOURCE):
        ast.parse(mutant.source)
        lines = zip(plain.splitlines(), mutant.source.splitlines(), strict=True)
        assert sum(one != other for one, other in lines) == 1
        assert mutant.path == "file.py"


def test_names_are_unique_and_say_where():
    found = list(mutants("file.py", "class A:\n    def f(self):\n        return -a + -a\n"))
    names = [mutant.name for mutant in found]
    assert names == [
        "file.py:A.f: -a + -a -> -a - -a",
        "file.py:A.f: -a -> a",
        "file.py:A.f: -a -> a #2",
    ]
    assert {mutant.line for mutant in found} == {3}


def test_types_are_no_code():
    assert changes("def f(a: int | None) -> int | None:\n    pass\n") == []


def test_every_entry_of_the_table_of_equivalents_is_a_mutant_and_has_a_reason():
    names = {m.name for path in safety_l.modules() for m in safety_l.mutants_of(path)}
    assert set(EQUIVALENT) <= names
    assert all(EQUIVALENT.values())


def test_every_module_has_tests_of_its_own():
    for path in safety_l.modules():
        assert safety_l.own_tests(path.stem), path


def outcomes(jobs):
    answers = subprocess.run(
        [sys.executable, str(safety_l.WORKER)],
        input="".join(json.dumps(job) + "\n" for job in jobs),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=safety_l.ROOT,
        env={**os.environ, "PYTHONPATH": str(safety_l.ROOT)},
    ).stdout.splitlines()
    return [json.loads(answer)["outcome"] for answer in answers]


def job(source, **more):
    path = "rl_agent/safety/pacing.py"
    tests = ["tests/safety/test_pacing.py"]
    return {
        "module": "rl_agent.safety.pacing",
        "path": path,
        "source": source,
        "tests": tests,
    } | more


def test_a_worker_tells_survivors_from_killed_ones():
    original = (safety_l.ROOT / "rl_agent/safety/pacing.py").read_text(encoding="utf-8")
    mistaken = original.replace("LATE_PERIODS = 1.5", "LATE_PERIODS = -1.5")
    assert mistaken != original
    hanging = "while True:\n    pass\n"
    jobs = [job(original), job(mistaken), job("1 +"), job(hanging, time_limit_s=2.0)]
    assert outcomes(jobs) == ["survived", "killed", "killed", "killed by time"]
    # The tree itself was never touched.
    assert (safety_l.ROOT / "rl_agent/safety/pacing.py").read_text(encoding="utf-8") == original
