import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readFooter } from '../../src/ingest/parquet/footer.ts';
import { readPages } from '../../src/ingest/parquet/pages.ts';
import { dataPage, dictionaryPage, fileOfPages } from '../support/models/parquet-files.ts';

const TEXT = { name: 'y', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const;

describe('reading pages', () => {
  it('says what a page unpacks to before it is unpacked, and at least 1 KiB', () => {
    const dictionary = dictionaryPage(2, zstdCompressSync(new Uint8Array(2 ** 25)), 2 ** 25);
    const empty = dataPage(0, zstdCompressSync(new Uint8Array(0)), {}, 0);
    const file = fileOfPages(TEXT, 2, [dictionary, empty], 'ZSTD');
    const { columns, rowGroups } = readFooter(file);
    const spent: number[] = [];
    const spend = (bytes: number) => {
      spent.push(bytes);
      if (spent.length === 2) throw new Error('enough');
    };
    const chunk = rowGroups[0]!.chunkOf(columns[0]!);
    expect(() => [...readPages(file, columns[0]!, chunk, 2, spend)]).toThrow('enough');
    expect(spent).toEqual([2 ** 25, 1024]);
  });
});
