import numpy as np
import pytest

from rl_agent.exceptions import RenderingError
from rl_agent.reporting.recording import AppliedSeries, JointSeries, Recording
from rl_agent.reporting.report import Trial, read_report
from rl_agent.robots.profile import load_robot
from rl_agent.types import SafetyState
from surefoot_nodes import demo_pictures, demo_report
from surefoot_nodes.demo_drive import Drive
from surefoot_nodes.demo_plan import DemoPlan

SPEC = load_robot("so101")
GOALS = np.array([[0.25, 0.1, 0.1], [0.2, -0.2, 0.2], [0.25, 0.15, 0.2]])


def make_drive(controller="policy"):
    """Three goals, two seconds each, the arm at home throughout."""
    count = 600
    home = np.tile(SPEC.home, (count, 1))
    received = 0.01 * np.arange(count) + 0.001
    stamps = (10_000_000 * np.arange(count)).astype(np.int64)
    series = JointSeries(stamps, received, home, 0.0 * home)
    applied = AppliedSeries(
        stamps_ns=stamps,
        received_s=received + 0.001,
        position=home,
        velocity=0.0 * home,
        ticks=np.arange(count),
        reasons=np.zeros(count, np.int64),
        states=(SafetyState.ARMED,) * count,
        sources=("policy",) * count,
    )
    trials = tuple(
        Trial(
            goal_m=tuple(goal.tolist()),
            is_success=success,
            time_to_target_s=0.8 if success else None,
            final_error_m=0.005,
        )
        for goal, success in zip(GOALS, (True, True, False), strict=True)
    )
    recording = Recording(series, applied, series, np.array([0.0, 2.0, 4.0]), GOALS)
    return Drive(controller, trials, recording)


@pytest.fixture
def plan(tmp_path):
    return DemoPlan(out=tmp_path)


def test_every_part_of_a_drive_is_in_the_report(plan):
    drives = [make_drive(), make_drive("dls"), make_drive("random")]
    report = demo_report.add_drives(demo_report.empty_report(plan, SPEC), SPEC, drives)
    assert [series.key for series in report.series] == ["policy", "dls", "random"]
    assert report.of("policy").num_successes == 2
    assert report.commands.violations == {"position": 0, "velocity": 0, "acceleration": 0}
    assert [figures.key for figures in report.smoothness] == ["policy", "dls"]
    assert np.median(report.timing.latencies_ms) == pytest.approx(1.0)
    assert report.interventions.ticks == {}


def test_report_and_page_are_written_whole_and_read_again(plan):
    drives = [make_drive()]
    report = demo_report.add_drives(demo_report.empty_report(plan, SPEC), SPEC, drives)
    page = demo_report.write_report(report, plan.out)
    assert read_report(plan.out) == report
    assert page.read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in plan.out.iterdir()) == ["report.html", "report.json"]


def test_pictures_show_the_successful_reach_with_the_longest_way(plan, monkeypatch):
    goals = []

    class Twin:
        def __init__(self, spec):
            pass

        def reset(self, position):
            np.testing.assert_array_equal(position, SPEC.home)

        def render(self, width, height, goal):
            goals.append(goal)
            return np.zeros((height, width, 3), np.uint8)

        def tool_position(self):
            return GOALS[1]

    monkeypatch.setattr("sim.twin.Twin", Twin)
    drive = make_drive()
    pictures = demo_pictures.draw_reach(SPEC, drive.recording, drive.trials, plan.out)
    assert [picture.file for picture in pictures] == [f"reach_{i}.png" for i in range(4)]
    assert all((plan.out / picture.file).stat().st_size > 100 for picture in pictures)
    np.testing.assert_array_equal(goals, [GOALS[1]] * 4)


def test_without_opengl_the_report_says_why_it_has_no_pictures(plan, monkeypatch):
    def cannot(*arguments):
        raise RenderingError("no off-screen OpenGL")

    monkeypatch.setattr(demo_report, "draw_reach", cannot)
    report = demo_report.empty_report(plan, SPEC)
    report = demo_report.add_pictures(report, SPEC, make_drive(), plan)
    assert report.pictures == ()
    assert report.notes == ("No pictures: no off-screen OpenGL",)
