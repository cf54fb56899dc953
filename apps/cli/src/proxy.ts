import type { SwarmOptions } from '@millrace/downloader/node';
import type { Context } from './context.ts';

/** A proxy for all trackers, or one for each. */
export type ProxyOption = NonNullable<SwarmOptions['proxy']>;

const VARIABLE = /^(?:https?|all)_proxy$/iu;

/** Finds the proxy that trackers are asked through: the one given, else what the environment says, as curl reads it. */
export async function proxyFor(
  given: string | undefined,
  { terminal: { environment }, layers }: Context,
): Promise<{ readonly proxy?: ProxyOption }> {
  if (given !== undefined) return { proxy: given };
  if (!Object.keys(environment).some((name) => VARIABLE.test(name))) return {};
  const { proxyFromEnvironment } = await layers.trackerClient();
  return { proxy: (tracker) => proxyFromEnvironment(tracker, environment) };
}

/** Answers with the option of one tracker. */
export function proxyOf(proxy: ProxyOption | undefined, tracker: string): { readonly proxy?: string } {
  const found = typeof proxy === 'function' ? proxy(tracker) : proxy;
  return found === undefined ? {} : { proxy: found };
}
