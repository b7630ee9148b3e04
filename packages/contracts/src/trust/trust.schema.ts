import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { Instant } from '../instant.js';
import { PageQuery, pageOf } from '../page.js';
import { Reason } from '../states.js';

export const authorityKinds = ['root', 'device', 'server', 'service', 'bootstrap'] as const;
export type AuthorityKind = (typeof authorityKinds)[number];

/**
 * A generation of an authority: created (its certificate exists), distributed (devices and brokers trust it), issuing,
 * retiring (trusted, issues nothing), retired (trusted by nobody). Every step before retired can be taken back.
 */
export const generationStates = ['created', 'distributed', 'issuing', 'retiring', 'retired'] as const;
export type GenerationState = (typeof generationStates)[number];

export const CrlFacts = z.object({
  shard: z.number().int(),
  uri: z.string(),
  number: z.number().int(),
  thisUpdate: Instant,
  nextUpdate: Instant,
  entries: z.number().int(),
  bytes: z.number().int(),
});

export const Authority = z
  .object({
    id: Id,
    kind: z.enum(authorityKinds),
    /** False for an authority of the whole installation. */
    ownedByTenant: z.boolean(),
    generation: z.number().int(),
    state: z.enum(generationStates),
    since: Instant,
    subject: z.string(),
    keyId: z.string(),
    keyAlgorithm: z.string(),
    fingerprint: z.string(),
    notBefore: Instant,
    notAfter: Instant,
    /** Where its key is: file, pkcs11, vault or kms. */
    signer: z.string(),
    /** Certificates of devices of this tenant, by whether they still open sessions. */
    liveCertificates: z.number().int(),
    revokedCertificates: z.number().int(),
    crls: z.array(CrlFacts),
    pem: z.string(),
  })
  .meta({ id: 'Authority' });
export type Authority = z.infer<typeof Authority>;

export const signingPurposes = ['command', 'release', 'trust'] as const;
export type SigningPurpose = (typeof signingPurposes)[number];
/** next: devices know it and it signs nothing yet; active signs; retired is still believed; revoked is not. */
export const signingKeyStates = ['next', 'active', 'retired', 'revoked'] as const;

export const SigningKey = z
  .object({
    kid: z.string(),
    purpose: z.enum(signingPurposes),
    algorithm: z.string(),
    state: z.enum(signingKeyStates),
    since: Instant,
    createdAt: Instant,
    /** Its private half is not in this installation: signatures are made elsewhere and handed in. */
    offline: z.boolean(),
    /** Number of the first trust bundle that names it. */
    sinceBundle: z.number().int().nullable(),
    publicJwk: z.looseObject({ kid: z.string() }),
  })
  .meta({ id: 'SigningKey' });
export type SigningKey = z.infer<typeof SigningKey>;

/** What devices are told to trust: signed by the keys of the bundle before it. */
export const Bundle = z
  .object({
    number: z.number().int(),
    reason: z.string(),
    createdAt: Instant,
    roots: z.array(z.string()),
    kids: z.array(z.string()),
    jws: z.string(),
    /** Devices seen in the last 30 days, and those of them that acknowledged this bundle or a later one. */
    seen: z.number().int(),
    acknowledged: z.number().int(),
  })
  .meta({ id: 'Bundle' });
export type Bundle = z.infer<typeof Bundle>;
export const BundlePage = pageOf(Bundle);

export const Straggler = z.object({
  deviceId: DeviceId,
  name: z.string(),
  /** The bundle it acknowledged last; 0 for none. */
  bundle: z.number().int(),
  lastSeenAt: Instant.nullable(),
  presence: z.string(),
});
export const StragglerPage = pageOf(Straggler);

/** How many devices are asked to take a certificate of the new generation, in percent. */
export const rolloverShares = [1, 10, 50, 100] as const;

export const Rollover = z
  .object({
    id: Id,
    kind: z.enum(['root', 'device']),
    from: z.object({ authorityId: Id, generation: z.number().int(), state: z.enum(generationStates) }),
    to: z.object({ authorityId: Id, generation: z.number().int(), state: z.enum(generationStates) }),
    /** open until the old generation is retired; rolled_back when it was taken back. */
    state: z.enum(['open', 'done', 'rolled_back']),
    ...Reason.shape,
    /** Percent of devices asked to renew under the new generation. */
    share: z.number().int(),
    bundle: z.number().int(),
    gate: z.object({ needed: z.number(), seen: z.number().int(), acknowledged: z.number().int(), open: z.boolean() }),
    certificatesOnOld: z.number().int(),
    certificatesOnNew: z.number().int(),
    /** What may be asked for next, as kinds of change. */
    nextSteps: z.array(z.string()),
    /** One sentence that says what it waits for. */
    waitsFor: z.string().nullable(),
    createdAt: Instant,
    createdBy: z.string(),
    version: z.number().int(),
  })
  .meta({ id: 'Rollover' });
