// Measures what docs/performance.md shows, and writes its tables.
// Usage: npm run bench [-- peer query http rows livez csv by-features handover profile]; all of them by default.
import { hasData, NO_DATA } from './data.ts';
import { measureCsv } from './performance/csv.ts';
import { measureHandover } from './performance/handover.ts';
import { measureHttp } from './performance/http.ts';
import { measureLivez } from './performance/livez.ts';
import { measurePeer } from './performance/peer.ts';
import { measureProfile } from './performance/profile.ts';
import { measureQuery } from './performance/query.ts';
import { measureRows } from './performance/rows.ts';
import { measureSizes } from './performance/sizes.ts';
import { print } from './table.ts';

const SECTIONS: Record<string, () => Promise<void>> = {
  peer: measurePeer,
  query: measureQuery,
  http: measureHttp,
  rows: measureRows,
  livez: measureLivez,
  csv: measureCsv,
  'by-features': measureSizes,
  handover: measureHandover,
  profile: measureProfile,
};

const asked = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SECTIONS);
const unknown = asked.filter((name) => !(name in SECTIONS));
if (unknown.length > 0)
  throw new Error(`there is no ${unknown.join(', ')}; choose from ${Object.keys(SECTIONS).join(', ')}`);
if (!hasData) {
  print(NO_DATA);
  process.exit(1);
}
for (const name of asked) await SECTIONS[name]!();
