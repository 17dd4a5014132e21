/** What the figure shows: certified accuracy by the number of changed labels, one curve an evaluation. */
export interface FigureData {
  readonly model: { readonly name: string; readonly version: number };
  /** Test rows. */
  readonly rows: number;
  readonly trainingRows: number;
  readonly majorityAccuracy: number;
  readonly evaluations: readonly {
    readonly name: string;
    readonly curve: readonly { readonly flips: number; readonly certifiedAccuracy: number }[];
  }[];
  readonly undefended: { readonly curve: readonly { readonly flips: number; readonly accuracy: number }[] };
}
