import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import { judgeClock } from '@muster/telemetry/judge-clock';
import { Injectable } from '@nestjs/common';
import { ClockAnchors } from './clock-anchors.js';
import { Ingest } from './ingest.js';
import { Intake, type UplinkRefusal } from './intake.js';
import { healthOf } from './sightings.js';
import type { UplinkMessage } from './uplink.js';

/** Heartbeats are messages of their own kind and news of their device; the Will is only news, and has no number. */
@Injectable()
export class HeartbeatIntake {
  constructor(
    private readonly intake: Intake,
    private readonly ingest: Ingest,
    private readonly anchors: ClockAnchors,
  ) {}

  /** Resolves when the message is committed: null when it is stored or was before, else why it is a dead letter. */
  take(message: UplinkMessage): Promise<UplinkRefusal | null> {
    return this.intake.take('heartbeat', message, ({ uplink, device, producedAt }) => {
      const { receivedAt, address } = message;
      const news = { uplink, receivedAt, address };
      this.anchors.note(device, news);
      if (uplink.reason === 'offline') return this.ingest.store({ device, row: null, news });
      const row = {
        deviceKey: device.deviceKey,
        tenant: device.tenant,
        producedAt,
        seqNo: uplink.seqNo,
        kind: messageKinds.heartbeat,
        placeId: null,
        receivedAt,
        schemaVersion: uplink.schemaVersion,
        ...judgeClock(producedAt, receivedAt),
        dtMs: [],
        metric: [],
        value: [],
        quality: null,
        extra: healthOf(uplink),
      };
      return this.ingest.store({ device, row, news, bytes: message.payload.length });
    });
  }
}
