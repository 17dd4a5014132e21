import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readConfig } from '../../src/config/config.ts';
import { datasetFromCsv } from '../../src/ingest/csv.ts';
import { DATA, mnist17 } from '../data.ts';
import { digits, publish, type Target, targetTable } from './page.ts';
import { median } from './timing.ts';

const ROUNDS = 7;
/** German credit, one below the other. */
const COPIES = 200;

/** Reading CSV into typed columns, in turns, against pandas' C reader, in one run: the two take turns. */
export async function measureCsv(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'surety-bench-'));
  try {
    const images = join(folder, 'images.csv');
    const mixed = join(folder, 'mixed.csv');
    writeFileSync(images, imagesCsv());
    writeFileSync(mixed, mixedCsv());
    publish(
      'csv',
      targetTable([
        ...(await measure('MNIST 1 against 7, 13,007 x 784 numbers', images, 'digit', 60)),
        ...(await measure(`German credit x ${COPIES}, mixed columns`, mixed, 'credit_risk', 40)),
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(what: string, file: string, target: string, least: number): Promise<Target[]> {
  const { maxRows: rows, maxFeatures: features, maxCells: cells } = readConfig({});
  const read = () => datasetFromCsv(createReadStream(file), { target }, { rows, features, cells });
  const megabytes = statSync(file).size / 1e6;
  const own: number[] = [];
  const peer: number[] = [];
  const turns: number[] = [];
  await read(); // warm
  for (let round = 0; round < ROUNDS; round++) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const began = performance.now();
    await read();
    own.push((performance.now() - began) / 1000);
    turns.push(delay.max / 1e6);
    delay.disable();
    peer.push(Number(execFileSync('/usr/bin/python3', [join(import.meta.dirname, 'read-csv.py'), file])));
  }
  const [speed, pandas] = [megabytes / median(own), megabytes / median(peer)];
  return [
    {
      what: `CSV into columns: ${what}, ${digits(megabytes)} MB`,
      measured: `${digits(speed)} MB/s`,
      against: 'MB/s',
      ratio: speed,
      bound: { atLeast: least },
    },
    {
      what: 'the same',
      measured: `${digits(speed)} MB/s`,
      against: `pandas' C reader, ${digits(pandas)} MB/s`,
      ratio: speed / pandas,
      bound: { atLeast: 0.5 },
    },
    {
      what: 'the longest that the event loop was held meanwhile',
      measured: `${digits(median(turns))} ms`,
      against: 'ms',
      ratio: median(turns),
      bound: { atMost: 50 },
    },
  ];
}

function imagesCsv(): string {
  const { training, trainingLabels, width } = mnist17();
  const header = [...Array.from({ length: width }, (_, k) => `p${k}`), 'digit'].join(',');
  const rows = Array.from(
    trainingLabels,
    (label, row) => `${training.subarray(row * width, (row + 1) * width).join(',')},${label === 0 ? 1 : 7}`,
  );
  return `${[header, ...rows].join('\n')}\n`;
}

function mixedCsv(): string {
  const [header, ...rows] = readFileSync(join(DATA, 'german-credit.csv'), 'utf8').trim().split('\n');
  return `${[header, ...Array(COPIES).fill(rows.join('\n'))].join('\n')}\n`;
}
