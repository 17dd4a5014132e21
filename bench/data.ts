import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The folder with the real data sets: SURETY_DATA, by default ../shared/data beside the project. */
export const DATA = process.env.SURETY_DATA ?? join(import.meta.dirname, '../../shared/data');

/** Whether the data sets are there, and what to say where they are not. */
export const hasData = existsSync(join(DATA, 'german-credit.csv'));
export const NO_DATA = `no data sets in ${process.env.SURETY_DATA ?? '../shared/data'}; set SURETY_DATA`;

/** A two-class image problem: rows of pixels / 255 in single precision, labels 0 and 1. */
export interface Images {
  readonly width: number;
  readonly training: Float32Array;
  readonly trainingLabels: Int32Array;
  readonly test: Float32Array;
  readonly testLabels: Int32Array;
}

/** MNIST digits 1 (class 0) against 7 (class 1): 13,007 training rows, 2,163 test rows, 784 pixels. */
export function mnist17(): Images {
  const training = digits('train');
  const test = digits('t10k');
  return {
    width: training.width,
    training: training.features,
    trainingLabels: training.labels,
    test: test.features,
    testLabels: test.labels,
  };
}

function digits(stem: string) {
  const images = idx(`${stem}-images-idx3-ubyte.gz`, 16);
  const labels = idx(`${stem}-labels-idx1-ubyte.gz`, 8);
  const width = 28 * 28;
  const kept = [...labels.keys()].filter((row) => labels[row] === 1 || labels[row] === 7);
  const features = new Float32Array(kept.length * width);
  for (const [to, from] of kept.entries()) {
    for (let k = 0; k < width; k++) features[to * width + k] = images[from * width + k]! / 255;
  }
  return { width, features, labels: Int32Array.from(kept, (row) => Number(labels[row] === 7)) };
}

/** The bytes of an IDX file behind its header. */
function idx(file: string, header: number): Uint8Array {
  return gunzipSync(readFileSync(join(DATA, 'mnist', file))).subarray(header);
}
