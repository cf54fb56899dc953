import { generateKeyPairSync, sign } from 'node:crypto';

/** A certificate that signed itself, and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Names it is for: of hosts, or IPv4 addresses. */
  readonly hosts: readonly string[];
  readonly notAfter?: Date;
}

/** Makes a certificate by writing X.509 out by hand, since no program that makes them need be installed. */
export function makeCertificate({ hosts, notAfter = inDays(30) }: CertificateOptions): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const ecdsaWithSha256 = der(0x30, oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const commonName = der(0x30, oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from('millrace test')));
  const name = der(0x30, der(0x31, commonName));
  const validity = der(0x30, utcTime(inDays(-60)), utcTime(notAfter));
  const alternatives = hosts.map((host) =>
    /^[\d.]+$/.test(host)
      ? der(0x87, Buffer.from(host.split('.').map(Number)))
      : der(0x82, Buffer.from(host)),
  );
  const isAuthority = extension([0x55, 0x1d, 0x13], der(0x30, der(0x01, Buffer.of(0xff))));
  const names = extension([0x55, 0x1d, 0x11], der(0x30, ...alternatives));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, isAuthority, names)),
  );
  const signature = der(0x03, Buffer.of(0), sign('sha256', body, privateKey));
  const base64 = der(0x30, body, ecdsaWithSha256, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${(base64.match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

export function inDays(days: number): Date {
  return new Date(Date.now() + days * 86_400_000);
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...header), content]);
}

function oid(...bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return der(0x30, oid(...id), der(0x04, value));
}
