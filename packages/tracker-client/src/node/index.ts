export { announce } from './announce.ts';
export type { AnnounceOptions } from './options.ts';
