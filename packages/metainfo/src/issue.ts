import { describe, MetainfoError, type MetainfoErrorDetail } from './error.ts';

/** Something wrong with a torrent that did not keep it from being read. */
export interface MetainfoIssue {
  readonly code: MetainfoErrorDetail['code'];
  /** Where it is, as in {@link MetainfoErrorDetail}. */
  readonly field: string;
  readonly message: string;
}

/** More than this tells nothing new, and a hostile file has millions. */
const MAX_ISSUES = 256;

/** Collects what is wrong but harmless, or throws it if the reader is strict. */
export class IssueList {
  readonly items: MetainfoIssue[] = [];
  readonly #isStrict: boolean;

  constructor(isStrict: boolean) {
    this.#isStrict = isStrict;
  }

  /** @throws {MetainfoError} of that detail, if strict. */
  add(detail: MetainfoErrorDetail): void {
    if (this.#isStrict) throw new MetainfoError(detail);
    if (this.items.length >= MAX_ISSUES) return;
    this.items.push({ code: detail.code, field: detail.field, message: describe(detail) });
  }
}
