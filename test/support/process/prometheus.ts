/** A metric as Prometheus reads it. */
export interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

export interface Sample {
  /** That of the family, with `_bucket`, `_sum` or `_count` behind it for a histogram. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text format of Prometheus. Throws where a line is not in it, or a sample comes before its type. */
export function readMetrics(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  let current = '';
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, word, about, rest] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? [];
    if (word === 'HELP') helps.set(about!, rest!);
    else if (word === 'TYPE') {
      if (families.has(about!)) throw new Error(`${about} is there twice`);
      families.set(about!, { help: helps.get(about!)!, type: rest!, samples: [] });
      current = about!;
    } else families.get(current)!.samples.push(readSample(line, current));
  }
  return families;
}

function readSample(line: string, family: string): Sample {
  const [, name, , labels = '', value] = /^(\w+)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || !name.startsWith(family)) throw new Error(`not a sample of ${family}: ${line}`);
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label!, text!]);
  return { name, labels: Object.fromEntries(pairs), value: value === '+Inf' ? Infinity : Number(value) };
}

/** The value of the sample with exactly these labels; undefined when there is none. */
export function sampleOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));
  const wanted = JSON.stringify(Object.entries(labels).sort());
  return family?.samples.find(
    (sample) => sample.name === name && JSON.stringify(Object.entries(sample.labels).sort()) === wanted,
  )?.value;
}
