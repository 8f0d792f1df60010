"""Wrong parameters: at the start of a node, and while it runs."""

from __future__ import annotations

import sys

from rl_agent.child import Child

from ..environment import graph_environment
from .context import FaultContext
from .outcome import Expectations, Outcome

BAD_PARAMETERS = {
    "wrong type": ("policy_hz:=fast", "policy_hz"),
    "not a number": ("gate_hz:=.nan", "gate_hz"),
    "negative": ("gate_hz:=-5.0", "gate_hz"),
    "unknown key": ("gate_hs:=100.0", "gate_hs"),
}
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Nine aliases of nine aliases …: a few hundred bytes that would become gigabytes."""


def row_parameters(context: FaultContext) -> Outcome:
    """Row 19."""
    expectations = Expectations()
    folder = context.scratch("parameters")
    bomb = folder / "bomb.yaml"
    bomb.write_text(BOMB + "safety_node:\n  ros__parameters: {gate_hz: *i}\n", encoding="utf-8")
    cases = {words: (["-p", text], key) for words, (text, key) in BAD_PARAMETERS.items()}
    cases["YAML bomb"] = (["--params-file", str(bomb)], "bomb.yaml")
    environment = graph_environment("faults", context.domain)
    for words, (arguments, key) in cases.items():
        context.say(words)
        command = [sys.executable, "-m", "surefoot_nodes.safety_node", "--ros-args", *arguments]
        log = folder / f"{words.replace(' ', '_')}.log"
        child = Child(command, log=log, env=environment)
        status = child.wait(20.0)
        child.kill()
        said = child.last_words(20)
        expectations.expect(status not in (0, None), f"{words}: exit status {status}")
        expectations.expect(key in said, f"{words}: {key} is not named: {said[-150:]}")
        expectations.expect("Traceback" not in said, f"{words}: a stack trace")
    running = _set_while_running(context)
    expectations.expect(running, "a running gate accepted a new value")
    return expectations.outcome(
        f"{len(cases)} kinds of mistakes: exit status ≠ 0, key named",
        f"a running gate refuses a new rate: {running}",
    )


def _set_while_running(context: FaultContext) -> str:
    """Try to change a running gate's rate; return its refusal, empty if it accepted."""
    from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
    from rcl_interfaces.srv import SetParameters

    rig = context.rig(**context.operated())
    value = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=50.0)
    request = SetParameters.Request(parameters=[Parameter(name="gate_hz", value=value)])
    answer = rig.operator.lifecycle.call(SetParameters, "safety_node/set_parameters", request, 5.0)
    if answer is None or answer.results[0].successful:
        return ""
    return str(answer.results[0].reason)
