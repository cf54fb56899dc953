import type { PortMapper } from '@millrace/port-mapping/node';
import type { DownloadEvent } from '../events.ts';

export interface PortMappingOptions {
  /** The TCP port that peers can call. */
  readonly port: number;
  /** The UDP port of a DHT node, if there is one. */
  readonly udpPort: number | undefined;
  /** Address of this machine to ask from. @defaultValue every one but loopback */
  readonly localAddress: string | undefined;
  readonly onEvent: (event: DownloadEvent) => void;
}

/** Has the router let peers in, beside everything else: what it needs is loaded meanwhile, and nobody waits for it. */
export class PortMapping implements AsyncDisposable {
  readonly #mapper: Promise<PortMapper | undefined>;
  #externalPort: number | undefined;

  constructor(options: PortMappingOptions) {
    this.#mapper = this.#start(options).catch((error: unknown) => {
      options.onEvent({ type: 'portMappingFailed', error });
      return undefined;
    });
  }

  /** The port at which peers outside can call, once the router has said so. */
  get externalPort(): number | undefined {
    return this.#externalPort;
  }

  /** Has the router forget it, for some seconds at the most. */
  async close(): Promise<void> {
    const mapper = await this.#mapper;
    await mapper?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start({ port, udpPort, localAddress, onEvent }: PortMappingOptions): Promise<PortMapper> {
    const client = await import('@millrace/port-mapping/node');
    const ports = [{ transport: 'tcp' as const, port }];
    return new client.PortMapper({
      ports: udpPort === undefined ? ports : [...ports, { transport: 'udp', port: udpPort }],
      ...(localAddress === undefined ? {} : { addresses: [localAddress] }),
      onMapped: ({ transport, externalPort, way }) => {
        if (transport === 'tcp') this.#externalPort = externalPort;
        onEvent({ type: 'portMapped', transport, port: externalPort, way });
      },
      onFailed: (error) => onEvent({ type: 'portMappingFailed', error }),
    });
  }
}
