import { BencodeError, decodePrefix, type BencodeIssue, type BencodeValue } from '@millrace/bencode';
import type { AnnounceIssue } from './announce.ts';
import { AnswerFields, boundedText } from './answer-fields.ts';
import { TrackerError } from './error.ts';
import { bound } from './quote.ts';
import { redactText, redactUrl } from './redact.ts';

/** An answer nests a dictionary in a list in a dictionary; a little room is left for what others add. */
const MAX_DEPTH = 8;
/** Values and keys in an answer: room for two thousand peers in the old form. Bounds time as well as memory. */
const MAX_ITEMS = 16_384;
/** The longest a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The fields of an answer, and what was odd about how it is written. */
export interface ReadAnswer {
  readonly fields: AnswerFields;
  readonly issues: readonly AnnounceIssue[];
}

/** Reads what every answer of an HTTP tracker is. @throws {TrackerError} `FAILURE` or `MALFORMED`. */
export function readAnswer(body: Uint8Array, tracker: string | undefined): ReadAnswer {
  const issues: AnnounceIssue[] = [];
  const fields = new AnswerFields(readDict(body, tracker, issues));
  throwIfFailure(fields, tracker);
  return { fields, issues };
}

function readDict(
  body: Uint8Array,
  tracker: string | undefined,
  issues: AnnounceIssue[],
): ReadonlyMap<string, BencodeValue> {
  const onIssue = ({ offset }: BencodeIssue): void => {
    if (issues.length === 0) issues.push({ code: 'NOT_CANONICAL', offset });
  };
  const redacted = tracker === undefined ? undefined : redactUrl(tracker);
  try {
    const limits = { maxDepth: MAX_DEPTH, maxItems: MAX_ITEMS };
    const { value, bytesRead } = decodePrefix(body, { strict: false, onIssue, ...limits });
    if (!(value instanceof Map)) {
      throw new TrackerError({ code: 'MALFORMED', tracker: redacted, reason: 'NOT_A_DICTIONARY', offset: 0 });
    }
    if (bytesRead < body.length) issues.push({ code: 'TRAILING_BYTES', count: body.length - bytesRead });
    return value;
  } catch (error) {
    if (!BencodeError.is(error)) throw error;
    const { code, offset } = error;
    throw new TrackerError({ code: 'MALFORMED', tracker: redacted, reason: code, offset }, { cause: error });
  }
}

function throwIfFailure(fields: AnswerFields, tracker: string | undefined): void {
  const reason = fields.get('failure reason');
  if (reason === undefined) return;
  const text = reason instanceof Uint8Array ? new TextDecoder().decode(reason) : '';
  throw new TrackerError({
    code: 'FAILURE',
    tracker: tracker === undefined ? undefined : redactUrl(tracker),
    reason: bound(tracker === undefined ? text : redactText(text, tracker)),
    retryMs: readRetry(fields.get('retry in')),
    status: undefined,
  });
}

/** Reads minutes, given as a number or as its digits, or `never`. */
function readRetry(value: BencodeValue | undefined): number | 'never' | undefined {
  if (!(value instanceof Uint8Array)) return typeof value === 'number' ? minutesToMs(value) : undefined;
  const text = boundedText(value);
  if (text === 'never') return 'never';
  return /^\d{1,15}$/.test(text) ? minutesToMs(Number(text)) : undefined;
}

function minutesToMs(minutes: number): number | undefined {
  return minutes > 0 ? Math.min(minutes * 60_000, MAX_TIMER_MS) : undefined;
}
