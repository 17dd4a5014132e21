import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { Checksum } from '../../src/store/checksum.ts';
import { ChecksumThread } from '../../src/store/checksum-thread.ts';

const chunk = (k: number, length: number) => new Uint8Array(length).fill(k);

describe('ChecksumThread', () => {
  it('has the checksum of all chunks in their order, whether they own their memory or not', async () => {
    const [thread, direct] = [new ChecksumThread(), new Checksum()];
    for (let k = 0; k < 300; k++) {
      const pooled = Buffer.from(chunk(k, 100)).subarray(10, 60);
      for (const one of [chunk(k, 1000 + k), pooled]) {
        direct.update(one);
        await thread.update(one);
      }
      expect(pooled).toHaveLength(50); // not taken away: its memory may hold other things
    }
    expect(await thread.digest()).toBe(direct.digest());
    await thread.close();
  });

  it('throws, and does not wait for ever, once its thread has ended', async () => {
    const thread = new ChecksumThread();
    await thread.close();
    const fill = async () => {
      for (let k = 0; k < 1000; k++) await thread.update(chunk(k, 10));
    };
    await expect(fill()).rejects.toThrow('ended');
    await expect(thread.digest()).rejects.toThrow('ended');
  });
});
