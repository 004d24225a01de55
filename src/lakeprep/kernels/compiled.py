"""How kernels are compiled: ahead of their first call, once for each version of their sources.

Numba checks only the file of the function itself when it reads its disk cache, not the files of
the functions that this one calls, and names the cache by the path of the package. So the cache lies
in a folder named by a digest of all kernel sources, the versions of Numba and Python, and the CPU;
it may be copied to machines of the same kind (`lakeprep warm --to`, docs/operating.md).
"""

from __future__ import annotations

import gc
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

import llvmlite.binding as llvm
import numba
from numba import types
from numba.core import event, ir
from numba.core.compiler import CompilerBase, Flags
from numba.core.compiler_machinery import PassManager
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.types.functions import BaseFunction
from numba.core.untyped_passes import (
    FixupArgs,
    GenericRewrites,
    IRProcessing,
    ReconstructSSA,
    TranslateByteCode,
)

P = ParamSpec("P")
R = TypeVar("R")

# Arrays of Arrow and of the tables are read-only; scratch and results are not.
BYTES: Final = "Array(uint8, 1, 'C', readonly=True)"
OFFSETS: Final = "Array(int64, 1, 'C', readonly=True)"
U32_TABLE: Final = "Array(uint32, 1, 'C', readonly=True)"
I32_TABLE: Final = "Array(int32, 1, 'C', readonly=True)"
I32_ROWS: Final = "Array(int32, 2, 'C', readonly=True)"
I64_TABLE: Final = "Array(int64, 1, 'C', readonly=True)"
U64_TABLE: Final = "Array(uint64, 1, 'C', readonly=True)"

