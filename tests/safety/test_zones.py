"""Distances to zones, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rl_agent.safety.zones import Zones
from rl_agent.spec import ZoneKind, ZoneSpec

BOX_IN = ZoneSpec(
    name="room", kind=ZoneKind.BOX, keep="in", center_m=(1.0, 0.0, 0.5), half_size_m=(1.0, 2.0, 0.5)
)
BOX_OUT = ZoneSpec(
    name="crate",
    kind=ZoneKind.BOX,
    keep="out",
    center_m=(1.0, 0.0, 0.0),
    half_size_m=(0.5, 0.5, 0.5),
)
BALL_IN = ZoneSpec(
    name="reach", kind=ZoneKind.SPHERE, keep="in", center_m=(0.0, 0.0, 1.0), radius_m=2.0
)
BALL_OUT = ZoneSpec(
    name="head", kind=ZoneKind.SPHERE, keep="out", center_m=(0.0, 0.0, 1.0), radius_m=0.5
)
TABLE = ZoneSpec(name="table", kind=ZoneKind.HALF_SPACE, keep="in", center_m=(0.0, 0.0, 0.1))
CEILING = ZoneSpec(name="ceiling", kind=ZoneKind.HALF_SPACE, keep="out", center_m=(0.0, 0.0, 2.0))
ALL = (BOX_IN, BOX_OUT, BALL_IN, BALL_OUT, TABLE, CEILING)


def h(zone, *point):
    return Zones([zone]).distances(np.array(point))


def test_a_box_to_stay_in_is_six_walls():
    # Box from (0, -2, 0) to (2, 2, 1): the point is 0.5 from x = 0, 1.5 from x = 2, and so on.
    found = h(BOX_IN, 0.5, 1.0, 0.9)
    assert sorted(found) == pytest.approx(sorted([0.5, 1.5, 3.0, 1.0, 0.9, 0.1]))


def test_beyond_one_wall_of_a_box_the_distance_is_negative():
    assert h(BOX_IN, 2.25, 0.0, 0.5).min() == pytest.approx(-0.25)


def test_outside_a_crate_the_distance_is_that_to_its_edge():
    # 3 beyond the face in x, 4 beyond it in y: 5 from the edge.
    assert h(BOX_OUT, 1.5 + 3.0, 0.5 + 4.0, 0.0) == pytest.approx([5.0])


def test_inside_a_crate_the_nearest_face_counts():
    assert h(BOX_OUT, 1.4, 0.0, 0.0) == pytest.approx([-0.1])


def test_spheres():
    assert h(BALL_IN, 0.0, 0.5, 1.0) == pytest.approx([1.5])
    assert h(BALL_IN, 0.0, 2.5, 1.0) == pytest.approx([-0.5])
    assert h(BALL_OUT, 0.0, 0.7, 1.0) == pytest.approx([0.2])
    assert h(BALL_OUT, 0.0, 0.2, 1.0) == pytest.approx([-0.3])


def test_half_spaces_point_to_where_the_tool_may_or_may_not_be():
    assert h(TABLE, 5.0, 5.0, 0.3) == pytest.approx([0.2])
    assert h(CEILING, 0.0, 0.0, 1.5) == pytest.approx([0.5])


def test_a_margin_makes_every_zone_stricter():
    point = np.array([0.4, 0.3, 0.8])
    plain, strict = Zones(ALL).distances(point), Zones(ALL, 0.01).distances(point)
    np.testing.assert_allclose(plain - strict, 0.01)


def test_many_points_at_once():
    points = np.array([[0.0, 0.7, 1.0], [0.0, 0.2, 1.0]])
    np.testing.assert_allclose(Zones([BALL_OUT]).distances(points)[:, 0], [0.2, -0.3])


def test_every_row_has_its_zones_name():
    zones = Zones(ALL)
    assert len(zones) == len(zones.names) == 6 + 1 + 1 + 1 + 1 + 1
    assert zones.names.count("room") == 6


@given(arrays(np.float64, 3, elements=st.floats(-3.0, 3.0)))
def test_gradients_are_those_of_the_distances(point):
    zones = Zones(ALL)
    distance, normals = zones.distances_and_normals(point)
    np.testing.assert_allclose(distance, zones.distances(point), atol=1e-12)
    assert normals.shape == (len(zones), 3)
    step = 1e-6
    for axis in np.eye(3):
        ahead, behind = zones.distances(point + step * axis), zones.distances(point - step * axis)
        slope = (ahead - behind) / (2 * step)
        # At corners and centres there is no gradient; elsewhere it is exact.
        is_smooth = np.abs((ahead - distance) - (distance - behind)) < 1e-9
        np.testing.assert_allclose((normals @ axis)[is_smooth], slope[is_smooth], atol=2e-3)


GRID = st.integers(-300, 300).map(lambda number: number / 100.0 + 0.003)


@given(st.tuples(GRID, GRID, GRID))
def test_the_sign_says_inside_or_outside(point):
    """Points off the walls themselves: on them rounding decides."""

    def allowed(zone):
        return bool((Zones([zone]).distances(np.array(point)) >= 0.0).all())

    offset = np.abs(np.array(point) - np.array([1.0, 0.0, 0.5]))
    assert allowed(BOX_IN) == bool((offset <= [1.0, 2.0, 0.5]).all())
    inside = np.abs(np.array(point) - np.array([1.0, 0.0, 0.0])).max() < 0.5
    assert allowed(BOX_OUT) == (not inside)
