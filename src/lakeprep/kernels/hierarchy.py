"""The most probable label of a fastText model with hierarchical softmax: a Huffman tree of labels
whose inner nodes are each a logistic regression between their two children."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels.compiled import helper, hot_helper

Int32Array = npt.NDArray[np.int32]
Float32Array = npt.NDArray[np.float32]

NONE: Final = -1
# What fastText adds before it takes a logarithm, and the least logarithm that it follows.
LOG_FLOOR: Final = 1e-5
LEAST: Final = np.float32(math.log(LOG_FLOOR))
# Each step down the tree may add up to LOG_FLOOR to a score, where its probability is nearly 1.
MARGIN: Final = np.float32(0.1)


@helper
def log_of(value: np.float32) -> np.float32:
    return np.float32(math.log(np.float64(value) + LOG_FLOOR))


@hot_helper
def branch(
    hidden: Float32Array, outputs: Float32Array, node: int, score: np.float32
) -> tuple[np.float32, np.float32]:
    """Scores of the left and the right child of an inner node with `score`; `node` counts without
    the leaves."""
    dot = np.float32(0.0)
    for i in range(len(hidden)):
        dot += outputs[node, i] * hidden[i]
    right = np.float32(1.0 / (1.0 + np.float64(np.float32(math.exp(-dot)))))
    left = np.float32(1.0 - np.float64(right))
    return score + log_of(left), score + log_of(right)


@helper
def best_label(
    hidden: Float32Array,
    outputs: Float32Array,
    children: Int32Array,
    stack: Int32Array,
    scores: Float32Array,
) -> tuple[int, np.float32]:
    """The most probable leaf and the logarithm of its probability; -1 if all are below 1e-5.

    First straight down to a probable leaf, then fastText's own search, left before right, which
    need not look at what is clearly less probable than that leaf."""
    leaves = len(outputs)
    node, bound = len(children) - 1, np.float32(0.0)
    while children[node, 0] != NONE:
        left, right = branch(hidden, outputs, node - leaves, bound)
        node, bound = (children[node, 1], right) if right > left else (children[node, 0], left)
    bound -= MARGIN
    best, best_score = NONE, LEAST
    depth = 1
    stack[0], scores[0] = len(children) - 1, np.float32(0.0)
    while depth > 0:
        depth -= 1
        node, score = stack[depth], scores[depth]
        if score < best_score or score < bound:
            continue
        if children[node, 0] == NONE:
            best, best_score = node, score
            continue
        left, right = branch(hidden, outputs, node - leaves, score)
        stack[depth], scores[depth] = children[node, 1], right
        stack[depth + 1], scores[depth + 1] = children[node, 0], left
        depth += 2
    return best, best_score
