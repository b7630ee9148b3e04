import type { TwinDocument } from '@muster/domain/devices/merge-twin';
import { agentVersion } from './agent-version.js';
import { type Conditions, MEGABYTE } from './executions/judge-readiness.js';
import type { HealthReport } from './executions/probation.js';
import type { DeviceDescription } from './identity/identity.js';
import type { HeartbeatFacts } from './link/heartbeats.js';
import type { Clock } from './ports/clock.js';
import type { SourceSet } from './source-set.js';

export interface VitalsPorts {
  clock: Clock;
  bootId: string;
  device: DeviceDescription;
  sources: SourceSet;
  firmwareVersion: () => string;
  twinVersion: () => number;
  buffered: () => number;
  /** Less than a third of the certificate's life is left. */
  renewalOverdue: () => boolean;
  /** Connected, and heard by the server in this run. */
  linked: () => boolean;
  checkRelease: () => Promise<{ healthy: boolean; detail: string | null }>;
  conditions: () => Promise<Conditions>;
  moreFacts: () => Record<string, string | number | boolean>;
}

/** How the device is: for heartbeats, reports, diagnostics and for judging a new release. */
export class Vitals {
  readonly #startedAt: number;

  constructor(private readonly ports: VitalsPorts) {
    this.#startedAt = ports.clock.monotonic();
  }

  async heartbeat(): Promise<HeartbeatFacts> {
    const { clock, bootId, firmwareVersion, twinVersion, buffered, conditions, renewalOverdue } = this.ports;
    const { power, freeBytes } = await conditions();
    return {
      status: this.#status(),
      uptimeS: Math.round((clock.monotonic() - this.#startedAt) / 1000),
      bootId,
      agentVersion,
      firmwareVersion: firmwareVersion(),
      twinVersion: twinVersion(),
      buffered: buffered(),
      ...(renewalOverdue() && { checks: { renewal: false } }),
      ...(Object.keys(power).length > 0 && { power: { ...power } }),
      ...(freeBytes !== null && { disk: { freeMb: Math.floor(freeBytes / MEGABYTE) } }),
    };
  }

  /** What stands beside the configuration in the reported twin. */
  reported(): TwinDocument {
    const { device, firmwareVersion, moreFacts } = this.ports;
    const { model, serial, hardwareRevision } = device;
    const system = { model, serial, firmwareVersion: firmwareVersion(), agentVersion, ...moreFacts() };
    return { system: hardwareRevision === undefined ? system : { ...system, hardwareRevision } };
  }

  async diagnostics(): Promise<Record<string, unknown>> {
    return {
      ...(await this.heartbeat()),
      time: this.ports.clock.now().toISOString(),
      sources: this.ports.sources.health(),
      memoryBytes: process.memoryUsage().rss,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    };
  }

  /** Whether a release on trial is well: the server heard us, what was up before is up, and the release has no complaint. */
  async judge(baseline: readonly string[]): Promise<HealthReport> {
    const up = new Set(this.ports.sources.up());
    const { healthy, detail } = await this.ports.checkRelease();
    const checks = { link: this.ports.linked(), sources: baseline.every((id) => up.has(id)), release: healthy };
    return { checks, unhealthy: healthy ? null : (detail ?? 'the release says it is not well') };
  }

  #status(): 'ok' | 'degraded' | 'error' {
    const states = this.ports.sources.health().map(({ state }) => state);
    if (states.includes('down')) return 'error';
    return states.includes('degraded') ? 'degraded' : 'ok';
  }
}