export type Rollover = z.infer<typeof Rollover>;
export const RolloverPage = pageOf(Rollover);

const Kid = z.string().min(1).max(120);
/** A step that takes two people: one asks, another approves, and then it is done. */
export const TrustChangeInput = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('start_rollover'), authority: z.enum(['root', 'device']) }),
    /** created → distributed: brokers and devices are told. */
    z.strictObject({ kind: z.literal('distribute'), rolloverId: Id }),
    /** New certificates come from the new generation, and this share of devices is asked to renew now. */
    z.strictObject({ kind: z.literal('switch_issuing'), rolloverId: Id, share: z.number().int().min(0).max(100) }),
    z.strictObject({ kind: z.literal('retire'), rolloverId: Id }),
    z.strictObject({ kind: z.literal('roll_back'), rolloverId: Id }),
    z.strictObject({ kind: z.literal('rotate_key'), purpose: z.enum(signingPurposes) }),
    /** A release key whose private half stays elsewhere; `proof` is a compact JWS by it over its own JWK. */
    z.strictObject({
      kind: z.literal('register_release_key'),
      publicJwk: z.looseObject({ kty: z.string(), crv: z.string(), x: z.string() }),
      proof: z.string().max(8192),
    }),
    z.strictObject({ kind: z.literal('activate_key'), kid: Kid }),
    z.strictObject({ kind: z.literal('revoke_key'), kid: Kid }),
    z.strictObject({
      kind: z.literal('revoke_many'),
      certificateIds: z.array(Id).min(1).max(10_000).optional(),
      authorityId: Id.optional(),
      reason: z.enum(['unspecified', 'keyCompromise', 'cessationOfOperation', 'privilegeWithdrawn', 'superseded']),
    }),
  ])
  .meta({ id: 'TrustChangeInput' });
export type TrustChangeInput = z.infer<typeof TrustChangeInput>;

export const changeStates = ['proposed', 'applied', 'denied', 'failed', 'expired'] as const;
export const TrustChange = z
  .object({
    id: Id,
    state: z.enum(changeStates),
    input: TrustChangeInput,
    /** What would happen, with numbers, as it stood when it was asked for. */
    summary: z.string(),
    comment: z.string().nullable(),
    requestedBy: z.string(),
    requestedAt: Instant,
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    outcome: z.string().nullable(),
    expiresAt: Instant,
  })
  .meta({ id: 'TrustChange' });
export type TrustChange = z.infer<typeof TrustChange>;
export const TrustChangePage = pageOf(TrustChange);
export const TrustChangeQuery = PageQuery.extend({ state: z.enum(changeStates).optional() });

export const findingKinds = [
  'certificate_expiring',
  'renewal_overdue',
  'certificate_expired',
  'crl_past_half',
  'enrollment_failures',
  'clone_suspected',
  'authority_expiring',
  'approvals_waiting',
] as const;
/** A fact somebody should act on; alert rules read these. `subject` is `device:<id>`, `authority:<id>`, `enrollment` or `fleet`. */
export const TrustFinding = z
  .object({
    kind: z.enum(findingKinds),
    subject: z.string(),
    since: Instant,
    /** One sentence with numbers. */
    sentence: z.string(),
    count: z.number().int(),
    facts: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TrustFinding' });
export type TrustFinding = z.infer<typeof TrustFinding>;

export const TrustOverview = z
  .object({
    devices: z.number().int(),
    liveCertificates: z.number().int(),
    expiringIn30Days: z.number().int(),
    renewalOverdue: z.number().int(),
    expired: z.number().int(),
    pendingApprovals: z.number().int(),
    enrollments24h: z.number().int(),
    refusals24h: z.number().int(),
    /** By the week in which certificates end, from this one on; renewals are those whose window begins in it. */
    weeks: z.array(z.object({ from: Instant, ending: z.number().int(), renewing: z.number().int() })),
    /** Certificates a week this installation can issue: a measured rate, of which a tenth is planned with. */
    capacityPerWeek: z.number().int(),
    bundle: z.object({ number: z.number().int(), seen: z.number().int(), acknowledged: z.number().int() }).nullable(),
    lastRevocations: z.array(
      z.object({
        certificateId: Id,
        deviceId: DeviceId,
        deviceName: z.string(),
        revokedAt: Instant,
        sessionCutMs: z.number().int().nullable(),
        handshakeRefusedMs: z.number().int().nullable(),
      }),
    ),
  })
  .meta({ id: 'TrustOverview' });
export type TrustOverview = z.infer<typeof TrustOverview>;
