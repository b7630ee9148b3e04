import { Worker } from 'node:worker_threads';
import type { SbomFault } from '@muster/domain/releases/judge-spdx';
import { pointerInWhole, splitDocument } from '@muster/domain/releases/split-document';
import { canonical } from '@muster/persistence/audit/canonical';

export const cycloneDxVersions: readonly string[] = ['1.4', '1.5', '1.6'];

/** The schema demands unique items of every list, and its validator compares each with each: short lists stay cheap. */
const MOST_ITEMS = 500;
const MOST_MS = 60_000;
const FRAME = ['bomFormat', 'specVersion', 'version'];

/**
 * Runs the official strict validator beside the event loop, where it can be ended. As text, because the api runs from
 * sources in tests and compiled in production, and a worker's own file would be another one each time.
 */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const load = require('node:module').createRequire(workerData.from);
const { JsonStrictValidator } = load('@cyclonedx/cyclonedx-library/Validation');
(async () => {
  const validator = new JsonStrictValidator(workerData.version);
  for (let part = 0; part < workerData.texts.length; part++) {
    const errors = await validator.validate(workerData.texts[part]);
    if (errors !== null)
      return { part, errors: errors.map(({ instancePath, message }) => ({ instancePath, message })) };
  }
  return null;
})().then((found) => parentPort.postMessage(found));
`;

type Found = { part: number; errors: { instancePath: string; message?: string }[] } | null;

/** One at a time: a validation keeps a core busy. */
let last: Promise<unknown> = Promise.resolve();

/** What breaks the schema of CycloneDX `version`, one of `cycloneDxVersions`, by the official validator; [] when valid. */
export function validateCycloneDx(version: string, document: Record<string, unknown>): Promise<SbomFault[]> {
  const turn = last.then(() => validate(version, document));
  last = turn.catch(() => {});
  return turn;
}

async function validate(version: string, document: Record<string, unknown>): Promise<SbomFault[]> {
  const twice = firstTwice(document);
  if (twice !== null) return [twice];
  const parts = splitDocument(document, FRAME, MOST_ITEMS);
  const found = await run(
    version,
    parts.map((part) => JSON.stringify(part.document)),
  );
  if (found === 'late')
    return [{ pointer: '', message: `takes longer than ${MOST_MS / 1_000} s to validate: its lists are too long` }];
  return (found?.errors ?? []).map(({ instancePath, message }) => ({
    pointer: pointerInWhole(instancePath, parts[found!.part]!),
    message: message ?? 'breaks the schema',
  }));
}

function run(version: string, texts: readonly string[]): Promise<Found | 'late'> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { eval: true, workerData: { from: import.meta.url, version, texts } });
    const timer = setTimeout(() => end(() => resolve('late')), MOST_MS);
    const end = (answer: () => void) => {
      clearTimeout(timer);
      void worker.terminate().then(answer);
    };
    worker.once('message', (found: Found) => end(() => resolve(found)));
    worker.once('error', (fault) => end(() => reject(fault)));
  });
}

/** Unique items across the parts, which the validator sees one by one. */
function firstTwice(document: Record<string, unknown>): SbomFault | null {
  for (const [name, items] of Object.entries(document)) {
    if (!Array.isArray(items) || items.length <= MOST_ITEMS) continue;
    const seen = new Set<string>();
    for (const [i, item] of items.entries()) {
      const text = canonical(item);
      if (seen.has(text)) return { pointer: `/${name}/${i}`, message: 'stands twice in this list' };
      seen.add(text);
    }
  }
  return null;
}
