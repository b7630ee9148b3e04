import { parseTopic } from '@muster/contracts/mqtt/topics';
import { PendingAcks } from '@muster/ingest/pending-acks';
import { readUplinkClaim, type UplinkClaim, verifyUplink } from '@muster/pki/signing/uplink';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { encodeCbor } from '@muster/telemetry/encode-cbor';
import { Inject, Injectable } from '@nestjs/common';
import { DeviceIdentity, type KnownDevice } from '../../device-door/device-identity.js';
import { toRefusal } from '../../http/problem.filter.js';
import { RateLimits } from '../../http/rate-limits.js';
import { Refusal } from '../../http/refusal.js';
import { type CoapAnswer, type CoapRequest, formats } from './coap-message.js';
import { DoorIntake } from './door-intake.js';
import { DOOR_LIMITS, type DoorLimits } from './door-limits.js';
import { uplinkAs } from './read-uplinks.js';
import { LATE, within } from './within.js';

const SHORT_PATH = 't';
/** When to come again where nothing better is known, in seconds. */
const COME_AGAIN_S = 5;

/** A complete signed uplink over CoAP: who sent it, into the ingest, and the acknowledgement as the answer. */
@Injectable()
export class CoapUplinks {
  #underWay = 0;

  constructor(
    private readonly identity: DeviceIdentity,
    private readonly intake: DoorIntake,
    private readonly rates: RateLimits,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DOOR_LIMITS) private readonly limits: DoorLimits,
  ) {}

  /** What can be said before the body is there; null when it may come. */
  refusalOf({ code, path, accept, badOption }: CoapRequest, address: string): CoapAnswer | null {
    try {
      this.rates.chargeAddress(address);
      if (badOption) return { code: '4.02' };
      if (accept !== null && accept !== formats.json && accept !== formats.cbor) return { code: '4.06' };
      if (!isUplinkPath(path)) throw new Refusal('not_found');
      if (code !== '0.02') throw Refusal.methodNotAllowed(['POST']);
      return null;
    } catch (error) {
      return problemOf(toRefusal(error), accept);
    }
  }

  /** Never rejects. An answer that does not come in time is 5.03: what is committed by then is a duplicate the next time. */
  async take(request: CoapRequest, body: Buffer): Promise<CoapAnswer> {
    try {
      if (this.#underWay >= this.limits.coapUnderWay || !this.intake.hasRoom())
        throw new Refusal('unavailable', 'too much waits for its commit');
      this.#underWay++;
      const work = this.#take(request, body).finally(() => this.#underWay--);
      const answer = await within(work, this.limits.coapAnswerMs);
      if (answer === LATE) throw new Refusal('unavailable', 'the commit takes too long; send it again');
      return answer;
    } catch (error) {
      return problemOf(toRefusal(error), request.accept);
    }
  }

  async #take(request: CoapRequest, body: Buffer): Promise<CoapAnswer> {
    const jws = body.toString('latin1');
    const claim = readUplinkClaim(jws);
    if (claim === null) throw new Refusal('unauthenticated', 'the payload is no signed uplink (typ uplink+jws)');
    const device = await this.identity.ofFingerprint(claim.fingerprint);
    const payload = await verifyUplink(jws, device.certificate);
    if (payload === null) throw new Refusal('unauthenticated', 'the key of the certificate did not sign this');
    this.rates.chargeUplink(device.deviceId);
    checkTopic(request.path, device, claim);
    const acks = new PendingAcks();
    const refusal = await this.intake.take(device, uplinkAs(claim.channel, claim.place, payload), acks);
    const [ack] = acks.take();
    if (refusal?.code === 'rate_limited') {
      const waitMs = (ack?.pauseUntilMs ?? 0) - this.clock.now().getTime();
      throw Refusal.tooMany('messages of this device', waitMs > 0 ? Math.ceil(waitMs / 1_000) : COME_AGAIN_S);
    }
    if (ack !== undefined) return { code: '2.04', ...content(ack, request.accept) };
    // Kept as a dead letter, and nobody can say which message of the device it was.
    if (refusal !== null) throw new Refusal(refusal.code, refusal.detail);
    return { code: '2.04' };
  }
}

const isUplinkPath = (path: readonly string[]): boolean =>
  (path.length === 1 && path[0] === SHORT_PATH) || parseTopic(path.join('/'))?.direction === 'up';

/** A topic in the path says nothing that the signature does not: where it says something else, somebody changed it. */
const checkTopic = (path: readonly string[], device: KnownDevice, { channel, place }: UplinkClaim): void => {
  const topic = parseTopic(path.join('/'));
  if (topic === null) return;
  if (topic.tenant !== device.tenantId) throw new Refusal('tenant_mismatch');
  if (topic.device !== device.deviceId) throw new Refusal('identity_mismatch');
  if (topic.channel !== channel || topic.place !== place)
    throw new Refusal('validation_failed', 'channel and place of the path are not those that were signed');
};

/** HTTP status 429 is CoAP code 4.29, and so on (RFC 7252 5.9). */
const problemOf = ({ code, status, message, headers }: Refusal, accept: number | null): CoapAnswer => {
  const retryAfter = Number(headers['retry-after'] ?? COME_AGAIN_S);
  const hundreds = Math.floor(status / 100);
  return {
    code: `${hundreds}.${String(status % 100).padStart(2, '0')}`,
    ...content({ code, detail: message.slice(0, 200) }, accept),
    ...(status === 429 || status === 503 ? { maxAgeS: retryAfter } : {}),
  };
};

const content = (document: object, accept: number | null): Pick<CoapAnswer, 'payload' | 'format'> =>
  accept === formats.cbor
    ? { payload: encodeCbor(document), format: formats.cbor }
    : { payload: Buffer.from(JSON.stringify(document)), format: formats.json };
