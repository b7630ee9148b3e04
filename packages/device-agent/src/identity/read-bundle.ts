import { X509Certificate } from 'node:crypto';
import type { SigningJwk, Verified } from '@muster/pki/signing/compact';
import { readTrustBundle, type TrustBundle, verifyTrustBundle } from '@muster/pki/signing/trust-bundle';
import type { Trust } from './identity.js';

/** The bundle that comes with a first certificate; null for what is no bundle or would leave a device with nobody to believe. */
export function firstBundle(jws: string): TrustBundle | null {
  try {
    const bundle = readTrustBundle(jws);
    return leavesAWayOn(bundle) ? bundle : null;
  } catch {
    return null;
  }
}

const trusts = new WeakMap<TrustBundle, Trust>();

/** Whom to believe by a bundle: one object for all devices that share it. */
export function trustOf(bundle: TrustBundle): Trust {
  const known = trusts.get(bundle);
  if (known) return known;
  const { roots, keys, number } = bundle;
  const root = roots.map((pem) => pem.trim()).join('\n');
  const trust = { root, trust: keys as unknown as SigningJwk[], trustBundle: number, trustSigned: true };
  trusts.set(bundle, trust);
  return trust;
}

/** Roots that can be read, and a key that may sign the next bundle. */
function leavesAWayOn({ roots, keys }: TrustBundle): boolean {
  try {
    return (
      roots.every((pem) => new X509Certificate(pem).ca) &&
      keys.some(({ use, state = 'active' }) => use === 'trust' && state === 'active')
    );
  } catch {
    return false;
  }
}

const KEPT = 16;
const verdicts = new Map<string, Promise<Verified<TrustBundle>>>();

/**
 * Verifies the bundle after the one in force. The verdict follows from its arguments alone, so devices of one tenant that
 * run in one process, thousands of simulated ones, share it, and the parsed bundle with it.
 */
export function judgeBundle(
  jws: string,
  { trust, trustBundle }: Trust,
  tenant: string,
): Promise<Verified<TrustBundle>> {
  const question = [jws, tenant, trustBundle, JSON.stringify(trust)].join('\n');
  const known = verdicts.get(question);
  if (known) return known;
  const verdict = verifyTrustBundle(jws, trust, { tenant, known: trustBundle }).then(
    (judged): Verified<TrustBundle> =>
      judged.ok && !leavesAWayOn(judged.claims) ? { ok: false, fault: 'payload_malformed' } : judged,
  );
  verdicts.set(question, verdict);
  if (verdicts.size > KEPT) verdicts.delete(verdicts.keys().next().value!);
  return verdict;
}
