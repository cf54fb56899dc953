import { describe, expect, it, onTestFinished } from 'vitest';
import { natPmpAnswer, pcpAnswer, startGateway } from '../testing/scripted-gateway.ts';
import { startRouter } from '../testing/scripted-router.ts';
import { defaultGateways } from './gateways.ts';
import { PortMapper, type MappedPort } from './port-mapper.ts';

const PORTS = [
  { transport: 'tcp', port: 6881 },
  { transport: 'udp', port: 6881 },
] as const;
/** Nothing of these tests leaves the machine. */
const LOCAL = ['127.0.0.1'];

describe('PortMapper', () => {
  it('maps ports by NAT-PMP, and gives them back', async () => {
    using gateway = await startGateway((packet) => natPmpAnswer(packet, 7_000));
    const told: MappedPort[] = [];
    const mapper = new PortMapper({
      ports: PORTS,
      gateways: LOCAL,
      gatewayPort: gateway.port,
      onMapped: (mapped) => told.push(mapped),
    });
    await mapper.settled;
    const expected = { internalPort: 6881, externalPort: 7_000, way: 'nat-pmp' };
    expect(told).toEqual([
      { transport: 'tcp', ...expected },
      { transport: 'udp', ...expected },
    ]);
    await mapper.close();
    const orders = gateway.packets.map((packet) => Buffer.from(packet).toString('hex'));
    expect(orders).toEqual([
      '000200001ae11ae100001c20',
      '000100001ae11ae100001c20',
      '000200001ae1000000000000',
      '000100001ae1000000000000',
    ]);
  });

  it('speaks PCP with a gateway that wants it', async () => {
    using gateway = await startGateway((packet) => pcpAnswer(packet, 7_001));
    const mapper = new PortMapper({ ports: PORTS, gateways: LOCAL, gatewayPort: gateway.port });
    await mapper.settled;
    expect(mapper.mapped.map(({ way, externalPort }) => [way, externalPort])).toEqual([
      ['pcp', 7_001],
      ['pcp', 7_001],
    ]);
    await mapper.close();
    const last = gateway.packets.at(-1) ?? new Uint8Array(0);
    expect([last[0], Buffer.from(last.subarray(4, 8)).toString('hex'), last.length]).toEqual([
      2,
      '00000000',
      60,
    ]);
  });

  it.skipIf(process.platform === 'win32').each([1, 2] as const)(
    'maps ports by UPnP with a router of version %i, and gives them back',
    async (version) => {
      const orders: string[] = [];
      await using router = await startRouter({
        version,
        onOrder: (action, body) => void orders.push(`${action} ${fieldsOf(body)}`),
      });
      expect(router).toBeDefined();
      const mapper = new PortMapper({ ports: PORTS, gateways: [], addresses: LOCAL });
      await mapper.settled;
      expect(mapper.mapped.map(({ way, externalPort }) => [way, externalPort])).toEqual([
        ['upnp', 6881],
        ['upnp', 6881],
      ]);
      await mapper.close();
      expect(orders).toEqual([
        'AddPortMapping |6881|TCP|6881|127.0.0.1|1|millrace|7200',
        'AddPortMapping |6881|UDP|6881|127.0.0.1|1|millrace|7200',
        'DeletePortMapping |6881|TCP',
        'DeletePortMapping |6881|UDP',
      ]);
    },
  );

  it.skipIf(process.platform === 'win32')('takes another port where someone has that one', async () => {
    await using router = await startRouter({
      onOrder: (action, body) =>
        action === 'AddPortMapping' && body.includes('<NewExternalPort>6881<') ? 718 : undefined,
    });
    expect(router).toBeDefined();
    const mapper = new PortMapper({
      ports: [{ transport: 'tcp', port: 6881 }],
      gateways: [],
      addresses: LOCAL,
    });
    await mapper.settled;
    expect(mapper.mapped.map(({ externalPort }) => externalPort)).toEqual([6882]);
    await mapper.close();
  });

  it.skipIf(process.platform === 'win32')(
    'believes no router that leads elsewhere, and says so once',
    async () => {
      const elsewhere =
        '<service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>' +
        '<controlURL>http://192.0.2.1/</controlURL></service>';
      for (const lies of [
        { location: () => 'http://192.0.2.1:80/x' },
        { location: (own: string) => own.replace('http:', 'https:') },
        { description: '<root/>' },
        { description: elsewhere },
        { description: 'x'.repeat(1_000_000) },
      ]) {
        const router = await startRouter({ ...lies, onOrder: () => expect.unreachable() });
        onTestFinished(() => router[Symbol.asyncDispose]());
      }
      const failures: unknown[] = [];
      const onFailed = (error: unknown): void => void failures.push(error);
      const mapper = new PortMapper({ ports: PORTS, gateways: [], addresses: LOCAL, onFailed });
      await mapper.settled;
      expect(failures).toMatchObject([{ code: 'NO_ROUTER' }]);
      await mapper.close();
    },
  );

  it('closes while it asks, and at once where nothing was mapped', async () => {
    using gateway = await startGateway(() => undefined);
    const mapper = new PortMapper({
      ports: PORTS,
      gateways: LOCAL,
      gatewayPort: gateway.port,
      addresses: [],
    });
    await mapper.close();
    expect(mapper.mapped).toEqual([]);
  });
});

describe('defaultGateways()', () => {
  it('reads them from the table of Linux', () => {
    const table =
      'Iface\tDestination\tGateway \tFlags\n' +
      'eth0\t00000000\t0101A8C0\t0003\neth0\t0001A8C0\t00000000\t0001\nlan0\t00000000\t00000000\t0001\n';
    expect(defaultGateways(table)).toEqual(['192.168.1.1']);
  });
});

/** The values of an order, in its order. */
function fieldsOf(body: string): string {
  return [...body.matchAll(/<New\w+>(.*?)<\/New/g)].map(([, value]) => value).join('|');
}
