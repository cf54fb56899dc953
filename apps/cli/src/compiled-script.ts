import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';

/** Bytes of the checksum before what is kept. */
const CHECKSUM_LENGTH = 20;
/** Bytes before what V8 made: the checksum, how much is kept, and three of nothing, for V8 copies what begins at no multiple of eight. */
const HEAD_LENGTH = 24;
/** How much is kept. */
const EXTENT = { none: 0, start: 1, run: 2 } as const;

export interface CompiledScriptOptions {
  /** A classic script. */
  readonly file: string;
  /** Where its compiled form is kept; it is all ours. `undefined`: nowhere. */
  readonly folder: string | undefined;
  /** What it is run for: what that needs is kept by itself. */
  readonly purpose: string;
}

/**
 * A script that V8 need not compile again. Node's own cache has only what is compiled when a module is loaded; this one has
 * what was compiled later, too: that is two thirds of what a start compiles.
 */
export class CompiledScript {
  readonly #script: Script;
  readonly #folder: string | undefined;
  /** Begins the names of all that is kept of this very script. */
  readonly #sourceName: string;
  readonly #keptFile: string;
  #keptExtent: number;

  /** @throws what the system says if `file` cannot be read, and `SyntaxError`. */
  constructor({ file, folder, purpose }: CompiledScriptOptions) {
    const source = readFileSync(file);
    this.#folder = folder;
    this.#sourceName = checksum(source).toString('hex');
    const { arch, versions } = process;
    this.#keptFile = path.join(folder ?? '', `${this.#sourceName}-${versions.v8}-${arch}-${purpose}`);
    const whole = folder === undefined ? undefined : readKept(this.#keptFile);
    const cachedData = whole?.subarray(HEAD_LENGTH);
    this.#script = new Script(source.toString('utf8'), { filename: file, ...(cachedData && { cachedData }) });
    // V8 refuses what a V8 with other flags has made.
    const isTaken = whole !== undefined && this.#script.cachedDataRejected === false;
    this.#keptExtent = isTaken ? (whole[CHECKSUM_LENGTH] ?? EXTENT.none) : EXTENT.none;
  }

  /** Runs it. Returns the value of its last statement. */
  run(): unknown {
    return this.#script.runInThisContext();
  }

  /**
   * Keeps what was compiled by now, unless as much is kept already. Where that cannot be, it does nothing.
   *
   * @param extent - Whether this is what a start needs, or a run from its start to its end.
   */
  keep(extent: 'start' | 'run'): void {
    if (this.#folder === undefined || this.#keptExtent >= EXTENT[extent]) return;
    this.#keptExtent = EXTENT[extent];
    const compiled = this.#script.createCachedData();
    const head = Buffer.alloc(HEAD_LENGTH - CHECKSUM_LENGTH);
    head[0] = this.#keptExtent;
    const marked = Buffer.concat([head, compiled]);
    const whole = Buffer.concat([checksum(marked), marked]);
    try {
      makeFolder(this.#folder);
      replaceFile(this.#keptFile, whole);
      this.#tidy(this.#folder);
    } catch {
      // The next start takes as long as this one.
    }
  }

  /** Removes what is of other versions of the script. */
  #tidy(folder: string): void {
    for (const name of readdirSync(folder))
      if (!name.startsWith(this.#sourceName))
        rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

/** Makes a folder of our own in the system's folder for such things, and that one as well. */
function makeFolder(folder: string): void {
  // Not by mkdir's own `recursive`: where the system has no room for folders (/proc), Node tries for ever.
  for (const each of [path.dirname(path.dirname(folder)), path.dirname(folder), folder])
    if (!existsSync(each)) mkdirSync(each, { mode: 0o700 });
}

/** Writes a file so that no one finds half of it. */
function replaceFile(file: string, bytes: Uint8Array): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, bytes, { mode: 0o600 });
  try {
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft);
    throw error;
  }
}

/** Reads what was kept, if it is what was written: V8 itself would take damaged code for its own. */
function readKept(file: string): Buffer | undefined {
  let whole: Buffer;
  try {
    whole = readFileSync(file);
  } catch {
    return undefined;
  }
  return checksum(whole.subarray(CHECKSUM_LENGTH)).equals(whole.subarray(0, CHECKSUM_LENGTH))
    ? whole
    : undefined;
}

function checksum(bytes: Uint8Array): Buffer {
  // Not an `import`: who asks for the version only does not wait for all that it loads.
  return process.getBuiltinModule('node:crypto').hash('sha1', bytes, 'buffer');
}
