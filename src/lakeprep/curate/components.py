"""placeholder: the scale branch has the real one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def components(lake, edges, *, driver_edges=20_000_000):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    t = edges.toArrow()
    l, r = t.column("left").to_numpy(), t.column("right").to_numpy()
    n, inv = np.unique(np.concatenate([l, r]), return_inverse=True)
    k = len(l)
    g = coo_array((np.ones(k, np.int8), (inv[:k], inv[k:])), (len(n), len(n)))
    c = connected_components(g.tocsr(), directed=False)[1] if len(n) else np.zeros(0, np.int64)
    first = np.full(c.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, c, n)
    return lake.spark.createDataFrame(pa.table({"node": n, "component": first[c]}))
