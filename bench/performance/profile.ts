import { createHash } from 'node:crypto';
import { exactCertificate } from '../../src/certify/exact.ts';
import { predict } from '../../src/certify/predict.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import type { Model } from '../../src/model/model.ts';
import { certifyTogether } from '../../src/verdict/certify-together.ts';
import { readScores } from '../../src/verdict/score-instance.ts';
import { germanCredit, mnist17 } from '../data.ts';
import { imagesDataset, imagesTestSet, tableDataset, temporaryRegistry } from '../service.ts';
import { digits, publish } from './page.ts';
import { medians } from './timing.ts';

const BLOCKS = [1, 2, 4, 8, 16, 32, 64];
const HASHED = 2 ** 28;

/** What a query's time is made of, in this thread alone: by the queries of a pass, and by the steps of a certificate. */
export async function measureProfile(): Promise<void> {
  const { register, close } = await temporaryRegistry();
  const images = mnist17();
  const model = await register('m', imagesDataset(images, ['1', '7']), { lambda: { relative: 10_000 } });
  const { instances } = imagesTestSet(images, ['1', '7']);
  const rows: string[][] = [];
  for (const count of BLOCKS) {
    for (let at = 0; at < count; at++) model.map.encode(instances[at], model.workspace.query(at));
    const ways = { pass: () => model.workspace.pass.run(model.workspace.queries, count) };
    await medians(ways, 10);
    const { pass } = await medians(ways, 40);
    rows.push([String(count), digits(pass), digits(pass / count)]);
  }
  publish('pass', { columns: ['queries of a pass, 13,007 x 784, one core', 'ms', 'ms a query'], rows });
  const { training } = germanCredit();
  const small = await register('g', await tableDataset(germanCredit()), {});
  const steps = [await stepsOf(model, instances[0]), await stepsOf(small, training[0])];
  const bytes = new Uint8Array(HASHED);
  const { hash } = await medians({ hash: () => createHash('sha256').update(bytes).digest() }, 3);
  await close();
  publish('steps', {
    columns: [
      'one exact query on one core, us',
      '13,007 x 784',
      `German credit, ${small.labels.length} x ${small.map.width}`,
    ],
    rows: Object.keys(steps[0]!).map((step) => [step, ...steps.map((one) => digits(one[step]! * 1000))]),
  });
  publish('hash', { columns: ['SHA-256, GB/s'], rows: [[digits(HASHED / hash / 1e6)]] });
}

async function stepsOf(model: Model, given: unknown): Promise<Record<string, number>> {
  const { target } = model.manifest;
  const instance = target === undefined ? given : { ...(given as object), [target]: undefined };
  if (target !== undefined) delete (instance as Record<string, unknown>)[target];
  const { workspace, map, rule } = model;
  const query = readScores(model, 0);
  const certificate = () => {
    const prediction = predict(query.alpha, query.labels, query.scores, rule);
    return exactCertificate(query, prediction, rule, ANY_LABEL, workspace.buckets);
  };
  const job = { instances: [instance], options: { method: 'exact' }, cancelled: new Int32Array(1) } as const;
  const ways = {
    encode: () => map.encode(instance, workspace.query(0)),
    'solve and products': () => workspace.pass.run(workspace.queries, 1),
    'copy and class sums': () => readScores(model, 0),
    'prediction and certificate': certificate,
    'all together': () => certifyTogether(model, [job]),
  };
  await medians(ways, 10, 100);
  return medians(ways, 10, 50);
}
