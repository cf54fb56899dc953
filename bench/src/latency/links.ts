import { parseRate } from '../size.ts';
import type { LinkModel } from './link.ts';

export interface NamedLink {
  readonly name: string;
  readonly model: LinkModel;
  /** Bytes to fetch through it. */
  readonly size: number;
}

export interface LinkChoice {
  /** Milliseconds; with it or `loss`, one link only. */
  readonly rtt?: string | undefined;
  /** Percent. */
  readonly loss?: string | undefined;
  readonly rate: string;
  /** Bytes. */
  readonly size?: number | undefined;
}

const ROUND_TRIPS_MS = [20, 50, 100, 200];
const LOSSY_RTT_MS = 20;
const LOSS_PERCENT = 1;
const SIZE = 32 * 1024 ** 2;
/** TCP makes less than 1 MB/s of a link with so much loss, whatever it could carry. */
const LOSSY_SIZE = 4 * 1024 ** 2;

/** @throws {RangeError} if what is chosen makes no link. */
export function chooseLinks({ rtt, loss, rate, size }: LinkChoice): readonly NamedLink[] {
  const bytesPerSecond = parseRate(rate);
  const link = (rttMs: number, lossPercent: number): NamedLink => ({
    name: lossPercent > 0 ? `${rttMs} ms, ${lossPercent} % loss` : `${rttMs} ms`,
    model: { rttMs, bytesPerSecond, loss: lossPercent / 100 },
    size: size ?? (lossPercent > 0 ? LOSSY_SIZE : SIZE),
  });
  if (rtt === undefined && loss === undefined) {
    return [...ROUND_TRIPS_MS.map((rttMs) => link(rttMs, 0)), link(LOSSY_RTT_MS, LOSS_PERCENT)];
  }
  return [
    link(parseNumber('round trip', rtt ?? `${LOSSY_RTT_MS}`, 2000), parseNumber('loss', loss ?? '0', 50)),
  ];
}

function parseNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (text !== '' && value >= 0 && value <= max) return value;
  throw new RangeError(
    `Cannot use ${JSON.stringify(text)} as a ${name}: it must be a number from 0 to ${max}`,
  );
}
