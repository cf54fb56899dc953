import { CODECS } from './codecs.ts';
import type { FuzzReport } from './report.ts';
import { mutate, randomFrom } from './mutate.ts';

// Arguments: CODEC SEED SECONDS. Gives a codec damaged inputs for so long, and prints a report as JSON; a fault ends it.
const [name = '', seed = '', seconds = ''] = process.argv.slice(2);
const codec = CODECS.find((each) => each.name === name);
if (codec === undefined) throw new Error(`Cannot fuzz ${name}: there is no such codec`);
const random = randomFrom(Number(seed));
const endMs = performance.now() + Number(seconds) * 1_000;
let inputs = 0;
let refused = 0;
let longestMs = 0;
while (performance.now() < endMs) {
  const input = mutate(codec.samples, random);
  const copy = new Uint8Array(input);
  const startMs = performance.now();
  try {
    codec.read(input);
  } catch (error) {
    if (!codec.isRefusal(error)) {
      console.error(`Fault in ${name}, seed ${seed}, input ${inputs}: ${Buffer.from(copy).toString('hex')}`);
      throw error;
    }
    refused += 1;
  }
  longestMs = Math.max(longestMs, performance.now() - startMs);
  inputs += 1;
}
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ inputs, refused, longestMs, peakBytes: maxRSS * 1024 } satisfies FuzzReport));
