/** One who sends, to several at once. */
export interface Sender<T> {
  readonly from: T;
  readonly bytesPerSecond: number;
  readonly receivers: readonly T[];
}

/** Times that what a receiver could not take is offered to others. */
const ROUNDS = 3;

/**
 * Divides what everyone can send among those they send to, as equally as what those can take allows.
 *
 * @param capacityOf - Bytes a second that a receiver can take.
 * @param each - Told each part, in bytes a second.
 */
export function divideRates<T>(
  senders: readonly Sender<T>[],
  capacityOf: (receiver: T) => number,
  each: (from: T, to: T, bytesPerSecond: number) => void,
): void {
  const room = new Map<T, number>();
  for (const { receivers } of senders) for (const to of receivers) room.set(to, capacityOf(to));
  const left = new Map(senders.map((sender) => [sender, sender.bytesPerSecond]));
  for (let round = 0; round < ROUNDS; round += 1) {
    const offered = new Map<T, number>();
    const offers = senders.map((sender) => {
      const open = sender.receivers.filter((to) => (room.get(to) ?? 0) > 1);
      const offer = open.length === 0 ? 0 : (left.get(sender) ?? 0) / open.length;
      for (const to of open) offered.set(to, (offered.get(to) ?? 0) + offer);
      return { sender, open, offer };
    });
    const before = new Map(room);
    for (const { sender, open, offer } of offers) {
      for (const to of open) {
        const part = offer * Math.min(1, (before.get(to) ?? 0) / (offered.get(to) ?? 1));
        if (part === 0) continue;
        each(sender.from, to, part);
        left.set(sender, Math.max(0, (left.get(sender) ?? 0) - part)); // not below 0 by rounding
        room.set(to, (room.get(to) ?? 0) - part);
      }
    }
  }
}
