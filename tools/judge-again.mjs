// `node tools/judge-again.mjs bundle.json`: judges every decision of a campaign again from what was recorded with it.
// The bundle is what GET /api/v1/campaigns/{id}/evidence answers. Needs a built checkout, no database and no network.
import { readFileSync } from 'node:fs';
import { judgeAgain } from '@muster/domain/campaigns/judge-again';

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: node tools/judge-again.mjs bundle.json');
  process.exit(2);
}
let decisions;
try {
  ({ decisions } = JSON.parse(readFileSync(path, 'utf8')));
  if (!Array.isArray(decisions)) throw new Error('it holds no decisions');
} catch (error) {
  console.error(`${path} is no evidence bundle: ${error.message}`);
  process.exit(2);
}
const { recomputed, differ } = judgeAgain(decisions);
for (const { seq, what, recorded, again } of differ)
  console.log(
    what === 'missing'
      ? `record ${seq} is missing`
      : `record ${seq}, ${what}\n  recorded: ${recorded}\n  again:    ${again}`,
  );
console.log(`${recomputed} recomputed, ${differ.length} differ`);
process.exit(differ.length > 0 ? 1 : 0);
