import { DamagedModelError } from './model-store.ts';

/**
 * The same part of a store; `report` is told the name of each operation that fails. A version that was found damaged is not
 * a failure of the store.
 */
export function reportFailures<Part extends object>(part: Part, report: (operation: string) => void): Part {
  return new Proxy(part, {
    get(target, name) {
      const operation: unknown = Reflect.get(target, name);
      if (typeof operation !== 'function') return operation;
      return (...given: unknown[]) => {
        const result: unknown = operation.apply(target, given);
        if (result instanceof Promise) {
          result.catch((error: unknown) => {
            if (!(error instanceof DamagedModelError)) report(String(name));
          });
        }
        return result;
      };
    },
  });
}
