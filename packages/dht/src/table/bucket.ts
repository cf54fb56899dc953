import { networkKey } from '../endpoint.ts';
import { isLocalIp, sameEndpoint } from '../endpoint.ts';
import type { Contact } from '../node-id.ts';
import type { TableNode } from './table-node.ts';

/** Nodes in a bucket. BEP 5: "Each bucket can only hold K nodes, currently eight". */
const BUCKET_SIZE = 8;
/** Nodes of one network in a bucket: who has many addresses there shall not fill it. */
const MAX_PER_NETWORK = 2;

/** Nodes of one range of ids, and those that wait for a place among them. */
export class Bucket {
  nodes: TableNode[] = [];
  /** Nodes that answered while there was no room; the last is the freshest. */
  replacements: Contact[] = [];
  /** When a node was added, replaced or answered. */
  changedMs: number;

  constructor(nowMs: number) {
    this.changedMs = nowMs;
  }

  get isFull(): boolean {
    return this.nodes.length >= BUCKET_SIZE;
  }

  /** Tells whether one more node of this network may come in, `leaving` being out. */
  hasRoomFor({ endpoint }: Contact, leaving?: TableNode): boolean {
    if (isLocalIp(endpoint.ip)) return true;
    const network = networkKey(endpoint.ip);
    const neighbours = this.nodes.filter(
      (node) =>
        node !== leaving &&
        node.endpoint.ip.length === endpoint.ip.length &&
        networkKey(node.endpoint.ip) === network,
    );
    return neighbours.length < MAX_PER_NETWORK;
  }

  /** Remembers a node for when there is room. */
  keepAside(contact: Contact): void {
    this.replacements = this.replacements.filter(({ endpoint }) => !sameEndpoint(endpoint, contact.endpoint));
    this.replacements.push({ id: contact.id, endpoint: contact.endpoint });
    if (this.replacements.length > BUCKET_SIZE) this.replacements.shift();
  }

  remove(node: TableNode): void {
    this.nodes = this.nodes.filter((each) => each !== node);
  }
}
