import { MAX_COMPONENT_LENGTH, MAX_EXTENSION_LENGTH, splitExtension } from './safe-component.ts';
import { prefixWithin } from './text.ts';

/** What the name of an unfinished file ends in. */
const UNFINISHED_SUFFIX = '.part';
const UNFINISHED_KEY = UNFINISHED_SUFFIX.toUpperCase();

/** Longest file name that leaves room for the suffix of an unfinished one. */
export const MAX_FILE_NAME_LENGTH: number = MAX_COMPONENT_LENGTH - UNFINISHED_SUFFIX.length;

/** Room for `.` and the number of the millionth file of one name. */
const NUMBER_LENGTH = 8;

export type Claim = 'free' | 'clash' | 'duplicate';

/** The names taken in one folder. Names that any file system would call the same are the same here. */
export class Folder {
  readonly path: readonly string[];
  readonly #folders = new Map<string, Folder>();
  /** Every name in use, a folder's or a file's, by key. */
  readonly #taken = new Map<string, string>();
  /** Whether some name in use looks like that of an unfinished file. */
  #hasUnfinishedNames = false;
  /** The next number to try for a stem and extension; it only grows, so that n clashes take O(n). */
  readonly #numbers = new Map<string, number>();

  constructor(path: readonly string[]) {
    this.path = path;
  }

  /** Returns the folder of that name, making it if there is none. All folders come before the first file. */
  open(name: string): Folder {
    const key = nameKey(name);
    let folder = this.#folders.get(key);
    if (folder === undefined) {
      folder = new Folder([...this.path, name]);
      this.#folders.set(key, folder);
      this.#take(key, name);
    }
    return folder;
  }

  /** Takes `name` for a file if it is free; says otherwise whether it is the very same name or one too like it. */
  take(name: string): Claim {
    const key = nameKey(name);
    const taken = this.#taken.get(key);
    if (taken !== undefined) return taken === name ? 'duplicate' : 'clash';
    if (this.#clashesWithUnfinished(key)) return 'clash';
    this.#take(key, name);
    return 'free';
  }

  /** Takes the first free name of the form `stem.1.extension` for a file and returns it. */
  takeNumbered(name: string): string {
    const [fullStem, extension] = splitExtension(name);
    // Cut for the longest number at once: names that share a stem must share the count.
    const stem = prefixWithin(fullStem, MAX_FILE_NAME_LENGTH - MAX_EXTENSION_LENGTH - NUMBER_LENGTH);
    const key = `${nameKey(stem)}/${nameKey(extension)}`;
    for (let number = this.#numbers.get(key) ?? 1; ; number += 1) {
      const numbered = `${stem}.${number}${extension}`;
      if (this.take(numbered) === 'free') {
        this.#numbers.set(key, number + 1);
        return numbered;
      }
    }
  }

  /** Tells whether that file while unfinished would have a name in use, or the other way round. */
  #clashesWithUnfinished(key: string): boolean {
    if (this.#hasUnfinishedNames && this.#taken.has(key + UNFINISHED_KEY)) return true;
    if (!key.endsWith(UNFINISHED_KEY)) return false;
    const finishedKey = key.slice(0, -UNFINISHED_KEY.length);
    return this.#taken.has(finishedKey) && !this.#folders.has(finishedKey);
  }

  #take(key: string, name: string): void {
    this.#taken.set(key, name);
    this.#hasUnfinishedNames ||= key.endsWith(UNFINISHED_KEY);
  }
}

/**
 * Returns a key that is equal for names a file system may hold to be one: by case, by Unicode normalisation, or by
 * characters that do not show.
 */
function nameKey(name: string): string {
  if (/^[ -~]*$/.test(name)) return name.toUpperCase();
  const visible = name.normalize('NFD').replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '');
  // Lower case first: some letters (U+1E9E, U+212A) reach their upper case only that way.
  return visible.toLowerCase().toUpperCase().normalize('NFC');
}
