import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  editTorrent,
  formatInfoHash,
  type Metainfo,
  parseMetainfo,
  type TorrentEdits,
} from '@millrace/metainfo';
import type { Context } from '../context.ts';
import { JSON_SCHEMA, toJson } from '../json-lines.ts';
import { editTiers } from '../list-edits.ts';
import { readInput } from '../read-input.ts';
import { checkOutput, mayReplace, type TorrentOutputFlags } from '../torrent-output.ts';
import { UsageError } from '../usage-error.ts';
import { fileTarget, refuseExisting, writeFileWhole } from '../write-file.ts';

export interface EditFlags extends TorrentOutputFlags {
  readonly addTracker?: readonly (readonly string[])[];
  readonly removeTracker?: readonly string[];
  readonly replaceTracker?: readonly (readonly [old: string, new_: string])[];
  /** `false` for `--no-trackers`. */
  readonly trackers?: boolean;
  readonly addWebSeed?: readonly string[];
  readonly removeWebSeed?: readonly string[];
  /** `false` for `--no-web-seeds`. */
  readonly webSeeds?: boolean;
  /** `false` for `--no-comment`. */
  readonly comment?: string | false;
  readonly source?: unknown;
  readonly name?: unknown;
  readonly private?: unknown;
  readonly pieceLength?: unknown;
}

/** Options of `create` that name what the info hash is made of. */
const OF_INFO = {
  source: 'source',
  name: 'name',
  private: 'private flag',
  pieceLength: 'piece length',
} as const;
const MODE_BITS = 0o777;

/** Changes what a torrent says beside its info dictionary, in place or into another file, and prints where it is. */
export async function editCommand(torrent: string, flags: EditFlags, context: Context): Promise<void> {
  refuseInfo(flags);
  checkOutput(flags, context);
  const { output, stdout, json } = flags;
  if (torrent === '-' && output === undefined && stdout !== true) {
    throw new UsageError('Cannot edit standard input in place: say where it goes with --output or --stdout');
  }
  const target = output === undefined ? torrent : await fileTarget(output, path.basename(torrent));
  const isInPlace = output === undefined;
  if (!isInPlace && !mayReplace(flags)) await refuseExisting(target);
  const bytes = await readInput(torrent, context);
  const edited = edit(bytes, flags);
  context.signal.throwIfAborted();
  if (stdout === true) {
    context.terminal.stdout.writeBytes(edited);
    return;
  }
  if (isInPlace) await replaceInPlace(torrent, bytes, edited);
  else await writeFileWhole(target, edited, { overwrite: mayReplace(flags) });
  context.out.line(json === true ? toJson(toObject(target, parseMetainfo(edited))) : target);
}

/** What would give the torrent another info hash makes it another torrent, whose peers do not know of this one's. */
function refuseInfo(flags: EditFlags): void {
  for (const key of ['source', 'name', 'private', 'pieceLength'] as const) {
    if (flags[key] === undefined) continue;
    throw new UsageError(
      `Cannot edit the ${OF_INFO[key]} of a torrent: its info hash is made of it, and with another hash it is another torrent; make that with millrace create`,
    );
  }
}

function edit(torrent: Uint8Array, flags: EditFlags): Uint8Array {
  const { comment } = flags;
  const metainfo = parseMetainfo(torrent);
  const tiers = editTiers(metainfo.tiers, {
    isCleared: flags.trackers === false,
    removed: flags.removeTracker ?? [],
    replaced: flags.replaceTracker ?? [],
    added: flags.addTracker ?? [],
  });
  const webSeeds = editTiers([metainfo.webSeeds], {
    isCleared: flags.webSeeds === false,
    removed: flags.removeWebSeed ?? [],
    replaced: [],
    added: [flags.addWebSeed ?? []].filter((urls) => urls.length > 0),
  })?.flat();
  const edits: TorrentEdits = {
    ...(tiers !== undefined && { tiers }),
    ...(webSeeds !== undefined && { webSeeds }),
    ...(comment !== undefined && { comment: comment === false ? null : comment }),
  };
  if (Object.keys(edits).length === 0) {
    throw new UsageError(
      'Cannot edit torrent: no change is given; millrace edit --help tells what can be changed',
    );
  }
  try {
    return editTorrent(torrent, edits);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message, { cause: error }) : error;
  }
}

/** Behind a link, what it points to is replaced. A torrent that already says all that is not touched. */
async function replaceInPlace(torrent: string, before: Uint8Array, after: Uint8Array): Promise<void> {
  if (Buffer.compare(before, after) === 0) return;
  const file = await realpath(torrent);
  const { mode } = await stat(file);
  await writeFileWhole(file, after, { overwrite: true, mode: mode & MODE_BITS });
}

function toObject(target: string, { name, infoHash, tiers, webSeeds, comment }: Metainfo): object {
  return {
    schema: JSON_SCHEMA,
    path: path.resolve(target),
    name,
    infoHash: formatInfoHash(infoHash),
    trackers: tiers,
    webSeeds,
    comment,
  };
}
