import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { applyReport } from '@muster/domain/campaigns/apply-report';
import { isLive, recallableStates } from '@muster/domain/campaigns/execution.machine';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { allowing, id, manifest, offer, UpdateWorld } from '@muster/testkit/update-world';
import fc from 'fast-check';
import { expect, test } from 'vitest';

/** Lets everything happen that waits for nothing but its turn. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
/** What may happen to a device and to the server's mind, in any order. */
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('offer' as const), well: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ do: 'cancel' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('battery' as const), low: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('power cut' as const), after: fc.nat(50) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('time' as const), turns: fc.integer({ min: 1, max: 30 }) }) },
);
const asks = { preconditions: { minBatteryPercent: 50 }, jitterS: 0 };
const recallable: ReadonlySet<ExecutionState> = new Set(recallableStates);

/** A server that offers, cancels, offers again, and holds every report against the execution machine. */
class Server {
  readonly executions: { n: number; version: string; state: ExecutionState }[] = [];
  readonly refused: string[] = [];
  #heard = 0;
  #iat = 1;

  constructor(private readonly world: UpdateWorld) {}

  get newest() {
    return this.executions.at(-1);
  }

  hear(): void {
    for (const report of this.world.reports.slice(this.#heard)) {
      this.#heard++;
      const known = this.executions.find(({ n }) => id(n) === report.executionId)!;
      const outcome = applyReport({ state: known.state, provisional: false, wantedVersion: known.version }, report);
      if (outcome.kind === 'moved') known.state = outcome.state;
      else if (outcome.kind === 'refused' && known.state !== 'cancelled')
        this.refused.push(`${report.state} ${report.reasonCode ?? ''} in ${known.state}`);
    }
  }

  offerNew(well: boolean): void {
    this.hear();
    if (this.newest && isLive(this.newest.state)) return;
    const n = this.executions.length + 1;
    this.executions.push({ n, version: `2.0.${n}${well ? '' : '-bad'}`, state: 'offered' });
    this.#send();
  }

  /** As after a reconnect, and when a deferral is over. */
  offerAgain(): void {
    this.hear();
    const { newest } = this;
    if (newest?.state === 'deferred') newest.state = 'offered';
    if (newest?.state === 'offered' || newest?.state === 'accepted') this.#send();
  }

  cancel(): void {
    this.hear();
    const { newest } = this;
    if (!newest || !recallable.has(newest.state)) return;
    newest.state = 'cancelled';
    const order = offer(newest.n, manifest(newest.version));
    void this.world.updater.receive({ ...order, action: 'cancel' }).catch(() => undefined);
  }

  #send(): void {
    const { n, version } = this.newest!;
    const signed = allowing({ iat: this.#iat++, downgrade: true });
    void this.world.updater.receive(offer(n, manifest(version), { ...asks, offer: signed })).catch(() => undefined);
  }
}

test('whatever happens and wherever the power fails, every report is one the server takes, and every update ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 14 }), async (events) => {
      const world = new UpdateWorld();
      world.healthy = (version) => !version.endsWith('-bad');
      const server = new Server(world);
      let over = false;
      const life = (async () => {
        while (!over) {
          await world.boot();
          server.offerAgain();
          await world.ended;
        }
      })();
      await turn();
      for (const one of events) {
        if (one.do === 'offer') server.offerNew(one.well);
        else if (one.do === 'cancel') server.cancel();
        else if (one.do === 'battery')
          world.conditions = { power: { source: 'battery', batteryPercent: one.low ? 5 : 95 }, freeBytes: null };
        else if (one.do === 'power cut') world.cutAt = world.points + 1 + one.after;
        else for (let n = 0; n < one.turns; n++) await turn();
      }
      world.cutAt = Number.POSITIVE_INFINITY;
      world.conditions = { power: { source: 'mains' }, freeBytes: null };
      await assertEventually(
        () => {
          server.offerAgain();
          for (const { state, version } of server.executions)
            expect(['soaking', 'failed', 'cancelled', 'already_satisfied'], version).toContain(state);
        },
        { within: 4_000, every: 2 },
      );
      over = true;
      expect(server.refused).toEqual([]);
      expect(world.disk.current.version).not.toMatch(/-bad$/);
      const last = server.executions.findLast(({ state }) => state === 'soaking');
      if (last) expect(world.disk.current.version).toBe(last.version);
      void life;
    }),
    { numRuns: 600 },
  );
}, 60_000);
