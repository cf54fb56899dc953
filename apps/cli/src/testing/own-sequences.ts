const ESCAPE = '\u001b';
/** What colours and the live display write: styles, cursor movements, erasing, synchronised output. */
const OWN_SEQUENCES = new RegExp(`${ESCAPE}\\[(?:\\d+m|\\d*[A-GJK]|\\?2026[hl])`, 'gu');

/** Takes away the control sequences that are our own; any other stays. */
export function withoutOwnSequences(text: string): string {
  return text.replaceAll(OWN_SEQUENCES, '');
}
