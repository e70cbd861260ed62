// Ten calls of `networkx`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as nx from "whole-surface-python/networkx";

export async function accepted(): Promise<unknown[]> {
  const a: nx.Graph = await nx.Graph();
  const b = await nx.number_of_nodes(a);
  const c = await nx.shortest_path(a, 0, 3);
  const d = await nx.pagerank(a);
  const e: nx.DiGraph = await nx.DiGraph();
  const f = await nx.connected_components(a);
  const g: boolean = await nx.is_connected(a);
  const h = await nx.density(a);
  const i = await nx.degree_centrality(a);
  const j = await nx.to_dict_of_lists(a);
  const k = await nx.erdos_renyi_graph(10, 0.5, kw({ seed: 1 }));
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a text is no graph
  await nx.is_connected("graph");
  // @ts-expect-error no such function
  await nx.shortest_road(await nx.Graph());
}
