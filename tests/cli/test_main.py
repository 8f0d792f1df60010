"""Verbs of one room below another room's."""

import typer
from typer.main import get_command

from rl_agent.cli.main import build_app
from sim.cli import app as robot_app


def verbs(app: typer.Typer) -> list[str]:
    return sorted(get_command(app).commands["robot"].commands)


def test_dotted_verbs_stand_below_another_rooms_verb():
    assert verbs(build_app()) == ["calibrate", "check", "jog", "list"]


def test_the_other_room_does_not_know_of_them_and_nothing_adds_up():
    build_app()
    assert verbs(build_app()) == ["calibrate", "check", "jog", "list"]
    assert sorted(get_command(robot_app).commands) == ["check", "list"]
