"""What a graph's processes are told: where they may be heard, and by which way they speak."""

import xml.etree.ElementTree as ElementTree

import pytest

from rl_agent.exceptions import SurefootError
from surefoot_nodes.environment import (
    FASTDDS_PROFILE,
    FASTDDS_VARIABLES,
    LOOPBACK_PROFILE,
    base_environment,
    graph_environment,
)

PROFILE = "FASTRTPS_DEFAULT_PROFILES_FILE"
RANGE = "ROS_AUTOMATIC_DISCOVERY_RANGE"
NAMES = {"p": "http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles"}


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch):
    own = ("ROS_DOMAIN_ID", "ROS_LOCALHOST_ONLY", "ROS_STATIC_PEERS", "RMW_IMPLEMENTATION")
    for name in (*own, RANGE, "FASTDDS_BUILTIN_TRANSPORTS", *FASTDDS_VARIABLES):
        monkeypatch.delenv(name, raising=False)


def test_domain_that_is_no_number_is_named(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "mine")
    with pytest.raises(SurefootError, match=r"ROS_DOMAIN_ID.*'mine'"):
        graph_environment("twin")


def test_twin_has_a_domain_of_its_own():
    assert graph_environment("twin")["ROS_DOMAIN_ID"] == "42"
    assert graph_environment("twin", 7)["ROS_DOMAIN_ID"] == "7"


@pytest.mark.parametrize("kind", ["twin", "faults"])
def test_twin_speaks_on_the_loopback_interface_alone(kind):
    environment = graph_environment(kind)
    # Only what reads our profile may be told that the profile decides.
    assert environment["RMW_IMPLEMENTATION"] == "rmw_fastrtps_cpp"
    assert environment[RANGE] == "SYSTEM_DEFAULT"
    assert {environment[name] for name in FASTDDS_VARIABLES} == {str(LOOPBACK_PROFILE)}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RMW_IMPLEMENTATION", "rmw_cyclonedds_cpp"),
        ("FASTRTPS_DEFAULT_PROFILES_FILE", "mine.xml"),
        ("FASTDDS_DEFAULT_PROFILES_FILE", "mine.xml"),
    ],
)
def test_where_our_profile_does_not_count_ros_keeps_a_twin_here(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    environment = graph_environment("twin")
    assert environment[RANGE] == "LOCALHOST"
    assert environment.get(variable, value) == value
    assert str(LOOPBACK_PROFILE) not in environment.values()


def test_a_process_of_a_twins_graph_starts_others_in_the_same_way(monkeypatch):
    ours = graph_environment("twin", 7)
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    assert {**ours, **base_environment()} == ours
    assert {**ours, **graph_environment("twin", 7)} == ours


def test_robot_is_met_where_the_user_has_it(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "3")
    assert graph_environment("robot")["ROS_DOMAIN_ID"] == "3"
    assert RANGE not in graph_environment("observe")
    assert graph_environment("twin")["ROS_DOMAIN_ID"] == "3"


def test_robot_speaks_by_udp_alone_unless_the_user_says_otherwise(monkeypatch):
    environment = graph_environment("robot")
    assert environment["FASTDDS_BUILTIN_TRANSPORTS"] == "UDPv4"
    assert environment[PROFILE] == str(FASTDDS_PROFILE)
    monkeypatch.setenv("FASTDDS_BUILTIN_TRANSPORTS", "LARGE_DATA")
    assert graph_environment("robot")["FASTDDS_BUILTIN_TRANSPORTS"] == "LARGE_DATA"
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", "mine.xml")
    environment = graph_environment("robot")
    assert not {PROFILE, "FASTDDS_BUILTIN_TRANSPORTS"} & environment.keys()


@pytest.mark.parametrize(("variable", "value"), [(RANGE, "LOCALHOST"), ("ROS_LOCALHOST_ONLY", "1")])
def test_robot_that_the_user_keeps_here_has_no_shared_memory_either(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    environment = graph_environment("robot")
    assert environment[PROFILE] == str(LOOPBACK_PROFILE)
    assert environment[RANGE] == "SYSTEM_DEFAULT"
    assert environment.get("ROS_LOCALHOST_ONLY", "0") == "0"
    monkeypatch.setenv("ROS_STATIC_PEERS", "192.0.2.7")
    assert str(LOOPBACK_PROFILE) not in graph_environment("robot").values()


def test_killed_nodes_are_forgotten_equally_soon_by_both_profiles():
    leases = [
        [
            (part.findtext("p:sec", namespaces=NAMES), part.findtext("p:nanosec", namespaces=NAMES))
            for part in ElementTree.parse(path).getroot().find(".//p:discovery_config", NAMES)  # noqa: S314  # ours
        ]
        for path in (FASTDDS_PROFILE, LOOPBACK_PROFILE)
    ]
    assert leases == [[("3", None), ("0", "700000000")]] * 2
