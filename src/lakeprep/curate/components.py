"""Connected components of a graph of edges: on the driver where they fit, contracted in Spark
until they do.

A round of contraction maps every node to a node nearby: each picks the least of its neighbours in
an order that is hashed anew for the round, and takes that one's pick. So a star is one node after
two rounds, and a chain less than half as long after each but the first: rounds grow with the
logarithm of the graph, and each works on what the last one left (Borůvka's hooking, in the random
order of Bögeholz, Brand and Todor, "In-database connected component analysis", 2020). No row
holds more than one edge, and no list of neighbours is ever gathered.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.lake.catalog import Lake

#: Edges that the driver takes: 16 bytes each as Arrow, some 100 while they are numbered.
DRIVER_EDGES = 20_000_000
_LOG = logging.getLogger(__name__)


def components(lake: Lake, edges: DataFrame, *, driver_edges: int = DRIVER_EDGES) -> DataFrame:
    """The component of every node that has an edge: node, component (bigint), one row a node.

    edges: left, right (bigint), in any direction and number; an edge to itself makes a node of its
    own. A component is named by the smallest of its nodes, so that the answer depends neither on
    the order of the edges nor on where it was found. With at most `driver_edges` edges the driver
    needs some 100 bytes an edge; above, Spark contracts the graph first.
    """
    edges = lake.computed(edges.select("left", "right"))
    if edges.count() <= driver_edges:
        return on_driver(edges)
    nodes = edges.selectExpr("left AS node").union(edges.selectExpr("right AS node")).distinct()
    rest, steps = contract(lake, edges, driver_edges)
    found = on_driver(rest).withColumnsRenamed({"node": "target", "component": "found"})
    for step in reversed(steps):
        found = lake.computed_anew(
            step.join(found, "target", "left").selectExpr(
                "node AS target", "COALESCE(found, target) AS found"
            )
        )
    named = nodes.join(found.withColumnRenamed("target", "node"), "node", "left").selectExpr(
        "node", "COALESCE(found, node) AS found"
    )
    named = lake.computed(named)
    least = named.groupBy("found").agg({"node": "min"}).toDF("found", "component")
    return lake.computed(named.join(least, "found").select("node", "component"))


def contract(lake: Lake, edges: DataFrame, at_most: int) -> tuple[DataFrame, list[DataFrame]]:
    """Contracts `edges` until at most `at_most` are left; the edges left, and what each round
    mapped: node, target."""
    edges = _distinct(lake, edges.select("left", "right"))
    steps: list[DataFrame] = []
    while (count := edges.count()) > at_most:
        _LOG.info("components: %d edges before round %d", count, len(steps) + 1)
        step = _hook(lake, edges, len(steps))
        steps.append(step)
        edges = _distinct(
            lake,
            edges.join(step.toDF("left", "to_left"), "left")
            .join(step.toDF("right", "to_right"), "right")
            .selectExpr("to_left AS left", "to_right AS right"),
        )
    _LOG.info("components: %d edges left after %d rounds", count, len(steps))
    return edges, steps


def on_driver(edges: DataFrame) -> DataFrame:
    """Components of edges that fit into the driver's memory: node, component."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    table = edges.select("left", "right").toArrow()
    left, right = (table.column(name).to_numpy() for name in ("left", "right"))
    nodes, codes = np.unique(np.concatenate([left, right]), return_inverse=True)
    size, count = len(nodes), len(left)
    ones = np.ones(count, dtype=np.int8)
    graph = coo_array((ones, (codes[:count], codes[count:])), (size, size))
    _, group = connected_components(graph.tocsr(), directed=False)
    # Nodes ascend, so the first of each group is its smallest.
    _, first = np.unique(group, return_index=True)
    found = pa.table({"node": nodes, "component": nodes[first[group]]})
    return edges.sparkSession.createDataFrame(found)


def _distinct(lake: Lake, edges: DataFrame) -> DataFrame:
    """Each edge once, the smaller node first, without those to themselves."""
    return lake.computed_anew(
        edges.where("left <> right")
        .selectExpr("LEAST(left, right) AS left", "GREATEST(left, right) AS right")
        .distinct()
    )


def _hook(lake: Lake, edges: DataFrame, number: int) -> DataFrame:
    """One round: node, target, one row a node.

    A node's pick is its least neighbour by this round's hash, its target that one's pick. Where
    two nodes pick each other (in every tree of picks that happens once, at its root) both take the
    lesser of them.
    """
    both = edges.union(edges.selectExpr("right", "left"))
    ranked = both.selectExpr("left AS node", f"STRUCT(XXHASH64({number}L, right), right) AS pick")
    least = ranked.groupBy("node").agg({"pick": "min"}).toDF("node", "pick")
    picks = least.selectExpr("node", "pick.right AS pick")
    seconds = picks.toDF("pick", "second")
    mutual = f"(XXHASH64({number}L, node), node) < (XXHASH64({number}L, pick), pick)"
    target = f"CASE WHEN second <> node THEN second WHEN {mutual} THEN node ELSE pick END"
    return lake.computed_anew(picks.join(seconds, "pick").selectExpr("node", f"{target} AS target"))
