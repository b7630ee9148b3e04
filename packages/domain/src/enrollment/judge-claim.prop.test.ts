import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ClaimFacts, judgeClaim } from './judge-claim.js';

const now = new Date('2026-01-01T00:00:00.000Z');
const at = fc.integer({ min: -5, max: 5 }).map((s) => new Date(now.getTime() + s * 1000));
const count = fc.integer({ min: 0, max: 4 });
const batches: fc.Arbitrary<ClaimFacts> = fc.record({
  quota: fc.integer({ min: 1, max: 4 }),
  enrolled: count,
  hourlyQuota: fc.option(fc.integer({ min: 1, max: 4 })),
  enrolledLastHour: count,
  expiresAt: at,
  revokedAt: fc.option(at),
  model: fc.constantFrom(null, 'a', 'b'),
  unlisted: fc.constantFrom('queue', 'refuse'),
});
const device = fc.record({ model: fc.constantFrom('a', 'b'), listed: fc.boolean() });

it('lets in while quota, hour and life last, and only what the batch is for', () => {
  fc.assert(
    fc.property(batches, device, (batch, of) => {
      const fits =
        batch.revokedAt === null &&
        now < batch.expiresAt &&
        batch.enrolled < batch.quota &&
        (batch.hourlyQuota === null || batch.enrolledLastHour < batch.hourlyQuota) &&
        (batch.model === null || batch.model === of.model) &&
        (of.listed || batch.unlisted === 'queue');
      const verdict = judgeClaim(batch, of, now);
      expect(verdict.ok).toBe(fits);
      if (verdict.ok) expect(verdict.value).toBe(of.listed ? 'admit' : 'ask');
    }),
  );
});

it('says nothing of a revoked batch but that it is not known', () => {
  fc.assert(
    fc.property(batches, device, (batch, of) => {
      const verdict = judgeClaim({ ...batch, revokedAt: now }, of, now);
      expect(verdict).toMatchObject({ ok: false, code: 'certificate_unknown', detail: 'Not accepted.' });
    }),
  );
});
