import { describe, expect, it } from 'vitest';
import { cacheFolder, stateFolder } from './user-folders.ts';

describe.skipIf(process.platform === 'win32')('folders of the user', () => {
  it.each([
    [{ HOME: '/home/me' }, '/home/me/.cache/millrace', '/home/me/.local/state/millrace'],
    [{ HOME: '/h', XDG_CACHE_HOME: '/x', XDG_STATE_HOME: '/y' }, '/x/millrace', '/y/millrace'],
    [
      { HOME: '/h', XDG_CACHE_HOME: 'x', XDG_STATE_HOME: '' },
      '/h/.cache/millrace',
      '/h/.local/state/millrace',
    ],
    [{ HOME: 'relative' }, undefined, undefined],
    [{}, undefined, undefined],
  ])('of %o: what can be got again in %j, what is remembered in %j', (environment, cache, state) => {
    expect(cacheFolder(environment)).toBe(cache);
    expect(stateFolder(environment)).toBe(state);
  });
});
