import type { Weights } from '../certify/weights.ts';
import { SuretyError } from '../errors.ts';
import type { Variation } from '../fit/vary-model.ts';
import { requireEnsemble } from '../model/ensemble.ts';
import type { Model } from '../model/model.ts';
import { checkNoise, checkWeights } from '../model/settings.ts';
import { isNoisy, type Method } from '../verdict/methods.ts';

/** One way of certifying a test set: a method on the model as registered, or varied. */
export interface Evaluation extends Variation {
  readonly name: string;
  readonly method: Method;
  /** Label noise, for the methods that draw it. */
  readonly q: number;
}

/** What a request says of an evaluation. */
export interface RequestedEvaluation extends Variation {
  readonly name?: string | undefined;
  readonly method?: Method | undefined;
  readonly noise?: { readonly q: number } | undefined;
}

/**
 * The evaluations that a request asks for, each with a name of its own: the entries of `compare`, or the request's
 * own method alone. Entries inherit the method and noise of the request. Throws a SuretyError when noise, weights or
 * method do not fit the model.
 */
export function requestedEvaluations(
  model: Model,
  shared: { readonly method: Method; readonly noise?: { readonly q: number } | undefined },
  compare: readonly RequestedEvaluation[] = [{}],
): Evaluation[] {
  const complete = compare.map(({ name, method, noise, lambda, weights }) => {
    const q = (noise ?? shared.noise ?? model.settings.noise).q;
    checkNoise(q, model.classes.length);
    if (weights !== undefined) checkWeights(weights, model.labels.length);
    const own = method ?? shared.method;
    if (own === 'partition') checkPartition(model, lambda);
    return { name, method: own, q, lambda, weights };
  });
  const taken = new Set(complete.flatMap(({ name }) => name ?? []));
  return complete.map((one) => {
    const name = one.name ?? unique(describe(one), taken);
    taken.add(name);
    return { ...one, name };
  });
}

function checkPartition(model: Model, lambda: Variation['lambda']): void {
  requireEnsemble(model);
  if (lambda !== undefined) {
    throw new SuretyError(
      'invalid_settings',
      'compare: the lambda of an ensemble cannot be varied; register the model with this lambda',
    );
  }
}

/** The method and what is varied: 'exact, lambda 100 (relative), sign weights'. */
function describe({ method, q, lambda, weights }: Omit<Evaluation, 'name'>): string {
  const parts: string[] = [method];
  if (isNoisy(method)) parts.push(`q = ${q}`);
  if (lambda !== undefined) {
    parts.push(
      'relative' in lambda ? `lambda ${lambda.relative} (relative)` : `lambda ${lambda.absolute} (absolute)`,
    );
  }
  if (weights !== undefined) parts.push(describeWeights(weights));
  return parts.join(', ');
}

function describeWeights(weights: Weights): string {
  if (typeof weights === 'string') return `${weights} weights`;
  if ('clip' in weights) return `weights clipped at ${weights.clip}`;
  return `top ${weights.top} weights, the rest ${weights.rest}`;
}

function unique(name: string, taken: ReadonlySet<string>): string {
  let candidate = name;
  for (let count = 2; taken.has(candidate); count++) candidate = `${name} (${count})`;
  return candidate;
}
