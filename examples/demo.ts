// Starts the service on its defaults, but without access control (on loopback only), registers synthetic loan
// applications, prints certified decisions, keeps serving.
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { buildApp } from '../src/app.ts';
import { readConfig } from '../src/config/config.ts';
import { openStore } from '../src/store/open-store.ts';
import { readSeal } from '../src/store/seal.ts';
import { lockFolder } from '../src/store/sqlite/lock-folder.ts';
import { type LabelledLoan, syntheticLoans } from './loans.ts';

const MODEL = 'loan-applications';
const TRAINING_ROWS = 800;
const DECISIONS = 12;
const REQUIRED_FLIPS = 10;

interface Registered {
  readonly version: number;
  readonly rows: number;
  readonly features: number;
}

interface Decision {
  readonly prediction: string;
  readonly outcome: string;
  readonly margin: number;
  readonly certificate: { readonly flips: number; readonly breaksWith: number | null };
}

// The demo serves itself, on a loopback address.
const config = orGiveUp('Wrong settings in the environment', () =>
  readConfig({ ...process.env, SURETY_AUTH: 'off' }),
);
const logger = pino({ level: 'error' });
const store = orGiveUp(`SURETY_DATA_DIR: cannot use ${config.dataDir}`, () => {
  if (config.databaseUrl === null) lockFolder(config.dataDir);
  return openStore(config, logger, readSeal(config, logger));
});
const app = await buildApp(config, store, logger);
closeWithGrace({ delay: config.shutdownGraceMs, logger: false }, () => app.close());
const address = await app
  .listen({ host: config.host, port: config.port })
  .catch((error: NodeJS.ErrnoException) => giveUp(error, config.port));
await store.migrate();
await app.models.load();

const loans = syntheticLoans(TRAINING_ROWS + DECISIONS, 1);
const training = loans.slice(0, TRAINING_ROWS);
const applications = loans.slice(TRAINING_ROWS);

const classes = ['defaulted', 'repaid'];
const model = await post<Registered>('/models', {
  name: MODEL,
  target: 'outcome',
  classes,
  records: training,
});
const { results } = await post<{ results: Decision[] }>('/certify', {
  model: MODEL,
  version: model.version,
  instances: applications,
  require: { flips: REQUIRED_FLIPS },
});

print(
  `Registered '${MODEL}' version ${model.version}: ${model.rows} synthetic loans, ${model.features} features.`,
);
print(
  `Each decision below stands however anyone changes at most so many of the ${model.rows} training labels.`,
);
print(
  `Those that ${REQUIRED_FLIPS} changes could not turn are accepted, the others are referred to a human.\n`,
);
print(table(applications, results));
print(`\nServing at ${address}. Explore it in Swagger UI: ${address}/docs (Ctrl-C stops it)`);

async function post<Answer>(path: string, body: object): Promise<Answer> {
  const response = await fetch(`${address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

function table(rows: readonly LabelledLoan[], decisions: readonly Decision[]): string {
  const header = [
    'income',
    'amount',
    'months',
    'employment',
    'late',
    'decision',
    'certified',
    'broken by',
    'outcome',
  ];
  const lines = rows.map((loan, i) => {
    const { prediction, outcome, certificate } = decisions[i]!;
    return [
      loan.income ?? 'unknown',
      loan.amount,
      loan.months,
      loan.employment,
      loan.late_payments,
      prediction === 'repaid' ? 'will repay' : 'will default',
      `${certificate.flips} flips`,
      certificate.breaksWith ?? 'none',
      outcome,
    ].map(String);
  });
  const widths = header.map((title, c) => Math.max(title.length, ...lines.map((line) => line[c]!.length)));
  return [header, widths.map((width) => '-'.repeat(width)), ...lines]
    .map((line) => line.map((text, c) => text.padEnd(widths[c]!)).join('  '))
    .join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function orGiveUp<Result>(failure: string, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    process.stderr.write(`${failure}:\n${(error as Error).message}\n`);
    process.exit(1);
  }
}

function giveUp(error: NodeJS.ErrnoException, port: number): never {
  const hint =
    error.code === 'EADDRINUSE' ? `port ${port} is in use; choose another, such as PORT=3001` : error.message;
  process.stderr.write(`Could not listen: ${hint}\n`);
  process.exit(1);
}
