import { parseArgs } from 'node:util';
import { formatComparison, type TaskResult } from './comparison.ts';
import { saveResult } from './save-result.ts';
import { parseSize } from './size.ts';
import { type Entrant, tryTask } from './trial.ts';
import { loadReaders, type ReaderKind } from './wire/readers.ts';
import { makeStreams, type WireStream } from './wire/streams.ts';

/** Reads streams of peer messages, with each library in turn, and prints a table. */
export async function wire(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '9' },
      budget: { type: 'string', default: '200' },
    },
  });
  const options = { rounds: parseSize(values.rounds), budgetMs: parseSize(values.budget) };
  const kinds = await loadReaders();
  const missing = kinds.length > 1 ? [] : ['bittorrent-protocol'];

  const streams = makeStreams();
  const results: TaskResult[] = [];
  for (const stream of streams) {
    const entrants: Entrant[] = [];
    for (const kind of kinds) entrants.push(await enter(kind, stream));
    const times = await tryTask({ name: stream.name, entrants }, options);
    results.push({ task: stream.name, entrants: times });
  }
  const byName = new Map(streams.map((stream) => [stream.name, stream]));
  console.log(
    `Blocks of 16 KiB in chunks of 64 KiB, ${options.rounds} rounds of at least ${options.budgetMs} ms`,
  );
  console.log(formatComparison(results, (nanoseconds, task) => formatRate(nanoseconds, byName.get(task))));
  for (const name of missing) console.log(`missing: ${name}`);
  console.log(`written: ${await saveResult('wire', { ...options, missing, results })}`);
}

/** Opens a reader, and checks once that it finds in the stream what is there. */
async function enter(kind: ReaderKind, stream: WireStream): Promise<Entrant> {
  const reader = kind.open();
  await reader.read(stream);
  const { type, count } = stream.counted;
  if (reader.told[type] !== count || reader.told.payloadLength !== stream.payloadLength) {
    throw new Error(`Cannot count ${kind.name}: it told ${reader.told[type]} of ${count} ${type} messages`);
  }
  return { name: kind.name, run: () => reader.read(stream) };
}

/** Payload in GB/s, or millions of messages per second, as the task's name says. */
function formatRate(nanoseconds: number, stream: WireStream | undefined): string {
  if (stream === undefined) return '';
  const { payloadLength, messageCount } = stream;
  const rate = payloadLength > 0 ? payloadLength / nanoseconds : (messageCount / nanoseconds) * 1_000;
  return rate.toFixed(1);
}
