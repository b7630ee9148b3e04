/** One thing this process cannot work without. Resolves when it is fine, throws when it is not. */
export type HealthCheck = () => Promise<void> | void;

export interface Readiness {
  readonly ready: boolean;
  /** Check name to `ok` or to what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

const patienceMs = 2_000;

/** What the process can say of itself: live as long as it answers, ready when started, not draining, and all checks pass. */
export class Health {
  readonly #checks = new Map<string, HealthCheck>();
  #phase: 'starting' | 'started' | 'draining' = 'starting';

  add(name: string, check: HealthCheck): void {
    this.#checks.set(name, check);
  }

  started(): void {
    this.#phase = 'started';
  }

  /** From now on a load balancer should send nothing new. */
  draining(): void {
    this.#phase = 'draining';
  }

  async readiness(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.#checks].map(async ([name, check]) => [name, await outcome(check)] as const),
    );
    const checks = Object.fromEntries([['process', this.#phase === 'started' ? 'ok' : this.#phase], ...results]);
    return { ready: Object.values(checks).every((result) => result === 'ok'), checks };
  }
}

async function outcome(check: HealthCheck): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  });
  try {
    await Promise.race([Promise.resolve().then(check), late]);
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
