import type { Endpoint, Family } from '../endpoint.ts';
import type { Verify } from '../item/ed25519.ts';
import type { Contact, RandomBytes } from '../node-id.ts';
import type { ItemStore } from '../store/item-store.ts';
import type { PeerStore } from '../store/peer-store.ts';

/** Bounds of the traffic of a node. */
export interface TrafficLimits {
  /** Bytes sent a second, in all; 2,000 of each second are for what we ask ourselves. @defaultValue 8000 */
  readonly bytesPerSecond?: number;
  /** Packets of one host that are looked at in ten seconds, and that are sent to one. @defaultValue 50 */
  readonly packetsPerHost?: number;
  /** Packets that are looked at in a second. @defaultValue 1000 */
  readonly packetsPerSecond?: number;
}

/** What a node tells whoever runs it. */
export type DhtEvent =
  /** Others agree about where they see us. */
  | { readonly type: 'addressLearned'; readonly ip: Uint8Array }
  /** The id changed, because it has to belong to that address. */
  | { readonly type: 'idChanged'; readonly id: Uint8Array };

/** Other nodes of the same program: of the other family, or at another address. */
export interface Relatives {
  /** Returns good nodes of another family near a target. */
  closest(family: Family, target: Uint8Array, nowMs: number): readonly Contact[];
  /** Nodes of another family were named. */
  named(family: Family, contacts: readonly Contact[], nowMs: number): void;
  /** Whether one of them still looks for nodes of its family. */
  wants(family: Family): boolean;
}

export interface DhtCoreOptions {
  readonly family: Family;
  readonly nowMs: number;
  /** Draws bytes nobody can foresee. */
  readonly random: RandomBytes;
  /** Sends a packet; it is not kept or changed afterwards. */
  readonly send: (packet: Uint8Array, to: Endpoint) => void;
  /** @defaultValue one that is drawn, and belongs to `externalIp` if that is known */
  readonly id?: Uint8Array | undefined;
  /** Where the world sees this node, if that is known; otherwise it asks around. */
  readonly externalIp?: Uint8Array | undefined;
  /** Asks, but answers nothing. BEP 43 @defaultValue false */
  readonly isReadOnly?: boolean | undefined;
  readonly limits?: TrafficLimits | undefined;
  /** What is stored for others; nodes of one program may share it. */
  readonly peers?: PeerStore | undefined;
  readonly items?: ItemStore | undefined;
  /** @defaultValue Web Crypto's */
  readonly verify?: Verify | undefined;
  readonly relatives?: Relatives | undefined;
  readonly onEvent?: ((event: DhtEvent) => void) | undefined;
}
