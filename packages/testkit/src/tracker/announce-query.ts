/** An announce as the tracker received it; fields are `undefined` where the client left them out or wrote nonsense. */
export interface ReceivedAnnounce {
  /** Path and query exactly as they came. */
  readonly target: string;
  readonly receivedMs: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly infoHash: Uint8Array | undefined;
  readonly peerId: Uint8Array | undefined;
  readonly port: number | undefined;
  readonly uploaded: number | undefined;
  readonly downloaded: number | undefined;
  readonly left: number | undefined;
  readonly event: string | undefined;
  readonly numWant: number | undefined;
  readonly key: string | undefined;
  readonly trackerId: Uint8Array | undefined;
  readonly ip: string | undefined;
  /** Whether the client asked for the compact form, for the old one, or did not say. */
  readonly compact: boolean | undefined;
  /** Parameters that no BEP this tracker knows defines, and those given twice. */
  readonly oddities: readonly string[];
}

const KNOWN = new Set(
  'info_hash peer_id port uploaded downloaded left event numwant key trackerid ip compact no_peer_id supportcrypto'.split(
    ' ',
  ),
);

/** Reads what an HTTP announce asks for. Values are bytes: they need not be UTF-8, so no URL class can read them. */
export function readAnnounce(
  target: string,
  headers: ReceivedAnnounce['headers'],
  receivedMs: number,
): ReceivedAnnounce {
  const values = new Map<string, Uint8Array>();
  const oddities: string[] = [];
  const query = target.includes('?') ? target.slice(target.indexOf('?') + 1) : '';
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.includes('=') ? pair.indexOf('=') : pair.length;
    const name = pair.slice(0, equals);
    if (!KNOWN.has(name) || values.has(name)) oddities.push(name);
    values.set(name, decodePercent(pair.slice(equals + 1)));
  }
  const text = (name: string): string | undefined => {
    const bytes = values.get(name);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  const count = (name: string): number | undefined => {
    const digits = text(name);
    return digits !== undefined && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
  };
  const compact = text('compact');
  return {
    target,
    receivedMs,
    headers,
    infoHash: ofLength(values.get('info_hash'), 20),
    peerId: ofLength(values.get('peer_id'), 20),
    port: count('port'),
    uploaded: count('uploaded'),
    downloaded: count('downloaded'),
    left: count('left'),
    event: text('event'),
    numWant: count('numwant'),
    key: text('key'),
    trackerId: values.get('trackerid'),
    ip: text('ip'),
    compact: compact === undefined ? undefined : compact === '1',
    oddities,
  };
}

function ofLength(bytes: Uint8Array | undefined, length: number): Uint8Array | undefined {
  return bytes?.length === length ? bytes : undefined;
}

/** Undoes percent encoding, byte for byte. `+` is itself: that it means a space is a rule for forms, not for URLs. */
function decodePercent(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const hex = text.slice(at + 1, at + 3);
    if (text[at] === '%' && /^[\da-f]{2}$/i.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else {
      bytes.push(text.charCodeAt(at));
    }
  }
  return Uint8Array.from(bytes);
}
