import type { MqttOptions, MqttSession, Net } from '@muster/device-agent/ports/net';

/** What keeps a device off the network; it is back when none of them does. */
export type Outage = 'scenario' | 'presence' | 'silence';

/** What becomes of a heartbeat on its way out; null when it never leaves. */
export type HeartbeatChange = (heartbeat: Record<string, unknown>) => Record<string, unknown> | null;

/** The real network with a switch in it. Cutting ends the session without a good-bye, as a lost link does. */
export class SimulatedNet implements Net {
  readonly #outages = new Set<Outage>();
  #session: MqttSession | null = null;
  changeHeartbeat: HeartbeatChange | null = null;

  constructor(private readonly real: Net) {}

  get isCut(): boolean {
    return this.#outages.size > 0;
  }

  async mqtt(options: MqttOptions): Promise<MqttSession> {
    this.#refuseCut();
    const session = await this.real.mqtt(options);
    if (this.isCut) {
      await session.end(false);
      this.#refuseCut();
    }
    this.#session = session;
    session.onClose(() => {
      if (this.#session === session) this.#session = null;
    });
    const publish: MqttSession['publish'] = async (topic, payload) => {
      const altered = this.#altered(topic, payload);
      if (altered !== null) await session.publish(topic, altered);
    };
    return { ...session, publish };
  }

  async request(...args: Parameters<Net['request']>): ReturnType<Net['request']> {
    this.#refuseCut();
    return this.real.request(...args);
  }

  async pinnedRoot(url: string, pin: string): Promise<string> {
    this.#refuseCut();
    return this.real.pinnedRoot(url, pin);
  }

  /** Cuts or mends the link, for one reason. */
  async cut(outage: Outage, on: boolean): Promise<void> {
    if (on) this.#outages.add(outage);
    else this.#outages.delete(outage);
    if (this.isCut) await this.#session?.end(false);
  }

  #refuseCut(): void {
    if (this.isCut) throw new Error('no network');
  }

  #altered(topic: string, payload: string | Uint8Array): string | Uint8Array | null {
    if (!this.changeHeartbeat || !topic.endsWith('/up/heartbeat')) return payload;
    const changed = this.changeHeartbeat(JSON.parse(payload.toString()) as Record<string, unknown>);
    return changed && JSON.stringify(changed);
  }
}
