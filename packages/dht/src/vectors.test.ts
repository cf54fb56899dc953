import { encode } from '@millrace/bencode';
import { describe, expect, it } from 'vitest';
import { BloomFilter } from './bloom-filter.ts';
import { crc32c } from './crc32c.ts';
import { parseIp } from './ip-address.ts';
import { signingKey, verifyByWebCrypto } from './item/ed25519.ts';
import { immutableTarget, mutableTarget, signedBytes } from './item/signing.ts';
import { isSecureId, secureId } from './secure-id.ts';
import { ascii, hex, toText } from './testing/bytes.ts';
import { randomBytes } from './node/random.ts';

const NO_SALT = new Uint8Array();

describe('crc32c()', () => {
  it('agrees with RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a_91_36_aa);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46_dd_79_4e);
    expect(crc32c(ascii('123456789'))).toBe(0xe3_06_92_83);
  });
});

describe('isSecureId()', () => {
  it.each([
    ['124.31.75.21', '5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401'],
    ['21.75.31.124', '5a3ce9c14e7a08645677bbd1cfe7d8f956d53256'],
    ['65.23.51.170', 'a5d43220bc8f112a3d426c84764f8c2a1150e616'],
    ['84.124.73.14', '1b0321dd1bb1fe518101ceef99462b947a01ff41'],
    ['43.213.53.83', 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
  ])('agrees with BEP 42 about %s', (host, id) => {
    expect(isSecureId(hex(id), parseIp(host)!)).toBe(true);
    const other = hex(id);
    other[1]! ^= 1;
    expect(isSecureId(other, parseIp(host)!)).toBe(false);
  });

  it.each(['198.51.100.7', '2001:db8:1:2::3'])(
    'knows the ids that were drawn for %s, and no others',
    (host) => {
      const ip = parseIp(host)!;
      const ids = Array.from({ length: 50 }, () => secureId(ip, randomBytes));
      expect(ids.every((id) => isSecureId(id, ip))).toBe(true);
      const other = Uint8Array.from(ip);
      other[3]! ^= 1;
      expect(ids.filter((id) => isSecureId(id, other)).length).toBeLessThan(2);
    },
  );

  it.each(['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.7.7', '169.254.1.1', '::1', 'fe80::1', 'fd00::1'])(
    'takes any id at %s',
    (host) => {
      expect(isSecureId(new Uint8Array(20), parseIp(host)!)).toBe(true);
    },
  );
});

describe('BloomFilter', () => {
  const filter = new BloomFilter();
  for (let last = 0; last < 256; last += 1) filter.insert(Uint8Array.of(192, 0, 2, last));
  for (let last = 0; last <= 0x3e7; last += 1) {
    const ip = parseIp('2001:db8::')!;
    ip[14] = last >>> 8;
    ip[15] = last & 0xff;
    filter.insert(ip);
  }

  it('agrees with BEP 33', () => {
    expect(filter.bytes).toEqual(
      hex(`F6C3F5EA A07FFD91 BDE89F77 7F26FB2B FF37BDB8 FB2BBAA2 FD3DDDE7 BACFFF75 EE7CCBAE
        FE5EEDB1 FBFAFF67 F6ABFF5E 43DDBCA3 FD9B9FFD F4FFD3E9 DFF12D1B DF59DB53 DBE9FA5B
        7FF3B8FD FCDE1AFB 8BEDD7BE 2F3EE71E BBBFE93B CDEEFE14 8246C2BC 5DBFF7E7 EFDCF24F
        D8DC7ADF FD8FFFDF DDFFF7A4 BBEEDF5C B95CE81F C7FCFF1F F4FFFFDF E5F7FDCB B7FD79B3
        FA1FC77B FE07FFF9 05B7B7FF C7FEFEFF E0B8370B B0CD3F5B 7F2BD93F EB4386CF DD6F7FD5
        BFAF2E9E BFFFFEEC D67ADBF7 C67F17EF D5D75EBA 6FFEBA7F FF47A91E B1BFBB53 E8ABFB57
        62ABE8FF 237279BF EFBFEEF5 FFC5FEBF DFE5ADFF ADFEE1FB 737FFFFB FD9F6AEF FEEE76B6
        FD8F72EF`),
    );
    expect(filter.estimate()).toBeCloseTo(1224.9308, 3);
  });

  it('adds up what two counted without counting twice', () => {
    const one = new BloomFilter(filter.bytes);
    one.unite(filter);
    expect(one.estimate()).toBe(filter.estimate());
    const other = new BloomFilter();
    expect(other.estimate()).toBe(0);
    other.insert(Uint8Array.of(1, 2, 3, 4));
    expect(Math.round(other.estimate())).toBe(1);
    expect(other.has(Uint8Array.of(1, 2, 3, 4))).toBe(true);
    expect(other.has(Uint8Array.of(1, 2, 3, 5))).toBe(false);
    expect(new BloomFilter(new Uint8Array(256).fill(255)).estimate()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('values', () => {
  const publicKey = hex('77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548');
  const value = encode('Hello World!');

  it.each([
    [
      '',
      '3:seqi1e1:v12:Hello World!',
      '4a533d47ec9c7d95b1ad75f576cffc641853b750',
      `305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff
       1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01`,
    ],
    [
      'foobar',
      '4:salt6:foobar3:seqi1e1:v12:Hello World!',
      '411eba73b6f087ca51a3795d9c8c938d365e32c1',
      `6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17d
       df9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08`,
    ],
  ])('that change agree with BEP 44, with salt %j', async (salt, signed, target, signature) => {
    const bytes = signedBytes(ascii(salt), 1n, value);
    expect(toText(bytes)).toBe(signed);
    expect(mutableTarget(publicKey, ascii(salt))).toEqual(hex(target));
    expect(await verifyByWebCrypto(publicKey, hex(signature), bytes)).toBe(true);
    expect(await verifyByWebCrypto(publicKey, hex(signature), signedBytes(ascii(salt), 2n, value))).toBe(
      false,
    );
  });

  it('that do not change agree with BEP 44', () => {
    expect(immutableTarget(value)).toEqual(hex('e5f96f6f38320f0f33959cb4d3d656452117aadb'));
  });

  it('are signed by a key of RFC 8032, and no other verifies them', async () => {
    const key = await signingKey(hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'));
    expect(key.publicKey).toEqual(hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'));
    const signature = await key.sign(signedBytes(NO_SALT, 3n, value));
    expect(await verifyByWebCrypto(key.publicKey, signature, signedBytes(NO_SALT, 3n, value))).toBe(true);
    expect(await verifyByWebCrypto(publicKey, signature, signedBytes(NO_SALT, 3n, value))).toBe(false);
    // No point of the curve, no signature at all.
    expect(await verifyByWebCrypto(new Uint8Array(32).fill(255), signature, value)).toBe(false);
    expect(await verifyByWebCrypto(key.publicKey, new Uint8Array(3), value)).toBe(false);
    await expect(signingKey(new Uint8Array(31))).rejects.toThrow(RangeError);
  });
});
