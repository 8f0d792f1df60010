import io

import pytest

pytest.importorskip("rosbags", reason="recordings need the `data` extra")

from boxes import Scene, drive, estop, silent_policy, state
from rich.console import Console

from rl_agent.cli.main import main
from rl_agent.reporting.explain import explain
from rl_agent.reporting.explain_text import print_explanation
from rl_agent.reporting.remedies import GENERIC, REMEDIES, remedies
from rl_agent.reporting.trip_record import open_record
from rl_agent.types import Reason


def text_of(path):
    out = io.StringIO()
    print_explanation(explain(open_record(path)), Console(file=out, width=80))
    return out.getvalue()


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    return text_of(silent_policy().write(tmp_path_factory.mktemp("silent")))


def test_text_fits_a_terminal_of_eighty_columns(silent):
    assert max(len(line) for line in silent.splitlines()) <= 80


def test_text_begins_with_what_happened_and_why(silent):
    opening = " ".join(silent[:300].split())
    assert "so101 tripped at 2026-11-27 10:15:00 UTC: no proposal for 500 ms" in opening
    assert "SILENT: Stopped: a source of readings or commands had fallen silent." in opening


def test_text_tells_times_and_ways(silent):
    words = " ".join(silent.split())
    assert "The first braking command came 130 ms after the last proposal (-0.500 s)." in words
    assert "Commands stood 40 ms later; the farthest, shoulder_pan, after 0.020 rad." in words
    assert "Kept: none of 500 commands left a limit." in words
    assert "500 ms before the trip" in words


def test_bar_shows_the_states_to_scale(silent):
    # 60 characters for 5.0 s: 3.63 s armed, 0.37 s on hold, 1 s stopped.
    (bar,) = [line for line in silent.splitlines() if "━━━" in line]
    assert (bar.count("━"), bar.count("▒"), bar.count("█")) == (44, 4, 12)


def test_nothing_tripped_is_said(tmp_path):
    scene = Scene()
    drive(scene, -2.0, 9.0, 0.0)
    scene.add("safety_state", -2.0, state("ARMED", "[bold]armed"))
    text = text_of(scene.write(tmp_path) / "recording")
    assert "nothing tripped in these 2.0 s" in text
    assert "[bold]armed" in text
    assert "What to do next" not in text


def test_verb_prints_words_or_figures(tmp_path, capsys):
    path = estop().write(tmp_path)
    assert main(["explain", str(path)]) == 0
    assert "e-stop: asked for by an operator" in capsys.readouterr().out
    assert main(["explain", str(path), "--json"]) == 0
    assert '"ESTOP"' in capsys.readouterr().out


def test_verb_tells_a_mistake_in_a_sentence(tmp_path, capsys):
    assert main(["explain", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert str(tmp_path) in error
    assert "Traceback" not in error


SLOWING = (Reason.POSITION, Reason.VELOCITY, Reason.ACCELERATION, Reason.JERK, Reason.EFFORT)
SLOWING += (Reason.START_RAMP, Reason.SPEED_SCALE, Reason.HUMAN)
GRAVE = [r.name for r in Reason if r not in (Reason.NONE, *SLOWING)]


@pytest.mark.parametrize("name", GRAVE)
def test_everything_that_stops_has_a_remedy_of_its_own(name):
    assert name in REMEDIES
    assert REMEDIES[name].endswith(".")


def test_remedies_are_told_once_and_what_was_merely_late_last():
    assert remedies(["STALE_PROPOSAL", "SILENT", "SILENT"]) == [
        REMEDIES["SILENT"],
        REMEDIES["STALE_PROPOSAL"],
    ]
    assert remedies(["SOMETHING_NEW"]) == remedies([]) == [GENERIC]
