/**
 * What an adversary may do to the training labels. Without a threat model every row's label may become any
 * class. certificates.md section 0.
 */
export interface ThreatModel {
  /** One byte a row, 1 where the adversary may change the label; null: every row. */
  readonly attackable: Uint8Array | null;
  /** K x K, row-major: 1 where a label may go from the row's class to the column's; null: every change. */
  readonly transitions: Uint8Array | null;
}

/** Every label may be changed to every class. */
export const ANY_LABEL: ThreatModel = { attackable: null, transitions: null };

/** Whether the threat model allows a change of label `from` into `to`; keeping a label is no change. */
export function allows(threat: ThreatModel, from: number, to: number, classes: number): boolean {
  return from !== to && (threat.transitions === null || threat.transitions[from * classes + to] === 1);
}

/**
 * The most rows that can be flipped at all: attackable, with a label that may change. No certificate counts
 * more. Cost: O(K^2), with restrictions O(n + K^2).
 */
export function flippableRows(threat: ThreatModel, labels: Int32Array, classes: number): number {
  const movable = Array.from({ length: classes }, (_, from) => mayChange(threat, from, classes));
  if (threat.attackable === null && movable.every(Boolean)) return labels.length;
  let rows = 0;
  for (let row = 0; row < labels.length; row++) {
    if ((threat.attackable === null || threat.attackable[row] === 1) && movable[labels[row]!]) rows++;
  }
  return rows;
}

function mayChange(threat: ThreatModel, from: number, classes: number): boolean {
  for (let to = 0; to < classes; to++) if (allows(threat, from, to, classes)) return true;
  return false;
}
