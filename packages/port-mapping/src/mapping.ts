export type Transport = 'tcp' | 'udp';

/** What a router is asked for. */
export interface MappingRequest {
  readonly transport: Transport;
  /** The port of this machine, 1 to 65535. */
  readonly internalPort: number;
  /** The port that is wished for outside, 1 to 65535. */
  readonly externalPort: number;
  /** How long it is to last, in seconds; 0 gives it back. */
  readonly lifetimeSeconds: number;
}

/** What a router gave. */
export interface MappingAnswer {
  readonly externalPort: number;
  readonly lifetimeSeconds: number;
}

export function checkRequest({ internalPort, externalPort, lifetimeSeconds }: MappingRequest): void {
  for (const port of [internalPort, externalPort]) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new RangeError(`Cannot map port ${port}: it must be 1 to 65535`);
  }
  if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 0 || lifetimeSeconds > 0xff_ff_ff_ff)
    throw new RangeError(`Cannot map a port for ${lifetimeSeconds} s: it must be a whole number of 32 bits`);
}
