"""Any parameter file and any argument: typed values or a named error, nothing else."""

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rl_agent.exceptions import ProfileError
from surefoot_nodes.parameter_tables import TABLES
from surefoot_nodes.parameters import check_arguments, check_values, read_parameter_file

NAMES = sorted({parameter.name for table in TABLES.values() for parameter in table})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([10**400, -(10**400), 2**63, 1e308, "", "so101"])
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(SCALARS, SCALARS, max_size=3)
KEYS = st.sampled_from([*NAMES, "use_sim_time"]) | SCALARS
SECTIONS = st.dictionaries(KEYS, VALUES, max_size=4)
FILES = st.dictionaries(
    st.sampled_from([*TABLES, "/**", "/arm/policy_node"]) | SCALARS,
    st.dictionaries(st.sampled_from(["ros__parameters"]) | SCALARS, SECTIONS, max_size=2) | VALUES,
    max_size=3,
)


@given(FILES)
@settings(max_examples=200, deadline=None)
@example({"policy_node": {"ros__parameters": {"policy_hz": 10**400}}})
@example({"/**": {"ros__parameters": {7: 1}}})
@example({"policy_node": {"ros__parameters": {None: None}}})
def test_any_file_gives_typed_values_or_a_named_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "params.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8", errors="replace")
    try:
        found = read_parameter_file(path)
    except ProfileError as error:
        assert error.problems
        return
    for node, values in found.items():
        assert check_values(node, values) == []


@given(st.lists(st.tuples(st.sampled_from([*NAMES, "x"]), st.text(max_size=30)), max_size=3))
@settings(max_examples=150, deadline=None)
@example([("policy_hz", "[" * 5000)])
@example([("policy_hz", "2001-99-99")])
@example([("seed", "1" * 5000)])
@example([("robot", "&a [*a]")])
def test_any_argument_is_taken_or_named(pairs):
    arguments = [word for name, text in pairs for word in ("-p", f"{name}:={text}")]
    try:
        result = check_arguments(["node", "--ros-args", *arguments], "policy_node")
    except ProfileError as error:
        assert error.problems
    else:
        assert result is None
