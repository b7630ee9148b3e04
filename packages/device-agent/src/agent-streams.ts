import { schemaVersions } from '@muster/contracts/mqtt/uplink';
import type { AgentOptions, AgentPorts } from './agent-ports.js';
import { Numbering } from './link/numbering.js';
import { type Publish, UplinkStream } from './link/uplink-stream.js';
import { newEpoch } from './ports/random.js';
import { SegmentBuffer } from './telemetry/segment-buffer.js';

const TELEMETRY_BYTES = 256 << 20;
const REPORT_BYTES = 4 << 20;
const SEGMENT_BYTES = 1 << 20;
/** Telemetry shares a sync with its neighbours; a report is synced at once, because the device acts on having said it. */
const TELEMETRY_COMMIT_MS = 50;
const RESEND_MS = 20_000;
const WINDOW = 64;
const REPORT_WINDOW = 16;

export interface AgentStreams {
  telemetry: UplinkStream;
  command: UplinkStream;
  execution: UplinkStream;
  heartbeatNumbers: Numbering;
  twinNumbers: Numbering;
  trustNumbers: Numbering;
  close(): Promise<void>;
}

/** The five numbered uplinks of a device: three kept on disk until acknowledged, the others told anew instead. */
export async function openStreams(
  ports: AgentPorts,
  deviceId: string,
  options: AgentOptions,
  publish: Publish,
): Promise<AgentStreams> {
  const { files, clock, random } = ports;
  const epoch = () => newEpoch(random);
  const buffers: SegmentBuffer[] = [];
  const stream = async (channel: 'telemetry' | 'command' | 'execution'): Promise<UplinkStream> => {
    const live = channel === 'telemetry';
    const buffer = await SegmentBuffer.open(files, clock, {
      folder: `queue/${channel}`,
      segmentBytes: SEGMENT_BYTES,
      quotaBytes: live ? (options.bufferBytes ?? TELEMETRY_BYTES) : REPORT_BYTES,
      commitWithinMs: live ? TELEMETRY_COMMIT_MS : 0,
      newEpoch: epoch,
    });
    buffers.push(buffer);
    const window = live ? (options.window ?? WINDOW) : REPORT_WINDOW;
    const form = live ? { schemaVersion: schemaVersions.telemetry.newest, bootId: ports.power.bootId } : {};
    return new UplinkStream({ channel, deviceId, window, resendMs: RESEND_MS, ...form }, buffer, clock, publish);
  };
  return {
    telemetry: await stream('telemetry'),
    command: await stream('command'),
    execution: await stream('execution'),
    heartbeatNumbers: await Numbering.open(files, 'heartbeat', epoch),
    twinNumbers: await Numbering.open(files, 'twin', epoch),
    trustNumbers: await Numbering.open(files, 'trust', epoch),
    close: async () => {
      await Promise.all(buffers.map((buffer) => buffer.close()));
    },
  };
}
