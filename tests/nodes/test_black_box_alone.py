"""The black box by itself: what it does where it cannot do its work."""

import contextlib
import subprocess
import sys

import pytest
from ros_processes import Witness, fresh_domain, ros_environment, running_node

from rl_agent.robots.profile import load_robot

pytest.importorskip("rclpy", reason="no ROS here: source it, or use x86-64 Linux")
pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101")
NAME = "blackbox_node"
WITHOUT_ROSBAGS = """
import sys
sys.modules["rosbags"] = None
from surefoot_nodes.blackbox_node import main
sys.exit(main())
"""


@contextlib.contextmanager
def running_without_rosbags(domain):
    command = [sys.executable, "-c", WITHOUT_ROSBAGS]
    process = subprocess.Popen(
        command, env=ros_environment(domain), stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(5.0)
        process.stderr.close()


def bring_up(domain):
    with Witness(domain, SPEC) as witness:
        assert witness.lifecycle.wait_for([NAME], 20.0) == []
        for transition in ("configure", "activate", "deactivate", "cleanup"):
            assert witness.lifecycle.change([NAME], transition, 20.0)[NAME]


def last_words(process):
    process.terminate()
    assert process.wait(5.0) == 0
    return process.stderr.read()


def test_without_rosbags_it_says_so_in_a_line_and_stands_aside():
    domain = fresh_domain()
    with running_without_rosbags(domain) as process:
        bring_up(domain)
        words = last_words(process)
    assert words.count("no black box: it needs the `data` extra") == 1
    assert "Traceback" not in words


def test_a_folder_that_cannot_be_written_is_told_before_the_first_trip():
    domain = fresh_domain()
    with running_node(NAME, "folder:=/proc/nowhere", domain=domain) as process:
        bring_up(domain)
        words = last_words(process)
    assert "black boxes cannot be written to /proc/nowhere" in words
    assert "Traceback" not in words
