import { BlockList } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** An address of this machine that announces are sent from: one for each interface and family. */
export interface OwnAddress {
  readonly family: 4 | 6;
  readonly address: string;
  readonly interfaceName: string;
}

/** The networks that this machine is in, as they are now. */
export interface OwnNetworks {
  readonly speakers: readonly OwnAddress[];
  /** Tells whether an address is in one of these networks. */
  includes(address: string): boolean;
}

/** Looks at the interfaces: those that have one of `addresses`, or all but loopback. */
export function ownNetworks(addresses: readonly string[] | undefined): OwnNetworks {
  const speakers: OwnAddress[] = [];
  const networks = new BlockList();
  for (const [interfaceName, found = []] of Object.entries(networkInterfaces())) {
    const usable = found.filter((info) => isUsable(info, addresses));
    for (const info of usable) {
      const family = info.family === 'IPv6' ? 6 : 4;
      const prefix = Number(info.cidr?.split('/')[1] ?? (family === 6 ? 128 : 32));
      networks.addSubnet(info.address, prefix, family === 6 ? 'ipv6' : 'ipv4');
      if (speakers.some((other) => other.interfaceName === interfaceName && other.family === family))
        continue;
      speakers.push({ family, address: info.address, interfaceName });
    }
  }
  return {
    speakers,
    includes: (address) => networks.check(address, address.includes(':') ? 'ipv6' : 'ipv4'),
  };
}

function isUsable(
  { address, internal }: NetworkInterfaceInfo,
  addresses: readonly string[] | undefined,
): boolean {
  if (addresses !== undefined) return addresses.includes(address);
  // Who hears of a link-local address cannot call it without knowing the interface.
  return !internal && !address.startsWith('fe80:') && !address.startsWith('169.254.');
}
