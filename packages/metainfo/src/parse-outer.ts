import type { BencodeNode } from '@millrace/bencode';
import { bytesOf, type Fields, integerOf, wrongType } from './fields.ts';
import type { IssueList } from './issue.ts';
import type { DhtNode, Metainfo } from './metainfo.ts';
import { toText } from './text.ts';

/** What a torrent says outside its `info` dictionary: nothing of it can make the torrent unreadable. */
export type OuterFields = Pick<
  Metainfo,
  'tiers' | 'comment' | 'createdBy' | 'createdAt' | 'webSeeds' | 'httpSeeds' | 'nodes'
>;

/** Most milliseconds from 1970 that a `Date` can hold. */
const MAX_DATE_MS = 8.64e15;

export const NO_OUTER_FIELDS: OuterFields = { tiers: [], webSeeds: [], httpSeeds: [], nodes: [] };

export function readOuterFields(fields: Fields, issues: IssueList): OuterFields {
  const comment = fields.optionalText('comment.utf-8') ?? fields.optionalText('comment');
  const createdBy = fields.optionalText('created by');
  const createdAt = readDate(fields, issues);
  return {
    tiers: readTiers(fields, issues),
    webSeeds: readUrls(fields, 'url-list', issues),
    httpSeeds: readUrls(fields, 'httpseeds', issues),
    nodes: readNodes(fields, issues),
    ...(comment === undefined ? {} : { comment }),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

/** BEP 12: `announce` counts only if there is no `announce-list`; one without a URL in it is as good as none. */
function readTiers(fields: Fields, issues: IssueList): readonly (readonly string[])[] {
  const tiers: string[][] = [];
  let index = 0;
  for (const tier of fields.optional('announce-list', 'list')?.items() ?? []) {
    const field = `${fields.field('announce-list')}[${index}]`;
    // A list of strings where a list of lists should be: each is taken for a tier.
    const urls =
      tier.kind === 'list' ? readUrlList(tier, field, issues) : readUrl(tier, field, issues, 'a list');
    if (tier.kind === 'bytes') issues.add(wrongType(tier, 'a list', field));
    if (urls.length > 0) tiers.push(urls);
    index += 1;
  }
  if (tiers.length > 0) return tiers;
  const announce = fields.optional('announce', 'bytes');
  const urls = announce === undefined ? [] : readUrl(announce, fields.field('announce'), issues);
  return urls.length > 0 ? [urls] : [];
}

function readUrls(fields: Fields, key: string, issues: IssueList): readonly string[] {
  const node = fields.find(key);
  if (node === undefined) return [];
  return node.kind === 'list'
    ? readUrlList(node, fields.field(key), issues)
    : readUrl(node, fields.field(key), issues, 'a list or a byte string');
}

function readUrlList(list: BencodeNode, field: string, issues: IssueList): string[] {
  const urls: string[] = [];
  let index = 0;
  for (const node of list.items()) {
    urls.push(...readUrl(node, `${field}[${index}]`, issues));
    index += 1;
  }
  return urls;
}

/** Returns one URL, or none if `node` is blank or no byte string. */
function readUrl(node: BencodeNode, field: string, issues: IssueList, expected = 'a byte string'): string[] {
  if (node.kind !== 'bytes') {
    issues.add(wrongType(node, expected, field));
    return [];
  }
  const url = toText(bytesOf(node)).trim();
  return url === '' ? [] : [url];
}

function readDate(fields: Fields, issues: IssueList): Date | undefined {
  const seconds = fields.optionalInteger('creation date');
  if (seconds === undefined) return undefined;
  const milliseconds = Number(seconds) * 1000;
  if (milliseconds >= 0 && milliseconds <= MAX_DATE_MS) return new Date(milliseconds);
  const field = fields.field('creation date');
  issues.add({ code: 'INVALID_VALUE', field, value: String(seconds), expected: 'seconds since 1970' });
  return undefined;
}

function readNodes(fields: Fields, issues: IssueList): readonly DhtNode[] {
  const nodes: DhtNode[] = [];
  let index = 0;
  for (const pair of fields.optional('nodes', 'list')?.items() ?? []) {
    const node = readNode(pair);
    if (node === undefined) {
      issues.add(wrongType(pair, 'a list of a host and a port', `${fields.field('nodes')}[${index}]`));
    } else {
      nodes.push(node);
    }
    index += 1;
  }
  return nodes;
}

function readNode(pair: BencodeNode): DhtNode | undefined {
  if (pair.kind !== 'list') return undefined;
  const [host, port] = pair.items();
  if (host?.kind !== 'bytes' || port?.kind !== 'int') return undefined;
  const node = { host: toText(bytesOf(host)), port: Number(integerOf(port)) };
  return node.host !== '' && node.port >= 1 && node.port <= 65_535 ? node : undefined;
}
