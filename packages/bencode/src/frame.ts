import { KeyTrail } from './key-trail.ts';
import type { BencodePath, BencodeValue } from './value.ts';

/** A list or dictionary that is still open. One per level, reused for every container at that level. */
export class Frame {
  isDict = false;
  /** Undefined for a list. In a lenient scan, only its keys count. */
  dict: Map<string, BencodeValue> | undefined;
  /** Key of the value being read; undefined for a list, and while a key is being read. */
  key: string | undefined;
  /** Values complete so far: the index of the next one. */
  count = 0;
  /** Whether the value being read belongs to a duplicate key. */
  isDropped = false;
  /** How many values of the lists around it wait below its own. */
  base = 0;
  /** Where on the tape the container is, and where a dropped key starts. */
  token = 0;
  dropTo = 0;
  /** Keys of earlier dictionaries at this level; undefined before the second one. */
  trail: KeyTrail | undefined;
  #hasHadDict = false;

  open(isDict: boolean, dict: Map<string, BencodeValue> | undefined, base: number): void {
    this.isDict = isDict;
    this.dict = dict;
    this.key = undefined;
    this.count = 0;
    this.isDropped = false;
    this.base = base;
    if (!isDict) return;
    if (this.#hasHadDict) this.trail ??= new KeyTrail();
    this.#hasHadDict = true;
  }
}

/** Returns where the next value of the container at `depth` is, or the container if a key comes next. */
export function pathTo(frames: readonly Frame[], depth: number): BencodePath {
  const path: (string | number)[] = [];
  for (const { isDict, key, count } of frames.slice(1, depth + 1)) {
    if (!isDict) path.push(count);
    else if (key !== undefined) path.push(key);
  }
  return path;
}
