import { EnrollAnswer, type EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { isKeyOf, keyFromPem } from '@muster/pki/client/device-key';
import { parseEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { writeRequest } from '@muster/pki/client/write-request';
import type { SigningJwk } from '@muster/pki/signing/compact';
import type { Files } from '../ports/files.js';
import { type Net, readText } from '../ports/net.js';
import type { DeviceDescription, Identity } from './identity.js';
import { keyForRequest } from './key-for-request.js';

const IDLE_TIMEOUT_MS = 30_000;

/** The server said no; trying again with the same input would end the same way. */
export class EnrollmentRefused extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

export interface EnrollmentWish extends DeviceDescription {
  /** The device API, such as https://muster.example:8443. */
  url: string;
  token: string;
  agentVersion: string;
}

/**
 * Turns one URL and one token into an identity. The key is on disk before the request leaves, and the same key is used
 * when power fails before the answer is stored: the server then answers with the same certificate again.
 */
export async function enroll(ports: { files: Files; net: Net }, wish: EnrollmentWish): Promise<Identity> {
  const { files, net } = ports;
  const credential = parseEnrollmentToken(wish.token);
  if (!credential)
    throw new EnrollmentRefused('token_invalid', 'this is not an enrolment token; copy the whole command again');
  const url = wish.url.replace(/\/+$/, '');
  const root = await net.pinnedRoot(url, credential.rootSha256);
  const key = await keyForRequest(files);
  const { model, serial, hardwareRevision, name, synthetic, agentVersion } = wish;
  const body: EnrollRequest = {
    csr: writeRequest(keyFromPem(key)),
    model,
    serial,
    agentVersion,
    ...(hardwareRevision !== undefined && { hardwareRevision }),
    ...(name !== undefined && { name }),
    ...(synthetic && { synthetic }),
  };
  const answer = await net.request({
    method: 'POST',
    url: `${url}/device/v1/enroll`,
    headers: { authorization: `Bearer ${wish.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    tls: { root },
    idleTimeoutMs: IDLE_TIMEOUT_MS,
  });
  const granted = readAnswer(answer.status, await readText(answer));
  return identityFrom(granted, { key, root, apiUrl: url, previousFingerprint: null });
}

/** Reads an enrolment or renewal answer. Throws EnrollmentRefused for a 4xx, an ordinary error for what time may cure. */
export function readAnswer(status: number, text: string): EnrollAnswer {
  if (status === 200 || status === 201) return EnrollAnswer.parse(JSON.parse(text));
  const problem = problemIn(text);
  const detail = problem.detail ?? problem.title ?? `the server answered ${status}`;
  if (status >= 400 && status < 500 && status !== 429)
    throw new EnrollmentRefused(problem.code ?? `http_${status}`, detail);
  throw new Error(detail);
}

export function identityFrom(
  granted: EnrollAnswer,
  own: Pick<Identity, 'key' | 'root' | 'apiUrl' | 'previousFingerprint'>,
): Identity {
  if (!isKeyOf(keyFromPem(own.key), granted.certificate)) throw new Error('the certificate is not for our key');
  const { deviceId, tenant, mqttUrl, heartbeatS, renew } = granted;
  return {
    ...own,
    deviceId,
    tenant,
    mqttUrl,
    heartbeatS,
    renew,
    certificate: [granted.certificate, ...granted.chain].map((pem) => pem.trim()).join('\n'),
    trust: granted.trust.keys as unknown as SigningJwk[],
    trustBundle: 0,
  };
}

function problemIn(text: string): { code?: string; title?: string; detail?: string } {
  try {
    return JSON.parse(text) as { code?: string };
  } catch {
    return {};
  }
}
