/** What one caller has waiting for one model. */
export interface Turn<Request> {
  /** The caller's requests for the model, the first is next. Whoever takes of them leaves what waits on. */
  readonly requests: Request[];
  /** Books work on the caller's account. */
  readonly charge: (work: number) => void;
}

interface Line<Request> {
  /** Work that the caller was given, from where the clock stood when it came. */
  served: number;
  readonly models: Map<number, Request[]>;
}

/**
 * Requests that wait, a line for each caller: start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996). The next is of
 * the caller that has been given least work, counted from when it came; so a caller gets its share of the workers however
 * much the others ask for, and nobody saves up by not asking. Within a line, models take turns.
 */
export class FairLines<
  Request extends { readonly caller: string; readonly model: { readonly source: { readonly id: number } } },
> {
  readonly #lines = new Map<string, Line<Request>>();
  /** What the caller that was last given something had been given before. */
  #clock = 0;

  /** Lets a request wait, behind the caller's others; one that waits already goes on waiting. */
  add(request: Request): void {
    const { caller, model } = request;
    const line = this.#lines.get(caller) ?? { served: this.#clock, models: new Map<number, Request[]>() };
    line.served = Math.max(line.served, this.#clock);
    this.#lines.set(caller, line);
    const requests = line.models.get(model.source.id);
    if (requests === undefined) line.models.set(model.source.id, [request]);
    else if (!requests.includes(request)) requests.push(request);
  }

  withdraw(request: Request): void {
    const { caller, model } = request;
    const requests = this.#lines.get(caller)?.models.get(model.source.id);
    const at = requests?.indexOf(request) ?? -1;
    if (at >= 0) requests!.splice(at, 1);
  }

  /**
   * The callers with requests for one model, the one whose turn it is first, its first request one that `mayStart`;
   * undefined where none may. Cost: O(callers log callers), and a look at each request that may not.
   */
  next(mayStart: (request: Request) => boolean): readonly Turn<Request>[] | undefined {
    const lines = this.#ordered();
    for (const first of lines) {
      for (const [id, requests] of first.models) {
        const at = requests.findIndex(mayStart);
        if (at < 0) continue;
        if (at > 0) requests.unshift(...requests.splice(at, 1));
        first.models.delete(id); // behind its other models
        first.models.set(id, requests);
        this.#clock = first.served;
        const others = lines.filter((line) => line !== first && line.models.has(id));
        return [first, ...others].map((line) => turnOf(line, id));
      }
    }
    return undefined;
  }

  /** Lines with requests, by what they were given; lines without are kept for as long as they have had more than their share. */
  #ordered(): Line<Request>[] {
    for (const { models } of this.#lines.values()) {
      for (const [id, requests] of models) if (requests.length === 0) models.delete(id);
    }
    const waiting = [...this.#lines.values()].filter(({ models }) => models.size > 0);
    if (waiting.length === 0) this.#lines.clear();
    else if (waiting.length < this.#lines.size) {
      for (const [caller, { served, models }] of this.#lines) {
        if (models.size === 0 && served <= this.#clock) this.#lines.delete(caller);
      }
    }
    return waiting.sort((a, b) => a.served - b.served);
  }
}

function turnOf<Request>(line: Line<Request>, id: number): Turn<Request> {
  const charge = (work: number) => {
    line.served += work;
  };
  return { requests: line.models.get(id)!, charge };
}
