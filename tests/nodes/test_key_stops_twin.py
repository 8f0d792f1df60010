"""`surefoot up twin` on a pseudo-terminal: Space stops the moving robot, Ctrl-C still ends all."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time

import pytest
from ros_processes import Witness, fresh_domain, ros_environment, speeds, tags

from rl_agent.robots.profile import load_robot

pytestmark = [pytest.mark.ros, pytest.mark.slow]
SPEC = load_robot("so101", policy_hz=50.0)


def controlling_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    log = tmp_path_factory.mktemp("key") / "up.log"
    domain = fresh_domain()
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    command = [sys.executable, "-m", "rl_agent.cli.main", "up", "twin", "--actor", "dls"]
    told = {}
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--goal-period", "1", "--policy-hz", "50", "--domain", str(domain)],
            env=ros_environment(domain),
            stdin=theirs,
            stdout=out,
            stderr=out,
            preexec_fn=controlling_terminal,
        )
    try:
        with Witness(domain, SPEC) as witness:
            applied = witness.seen["applied_command"]
            witness.until(
                lambda: (
                    witness.state == "ARMED"
                    and applied.messages
                    and speeds(applied.messages[-1]).max() > 0.3
                ),
                40.0,
                log.read_text,
            )
            pressed_s = time.monotonic()
            os.write(ours, b" ")
            witness.until(lambda: witness.state == "STOPPED", why=log.read_text)
            witness.until(lambda: witness.speed < 0.02)
            witness.until(lambda: tags(applied.messages[-1])["state"] == "STOPPED")
            told["braking_s"] = next(
                t - pressed_s
                for t, m in zip(applied.times_s, applied.messages, strict=True)
                if t >= pressed_s and tags(m)["state"] != "ARMED"
            )
            told["reset"] = witness.trigger("reset")
        os.write(ours, b"\x03")  # Ctrl-C, as the terminal sends it to the foreground
        told["status"] = process.wait(10.0)
        told["settings"] = (before, termios.tcgetattr(theirs))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(10.0)
        os.close(ours)
        os.close(theirs)
    told["output"] = log.read_text()
    return told


def test_space_stops_at_once_and_may_be_reset(told):
    assert told["braking_s"] <= 0.1
    assert told["reset"].success, told["reset"].message
    assert "Space or s stops the robot at once." in told["output"]
    assert "e-stop" in told["output"]


def test_ctrl_c_still_ends_everything_and_the_terminal_is_as_before(told):
    before, after = told["settings"]
    assert told["status"] == 130
    assert after == before
