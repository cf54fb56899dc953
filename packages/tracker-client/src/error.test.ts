import { describe, expect, it } from 'vitest';
import { TrackerError } from './error.ts';
import { redactUrl } from './redact.ts';

describe('TrackerError', () => {
  it('is known by its brand, also from another copy of the package', () => {
    const error = new TrackerError({ code: 'REFUSED', tracker: undefined, host: 't.example' });
    expect(TrackerError.is(error)).toBe(true);
    expect(TrackerError.is({ [Symbol.for('@millrace/tracker-client/TrackerError')]: true })).toBe(true);
    expect([undefined, null, 'x', {}, new Error('x')].some((value) => TrackerError.is(value))).toBe(false);
    expect(error).toMatchObject({ code: 'REFUSED', name: 'TrackerError' });
    expect(error.message).toBe('Cannot ask the tracker: "t.example" refuses the connection');
  });

  it('bounds and escapes what comes from outside', () => {
    const reason = `\u001B]0;x\u0007"<b>\u202E${'a'.repeat(1_000)}`;
    const { message } = new TrackerError({
      code: 'FAILURE',
      tracker: 'http://t/',
      reason,
      retryMs: undefined,
      status: undefined,
    });
    expect(message).toMatch(/^[ -~…]*$/);
    expect(message.length).toBeLessThan(400);
    expect(message).toContain('answered "\\u{1b}]0;x\\u{7}\\"<b>\\u{202e}aaa');
  });
});

describe('redactUrl()', () => {
  it.each([
    ['http://t.example/announce', 'http://t.example/announce'],
    ['http://t.example:6969/announce.php', 'http://t.example:6969/announce.php'],
    ['https://user:secret@t.example/0123abcd/announce?passkey=0123#x', 'https://t.example/…/announce?…'],
    ['http://t.example?passkey=0123', 'http://t.example?…'],
    ['udp://t.example:80/announce', 'udp://t.example:80/announce'],
    ['no url, my password', '…'],
    ['', ''],
  ])('writes %j as %j', (url, expected) => {
    expect(redactUrl(url)).toBe(expected);
  });

  it('does not show much of what is long', () => {
    expect(redactUrl(`http://${'a'.repeat(10_000)}/`).length).toBeLessThan(300);
  });
});
