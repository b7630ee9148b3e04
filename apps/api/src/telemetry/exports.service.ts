import { randomUUID } from 'node:crypto';
import type * as routes from '@muster/contracts/telemetry/telemetry.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { lineageStore } from '@muster/persistence/devices/lineage.store';
import { type ExportFilter, exportStore } from '@muster/persistence/telemetry/export.store';
import { untilCommitted } from '@muster/persistence/until-committed';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { csvWriter, type ExportWriter, jsonLinesWriter, parquetWriter } from '@muster/telemetry/export-format';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { LOG, type Log } from '../http/log.js';
import { actorOf, type Principal } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { bucketColumns, readingColumns } from './export-lines.js';
import { type ExportScope, readExport } from './read-export.js';

type ExportCall = Call<typeof routes.exportTelemetry>;

/** How an export goes out: pieces, each awaited; whether its reader may still have it is asked again as it goes. */
export interface ExportSink {
  write(piece: Uint8Array): Promise<void>;
  stillThere(): Promise<boolean>;
}

export interface PreparedExport {
  readonly fileName: string;
  readonly contentType: string;
  /** Resolves when everything is written and recorded; rejects when it broke off, which is recorded too. */
  run(sink: ExportSink): Promise<void>;
}

const DAY_MS = 86_400_000;
/** The longest range of each resolution, in days. */
const LONGEST = { raw: 92, hour: 1_100, day: 3_660, week: 3_660 } as const;
const ASK_AGAIN_MS = 15_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const writers = { csv: csvWriter, jsonl: jsonLinesWriter, parquet: parquetWriter } as const;

/** Readings as files. One at a time for a principal and process; who, what and how much are in the audit log. */
@Injectable()
export class ExportsService {
  readonly #running = new Set<string>();

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Everything that can be refused, before a byte is sent; that it began is durable when this resolves. */
  async prepare(call: ExportCall): Promise<PreparedExport> {
    const { principal, query } = call;
    const { from, to } = rangeOf(query);
    const filter = filterOf(query);
    const { metrics, ids } = await this.database.tenant(principal.tenantId, async (tx) => {
      await requireDevices(tx, filter.ids);
      return {
        metrics: query.metrics === undefined ? null : await metricIdsOf(tx, query.metrics),
        // With what stood in its place before, under the name of what measured it.
        ids: filter.ids && (await lineageStore.withPredecessors(tx, filter.ids)),
      };
    });
    const personal = principal.permissions.has('telemetry:personal');
    const scope = {
      tenantId: principal.tenantId,
      filter: { ...filter, ids },
      metrics,
      from,
      to,
      resolution: query.resolution,
      personal,
    };
    const columns = query.resolution === 'raw' ? readingColumns : bucketColumns;
    const writer = writers[query.format](columns);
    const holder = `${principal.kind}:${principal.id}`;
    if (this.#running.has(holder)) throw Refusal.tooMany('exports at once', 10);
    this.#running.add(holder);
    const id = randomUUID();
    try {
      await this.#record(call, id, 'started', { filter: query, personal });
    } catch (error) {
      this.#running.delete(holder);
      throw error;
    }
    return {
      fileName: `telemetry-${query.resolution}-${dayOf(from)}-${dayOf(to)}.${writer.extension}`,
      contentType: writer.contentType,
      run: (sink) => this.#run(call, id, scope, writer, sink).finally(() => this.#running.delete(holder)),
    };
  }

  /** The end is recorded before the last piece goes out: a file that is whole is one that is in the audit log. */
  async #run(call: ExportCall, id: string, scope: ExportScope, writer: ExportWriter, sink: ExportSink): Promise<void> {
    let lines = 0;
    let askedAt = this.clock.monotonic();
    try {
      await sink.write(writer.begin());
      for await (const portion of readExport(this.database, scope)) {
        const piece = writer.add(portion);
        if (piece.length > 0) await sink.write(piece);
        lines += portion.length;
        if (this.clock.monotonic() - askedAt < ASK_AGAIN_MS) continue;
        askedAt = this.clock.monotonic();
        if (!(await sink.stillThere())) throw new Error('the permission is gone');
      }
      const last = writer.end();
      await this.#record(call, id, 'ended', { outcome: 'complete', lines });
      await sink.write(last);
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      this.log.info({ err: error, exportId: id, lines }, 'an export broke off');
      await untilCommitted(() => this.#record(call, id, 'ended', { outcome: 'broken_off', lines, because }), this.log);
      throw error;
    }
  }

  async #record({ principal, requestId }: ExportCall, id: string, step: 'started' | 'ended', after: object) {
    const entry = { actor: actorOf(principal), action: `telemetry.export_${step}`, resource: `export:${id}` };
    await this.database.insist(principal.tenantId, (tx) => audit.append(tx, { ...entry, after, requestId }));
  }
}

/** What a principal must keep to go on: the export itself, and values of personal metrics where they are in it. */
export const mayGoOn = (now: Principal | null, before: Principal): boolean =>
  now?.tenantId === before.tenantId &&
  now.permissions.has('telemetry:export') &&
  (now.permissions.has('telemetry:personal') || !before.permissions.has('telemetry:personal'));

const rangeOf = (query: ExportCall['query']): { from: Date; to: Date } => {
  const from = new Date(query.from);
  const to = new Date(query.to);
  const days = (to.getTime() - from.getTime()) / DAY_MS;
  const longest = LONGEST[query.resolution];
  if (days > 0 && days <= longest) return { from, to };
  const message = days > 0 ? `is more than ${longest} days after from` : 'must be after from';
  throw new Refusal('validation_failed', `/query/to ${message}.`, undefined, [{ pointer: '/query/to', message }]);
};

const filterOf = ({ devices, site, class: kind, label }: ExportCall['query']): ExportFilter => {
  const at = label?.indexOf('=') ?? -1;
  return {
    ids: devices ?? null,
    site: site ?? null,
    class: kind ?? null,
    labels: label === undefined ? null : { [label.slice(0, at)]: label.slice(at + 1) },
  };
};

const requireDevices = async (tx: Tx, ids: readonly string[] | null): Promise<void> => {
  if (ids === null) return;
  const known = new Set(
    await exportStore.known(
      tx,
      ids.filter((id) => UUID.test(id)),
    ),
  );
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined) throw Refusal.notFound('device', unknown);
};

const metricIdsOf = async (tx: Tx, keys: readonly string[]): Promise<number[]> => {
  const known = await exportStore.metricsByKey(tx, keys);
  const unknown = keys.find((key) => !known.some((metric) => metric.key === key));
  // What came before a key became an alias lies under that key, the rest under what it stands for.
  if (unknown === undefined) return known.flatMap(({ id, aliasOf }) => (aliasOf === null ? [id] : [id, aliasOf]));
  const message = `names ${JSON.stringify(unknown)}, which is not in the catalogue`;
  throw new Refusal('validation_failed', `/query/metrics ${message}.`, undefined, [
    { pointer: '/query/metrics', message },
  ]);
};

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
