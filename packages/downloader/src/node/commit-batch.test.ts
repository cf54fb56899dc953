import { describe, expect, it } from 'vitest';
import { CommitBatch, type CommitAll } from './commit-batch.ts';
import type { CommitJob } from './piece-jobs.ts';
import type { JobResult } from './piece-thread.ts';

const KIB = 1024;
const RIGHT = { isRight: true };

function job(index: number, length = 256 * KIB): CommitJob {
  return { type: 'commit', index, hash: new Uint8Array(20), bytes: new Uint8Array(length) };
}

async function commit(batch: CommitBatch, committed: CommitJob): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    batch.commit(committed, { resolve, reject });
  });
}

/** A batch, and the pieces that were committed together each time. */
function batchOf(outcome: (job: CommitJob) => boolean | Error): {
  batch: CommitBatch;
  rounds: readonly (readonly number[])[];
} {
  const rounds: number[][] = [];
  const commitAll: CommitAll = (jobs) => {
    rounds.push(jobs.map(({ index }) => index));
    return jobs.map(outcome);
  };
  return { batch: new CommitBatch(commitAll), rounds };
}

describe('CommitBatch', () => {
  it('commits together what becomes complete in one turn, and answers each', async () => {
    const { batch, rounds } = batchOf(({ index }) => index !== 1);
    const first = Promise.all([commit(batch, job(0)), commit(batch, job(1)), commit(batch, job(2))]);
    expect(rounds).toEqual([]);
    expect(await first).toEqual([RIGHT, { isRight: false }, RIGHT]);
    expect(await commit(batch, job(3))).toEqual(RIGHT);
    expect(rounds).toEqual([[0, 1, 2], [3]]);
  });

  it('waits for no more once a mebibyte has come together, nor after a piece that long', async () => {
    const { batch, rounds } = batchOf(() => true);
    const all = Promise.all([0, 1, 2, 3, 4].map(async (index) => commit(batch, job(index))));
    expect(rounds).toEqual([[0, 1, 2, 3]]);
    const long = commit(batch, job(5, 4 * 1024 * KIB));
    expect(rounds).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
    expect([await all, await long]).toEqual([[RIGHT, RIGHT, RIGHT, RIGHT, RIGHT], RIGHT]);
  });

  it('fails only what could not be written', async () => {
    const full = new Error('full');
    const { batch } = batchOf(({ index }) => (index === 0 ? full : true));
    const outcomes = await Promise.allSettled([commit(batch, job(0)), commit(batch, job(1))]);
    expect(outcomes).toEqual([
      { status: 'rejected', reason: full },
      { status: 'fulfilled', value: RIGHT },
    ]);
  });

  it('fails all of a batch with what fails it as a whole', async () => {
    const fault = new RangeError('no such file');
    const batch = new CommitBatch(() => {
      throw fault;
    });
    const outcomes = await Promise.allSettled([commit(batch, job(0)), commit(batch, job(1))]);
    expect(outcomes).toEqual([
      { status: 'rejected', reason: fault },
      { status: 'rejected', reason: fault },
    ]);
  });

  it('commits what waits when it is told to, and then nothing twice', async () => {
    const { batch, rounds } = batchOf(() => true);
    const committed = commit(batch, job(0));
    batch.flush();
    batch.flush();
    expect(rounds).toEqual([[0]]);
    expect(await committed).toEqual(RIGHT);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(rounds).toEqual([[0]]);
  });
});
