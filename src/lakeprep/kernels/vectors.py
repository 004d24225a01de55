"""Sixteen bytes at a time, as bits: what Numba has no words for, said to LLVM."""

from __future__ import annotations

from typing import Any, Final, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WINDOW: Final = 16
"""Bytes that a mask is of."""
_FIRST: Final = ir.Constant(ir.IntType(32), 0)


def _mask_of(first: str, last: str, *, folded: bool = False) -> Any:
    """A function (data, at) -> mask of the WINDOW bytes from `at` on, which must be in the array:
    bit i says whether byte i is one from `first` to `last` (`folded`: of letters, or a capital)."""

    @cast(Any, intrinsic)  # type: ignore[untyped-decorator]
    def mask(typing: Any, data: Any, at: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            vector = ir.VectorType(ir.IntType(8), WINDOW)

            def repeated(byte: int) -> ir.Constant:
                return ir.Constant(vector, [byte] * WINDOW)

            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            place = builder.bitcast(builder.gep(array.data, [arguments[1]]), vector.as_pointer())
            block = builder.load(place, align=1)
            if folded:
                block = builder.or_(block, repeated(0x20))
            from_first = builder.sub(block, repeated(ord(first)))
            inside = builder.icmp_unsigned("<=", from_first, repeated(ord(last) - ord(first)))
            bits = builder.bitcast(inside, ir.IntType(WINDOW))
            return builder.zext(bits, ir.IntType(64))

        return types.int64(data, types.int64), emit

    return mask


letters_at = _mask_of("a", "z", folded=True)
digits_at = _mask_of("0", "9")
wide_at = _mask_of("\x80", "\xff")


@cast(Any, intrinsic)  # type: ignore[untyped-decorator]
def equal_at(typing: Any, data: Any, at: Any, byte: Any) -> Any:
    """Mask of the WINDOW bytes from `at` on that are `byte`."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), WINDOW)
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), vector.as_pointer())
        wanted = builder.trunc(arguments[2], ir.IntType(8))
        first = builder.insert_element(ir.Constant(vector, ir.Undefined), wanted, _FIRST)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), WINDOW), [0] * WINDOW)
        repeated = builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), everywhere)
        same = builder.icmp_unsigned("==", builder.load(place, align=1), repeated)
        return builder.zext(builder.bitcast(same, ir.IntType(WINDOW)), ir.IntType(64))

    return types.int64(data, types.int64, types.int64), emit


@cast(Any, intrinsic)  # type: ignore[untyped-decorator]
def trailing_zeros(typing: Any, bits: Any) -> Any:
    """How many bits below the lowest one that is set; 64 where none is."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), emit


@cast(Any, intrinsic)  # type: ignore[untyped-decorator]
def at_once(typing: Any, truth: Any) -> Any:
    """A truth of which the compiler knows nothing. ``if at_once(a | b)`` is one branch; of ``if a |
    b`` it makes two, and a processor guesses both, even where only the whole is likely."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        kept = ir.InlineAsm(ir.FunctionType(word, [word]), "", "=r,0")
        value = builder.call(kept, [builder.zext(arguments[0], word)])
        return builder.icmp_unsigned("!=", value, ir.Constant(word, 0))

    return types.boolean(types.boolean), emit
