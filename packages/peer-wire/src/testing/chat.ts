import type { Extension, ExtensionChannel } from '../extension/extension.ts';

export class Chat implements Extension {
  readonly name: string = 'mr_chat';
  say: (line: string) => boolean = () => false;
  onLine: (line: string) => void = console.log;
  attach(channel: ExtensionChannel): void {
    this.say = (line) => channel.send(new TextEncoder().encode(line));
  }
  onMessage(payload: Uint8Array): boolean {
    this.onLine(new TextDecoder().decode(payload));
    return false;
  }
}
