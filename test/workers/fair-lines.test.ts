import { describe, expect, it } from 'vitest';
import { FairLines } from '../../src/workers/fair-lines.ts';

interface Asked {
  readonly caller: string;
  readonly model: { readonly source: { readonly id: number } };
  left: number;
}

const ask = (caller: string, left: number, id = 1): Asked => ({ caller, model: { source: { id } }, left });

/** Gives one piece at a time to whoever is first, and says to whom, until nobody waits or so many are given. */
function givenBy(lines: FairLines<Asked>, most = Number.POSITIVE_INFINITY, work = 1): string {
  let order = '';
  while (order.length < most) {
    const turn = lines.next(() => true)?.[0];
    if (turn === undefined) break;
    const request = turn.requests.shift()!;
    turn.charge(work);
    if (--request.left > 0) turn.requests.push(request);
    order += request.caller;
  }
  return order;
}

describe('lines of callers', () => {
  it('give each caller as much, whatever the others ask for', () => {
    const lines = new FairLines<Asked>();
    for (let k = 0; k < 40; k++) lines.add(ask('a', 1));
    lines.add(ask('b', 3));
    lines.add(ask('c', 2));
    expect(givenBy(lines, 8)).toBe('abcabcab');
    expect(givenBy(lines)).toBe('a'.repeat(37));
  });

  it('let a caller that comes later begin where the others are, not where they began', () => {
    const lines = new FairLines<Asked>();
    lines.add(ask('a', 100));
    givenBy(lines, 50);
    lines.add(ask('b', 100));
    expect(givenBy(lines, 10)).toMatch(/^(ab){5}$|^(ba){5}$/);
  });

  it('remember what a caller has had that comes again at once', () => {
    const lines = new FairLines<Asked>();
    lines.add(ask('a', 1000));
    lines.add(ask('b', 1000));
    let order = '';
    for (let k = 0; k < 60; k++) {
      lines.add(ask('c', 1)); // one after the other
      order += givenBy(lines, 1);
    }
    expect(order.replaceAll(/[^c]/g, '').length).toBeLessThanOrEqual(22);
    expect(order.replaceAll(/[^a]/g, '').length).toBeGreaterThanOrEqual(18);
  });

  it('count work, not pieces', () => {
    const lines = new FairLines<Asked>();
    lines.add(ask('a', 100));
    lines.add(ask('b', 1000));
    const given = { a: 0, b: 0 };
    for (let k = 0; k < 400; k++) {
      const turn = lines.next(() => true)![0]!;
      const request = turn.requests[0]!;
      const work = request.caller === 'a' ? 10 : 1;
      turn.charge(work);
      given[request.caller as 'a' | 'b'] += work;
    }
    expect(Math.abs(given.a - given.b)).toBeLessThanOrEqual(10);
  });

  it('let the models of a caller take turns, and put those together that ask for the same', () => {
    const lines = new FairLines<Asked>();
    for (const id of [1, 2]) for (const caller of ['a', 'b']) lines.add(ask(caller, 2, id));
    const models: number[] = [];
    for (let k = 0; k < 4; k++) {
      const turns = lines.next(() => true)!;
      expect(turns).toHaveLength(2);
      models.push(turns[0]!.requests[0]!.model.source.id);
      turns[0]!.charge(1);
    }
    expect(models).toEqual([1, 1, 2, 2]);
  });

  it('pass by what may not start, and forget what is withdrawn', () => {
    const lines = new FairLines<Asked>();
    const [long, short] = [ask('a', 1), ask('a', 1)];
    lines.add(long);
    lines.add(short);
    expect(lines.next((request) => request !== long)?.[0]?.requests[0]).toBe(short);
    lines.withdraw(short);
    expect(lines.next((request) => request !== long)).toBeUndefined();
    lines.add(long);
    expect(lines.next(() => true)?.[0]?.requests).toEqual([long]);
  });
});
