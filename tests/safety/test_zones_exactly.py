"""Gradients of distances at the places where they turn, by hand."""

import numpy as np
import pytest

from rl_agent.safety.zones import Zones
from rl_agent.spec import ZoneKind, ZoneSpec

BALL = {"kind": ZoneKind.SPHERE, "center_m": (0.0, 0.0, 1.0), "radius_m": 0.5}
CRATE = ZoneSpec(
    name="crate",
    kind=ZoneKind.BOX,
    keep="out",
    center_m=(1.0, 0.0, 0.0),
    half_size_m=(0.5, 0.6, 0.7),
)


def gradient(zone, *point):
    """The distance and its gradient, with a margin, which must not turn it."""
    position = np.array(point)
    distance, normals = Zones([zone], 0.01).distances_and_normals(position)
    np.testing.assert_allclose(Zones([zone], 0.01).distances(position), distance)
    return pytest.approx((distance[0] + 0.01, *normals[0]))


@pytest.mark.parametrize(
    ("offset", "normal"),
    [
        # 0.1 from a face on each side, and nearer to it than to any other.
        ((0.4, 0.1, 0.2), (1, 0, 0)),
        ((-0.4, 0.1, 0.2), (-1, 0, 0)),
        ((0.1, 0.5, -0.2), (0, 1, 0)),
        ((0.1, -0.5, 0.2), (0, -1, 0)),
        ((0.1, 0.1, 0.6), (0, 0, 1)),
        ((-0.1, -0.1, -0.6), (0, 0, -1)),
    ],
)
def test_inside_a_crate_the_nearest_face_is_the_way_out(offset, normal):
    assert gradient(CRATE, 1.0 + offset[0], *offset[1:]) == (-0.1, *normal)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_outside_a_crate_the_way_leads_off_its_edge(sign):
    # 3 and 4 beyond the faces in x and y: 5 from the edge.
    point = (1.0 + sign * 3.5, -sign * 4.6, 0.1)
    assert gradient(CRATE, *point) == (5.0, sign * 0.6, -sign * 0.8, 0.0)


@pytest.mark.parametrize(("keep", "sign"), [("in", -1.0), ("out", 1.0)])
def test_a_balls_distance_grows_along_its_radius(keep, sign):
    ball = ZoneSpec(name="ball", keep=keep, **BALL)
    assert gradient(ball, 0.18, 0.0, 1.24) == (-sign * 0.2, sign * 0.6, 0.0, sign * 0.8)
    # At its centre no direction is the right one, and none is made up.
    assert gradient(ball, 0.0, 0.0, 1.0) == (-sign * 0.5, 0.0, 0.0, 0.0)
