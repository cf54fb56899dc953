import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonPrefix, compareDistance, type Contact, randomIdNear } from '../node-id.ts';
import { secureId } from '../secure-id.ts';
import { at } from '../testing/lone-core.ts';
import { endpointDrawer, seededBytes } from '../testing/random.ts';
import { RoutingTable } from './routing-table.ts';

const random = seededBytes(1);
const OWN = new Uint8Array(20).fill(0x55);
const MINUTE_MS = 60_000;

/** A node of a local network, where it may have any id. */
function local(id: Uint8Array, port: number): Contact {
  return { id, endpoint: at('127.0.0.1', port) };
}

/** Ids that differ from the own one in their first bit: one bucket. */
function far(index: number): Uint8Array {
  const id = new Uint8Array(20).fill(0xff);
  id[19] = index;
  return id;
}

function fullTable(): { table: RoutingTable; nodes: Contact[] } {
  const table = new RoutingTable(OWN, 0);
  const nodes = Array.from({ length: 8 }, (_, index) => local(far(index), 1000 + index));
  // Some nodes near us, so that the table has been split and the far bucket is not the last.
  for (let index = 0; index < 9; index += 1)
    table.answered(local(randomIdNear(OWN, 5, random, false), index + 1), 0);
  for (const node of nodes) table.answered(node, 0);
  return { table, nodes };
}

