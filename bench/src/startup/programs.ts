import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isInPath } from '@millrace/interop/requirements';

/** One thing to start, and what it is asked for. */
export interface Program {
  readonly task: 'version' | 'info';
  readonly name: string;
  readonly isAvailable: boolean;
  readonly command: readonly string[];
}

const MILLRACE = join(import.meta.dirname, '../../../apps/cli/dist/bin.js');

/** Ours first at each task, then the rivals, then Node with nothing to do: a floor, not a rival. */
export function programsFor(torrent: string): readonly Program[] {
  const millrace = (...args: readonly string[]) => [process.execPath, MILLRACE, ...args];
  const hasMillrace = existsSync(MILLRACE);
  const hasAria2 = isInPath('aria2c');
  const hasTransmission = isInPath('transmission-show');
  const bareNode = { name: 'bare Node', isAvailable: true, command: [process.execPath, '--eval', ''] };
  return [
    { task: 'version', name: 'millrace', isAvailable: hasMillrace, command: millrace('--version') },
    { task: 'version', name: 'aria2c', isAvailable: hasAria2, command: ['aria2c', '--version'] },
    {
      task: 'version',
      name: 'transmission-show',
      isAvailable: hasTransmission,
      command: ['transmission-show', '--version'],
    },
    { task: 'version', ...bareNode },
    { task: 'info', name: 'millrace', isAvailable: hasMillrace, command: millrace('info', torrent) },
    {
      task: 'info',
      name: 'aria2c',
      isAvailable: hasAria2,
      command: ['aria2c', '--no-conf=true', '-S', torrent],
    },
    {
      task: 'info',
      name: 'transmission-show',
      isAvailable: hasTransmission,
      command: ['transmission-show', torrent],
    },
    { task: 'info', ...bareNode },
  ];
}
