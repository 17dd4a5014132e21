import { PassThrough, type Readable } from 'node:stream';

/** Progress is told so often, in milliseconds, where there is any. */
const PROGRESS_MS = 250;
/** After so many milliseconds of silence a comment says that the task goes on. */
const HEARTBEAT_MS = 15_000;

/** A long task; it reports progress as often as it likes. */
export type Task = (report: (progress: object) => void) => Promise<object>;

/**
 * A task as server-sent events: `progress` with its first report at once and then at most four a second, and at the end
 * `result` with what it resolves to, or `error` with what `problemOf` makes of its failure. Every event's data is JSON.
 * When the reader goes, the stream ends; to end the task too is the caller's.
 */
export function eventStream(task: Task, problemOf: (error: unknown) => object): Readable {
  const stream = new PassThrough();
  const heartbeat = setInterval(() => stream.write(':\n\n'), HEARTBEAT_MS);
  const send = (event: string, data: object) => {
    stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    heartbeat.refresh();
  };
  let untold: object | undefined;
  let told = false;
  const tell = () => {
    if (untold !== undefined) send('progress', untold);
    untold = undefined;
  };
  const progress = setInterval(tell, PROGRESS_MS);
  stream.once('close', () => {
    clearInterval(heartbeat);
    clearInterval(progress);
  });
  const report = (one: object) => {
    untold = one;
    if (!told) tell();
    told = true;
  };
  task(report)
    .then(
      (result) => {
        tell();
        send('result', result);
      },
      (error: unknown) => {
        if (!stream.destroyed) send('error', problemOf(error)); // else nobody is there, which may be why
      },
    )
    .finally(() => stream.end());
  return stream;
}
