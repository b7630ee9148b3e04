import { Database } from '@muster/persistence/database';
import { ingestStore, type RegisteredDevice } from '@muster/persistence/telemetry/ingest.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';

export type { RegisteredDevice };

interface Entry {
  readonly device: RegisteredDevice | null;
  readonly until: number;
}

interface Question {
  readonly ids: Set<string>;
  readonly answer: Promise<Map<string, RegisteredDevice>>;
}

const KNOWN_MS = 30_000;
/** Short, since a device connects right after it was registered. */
const UNKNOWN_MS = 1_000;
const MOST = 200_000;

/** Which devices exist and whose they are, as far as the ingest must know; a little behind the database. */
@Injectable()
export class DeviceRegistry {
  readonly #entries = new Map<string, Entry>();
  /** Everybody who asks while one question is under way gets its answer. */
  #asking: Question | null = null;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What is remembered: null for a device that does not exist, undefined when it must be looked up. */
  recall(deviceId: string): RegisteredDevice | null | undefined {
    const entry = this.#entries.get(deviceId);
    return entry !== undefined && entry.until > this.clock.monotonic() ? entry.device : undefined;
  }

  async find(deviceId: string): Promise<RegisteredDevice | null> {
    const known = this.recall(deviceId);
    if (known !== undefined) return known;
    const device = (await this.#ask(deviceId)).get(deviceId) ?? null;
    if (this.#entries.size >= MOST) this.#entries.clear();
    this.#entries.set(deviceId, { device, until: this.clock.monotonic() + (device ? KNOWN_MS : UNKNOWN_MS) });
    return device;
  }

  forget(deviceId: string): void {
    this.#entries.delete(deviceId);
  }

  /** Questions of one turn of the event loop become one query: thousands of devices may reconnect at once. */
  #ask(deviceId: string): Promise<Map<string, RegisteredDevice>> {
    const asking = this.#asking ?? this.#openQuestion();
    asking.ids.add(deviceId);
    return asking.answer;
  }

  #openQuestion(): Question {
    const ids = new Set<string>();
    const asked = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#asking = null;
      return this.database.system((tx) => ingestStore.findDevices(tx, [...ids]));
    });
    this.#asking = { ids, answer: asked };
    return this.#asking;
  }
}
