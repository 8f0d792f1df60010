from dataclasses import replace

import numpy as np
import pytest
from planar_robot import planar_spec

from rl_agent.spec import TwinSpec
from rl_agent.types import Measurement
from surefoot_nodes.age_watch import AgeWatch

SPEC = planar_spec(twin=TwinSpec(mjcf="none.xml", physics_hz=500, observation_delay_ms=4))
CLOCKS_S = 1000.0
"""By so much the driver's clock is behind ours."""


def age_s(watch, stamp_s, way_s=0.0, wait_s=0.0, is_at_rest=False):
    received_s = CLOCKS_S + stamp_s + way_s
    reading = Measurement(stamp_s, np.zeros(2), np.zeros(2), received_s)
    return watch.complete(reading, received_s + wait_s, is_at_rest=is_at_rest).age_s


def test_the_fastest_way_is_the_profiles_delay_whatever_the_clocks_say():
    watch = AgeWatch(SPEC)
    assert [age_s(watch, 0.05 * k, way_s=0.002) for k in range(5)] == [0.004] * 5


def test_what_takes_longer_is_older():
    watch = AgeWatch(SPEC)
    age_s(watch, 0.0)
    assert age_s(watch, 0.05, way_s=0.03) == pytest.approx(0.034, abs=1e-4)
    assert age_s(watch, 0.10, wait_s=0.02) == pytest.approx(0.024, abs=1e-4)


def test_a_driver_that_counts_anew_is_no_older_for_it():
    watch = AgeWatch(SPEC)
    age_s(watch, 500.0)
    restarted = Measurement(0.0, np.zeros(2), np.zeros(2), CLOCKS_S + 500.1)
    assert watch.complete(restarted, CLOCKS_S + 500.1, is_at_rest=False).age_s == 0.004


def test_a_profiles_delay_is_what_its_twin_makes_of_it():
    # 5 ms are three steps of 2 ms.
    twin = replace(SPEC.twin, observation_delay_ms=5)
    assert age_s(AgeWatch(replace(SPEC, twin=twin)), 0.0) == 0.006
