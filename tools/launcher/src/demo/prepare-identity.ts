import { addMember } from '@muster/contracts/access/access.routes';
import { createClaimBatch } from '@muster/contracts/enrollment/claims.routes';
import { demoModels, demoVersions } from '@muster/fleet-sim/fleet-plan';
import type { ApiClient } from './api-client.js';

/** Who approves what the owner asks for. */
export const secondPerson = { name: 'Ada Nyberg', email: 'ada@example.com', role: 'approver' } as const;

const SITE = 'Berlin';
const LISTED = ['BL3-0001', 'BL3-0002', 'BL3-0003'];
/** Not on the list: they wait until somebody compares their words and lets them in. */
const UNLISTED = ['BL3-0104', 'BL3-0117'];

/** Somebody else, so that a step of two people can be tried. Done again it changes nothing. */
export async function addSecondPerson(client: ApiClient): Promise<void> {
  const added = await client.attempt(addMember, { body: secondPerson });
  if (added.status >= 400 && added.status !== 409)
    throw new Error(`the demo's second person was refused: ${JSON.stringify(added.body)}`);
}

/** A batch of a factory line with its devices, as the simulator's plan wants it. */
export async function makeBatch(client: ApiClient, deviceClass: string) {
  const model = demoModels[0]!;
  const made = await client.call(createClaimBatch, {
    body: {
      name: `Factory line 3, ${SITE}`,
      quota: 50,
      hourlyQuota: 20,
      expiresInS: 365 * 86_400,
      class: deviceClass,
      site: SITE,
      labels: { line: '3' },
      model,
      serials: LISTED,
      unlisted: 'queue',
    },
  });
  if (made.key === null) throw new Error('the batch came without its key');
  return {
    certificate: [made.certificate, ...made.chain].map((pem) => pem.trim()).join('\n'),
    key: made.key,
    rootSha256: made.rootSha256,
    site: SITE,
    model,
    firmwareVersion: demoVersions.at(-1)!,
    listed: LISTED,
    unlisted: UNLISTED,
  };
}
