import pytest

from rl_agent.algorithms import compilation
from rl_agent.algorithms.compilation import COMPILE_REPAYS_UPDATES, decide_compile

FEW, MANY = COMPILE_REPAYS_UPDATES - 1, COMPILE_REPAYS_UPDATES


@pytest.mark.parametrize(
    ("mode", "planned", "lacks", "expected"),
    [
        ("off", MANY, "", False),
        ("auto", FEW, "", False),
        ("auto", MANY, "", True),
        ("auto", MANY, "g++", False),
        ("on", FEW, "", True),
        ("on", FEW, "g++", False),
    ],
)
def test_when_to_compile(monkeypatch, mode, planned, lacks, expected):
    monkeypatch.setattr(compilation, "missing_for_compiler", lambda: lacks)
    decision = decide_compile(mode, planned)
    assert decision.should_compile is expected
    assert ("eager" in decision.sentence) is not expected
    if lacks:
        assert lacks in decision.sentence


def test_a_missing_compiler_is_named(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert compilation.missing_for_compiler() == "g++"
