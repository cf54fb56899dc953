export { announce } from './announce.ts';
export type { AnnounceOptions, ScrapeOptions } from './options.ts';
export { scrape } from './scrape.ts';
