"""Components on the driver and in Spark. If they differed, survivors would depend on how many
candidates a day has."""

from __future__ import annotations

import networkx as nx
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from lakeprep.curate.components import components, contract
from lakeprep.lake.catalog import Lake

pytestmark = pytest.mark.spark
Ints = npt.NDArray[np.int64]


def frame(lake: Lake, left: Ints, right: Ints):  # type: ignore[no-untyped-def]
    return lake.spark.createDataFrame(
        pa.table({"left": pa.array(left, pa.int64()), "right": pa.array(right, pa.int64())})
    )


def found(lake: Lake, left: Ints, right: Ints, driver_edges: int) -> tuple[Ints, Ints]:
    """Nodes in ascending order, and the component of each."""
    table = components(lake, frame(lake, left, right), driver_edges=driver_edges).toArrow()
    assert table.schema.names == ["node", "component"]
    table = table.sort_by("node")
    return table.column("node").to_numpy(), table.column("component").to_numpy()


def expected(left: Ints, right: Ints) -> dict[int, int]:
    graph = nx.Graph()
    graph.add_edges_from(zip(left.tolist(), right.tolist(), strict=True))
    groups = [(min(group), group) for group in nx.connected_components(graph)]
    return {node: least for least, group in groups for node in group}


def random_graph(seed: int, nodes: int, edges: int) -> tuple[Ints, Ints]:
    """Edges in both directions and several times, loops, and ids of all 64 bits."""
    random = np.random.default_rng(seed)
    ids = random.integers(-(2**63), 2**63 - 1, nodes)
    left, right = ids[random.integers(0, nodes, (2, edges))]
    return np.r_[left, right[:9], left[:9], ids[:3]], np.r_[right, left[:9], right[:9], ids[:3]]


def shuffled_chain(length: int) -> tuple[Ints, Ints]:
    order = np.random.default_rng(length).permutation(length)
    return order[:-1], order[1:]


def cliques(number: int, size: int) -> tuple[Ints, Ints]:
    """Of every third size; side by side."""
    pairs = [
        (i * size + a, i * size + b)
        for i in range(number)
        for a in range(i % size + 1)
        for b in range(a + 1, i % size + 1)
    ]
    left, right = np.array(pairs, dtype=np.int64).T
    return left, right


def test_a_mixed_graph_both_ways(lake: Lake) -> None:
    """A chain, a star, cliques, pairs, loops and random parts in one graph, against networkx."""
    parts = [
        shuffled_chain(300),
        (np.full(500, 1_000), np.arange(1_001, 1_501)),
        tuple(side + 10_000 for side in cliques(20, 6)),
        random_graph(7, 900, 700),
        (np.array([-5, 2**63 - 1]), np.array([-5, -(2**63)])),
    ]
    left, right = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    truth = expected(left, right)
    for driver_edges in (len(left), 100):
        nodes, component = found(lake, left, right, driver_edges)
        assert dict(zip(nodes.tolist(), component.tolist(), strict=True)) == truth
        assert len(nodes) == len(truth)


def test_no_edges(lake: Lake) -> None:
    none = np.zeros(0, dtype=np.int64)
    assert len(found(lake, none, none, 10)[0]) == len(found(lake, none, none, 0)[0]) == 0


def check_both_ways(lake: Lake, left: Ints, right: Ints, driver_edges: int = 0) -> Ints:
    """The answers are equal, and each component is named by its smallest node."""
    on_driver = found(lake, left, right, len(left))
    in_spark = found(lake, left, right, driver_edges)
    assert np.array_equal(on_driver[0], in_spark[0])
    assert np.array_equal(on_driver[1], in_spark[1])
    return in_spark[1]


@pytest.mark.slow
def test_chains_of_100_000_in_logarithmic_rounds(lake: Lake) -> None:
    """In the order of their numbers, where a label that moves one step a round takes 100,000
    rounds, and in random order."""
    size = 100_000
    ordered = (np.arange(size - 1), np.arange(1, size))
    left, right = (
        np.concatenate([a, b + size]) for a, b in zip(ordered, shuffled_chain(size), strict=True)
    )
    component = check_both_ways(lake, left, right)
    assert np.array_equal(np.unique(component), [0, size])
    _, steps = contract(lake, frame(lake, left, right), at_most=0)
    assert len(steps) <= 24, "a round leaves less than half of the edges: 17 of them, and a few"


@pytest.mark.slow
def test_a_star_of_1_000_000(lake: Lake) -> None:
    """Its hub is on every edge, and of middle rank: in a few rounds all the same."""
    size = 1_000_000
    left, right = np.full(size, size // 2), np.arange(size)
    assert not check_both_ways(lake, left, right).any()
    _, steps = contract(lake, frame(lake, left, right), at_most=0)
    assert len(steps) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("edges", [60_000, 100_000, 300_000])
def test_random_graphs(lake: Lake, edges: int) -> None:
    """Below, about and above the density at which a giant component forms."""
    left, right = random_graph(edges, 200_000, edges)
    component = check_both_ways(lake, left, right, driver_edges=1_000)
    assert len(np.unique(component)) == len(set(expected(left, right).values()))
