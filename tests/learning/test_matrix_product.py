"""Which processors get oneDNN's float32 products, and that they are exact wherever this runs."""

import pytest
import torch

from rl_agent.learning import matrix_product
from rl_agent.learning.matrix_product import prefer_exact_onednn, pytorchs_choice

ZEN_4 = "vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2 avx512f avx512_bf16\n"
ZEN_3 = "vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2\n"
ICE_LAKE = "vendor_id\t: GenuineIntel\nflags\t\t: fpu avx2 avx512f\n"
WITH_AMX = "vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx512f amx_tile amx_bf16\n"
BACKEND = matrix_product._backend()

needs_setting = pytest.mark.skipif(BACKEND is None, reason="this PyTorch has no such setting")


@pytest.fixture(autouse=True)
def as_before():
    before = BACKEND.fp32_precision if BACKEND is not None else None
    yield
    if BACKEND is not None:
        BACKEND.fp32_precision = before


def on(processor, tmp_path, monkeypatch):
    path = tmp_path / "cpuinfo"
    path.write_text(processor)
    monkeypatch.setattr(matrix_product, "CPUINFO", path)


@needs_setting
@pytest.mark.parametrize(
    ("processor", "expected"), [(ZEN_4, True), (ZEN_3, False), (ICE_LAKE, False), (WITH_AMX, False)]
)
def test_only_where_mkl_is_slow_and_nothing_could_round(processor, expected, tmp_path, monkeypatch):
    on(processor, tmp_path, monkeypatch)
    monkeypatch.setattr(matrix_product, "_is_exact", lambda: True)
    BACKEND.fp32_precision = "none"
    assert prefer_exact_onednn() is expected
    assert BACKEND.fp32_precision == ("bf16" if expected else "none")


@needs_setting
def test_what_rounds_is_left_alone(tmp_path, monkeypatch):
    on(ZEN_4, tmp_path, monkeypatch)
    monkeypatch.setattr(matrix_product, "_is_exact", lambda: False)
    BACKEND.fp32_precision = "none"
    assert not prefer_exact_onednn()
    assert BACKEND.fp32_precision == "none"


def test_the_check_finds_rounding(monkeypatch):
    assert matrix_product._is_exact()
    product = torch.bmm
    monkeypatch.setattr(
        torch, "bmm", lambda a, b: product(a.bfloat16().float(), b.bfloat16().float())
    )
    assert not matrix_product._is_exact()


def test_another_system_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(matrix_product, "CPUINFO", tmp_path / "none")
    assert not prefer_exact_onednn()


@needs_setting
def test_pytorchs_choice_is_there_for_a_while():
    BACKEND.fp32_precision = "bf16"
    with pytorchs_choice():
        assert BACKEND.fp32_precision == "none"
    assert BACKEND.fp32_precision == "bf16"


def test_products_are_as_near_as_float32_allows(tmp_path, monkeypatch):
    prefer_exact_onednn()
    generator = torch.Generator().manual_seed(1)
    left = torch.randn(256, 256, generator=generator)
    right = torch.randn(256, 256, generator=generator)
    error = (left @ right).double() - left.double() @ right.double()
    assert float(error.abs().max()) < 2e-4  # bfloat16 would be 0.2 off