describe('RoutingTable', () => {
  it('names the closest it knows, whatever it knows', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(300), fc.boolean(), (seed, count, isNear) => {
        const table = new RoutingTable(OWN, 0);
        const draw = seededBytes(seed);
        for (let index = 0; index < count; index += 1) table.answered(local(draw(20), 1 + index), 0);
        const target = isNear ? randomIdNear(OWN, 12, draw, true) : draw(20);
        const all = [...table.nodes()].toSorted((one, other) => compareDistance(target, one.id, other.id));
        expect(table.closest(target, 8, 0)).toEqual(all.slice(0, 8));
      }),
      { numRuns: 60 },
    );
  });

  it('knows many nodes near itself, and eight of each range farther away', () => {
    const table = new RoutingTable(OWN, 0);
    for (let index = 0; index < 5000; index += 1) table.answered(local(random(20), 1 + index), 0);
    const counts = new Map<number, number>();
    for (const { id } of table.nodes())
      counts.set(commonPrefix(OWN, id), (counts.get(commonPrefix(OWN, id)) ?? 0) + 1);
    expect([0, 1, 2, 3, 4, 5].map((bits) => counts.get(bits))).toEqual([8, 8, 8, 8, 8, 8]);
    expect(table.statistics(0)).toMatchObject({ good: table.size, questionable: 0, bad: 0 });
    expect(table.statistics(15 * MINUTE_MS)).toMatchObject({ good: 0, questionable: table.size });
  });

  it('keeps old nodes that are good, and has the one silent for longest pinged otherwise', () => {
    const { table, nodes } = fullTable();
    const late = local(far(100), 2000);
    expect(table.answered(late, MINUTE_MS)).toBeUndefined();
    expect(table.closest(far(100), 1, MINUTE_MS)[0]?.id).not.toBe(late.id);
    for (const node of nodes.slice(1)) table.answered(node, 2 * MINUTE_MS);
    expect(table.answered(late, 16 * MINUTE_MS)?.id).toEqual(nodes[0]!.id);
    // A question of its own shows, too, that a node is there.
    table.askedUs(nodes[0]!, 16 * MINUTE_MS);
    expect(table.answered(late, 16 * MINUTE_MS)).toBeUndefined();
  });

  it('puts a node that waits in the place of one that failed twice', () => {
    const { table, nodes } = fullTable();
    const late = local(far(100), 2000);
    table.answered(late, MINUTE_MS);
    table.failed(nodes[3]!.endpoint, 2 * MINUTE_MS);
    expect([...table.nodes()].some(({ id }) => id === nodes[3]!.id)).toBe(true);
    table.failed(nodes[3]!.endpoint, 2 * MINUTE_MS);
    expect([...table.nodes()].some(({ id }) => id === nodes[3]!.id)).toBe(false);
    expect([...table.nodes()].some(({ id }) => id === late.id)).toBe(true);
  });

  it('keeps a node that failed while no one could take its place, and names it no more', () => {
    const { table, nodes } = fullTable();
    for (let count = 0; count < 2; count += 1) table.failed(nodes[3]!.endpoint, 0);
    expect(table.statistics(0).bad).toBe(1);
    expect(table.closest(far(3), 20, 0).map(({ id }) => id)).not.toContain(nodes[3]!.id);
    expect(table.wants(local(far(99), 3000), 0)).toBe(true);
    table.answered(local(far(99), 3000), 0);
    expect(table.statistics(0).bad).toBe(0);
  });

  it('lets no one take over the id of a good node', () => {
    const { table, nodes } = fullTable();
    table.answered({ id: nodes[0]!.id, endpoint: at('127.0.0.1', 9999) }, MINUTE_MS);
    expect(table.closest(far(0), 1, MINUTE_MS)[0]?.endpoint.port).toBe(1000);
    table.answered({ id: nodes[0]!.id, endpoint: at('127.0.0.1', 9999) }, 20 * MINUTE_MS);
    expect(table.closest(far(0), 1, 20 * MINUTE_MS)[0]?.endpoint.port).toBe(9999);
  });

  it('takes one node of an address, and two of a network into a bucket', () => {
    const table = new RoutingTable(OWN, 0);
    const at2 = (host: string, port = 1): Contact => ({
      id: secureId(at(host).ip, random),
      endpoint: at(host, port),
    });
    for (let port = 1; port < 20; port += 1) table.answered(at2('198.51.100.7', port), 0);
    expect(table.size).toBe(1);
    for (let last = 1; last < 100; last += 1) table.answered(at2(`198.51.100.${last}`), 0);
    expect(table.size).toBe(2);
    const six = new RoutingTable(OWN, 0);
    for (let last = 1; last < 20; last += 1) six.answered(at2(`2001:db8:0:1::${last}`), 0);
    expect(six.size).toBe(1);
    for (let subnet = 1; subnet < 20; subnet += 1) six.answered(at2(`2001:db8:0:${subnet}::1`), 0);
    expect(six.size).toBe(2);
  });

  it('takes no one whose id does not belong to its address, nor itself', () => {
    const table = new RoutingTable(OWN, 0);
    table.answered({ id: random(20), endpoint: at('198.51.100.7') }, 0);
    table.answered(local(OWN, 5), 0);
    expect(table.size).toBe(0);
    expect(table.wants({ id: random(20), endpoint: at('198.51.100.7') }, 0)).toBe(false);
  });

  it('wants each bucket looked after that did not change for fifteen minutes', () => {
    const { table } = fullTable();
    const buckets = table.statistics(0).buckets;
    expect(buckets).toBeGreaterThan(5);
    expect(table.refreshTarget(14 * MINUTE_MS, random)).toBeUndefined();
    const targets = Array.from({ length: buckets + 1 }, () => table.refreshTarget(15 * MINUTE_MS, random));
    expect(targets.at(-1)).toBeUndefined();
    const depths = targets.slice(0, -1).map((target) => Math.min(commonPrefix(OWN, target!), buckets - 1));
    expect(depths.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: buckets }, (_, bits) => bits),
    );
  });

  it('takes nodes of an earlier run as questionable, and names them to nobody before they answer', () => {
    const table = new RoutingTable(OWN, 0);
    const endpoint = endpointDrawer(3)();
    const contact = { id: secureId(endpoint.ip, random), endpoint };
    table.restore(contact);
    expect(table.statistics(0).questionable).toBe(1);
    expect(table.closest(OWN, 8, 0, (node) => node.hasAnswered)).toEqual([]);
    table.answered(contact, 0);
    expect(table.statistics(0).good).toBe(1);
  });
});
