import { collectDefaultMetrics, Registry } from 'prom-client';

/** Of Node's innards, and named like counters, which they are not. */
const LEFT_OUT = ['handles', 'requests', 'resources'].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
]);

let registry: Registry | undefined;

/**
 * prom-client's metrics of the process and of Node, from the first call on. One registry for all applications of the
 * process: what observes the event loop and the collector of garbage is never taken down again.
 */
export function processMetrics(): Registry {
  if (registry === undefined) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
    for (const name of LEFT_OUT) registry.removeSingleMetric(name);
  }
  return registry;
}
