// Loaded into the service before it starts (node --import). On SIGWINCH it collects the garbage and says on standard
// error what is left; when it ends it says whether what every object has was changed.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

const shared = () =>
  [Object, Array, Function, String, Number, Promise].map(({ prototype }) =>
    Reflect.ownKeys(prototype).map(String),
  );
const before = JSON.stringify(shared());

process.on('exit', () => {
  if (JSON.stringify(shared()) !== before) process.stderr.write('a prototype was changed\n');
});

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on('SIGWINCH', () => {
    collect();
    process.stderr.write(`${JSON.stringify(process.memoryUsage())}\n`);
  });
}
