import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DATA } from '../../bench/data.ts';
import { startService } from '../support/process/service.ts';

const FILE = join(DATA, '../field-cases/imbalanced.csv');
const isThere = existsSync(FILE);

describe.skipIf(!isThere)(
  `imbalanced.csv${isThere ? '' : ' (skipped: no field cases beside the data sets)'}`,
  () => {
    it('is evaluated by balanced accuracy, and said to be below the most frequent class', async () => {
      const [header, ...lines] = readFileSync(FILE, 'utf8').trim().split('\n');
      const training = lines.filter((_, row) => row % 2 === 0);
      const tested = lines.filter((_, row) => row % 2 === 1).map((line) => line.split(','));
      const service = await startService();
      await service
        .post('/models')
        .field('model', JSON.stringify({ name: 'm', target: 'outcome' }))
        .attach('data', Buffer.from([header, ...training].join('\n')), { filename: 'imbalanced.csv' })
        .expect(201);
      const instances = tested.map(([income, age]) => ({ income: Number(income), age: Number(age) }));
      const labels = tested.map(([, , outcome]) => outcome!);
      const { body } = await service.post('/evaluate').send({ model: 'm', instances, labels }).expect(200);
      const [evaluation] = body.evaluations;
      const recalls = evaluation.perClass.map(({ recall }: { recall: number }) => recall);
      expect(evaluation.balancedAccuracy).toBeCloseTo((recalls[0] + recalls[1]) / 2, 12);
      expect(evaluation.cleanAccuracy).toBeLessThan(body.majorityAccuracy);
      const codes = evaluation.warnings.map(({ code }: { code: string }) => code);
      expect(codes).toContain('not_above_most_frequent');
      expect(codes.includes('class_of_few_rows')).toBe(
        evaluation.perClass.some((own: { rows: number }) => own.rows < 30),
      );
    });
  },
);
