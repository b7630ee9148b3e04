import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateState } from '@muster/contracts/certificates/certificates.schema';
import { authoriseConnect } from '@muster/domain/certificates/authorise-connect';
import { judgeRenewal } from '@muster/domain/certificates/judge-renewal';
import { renewalWindow } from '@muster/domain/certificates/renewal-window';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueDeviceLeaf } from '@muster/pki/authority/issue-leaf';
import { formatEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { fingerprintWords } from '@muster/pki/client/fingerprint-words';
import { acceptRequest } from '@muster/pki/csr/accept-request';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { toSigningJwk } from '@muster/pki/signing/compact';
import { signTrustBundle, type TrustBundle } from '@muster/pki/signing/trust-bundle';
import { v7 as uuidv7 } from 'uuid';
import type { FakeClock } from './fake-clock.js';

const TENANT = 'acme';
const DOMAIN = 'muster.test';
const DAY = 86_400_000;

export interface IssuedRow {
  deviceId: string;
  keyHash: string;
  serial: string;
  fingerprint: string;
  pem: string;
  state: CertificateState;
  since: Date;
  notBefore: Date;
  notAfter: Date;
  createdAt: Date;
  activatedAt: Date | null;
  requestedAt: Date | null;
}

export interface Asked {
  path: string;
  bearer?: string;
  /** SHA-256 of the client certificate, hex. */
  fingerprint?: string;
  body: Record<string, unknown>;
}

/** Status, body and headers beside the date. */
export type Said = [status: number, body: object, headers?: Record<string, string>];

const signer = async () => keySigner(await generatePrivateKey('ES256'));

/** Keys and authorities, which take a while to make: one set for many servers. */
export async function identityAuthorities(now: Date) {
  const root = await issueRoot({ organization: 'Muster test', signer: await signer(), now });
  const ca = { organization: 'Muster test', kind: 'device', generation: 1, now } as const;
  const device = await issueAuthority(root, { ...ca, signer: await signer() });
  return { root, device, trust: [await signer(), await signer()] as const };
}
export type IdentityAuthorities = Awaited<ReturnType<typeof identityAuthorities>>;

/** The identity rules of the product (packages/domain) over a list in memory, with a one-time token and people who decide. */
export class IdentityServer {
  readonly rows: IssuedRow[] = [];
  readonly asked: (Asked & { at: Date })[] = [];
  /** Requests that wait for a person, by SHA-256 of the request, and what was decided. */
  readonly approvals = new Map<string, 'pending' | 'approved' | 'rejected'>();
  readonly token: string;
  life = 90 * DAY;
  graceMs = 30 * DAY;
  /** The device has no credential and waits for a person. */
  asks = false;
  /** Answers these before anything else. */
  readonly instead: Said[] = [];
  bundles: string[] = [];
  #tokenSpent: string | null = null;

  constructor(
    readonly clock: FakeClock,
    private readonly authorities: IdentityAuthorities,
  ) {
    const rootSha256 = fingerprintOf(authorities.root.pem);
    this.token = formatEnrollmentToken({ prefix: 'abcdefghij', secret: 'a'.repeat(32), rootSha256 });
  }

  get root(): string {
    return this.authorities.root.pem;
  }

  get tenant(): string {
    return TENANT;
  }

  /** Public half of a trust key: 0 signs first, 1 is its successor. */
  trustKey(which: 0 | 1, state?: 'next' | 'active' | 'retired'): TrustBundle['keys'][number] {
    const key = { ...toSigningJwk(this.authorities.trust[which], `trust-${which}`, 'trust') };
    return { ...key, ...(state && { state }) } as TrustBundle['keys'][number];
  }

  /** A bundle signed by one of the trust keys. */
  bundle(number: number, by: 0 | 1, keys: TrustBundle['keys'], change: object = {}): Promise<string> {
    const bundle = { schemaVersion: 1 as const, number, tenant: TENANT, roots: [this.root], keys, ...change };
    return signTrustBundle(this.authorities.trust[by], `trust-${by}`, bundle);
  }

  async answer(asked: Asked): Promise<Said> {
    this.asked.push({ ...asked, at: this.clock.now() });
    const instead = this.instead.shift();
    if (instead) return instead;
    const { path, body } = asked;
    if (path === '/device/v1/enroll') return this.#enroll(asked, String(body.csr));
    const presented = this.rows.find(({ fingerprint }) => fingerprint === asked.fingerprint);
    if (!presented) return refusal(401, 'certificate_unknown');
    if (path === '/device/v1/renew') return this.#renew(presented, String(body.csr));
    if (path === '/device/v1/renewal-info')
      return [200, { suggestedWindow: windowOf(presented), retryAfterS: 6 * 3_600 }];
    const verdict = this.connect(presented.fingerprint);
    if (verdict !== null) return refusal(403, verdict);
    const after = Number(/after=(\d+)/.exec(path)?.[1]);
    return [200, { bundles: this.bundles.filter((jws) => numberIn(jws) > after) }];
  }

  /** When a path was asked for, in milliseconds, and what with. */
  askedFor(path: string): { at: number; csr: unknown }[] {
    const found = this.asked.filter((asked) => asked.path === path);
    return found.map(({ at, body }) => ({ at: at.getTime(), csr: body.csr }));
  }

  /** As a broker or the door lets a certificate in: null, or the code it is refused with. */
  connect(fingerprint: string): string | null {
    const row = this.rows.find((known) => known.fingerprint === fingerprint);
    if (!row) return 'certificate_unknown';
    const now = this.clock.now();
    const verdict = authoriseConnect({ ...row, certificateState: row.state, deviceState: 'active' }, now);
    if (!verdict.ok) return verdict.code;
    if (!verdict.value.activates) return null;
    for (const old of this.rows)
      if (old.state === 'active' && old.deviceId === row.deviceId) move(old, 'superseded', now);
    move(row, 'active', now);
    row.activatedAt = now;
    return null;
  }

  async #enroll({ bearer, body }: Asked, csr: string): Promise<Said> {
    const { keyHash, publicKey, requestHash } = await acceptRequest(csr, null);
    const known = this.rows.find((row) => row.keyHash === keyHash);
    if (known) return this.#granted(known);
    if (this.asks) {
      const waiting = this.#waits(requestHash, keyHash);
      if (waiting) return waiting;
    } else if (bearer !== this.token) return refusal(401, 'token_invalid');
    else if (this.#tokenSpent !== null) return refusal(401, 'token_spent');
    this.#tokenSpent = String(body.serial);
    return this.#granted(await this.#issue(uuidv7(), keyHash, publicKey));
  }

  async #renew(presented: IssuedRow, csr: string): Promise<Said> {
    const { deviceId } = presented;
    const { keyHash, publicKey, requestHash } = await acceptRequest(csr, { deviceId, uri: uriOf(deviceId) });
    const later = this.rows.slice(this.rows.indexOf(presented) + 1);
    const successor = later.find(({ state }) => state === 'issued') ?? null;
    const replacedBy = later.find(({ activatedAt }) => activatedAt !== null) ?? null;
    const used = this.rows.find((row) => row.keyHash === keyHash);
    if (used && used !== presented && used !== successor) return refusal(409, 'key_reused');
    const now = this.clock.now();
    const facts = { deviceState: 'active', presented, successor, replacedBy, keyHash, graceMs: this.graceMs } as const;
    const verdict = judgeRenewal(facts, now);
    if (!verdict.ok) return refusal(verdict.code === 'certificate_revoked' ? 403 : 409, verdict.code, verdict.facts);
    if (verdict.value.kind === 'repeat') return this.#granted(successor!);
    const waiting = verdict.value.kind === 'ask' ? this.#waits(requestHash, keyHash) : null;
    if (waiting) return waiting;
    if (successor) move(successor, 'revoked', now);
    return this.#granted(await this.#issue(deviceId, keyHash, publicKey));
  }

  #waits(request: string, keyHash: string): Said | null {
    const state = this.approvals.get(request) ?? 'pending';
    this.approvals.set(request, state);
    if (state === 'rejected') return refusal(403, 'enrollment_rejected');
    const pending = { pending: true, approvalId: uuidv7(), words: fingerprintWords(keyHash), retryAfterS: 30 };
    return state === 'approved' ? null : [202, pending, { 'retry-after': '30' }];
  }

  async #issue(deviceId: string, keyHash: string, publicKey: KeyObject): Promise<IssuedRow> {
    const now = this.clock.now();
    const wish = { domain: DOMAIN, tenant: TENANT, deviceId, publicKey, crlUri: 'http://muster.test/crl' };
    const { serial, fingerprint, pem, notBefore, notAfter } = await issueDeviceLeaf(this.authorities.device, wish, {
      now,
      life: this.life,
    });
    const known = { deviceId, keyHash, serial, fingerprint, pem, notBefore, notAfter, createdAt: now };
    const row: IssuedRow = { ...known, state: 'issued', since: now, activatedAt: null, requestedAt: null };
    this.rows.push(row);
    return row;
  }

  #granted(row: IssuedRow): Said {
    const answer = {
      deviceId: row.deviceId,
      tenant: TENANT,
      certificate: row.pem,
      chain: [this.authorities.device.pem],
      mqttUrl: 'mqtts://muster.test:8883',
      topicPrefix: `muster/v1/${TENANT}/${row.deviceId}`,
      serverTime: this.clock.now().toISOString(),
      heartbeatS: 60,
      renew: windowOf(row),
      trust: { keys: [this.trustKey(0)] },
      ...(this.bundles.length > 0 && { bundle: this.bundles.at(-1) }),
    };
    return [200, answer];
  }
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const fingerprintOf = (pem: string): string => hashOf(new X509Certificate(pem).raw);
const uriOf = (deviceId: string): string => `spiffe://${DOMAIN}/t/${TENANT}/d/${deviceId}`;
/** The number of a bundle. */
export const numberIn = (jws: string): number =>
  JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()).number;

const windowOf = (row: IssuedRow) => {
  const { start, end } = renewalWindow(row);
  return { start: start.toISOString(), end: end.toISOString() };
};

const move = (row: IssuedRow, state: CertificateState, since: Date): void => {
  row.state = state;
  row.since = since;
};

const refusal = (status: number, code: string, facts?: Readonly<Record<string, unknown>>): Said => [
  status,
  { code, title: code, ...(facts && { facts }) },
];
