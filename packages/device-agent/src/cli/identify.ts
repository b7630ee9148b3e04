import { agentVersion } from '../agent-version.js';
import { type EnrollmentWish, enroll } from '../identity/enroll.js';
import type { DeviceDescription } from '../identity/identity.js';
import { IdentityStore } from '../identity/identity-store.js';
import { dropRequest, fingerprintOfKey, openRequest } from '../identity/open-request.js';
import { EnrollmentPending, EnrollmentRefused, Unavailable } from '../identity/read-answer.js';
import type { WayIn } from '../identity/way-in.js';
import { type Clock, pause } from '../ports/clock.js';
import type { Files } from '../ports/files.js';
import type { Log } from '../ports/log.js';
import type { Net } from '../ports/net.js';
import type { Random } from '../ports/random.js';
import type { AgentArguments } from './arguments.js';
import { exitCodes } from './exit-codes.js';
import { readWayIn } from './read-way-in.js';

const RETRY_FIRST_MS = 5_000;
const RETRY_LAST_MS = 300_000;
const ASK_LEAST_MS = 1_000;
const ASK_MOST_MS = 3_600_000;

export interface IdentifyPorts {
  clock: Clock;
  files: Files;
  net: Net;
  random: Random;
  log: Log;
  /** Whoever started this wants it to end. */
  stopping: AbortSignal;
}

type Outcome = { store: IdentityStore } | { code: number };

/** Who this device is: as stored, or enrolled now, however long a server or a person takes. */
export async function identify(
  ports: IdentifyPorts,
  wanted: AgentArguments,
  device: DeviceDescription,
): Promise<Outcome> {
  const { files, log } = ports;
  const known = await IdentityStore.open(files);
  if (known) {
    const { deviceId, tenant } = known.identity;
    log.info(`this is device ${deviceId} of ${tenant}, enrolled earlier; to enrol another one here, add --state DIR`);
    return { store: known };
  }
  try {
    const way = await readWayIn(wanted.wayIn);
    if (!wanted.url || !way) {
      log.warn('this device is not enrolled yet: give --url and a credential, such as --token (see --help)');
      return { code: exitCodes.refused };
    }
    if (wanted.newRequest) await dropRequest(files);
    return await ask(ports, { ...device, ...way, url: wanted.url, agentVersion }, wanted.once);
  } catch (error) {
    return { code: refusal(log, error) };
  }
}

async function ask(ports: IdentifyPorts, wish: EnrollmentWish, once: boolean): Promise<Outcome> {
  const { clock, files, net, random, log, stopping } = ports;
  let told = false;
  for (let failures = 0; !stopping.aborted; ) {
    let waitMs: number;
    try {
      const identity = await enroll({ files, net }, wish);
      log.info(`enrolled as ${identity.deviceId} of ${identity.tenant}`);
      return { store: await IdentityStore.create(files, identity) };
    } catch (error) {
      if (isFinal(error)) throw error;
      if (error instanceof EnrollmentPending) {
        if (!told) await tellWords(files, wish, error, log);
        told = true;
        failures = 0;
        if (once) return { code: exitCodes.waiting };
        waitMs = Math.min(ASK_MOST_MS, Math.max(ASK_LEAST_MS, error.retryAfterMs));
      } else {
        log.warn(`enrolment failed, trying again: ${(error as Error).message || String(error)}`);
        const backoff = ASK_LEAST_MS + random() * Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** failures++);
        waitMs = Math.max(backoff, (error instanceof Unavailable && error.retryAfterMs) || 0);
      }
    }
    await pause(clock, waitMs, stopping);
  }
  return { code: exitCodes.done };
}

/** What a person at the device reads and a person at the console compares: from our own key, not from the answer. */
async function tellWords(files: Files, way: WayIn, { approvalId }: EnrollmentPending, log: Log): Promise<void> {
  const given = 'key' in way && way.key !== undefined ? { key: way.key } : {};
  const { sha256, words } = fingerprintOfKey((await openRequest(files, given)).key);
  log.warn(`waiting for a person to let this device in; its words are: ${words.join(' ')}`, {
    approvalId,
    keySha256: sha256,
  });
}

const isFinal = (error: unknown): boolean =>
  error instanceof EnrollmentRefused || (error as Error).name === 'RootPinFault';

function refusal(log: Log, error: unknown): number {
  if (!isFinal(error)) throw error;
  const code = error instanceof EnrollmentRefused ? error.code : 'root_not_presented';
  log.warn(`enrolment refused: ${(error as Error).message}`, { code });
  if (code !== 'enrollment_rejected') return exitCodes.refused;
  log.warn('to ask once more, start again with --new-request');
  return exitCodes.rejected;
}