# Helpers are called by kernels alone: no entry from Python or C is compiled for them.
HELPER: Final[dict[str, Any]] = {
    "_nrt": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


COMPLETE: Final = "complete"
"""File in a cache folder that says that every kernel is in it."""


class Locator:
    """Tells Numba where a kernel's cache is: with the others, wherever the package lies."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._line = function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, function: Callable[..., object], _: str) -> Locator:
        return cls(function)

    def get_cache_path(self) -> str:
        return str(cache_directory())

    def get_source_stamp(self) -> str:
        return cache_directory().name

    def get_disambiguator(self) -> str:
        return str(self._line)

    def ensure_cache_path(self) -> None:
        """`cache_directory` has made it."""


@lru_cache(maxsize=1)
def cache_directory() -> Path:
    """Where compiled kernels of these very sources for this CPU are kept: under LAKEPREP_KERNELS if
    `lakeprep warm --to` has filled it for them (it is then only read), else under NUMBA_CACHE_DIR
    if that is set, else under the user's cache folder, else (not writable) a temporary folder."""
    digest = hashlib.blake2b(digest_size=8)
    digest.update(f"{numba.__version__}\0{sys.implementation.cache_tag}".encode())
    digest.update(
        f"\0{llvm.get_host_cpu_name()}\0{llvm.get_host_cpu_features().flatten()}".encode()
    )
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    shipped = Path(os.environ.get("LAKEPREP_KERNELS") or os.devnull, digest.hexdigest())
    if shipped.joinpath(COMPLETE).is_file():
        return shipped
    base = os.environ.get("NUMBA_CACHE_DIR")
    if base is None:
        home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
        base = str(Path(home, "lakeprep", "kernels"))
    folder = Path(base, digest.hexdigest())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        user = os.getuid() if hasattr(os, "getuid") else 0
        folder = Path(tempfile.gettempdir(), f"lakeprep-kernels-{user}", digest.hexdigest())
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


class Passes(CompilerBase):
    """The passes of Numba's compiler that do something for a kernel, in Numba's order. Left out are
    those for closures, `None`, literals, `with` and expressions of whole arrays; after most of them
    Numba would find out anew when each variable lives."""

    def define_pipelines(self) -> list[PassManager]:
        # Says where variables die. In a helper nothing is freed when one does.
        legalization = [] if self.state.flags.no_compile else [IRLegalization]
        passes: Any = PassManager("lakeprep")  # type: ignore[no-untyped-call]
        for one in (
            TranslateByteCode,
            FixupArgs,
            IRProcessing,
            GenericRewrites,
            ReconstructSSA,
            NopythonTypeInference,
            PreLowerStripPhis,
            *legalization,
            NativeLowering,
            NoPythonBackend,
        ):
            passes.add_pass(one, one.__name__)
        passes.finalize()
        return [passes]


class QuickFlags(Flags):
    """Options of a function that is compiled. Numba looks every typed operation up by them, and
    compares them property by property: a fifth of the time of compiling. These compare by what was
    set, which one object (`_shared_flags`) holds for all functions of a kind."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, QuickFlags) and self._values == other._values

    def __hash__(self) -> int:
        return len(self._values)


_shared_flags: dict[tuple[bool, bool], QuickFlags] = {}


_resolve: Any = BaseFunction.get_call_type
_resolved: dict[tuple[Any, ...], Any] = {}


def _resolve_once(function: Any, context: Any, args: Any, kws: Any) -> Any:
    """Types of a call to an operator or a function of NumPy. Numba tries, for every `+` anew, all
    that it could mean, arrays and strings included."""
    if kws or type(function) is not types.Function:
        return _resolve(function, context, args, kws)
    key = function, tuple(args)
    if key not in _resolved:
        _resolved[key] = _resolve(function, context, args, kws)
    return _resolved[key]


def _variables(part: Any) -> list[ir.Var]:
    """Variables in a statement or expression of Numba's, in order. Numba asks for those of each
    some ten times, and then each attribute four times what it is."""
    found: list[ir.Var] = []
    _gather(part.__dict__.values(), found)
    return found


def _gather(parts: Iterable[Any], found: list[ir.Var]) -> None:
    for part in parts:
        kind = type(part)
        if kind is ir.Var:
            found.append(part)
        elif kind is list or kind is tuple:
            _gather(part, found)
        elif kind is dict:
            _gather(part.values(), found)
        elif kind is not ir.Loc and ir.Inst in kind.__mro__:
            _gather(part.__dict__.values(), found)


def _say_nothing(*_: object, **__: object) -> None:
    """Instead of an event at each call of LLVM, of which nobody is told."""


#: What stands in for functions of Numba while it compiles a kernel.
_QUICKER: Final[dict[tuple[Any, str], Callable[..., Any]]] = {
    (BaseFunction, "get_call_type"): _resolve_once,
    (ir.Stmt, "list_vars"): _variables,
    (ir.Expr, "list_vars"): _variables,
    (event, "start_event"): _say_nothing,
    (event, "end_event"): _say_nothing,
}
_OWN: Final = {place: getattr(*place) for place in _QUICKER}


def _put(functions: dict[tuple[Any, str], Callable[..., Any]]) -> None:
    for (owner, name), function in functions.items():
        setattr(owner, name, function)


@contextmanager
def uncollected() -> Iterator[None]:
    """Garbage is not collected meanwhile: that would walk all that Numba holds, many times, for
    little."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _quick() -> Iterator[None]:
    """While one kernel is compiled."""
    _put(_QUICKER)
    try:
        with uncollected():
            yield
    finally:
        _put(_OWN)


def _prepare(dispatcher: Any, *, is_kernel: bool) -> None:
    """Makes Numba compile a function faster, and not twice for a constant and a variable (an
    argument `0` is of a type of its own)."""

    def flags(own: Any) -> QuickFlags:
        kind = is_kernel, bool(own.forceinline)
        if kind not in _shared_flags:
            own.no_compile = not is_kernel
            _shared_flags[kind] = QuickFlags(own)  # type: ignore[no-untyped-call]
        return _shared_flags[kind]

    def call_template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return template(tuple(map(types.unliteral, args)), kws)

    template = dispatcher.get_call_template
    dispatcher.get_call_template = call_template
    dispatcher._compiler._customize_flags = flags
    if not is_kernel:
        _leave_to_callers(dispatcher)


def _leave_to_callers(dispatcher: Any) -> None:
    """Keeps a helper as what the compiler reads. Numba would optimise it and make machine code of
    it, with all that it calls, on every level of helpers that call helpers; what runs is the copy
    in a kernel, which is optimised as a whole."""

    def compile_part(args: Any, return_type: Any) -> Any:
        made = compile_whole(args, return_type)
        library = made.library
        library._optimize_final_module = lambda: None
        library._finalize_final_module = partial(setattr, library, "_finalized", True)
        # Callers find it by what stands for its address; it has none.
        made.target_context.insert_user_function(library, made.fndesc, [library])
        return made._replace(entry_point=library)

    def add_overload(made: Any) -> None:
        dispatcher.overloads[tuple(made.signature.args)] = made

    compile_whole = dispatcher._compiler.compile
    dispatcher._compiler.compile = compile_part
    dispatcher.add_overload = add_overload


def kernel(signature: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compiles a function for one signature when its module is imported, or loads it from the
    cache. Without fast-math: the same bits on every machine. It releases the GIL."""

    def compile_one(function: Callable[P, R]) -> Callable[P, R]:
        before = numba.config.CACHE_LOCATOR_CLASSES  # type: ignore[attr-defined]
        numba.config.CACHE_LOCATOR_CLASSES = f"{__name__}.Locator"  # type: ignore[attr-defined]
        try:
            options: dict[str, Any] = {"cache": True, "nogil": True, "no_cfunc_wrapper": True}
            made: Any = numba.njit(**options, pipeline_class=Passes)(function)
        finally:
            numba.config.CACHE_LOCATOR_CLASSES = before  # type: ignore[attr-defined]
        if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
            _prepare(made, is_kernel=True)
            with _quick():
                made.compile(signature)
            made.disable_compile()
        return cast(Callable[P, R], made)

    return compile_one


def _helper(function: Callable[P, R], options: dict[str, Any]) -> Callable[P, R]:
    made: Any = numba.njit(**options, pipeline_class=Passes)(function)
    if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        _prepare(made, is_kernel=False)
    return cast(Callable[P, R], made)


def helper(function: Callable[P, R]) -> Callable[P, R]:
    """A function that kernels call. It is compiled when a kernel is, and becomes part of the
    kernel's cached code: loading kernels from the cache loads no helper. It makes and returns no
    array, so it counts no references (`_nrt`): an atomic increment for every array it is given."""
    return _helper(function, HELPER)


def hot_helper(function: Callable[P, R]) -> Callable[P, R]:
    """A helper for the innermost loops, put into its callers: a call would pass every array as
    seven arguments."""
    return _helper(function, {**HELPER, "forceinline": True})
