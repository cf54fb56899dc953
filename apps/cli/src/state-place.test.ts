import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { statePlace } from './state-place.ts';

describe.skipIf(process.platform === 'win32')('statePlace()', () => {
  it.each([
    [undefined, { XDG_STATE_HOME: '/x/state', HOME: '/home/me' }, { folder: '/x/state/millrace/torrents' }],
    [undefined, { HOME: '/home/me' }, { folder: '/home/me/.local/state/millrace/torrents' }],
    [undefined, { XDG_STATE_HOME: 'relative', HOME: '/h' }, { folder: '/h/.local/state/millrace/torrents' }],
    [undefined, { HOME: '' }, false],
    [undefined, {}, false],
    ['none', { HOME: '/home/me' }, false],
    ['beside', { HOME: '/home/me' }, 'beside'],
    ['here', {}, { folder: path.resolve('here') }],
  ])('of --state %s in %j is %j', (flag, environment, place) => {
    expect(statePlace(flag, environment)).toEqual(place);
  });
});
