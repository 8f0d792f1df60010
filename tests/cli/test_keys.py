import stat

import pytest
from bundles import make_bundle
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.cli.main import main
from rl_agent.deploy.signing import Signer
from rl_agent.remote.shared_key import SharedKey
from rl_agent.tasks.registry import make_task


@pytest.fixture
def key(tmp_path, capsys):
    """A key file, its public text, and all that was printed while it was made."""
    path = tmp_path / "key.pem"
    assert main(["keys", "new", str(path)]) == 0
    printed = capsys.readouterr()
    return path, Signer.load(path).public_key, printed.out + printed.err


def secret_lines(path):
    return [line for line in path.read_text().splitlines() if not line.startswith("-----")]


def test_new_prints_the_line_for_the_profile_and_nothing_secret(key):
    path, public_key, printed = key
    assert f"signing_key: {public_key}\n" in printed
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_lines(path) and not any(line in printed for line in secret_lines(path))


def test_new_refuses_to_overwrite(key, capsys):
    path, _, _ = key
    before = path.read_bytes()
    assert main(["keys", "new", str(path)]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_show_prints_the_public_key_alone(key, capsys):
    path, public_key, _ = key
    assert main(["keys", "show", str(path)]) == 0
    assert capsys.readouterr().out == f"{public_key}\n"


def test_verify_tells_who_signed_and_refuses_whom_one_does_not_mean(key, tmp_path, capsys):
    path, public_key, _ = key
    spec = planar_spec()
    task = make_task("reach", spec, PlanarKinematics())
    plain = make_bundle(tmp_path / "plain", spec, task)
    signed = make_bundle(tmp_path / "signed", spec, task, signer=Signer.load(path))
    assert main(["bundle", "verify", str(plain)]) == 0
    assert "whole, version 1, not signed" in capsys.readouterr().out
    assert main(["bundle", "verify", str(signed)]) == 0
    assert f"signed by {public_key}; whether to trust" in capsys.readouterr().out
    assert main(["bundle", "verify", str(signed), "--key", public_key]) == 0
    assert capsys.readouterr().out.endswith(f"signed by {public_key}\n")
    assert main(["bundle", "verify", str(plain), "--key", public_key]) == 2
    assert "is not signed" in capsys.readouterr().err
    assert main(["bundle", "verify", str(signed), "--key", "0" * 64]) == 2
    assert "expected a signature by" in capsys.readouterr().err


def test_verify_notices_a_flipped_bit(tmp_path, capsys):
    spec = planar_spec()
    bundle = make_bundle(tmp_path / "b", spec, make_task("reach", spec, PlanarKinematics()))
    data = bytearray((bundle / "policy.onnx").read_bytes())
    data[100] ^= 1
    (bundle / "policy.onnx").write_bytes(data)
    assert main(["bundle", "verify", str(bundle)]) == 2
    assert "expected sha256" in capsys.readouterr().err


def test_link_makes_a_private_key_and_does_not_print_it(tmp_path, capsys):
    path = tmp_path / "link.key"
    assert main(["keys", "link", str(path)]) == 0
    printed = capsys.readouterr()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().strip() not in printed.out + printed.err
    SharedKey.load(path)
    assert main(["keys", "link", str(path)]) == 2
    assert "never overwritten" in capsys.readouterr().err
