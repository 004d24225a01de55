"""What breaks if this fails: kernels still work, but take twice as long to compile."""

from __future__ import annotations

import gc
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import ir
from numba.core.compiler import DefaultPassBuilder, Flags, run_frontend

from lakeprep.kernels import compiled
from lakeprep.kernels.token_signals import token_kernel


@compiled.helper
def plus(values: np.ndarray, at: int, more: int) -> int:
    return int(values[at]) + more


@compiled.helper
def plus_two(values: np.ndarray, at: int) -> int:
    return plus(values, at, 2)


def test_a_helper_is_compiled_once_and_runs_in_its_callers() -> None:
    @numba.njit("int64(int64[::1], int64)")
    def caller(values: np.ndarray, at: int) -> int:
        return plus_two(values, 0) + plus_two(values, at) + plus(values, at, at)

    assert caller(np.array([1, 10]), 1) == 3 + 12 + 11
    for helper in (plus, plus_two):
        (made,) = helper.overloads.values()
        assert made.entry_point is made.library, "no machine code of its own"


def test_only_hot_helpers_are_forced_into_their_callers() -> None:
    """One object of options serves all functions of a kind; a mix-up would inline everything."""

    @compiled.hot_helper
    def hot(number: int) -> int:
        return number + 1

    @compiled.helper
    def plain(number: int) -> int:
        return hot(number) * 2

    @numba.njit("int64(int64)")
    def caller(number: int) -> int:
        return plain(number) + hot(number)

    assert caller(3) == 12
    inline = {f: next(iter(f.overloads.values())).fndesc.inline for f in (hot, plain)}
    assert inline == {hot: True, plain: False}


@pytest.mark.parametrize("is_helper", [False, True])
def test_kernels_take_passes_of_numba_in_its_order(is_helper: bool) -> None:
    assert plus._compiler.pipeline_class is compiled.Passes
    assert token_kernel._compiler.pipeline_class is compiled.Passes
    flags = Flags()
    flags.no_compile = is_helper
    state = SimpleNamespace(flags=flags, func_ir=None)
    of_numba: Any = DefaultPassBuilder.define_nopython_pipeline(state)
    (taken,) = compiled.Passes.define_pipelines(SimpleNamespace(state=state))
    order = [one for one, _ in of_numba.passes]
    places = [order.index(one) for one, _ in taken.passes]
    assert places == sorted(places)
    assert len(places) < len(order) / 2


def test_what_an_operation_means_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[object] = []

    def resolve(function: object, context: object, args: object, kws: object) -> object:
        found.append((function, args))
        return before(function, context, args, kws)  # type: ignore[arg-type]

    before = compiled._resolve
    monkeypatch.setattr(compiled, "_resolve", resolve)

    @compiled.kernel("int64(int64, int64)")
    def multiply(left: int, right: int) -> int:
        return (left * right) ^ (right * left) ^ (left * left)

    assert multiply(3, 4) == 9
    assert len(found) == len(set(found))
    assert gc.isenabled()
    for place, own in compiled._OWN.items():
        assert getattr(*place) is own is not compiled._QUICKER[place]


def test_the_variables_of_a_statement_are_those_that_numba_names() -> None:
    """Of every kind of statement in a kernel."""
    blocks = run_frontend(token_kernel.py_func).blocks.values()
    statements = [statement for block in blocks for statement in block.body]
    expressions = [s.value for s in statements if isinstance(getattr(s, "value", None), ir.Expr)]
    assert len({type(statement) for statement in statements}) > 3 < len(expressions)
    for part in statements + expressions:
        assert compiled._variables(part) == part.list_vars()
