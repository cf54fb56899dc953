import { describe, expect, it } from 'vitest';
import { SharedService } from './shared-service.ts';

function stage(open: () => Promise<string> = async () => 'open') {
  const log: string[] = [];
  const service = new SharedService(
    async () => {
      log.push('opening');
      return open();
    },
    async () => void log.push('closed'),
  );
  return { service, log };
}

describe('SharedService', () => {
  it('opens for the first, closes after the last, and opens again', async () => {
    const { service, log } = stage();
    expect(await Promise.all([service.acquire(), service.acquire()])).toEqual(['open', 'open']);
    await service.release();
    expect(log).toEqual(['opening']);
    await service.release();
    await service.acquire();
    expect(log).toEqual(['opening', 'closed', 'opening']);
    await service.close();
    await service.close();
    expect(log).toEqual(['opening', 'closed', 'opening', 'closed']);
  });

  it('tells everyone why it cannot be opened, and tries again for the next', async () => {
    let isBroken = true;
    const { service, log } = stage(async () => {
      if (isBroken) throw new Error('broken');
      return 'open';
    });
    const [first, second] = [service.acquire(), service.acquire()];
    await expect(first).rejects.toThrow('broken');
    await expect(second).rejects.toThrow('broken');
    await service.release();
    await service.release();
    isBroken = false;
    expect(await service.acquire()).toBe('open');
    await service.release();
    expect(log).toEqual(['opening', 'opening', 'closed']);
  });
});
