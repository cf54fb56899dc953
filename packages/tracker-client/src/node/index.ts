export { announce } from './announce.ts';
export type { AnnounceOptions, ScrapeOptions } from './options.ts';
export { proxyFromEnvironment } from './proxy-from-environment.ts';
export { scrape } from './scrape.ts';
