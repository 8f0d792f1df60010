"""Policies travel from the learner to its robots, over the connection that rows take."""

import threading

import pytest
from bundles import make_bundle
from links import digest, write
from planar_robot import PlanarKinematics, planar_spec
from waiting import wait_until

from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.exceptions import BundleError, ProtocolError
from rl_agent.remote.parcel import MAX_BYTES, Parcel
from rl_agent.remote.policy_inbox import PolicyInbox
from rl_agent.remote.wire import Frame
from rl_agent.tasks.registry import make_task


@pytest.fixture(scope="module")
def spec():
    return planar_spec()


@pytest.fixture(scope="module")
def task(spec):
    return make_task("reach", spec, PlanarKinematics())


@pytest.fixture
def bundle(tmp_path, spec, task):
    return lambda version: make_bundle(
        tmp_path / f"bundle-{version}", spec, task, policy_version=version
    )


@pytest.fixture
def inbox(tmp_path, closing_all):
    def made(on_policy=lambda folder: None, newest_version=0):
        return closing_all(PolicyInbox(tmp_path / "inbox", on_policy, newest_version))

    return made


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def deliver(inbox, parcel, size=1000):
    for frame in parcel.frames(size):
        inbox.add(frame)
    return wait_until(inbox.taken)


def test_a_policy_reaches_the_robots_store(tmp_path, robot, learner, bundle, inbox, spec, task):
    store = PolicyStore(tmp_path / "store", spec, task)
    there = learner(tmp_path / "learner")
    here = inbox(store.offer)
    robot(tmp_path / "run", there.port, inbox=here)
    wait_until(lambda: there.robots().get("arm-1"))
    for version in (3, 4):
        source = bundle(version)
        assert there.announce(source) == version
        wait_until(lambda v=version: there.robots()["arm-1"].policy_version == v)
        assert store.load(store.current()).policy_version == version
        assert files(tmp_path / f"store/versions/{version:06d}") == files(source)
    # Only the newest is kept beside the store.
    assert [path.name for path in (tmp_path / "inbox").iterdir()] == ["000004"]


def test_rows_and_policies_pass_each_other(tmp_path, robot, learner, bundle, inbox):
    arrived = []
    write(tmp_path / "run", 0, 300)
    there = learner(tmp_path / "learner")
    there.announce(bundle(1))
    here = robot(tmp_path / "run", there.port, inbox=inbox(arrived.append))
    assert here.wait_until_sent(300, 30.0)
    wait_until(lambda: arrived)
    assert digest(there.replica_dir("arm-1")) == digest(tmp_path / "run")


def test_every_robot_gets_it_and_those_that_want_none_do_not(
    tmp_path, robot, learner, bundle, closing_all
):
    arrived = []
    there = learner(tmp_path / "learner")
    for name in ("a", "b"):
        box = closing_all(PolicyInbox(tmp_path / f"inbox-{name}", arrived.append))
        robot(tmp_path / name, there.port, robot_id=name, inbox=box)
    deaf = robot(tmp_path / "c", there.port, robot_id="c")
    wait_until(lambda: len(there.robots()) == 3 and deaf.status.is_connected)
    there.announce(bundle(1))
    wait_until(lambda: len(arrived) == 2)
    write(tmp_path / "c", 0, 5)
    assert deaf.wait_until_sent(5, 30.0)  # and nothing that it would not understand came
    assert deaf.status.num_links == 1


def test_a_robot_that_comes_later_gets_the_newest_alone(tmp_path, robot, learner, bundle, inbox):
    arrived = []
    there = learner(tmp_path / "learner")
    for version in (1, 2, 5):
        there.announce(bundle(version))
    robot(tmp_path / "run", there.port, inbox=inbox(arrived.append))
    wait_until(lambda: arrived)
    assert [folder.name for folder in arrived] == ["000005"]


def test_a_robot_that_has_it_is_not_sent_it_again(tmp_path, robot, learner, bundle, inbox):
    arrived = []
    there = learner(tmp_path / "learner")
    there.announce(bundle(5))
    here = robot(tmp_path / "run", there.port, inbox=inbox(arrived.append, newest_version=5))
    wait_until(lambda: there.robots().get("arm-1"))
    write(tmp_path / "run", 0, 5)
    assert here.wait_until_sent(5, 30.0)
    there.announce(bundle(6))
    wait_until(lambda: arrived)
    assert [folder.name for folder in arrived] == ["000006"]


@pytest.mark.parametrize("budget", [1000, 4000, 9000])
def test_a_policy_that_was_cut_off_comes_again(
    tmp_path, robot, learner, proxy, bundle, inbox, budget
):
    arrived = []
    source = bundle(7)
    there = learner(tmp_path / "learner")
    between = proxy(there.port)
    between.mend_down(budget)
    there.announce(source)
    robot(tmp_path / "run", between.port, inbox=inbox(arrived.append))
    wait_until(lambda: not between.is_up)
    assert arrived == []
    between.mend()
    wait_until(lambda: arrived)
    assert files(arrived[0]) == files(source)


