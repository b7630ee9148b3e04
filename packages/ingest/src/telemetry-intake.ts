import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import { MOST_METRICS, MOST_PLACES } from '@muster/persistence/telemetry/catalogue.store';
import type { ClockAnchor } from '@muster/telemetry/judge-clock';
import { judgeReadings, type MetricRule } from '@muster/telemetry/judge-readings';
import { type NormalTelemetry, normaliseTelemetry } from '@muster/telemetry/normalise-telemetry';
import { Injectable } from '@nestjs/common';
import { Catalogue, PLACES_FULL } from './catalogue.js';
import { ClockAnchors } from './clock-anchors.js';
import { Ingest } from './ingest.js';
import { type Accepted, Intake, type UplinkRefusal } from './intake.js';
import { StuckMemory } from './stuck-memory.js';
import type { UplinkMessage } from './uplink.js';

const CATALOGUE_FULL: UplinkRefusal = {
  code: 'payload_invalid',
  detail: `/readings names a metric that is new, and the tenant has ${MOST_METRICS}, which is all it may have`,
};
const NO_MORE_PLACES: UplinkRefusal = {
  code: 'payload_invalid',
  detail: `the place is new, and the device has ${MOST_PLACES}, which is all it may have`,
};

/** Telemetry into the database, from whichever door it came. */
@Injectable()
export class TelemetryIntake {
  readonly #stuck = new StuckMemory();

  constructor(
    private readonly intake: Intake,
    private readonly catalogue: Catalogue,
    private readonly anchors: ClockAnchors,
    private readonly ingest: Ingest,
  ) {}

  /** Resolves when the message is committed: null when it is stored or was before, else why it is a dead letter. */
  take(message: UplinkMessage): Promise<UplinkRefusal | null> {
    return this.intake.take('telemetry', message, this.#apply);
  }

  /** Waits for nothing that is in memory, which with devices, places and metrics that are known is everything. */
  readonly #apply = (accepted: Accepted<'telemetry'>): Promise<UplinkRefusal | undefined> => {
    const { message, uplink, device, producedAt } = accepted;
    const anchor = this.anchors.find(device, uplink.bootId, producedAt, message.receivedAt);
    return anchor instanceof Promise
      ? anchor.then((found) => this.#normalise(accepted, found))
      : this.#normalise(accepted, anchor);
  };

  #normalise(accepted: Accepted<'telemetry'>, anchor: ClockAnchor | null): Promise<UplinkRefusal | undefined> {
    const { message, uplink, device, producedAt } = accepted;
    const normal = normaliseTelemetry(uplink, producedAt, message.receivedAt, anchor);
    const placeId = this.catalogue.placeId(device, message.place, uplink.asset ?? null);
    const rules = this.catalogue.rules(device.tenant, normal.keys);
    if (!(placeId instanceof Promise) && !(rules instanceof Promise))
      return this.#store(accepted, normal, placeId, rules);
    return Promise.all([placeId, rules]).then(([place, known]) => this.#store(accepted, normal, place, known));
  }

  #store(
    { message, device }: Accepted<'telemetry'>,
    normal: NormalTelemetry,
    placeId: number | null | typeof PLACES_FULL,
    rules: readonly MetricRule[] | null,
  ): Promise<UplinkRefusal | undefined> {
    if (rules === null) return Promise.resolve(CATALOGUE_FULL);
    if (placeId === PLACES_FULL) return Promise.resolve(NO_MORE_PLACES);
    const { seqNo, producedAt, correctedAt, flags, schemaVersion, dtMs, extra } = normal;
    const series = `${device.deviceKey}/${placeId ?? 0}/`;
    const { metric, value, quality } = judgeReadings(
      normal,
      rules,
      (correctedAt ?? producedAt).getTime(),
      (rule, reading, at) => this.#stuck.isStuck(series + rule.id, reading, at, rule.stuckAfterMs!),
    );
    const row = {
      deviceKey: device.deviceKey,
      tenant: device.tenant,
      producedAt,
      seqNo,
      kind: messageKinds.telemetry,
      placeId,
      receivedAt: message.receivedAt,
      schemaVersion,
      correctedAt,
      flags,
      dtMs,
      metric,
      value,
      quality,
      extra,
    };
    return this.ingest.store({ device, row, news: null, bytes: message.payload.length });
  }
}
