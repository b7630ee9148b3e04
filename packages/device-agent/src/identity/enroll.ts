import type { EnrollAnswer, EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { isKeyOf, keyFromPem } from '@muster/pki/client/device-key';
import type { SigningJwk } from '@muster/pki/signing/compact';
import type { Files } from '../ports/files.js';
import type { Net } from '../ports/net.js';
import type { DeviceDescription, Identity, Trust } from './identity.js';
import { dropRequest, openRequest } from './open-request.js';
import { dateOf, EnrollmentRefused, readGrant } from './read-answer.js';
import { firstBundle, trustOf } from './read-bundle.js';
import { openWay, type WayIn } from './way-in.js';

const IDLE_TIMEOUT_MS = 30_000;
/** The key or the request is what was refused: the same ones would be refused for ever. */
const spoilt = /^(key_in_use|key_reused|csr_.*)$/;

export type EnrollmentWish = DeviceDescription &
  WayIn & {
    /** The device API, such as https://muster.example:8443. */
    url: string;
    agentVersion: string;
  };

/**
 * Turns one URL and one credential into an identity. The key is on disk before the request leaves, and the same request is
 * sent when power failed before the answer was stored: the server then answers with the same certificate again. Asking
 * again while a person decides is the same call again.
 * @throws EnrollmentPending while a person decides, Unavailable for what time cures, EnrollmentRefused, RootPinFault
 */
export async function enroll(ports: { files: Files; net: Net }, wish: EnrollmentWish): Promise<Identity> {
  const { files, net } = ports;
  const way = openWay(wish);
  const url = wish.url.replace(/\/+$/, '');
  const root = await net.pinnedRoot(url, way.rootSha256);
  const { key, csr } = await openRequest(files, way.key === undefined ? {} : { key: way.key });
  const { model, serial, hardwareRevision, name, synthetic, agentVersion } = wish;
  const body: EnrollRequest = {
    csr,
    model,
    serial,
    agentVersion,
    ...(hardwareRevision !== undefined && { hardwareRevision }),
    ...(name !== undefined && { name }),
    ...(synthetic && { synthetic }),
    ...(way.tenant !== undefined && { tenant: way.tenant }),
  };
  const answer = await net.request({
    method: 'POST',
    url: `${url}/device/v1/enroll`,
    headers: { ...way.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    tls: { root, ...way.tls },
    idleTimeoutMs: IDLE_TIMEOUT_MS,
  });
  try {
    const granted = await readGrant(answer);
    const trust = await trustAtFirst(granted, root);
    return identityFrom(granted, { ...trust, key, apiUrl: url, previousFingerprint: null }, dateOf(answer));
  } catch (error) {
    if (error instanceof EnrollmentRefused && spoilt.test(error.code) && way.key === undefined)
      await dropRequest(files);
    throw error;
  }
}

/**
 * Whom a new device believes. Its first bundle stands on the pinned root alone: who could forge this answer could name the
 * keys beside it, too. Every later one has to be signed by a key that the one before named.
 */
async function trustAtFirst(granted: EnrollAnswer, root: string): Promise<Trust> {
  const bundle = granted.bundle === undefined ? null : firstBundle(granted.bundle);
  if (bundle?.tenant === granted.tenant) return trustOf(bundle);
  return { root, trust: granted.trust.keys as unknown as SigningJwk[], trustBundle: 0 };
}

export function identityFrom(
  granted: EnrollAnswer,
  own: Trust & Pick<Identity, 'key' | 'apiUrl' | 'previousFingerprint'>,
  date: Date | null,
): Identity {
  if (!isKeyOf(keyFromPem(own.key), granted.certificate)) throw new Error('the certificate is not for our key');
  const { deviceId, tenant, mqttUrl, heartbeatS, renew } = granted;
  const { key, apiUrl, previousFingerprint, root, trust, trustBundle, trustSigned } = own;
  return {
    key,
    apiUrl,
    previousFingerprint,
    deviceId,
    tenant,
    mqttUrl,
    heartbeatS,
    renew,
    certificate: [granted.certificate, ...granted.chain].map((pem) => pem.trim()).join('\n'),
    root,
    trust,
    trustBundle,
    ...(trustSigned && { trustSigned }),
    serverTime: date === null ? granted.serverTime : date.toISOString(),
  };
}
