/**
 * Finds cycles of a directed graph: at least one in each group of nodes that reach each other.
 *
 * @returns Each cycle as its nodes in order, starting at the alphabetically first; the way back to it is left out.
 */
export function findCycles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const cycles: string[][] = [];
  const settled = new Set<string>();
  for (const start of [...edges.keys()].toSorted()) {
    if (settled.has(start)) continue;
    const cycle = pathBack(edges, start);
    if (cycle === undefined) continue;
    cycles.push(cycle);
    for (const node of cycle) settled.add(node);
  }
  return cycles;
}

/** The shortest way from `start` back to itself, by breadth-first search. */
function pathBack(edges: ReadonlyMap<string, ReadonlySet<string>>, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const node of queue) {
    for (const next of edges.get(node) ?? []) {
      if (next === start) return walk(cameFrom, start, node);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}

function walk(cameFrom: ReadonlyMap<string, string>, start: string, last: string): string[] {
  const path: string[] = [];
  for (let node: string | undefined = last; node !== undefined && node !== start; node = cameFrom.get(node)) {
    path.unshift(node);
  }
  return [start, ...path];
}
