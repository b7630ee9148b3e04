import type { MqttOptions, MqttSession, Net } from '@muster/device-agent/ports/net';

export interface NetFaults {
  offline: boolean;
  /** Says this firmware version in heartbeats whatever the agent says. */
  heartbeatVersion: (() => string) | null;
}

/** The real network with a switch in it. Cutting ends the session without a good-bye, as a lost link does. */
export class SimulatedNet implements Net {
  readonly faults: NetFaults = { offline: false, heartbeatVersion: null };
  #session: MqttSession | null = null;

  constructor(private readonly real: Net) {}

  async mqtt(options: MqttOptions): Promise<MqttSession> {
    this.#refuseOffline();
    const session = await this.real.mqtt(options);
    if (this.faults.offline) {
      await session.end(false);
      this.#refuseOffline();
    }
    this.#session = session;
    session.onClose(() => {
      if (this.#session === session) this.#session = null;
    });
    return { ...session, publish: (topic, payload) => session.publish(topic, this.#altered(topic, payload)) };
  }

  async request(...args: Parameters<Net['request']>): ReturnType<Net['request']> {
    this.#refuseOffline();
    return this.real.request(...args);
  }

  async pinnedRoot(url: string, pin: string): Promise<string> {
    this.#refuseOffline();
    return this.real.pinnedRoot(url, pin);
  }

  /** Cuts or mends the link. */
  async setOffline(offline: boolean): Promise<void> {
    this.faults.offline = offline;
    if (offline) await this.#session?.end(false);
  }

  #refuseOffline(): void {
    if (this.faults.offline) throw new Error('no network');
  }

  #altered(topic: string, payload: string | Uint8Array): string | Uint8Array {
    const { heartbeatVersion } = this.faults;
    if (!heartbeatVersion || !topic.endsWith('/up/heartbeat')) return payload;
    return JSON.stringify({ ...JSON.parse(payload.toString()), firmwareVersion: heartbeatVersion() });
  }
}
