"""Which models a gate needs: just those that its profile's safety section speaks of."""

from dataclasses import replace

import pytest
from planar_robot import planar_mechanics, planar_spec

from rl_agent.exceptions import GateError
from rl_agent.kinematics import Mechanics
from rl_agent.safety.coupled_limits import check_mechanics, make_barrier, make_check
from rl_agent.spec import PairSpec, SafetySpec, ZoneKind, ZoneSpec

ALL = planar_mechanics()
NEEDS = [
    ({"zones": (ZoneSpec(name="table", kind=ZoneKind.HALF_SPACE, keep="in"),)}, "kinematics"),
    ({"pairs": (PairSpec(geoms=("a", "b"), distance_m=0.1),)}, "clearances"),
    ({"limit_effort": True}, "dynamics"),
    ({"max_power_w": 10.0}, "dynamics"),
    ({"prediction_steps": 20}, "predictor"),
]


@pytest.mark.parametrize(("safety", "model"), NEEDS)
def test_the_one_model_is_enough_and_necessary(safety, model):
    spec = planar_spec(safety=SafetySpec(**safety))
    only = Mechanics(**{model: getattr(ALL, model)})
    check_mechanics(spec, only)
    made = make_barrier(spec, 0.01, only), make_check(spec, 0.01, only)
    assert [part is not None for part in made] == [model != "predictor", model == "predictor"]
    for missing in (replace(ALL, **{model: None}), Mechanics(), None):
        with pytest.raises(GateError, match="need"):
            check_mechanics(spec, missing)
        assert make_barrier(spec, 0.01, missing) is None
        assert make_check(spec, 0.01, missing) is None


def test_a_plain_profile_needs_no_model_and_uses_none():
    spec = planar_spec()
    for mechanics in (None, Mechanics(), ALL):
        check_mechanics(spec, mechanics)
        assert make_barrier(spec, 0.01, mechanics) is None
        assert make_check(spec, 0.01, mechanics) is None
