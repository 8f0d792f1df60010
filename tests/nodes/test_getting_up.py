"""A quadruped that learns live falls; it is set on its feet, armed again, and lives on."""

import pytest
from kept_steps import rows_in
from ros_processes import Witness, running_graph

from rl_agent.robots.profile import load_robot

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("go1")
# Actions that are held for half a second throw it over.
WILD = ("--set", "random_hold=10", "--set", "learning_starts=100000")


def test_after_a_fall_it_stands_again_and_experience_goes_on(tmp_path):
    journal = tmp_path / "run" / "journal"
    arguments = ("twin", "--env", "sim:Go1Walk-v0", "--out", str(tmp_path / "run"), *WILD)
    with (
        running_graph(*arguments, verb="live", log=tmp_path / "live.log") as graph,
        Witness(graph.domain, SPEC) as witness,
    ):
        graph.wait_until_running()
        witness.until(lambda: "fall 1: it will stand in 5 s" in graph.output(), 60.0, graph.output)
        fallen = len(rows_in(journal))
        witness.until(lambda: len(rows_in(journal)) > fallen + 20, 60.0, graph.output)
    rows = rows_in(journal)
    ends = rows["terminated"].nonzero()[0]
    # What the policy brought about is kept, and once: nothing is learned from lying on the floor.
    assert len(ends) >= 1
    assert not (rows["terminated"][1:] & rows["terminated"][:-1]).any()
    leans = -rows["context"][:, 3]
    assert (leans > 0.8).all()
