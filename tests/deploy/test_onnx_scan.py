import numpy as np
import onnx
import pytest
from bundles import make_content
from onnx import TensorProto, helper

from rl_agent.deploy.onnx_scan import scan_model
from rl_agent.exceptions import BundleError


@pytest.fixture
def model(spec, task):
    return make_content(spec, task)[1]


def refusal(model):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    with pytest.raises(BundleError) as caught:
        scan_model(data, "policy.onnx")
    return str(caught.value)


def put_outside(tensor, location="../../etc/passwd"):
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location


def test_a_plain_network_passes(model):
    assert scan_model(model.SerializeToString(), "policy.onnx") is None


def test_weights_in_another_file_are_refused_with_its_path(model):
    put_outside(model.graph.initializer[0])
    assert "external data (location=../../etc/passwd)" in refusal(model)


def test_a_location_flag_alone_is_refused(model):
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    assert "found external data" in refusal(model)


def test_external_data_is_found_in_constants_subgraphs_and_sparse_tensors(model):
    hidden = TensorProto(dims=[1], data_type=TensorProto.FLOAT)
    put_outside(hidden)
    constant = helper.make_node("Constant", [], ["c"], value=hidden)
    in_node = onnx.ModelProto()
    in_node.CopyFrom(model)
    in_node.graph.node.append(constant)
    assert "external data" in refusal(in_node)
    in_graph = onnx.ModelProto()
    in_graph.CopyFrom(model)
    graph = helper.make_graph([constant], "inner", [], [])
    in_graph.graph.node.append(helper.make_node("Identity", ["obs"], ["x"], body=graph))
    assert "external data" in refusal(in_graph)
    in_sparse = onnx.ModelProto()
    in_sparse.CopyFrom(model)
    in_sparse.graph.sparse_initializer.add().values.CopyFrom(hidden)
    assert "external data" in refusal(in_sparse)
    in_function = onnx.ModelProto()
    in_function.CopyFrom(model)
    in_function.functions.add(name="f", domain="").node.append(constant)
    assert "external data" in refusal(in_function)


@pytest.mark.parametrize("operator", ["Loop", "Scan", "If"])
def test_control_flow_is_refused(model, operator):
    model.graph.node.append(helper.make_node(operator, ["obs"], ["x"]))
    assert f"control-flow operator {operator}" in refusal(model)


def test_foreign_operators_are_refused(model):
    model.graph.node.append(helper.make_node("Anything", ["obs"], ["x"], domain="com.evil"))
    assert "found one of 'com.evil'" in refusal(model)


@pytest.mark.parametrize("opset", [1, 12, 24, 99])
def test_an_opset_beyond_the_known_ones_is_refused(model, opset):
    model.opset_import[0].version = opset
    assert f"expected an opset from 13 to 23, found {opset}" in refusal(model)


@pytest.mark.parametrize("data", [b"\xff" * 50, b"\x3b", b"\x0a\xff\xff\xff\xff\x0f", b"\x80" * 20])
def test_damaged_bytes_are_refused_by_name(data):
    assert "expected an ONNX model, found damaged data" in refusal(data)


def test_a_bomb_of_nested_graphs_is_refused_without_recursing_for_ever():
    graph = helper.make_graph([], "leaf", [], [])
    for _ in range(30):
        node = helper.make_node("Identity", ["x"], ["y"], body=graph)
        graph = helper.make_graph([node], "outer", [], [])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    assert "nested levels" in refusal(model)


@pytest.mark.parametrize(
    ("data_type", "is_raw"),
    [
        (TensorProto.FLOAT, True),
        (TensorProto.FLOAT, False),
        (TensorProto.FLOAT16, True),
        (TensorProto.DOUBLE, True),
        (TensorProto.DOUBLE, False),
    ],
)
def test_a_weight_that_is_not_a_number_is_found_however_it_is_stored(model, data_type, is_raw):
    values = np.array([1.0, np.nan], helper.tensor_dtype_to_np_dtype(data_type))
    content = values.tobytes() if is_raw else values.tolist()
    tensor = helper.make_tensor("w", data_type, [2], content, raw=is_raw)
    model.graph.initializer.append(tensor)
    assert "expected weights that are numbers, found NaN" in refusal(model)


def test_infinite_bounds_of_a_clip_pass(model):
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [1], [-np.inf]))
    assert scan_model(model.SerializeToString(), "policy.onnx") is None


def test_integers_are_no_floats_whatever_their_bytes_say(model):
    values = np.full(2, -1, np.int64)  # all bits set: NaN if they were read as floats
    tensor = helper.make_tensor("w", TensorProto.INT64, [2], values.tobytes(), raw=True)
    model.graph.initializer.append(tensor)
    assert scan_model(model.SerializeToString(), "policy.onnx") is None