def test_a_robot_that_does_not_take_it_says_why_and_rows_go_on(
    tmp_path, robot, learner, bundle, inbox
):
    def refuse(folder):
        raise BundleError(f"{folder.name}: not this one")

    told = []
    there = learner(tmp_path / "learner", on_message=told.append)
    here = robot(tmp_path / "run", there.port, inbox=inbox(refuse))
    there.announce(bundle(2))
    wait_until(lambda: any("000002: not this one" in text for text in told))
    write(tmp_path / "run", 0, 5)
    assert here.wait_until_sent(5, 30.0)
    assert there.robots()["arm-1"].policy_version == 0
    assert here.status.num_links == 1


def test_a_slow_check_of_a_policy_does_not_hold_up_the_link(
    tmp_path, robot, learner, bundle, inbox
):
    go_on, begun = threading.Event(), threading.Event()

    def check_slowly(folder):
        begun.set()
        assert go_on.wait(30.0)

    there = learner(tmp_path / "learner")
    there.announce(bundle(1))
    here = robot(tmp_path / "run", there.port, inbox=inbox(check_slowly))
    assert begun.wait(30.0)
    write(tmp_path / "run", 0, 50)
    assert here.wait_until_sent(50, 30.0)
    go_on.set()
    wait_until(lambda: there.robots()["arm-1"].policy_version == 1)


def test_only_a_whole_and_newer_bundle_is_announced(tmp_path, learner, bundle):
    there = learner(tmp_path / "learner")
    source = bundle(2)
    there.announce(source)
    with pytest.raises(BundleError, match="above 2, found 2"):
        there.announce(source)
    (source / "policy.onnx").write_bytes(b"other")
    with pytest.raises(BundleError, match="found 5"):
        there.announce(source)
    with pytest.raises(BundleError, match="expected a bundle directory"):
        there.announce(tmp_path / "none")


def test_a_signature_travels_too(tmp_path, bundle, inbox):
    source = bundle(1)
    (source / "manifest.sig").write_bytes(b"ed25519 KEY SIGNATURE\n")
    arrived = []
    taken = deliver(inbox(arrived.append), Parcel.of(source))
    assert [item.trouble for item in taken] == [""]
    assert files(arrived[0]) == files(source)


@pytest.mark.parametrize("size", [1, 100, 10**6])
def test_a_parcel_is_put_together_from_pieces_of_any_size(bundle, inbox, size):
    source, arrived = bundle(1), []
    parcel = Parcel.of(source)
    if size == 1:  # an empty file is one empty piece
        assert len(list(Parcel(1, {"manifest.sig": b""}).frames(1))) == 2
        size = 37
    deliver(inbox(arrived.append), parcel, size)
    assert files(arrived[0]) == files(source)


def test_a_policy_whose_files_do_not_fit_is_not_handed_on(bundle, inbox):
    arrived = []
    parcel = Parcel.of(bundle(1))
    parcel.files["policy.onnx"] += b"x"
    taken = deliver(inbox(arrived.append), parcel)
    assert "policy.onnx" in taken[0].trouble
    assert arrived == []


def test_a_policy_under_another_number_is_not_handed_on(bundle, inbox):
    arrived = []
    taken = deliver(inbox(arrived.append), Parcel(9, Parcel.of(bundle(1)).files))
    assert "expected policy_version 9, found 1" in taken[0].trouble
    assert arrived == []


def piece(name="policy.onnx", start=0, data=b"x", version=1):
    return Frame("policy", {"version": version, "name": name, "start": start}, data)


@pytest.mark.parametrize(
    "frames",
    [
        [piece("../policy.onnx")],
        [piece("policy.onnx.data")],
        [piece(start=1)],
        [piece(), piece()],
        [piece(), piece(start=5)],
        [piece("manifest.sig", data=bytes(MAX_BYTES["manifest.sig"] + 1))],
        [piece(), Frame("policy_end", {"version": 1})],
        [Frame("policy_end", {"version": 1})],
        [piece(version=2), piece("manifest.json", version=2), Frame("policy_end", {"version": 1})],
        [piece(version=0)],
        [Frame("policy", {"version": 1, "name": 5, "start": 0})],
        [Frame("policy", {"version": "1"})],
    ],
    ids=str,
)
def test_anything_else_is_no_parcel(tmp_path, inbox, frames):
    box = inbox()
    with pytest.raises(ProtocolError):
        for frame in frames:
            box.add(frame)
    assert not (tmp_path / "inbox").exists()


def test_a_new_connection_begins_the_parcel_anew(bundle, inbox):
    arrived = []
    box, parcel = inbox(arrived.append), Parcel.of(bundle(1))
    for frame in list(parcel.frames(1000))[:3]:
        box.add(frame)
    box.begin()
    assert [item.trouble for item in deliver(box, parcel)] == [""]
    assert len(arrived) == 1
