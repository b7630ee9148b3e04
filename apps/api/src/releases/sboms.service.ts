import type * as routes from '@muster/contracts/releases/releases.routes';
import { diffComponents } from '@muster/domain/releases/diff-components';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { releaseStore } from '@muster/persistence/releases/release.store';
import { sbomStore } from '@muster/persistence/releases/sbom.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable, StreamableFile } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { answer, dropChanged, findRelease, lockRelease } from './read-release.js';
import { readSbom } from './read-sbom.js';
import { toComponent } from './release.resource.js';

const mediaTypes = { cyclonedx: 'application/vnd.cyclonedx+json', spdx: 'application/spdx+json' } as const;

/** What releases are made of, in the words of their own build. */
@Injectable()
export class SbomsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async put(call: Call<typeof routes.putSbom>) {
    const { principal, params, body, requestId } = call;
    const { components, ...sbom } = await readSbom(textOf(call.request), body);
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await lockRelease(tx, params.releaseId);
      if (row.state !== 'draft')
        throw new Refusal('version_immutable', `A ${row.state} release keeps its SBOM.`, {
          state: row.state,
          fields: ['sbom'],
        });
      await sbomStore.attach(tx, row.id, { ...sbom, createdBy: principal.name }, components, this.clock.now());
      await releaseStore.touch(tx, row.id);
      const { format, specVersion, sha256 } = sbom;
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'release.sbom_attached',
        resource: `release:${row.id}`,
        before: row.sbom === null ? null : { sha256: row.sbom.sha256 },
        after: { format, specVersion, sha256, components: components.length },
        requestId,
      });
      await dropChanged(tx, row.id, row.state);
      return answer(tx, row.id);
    });
  }

  /** The document as it was attached, byte for byte. */
  async get(call: Call<typeof routes.getSbom>): Promise<never> {
    const { releaseId } = call.params;
    const sbom = await this.database.tenant(call.principal.tenantId, async (tx) => {
      await findRelease(tx, releaseId);
      return sbomStore.find(tx, releaseId);
    });
    if (sbom === null) throw Refusal.notFound('sbom');
    const { document, format } = sbom;
    // A stream passes the answer's schema untouched, which any object fits anyway.
    return new StreamableFile(document, { type: mediaTypes[format], length: document.length }) as never;
  }

  components(call: Call<typeof routes.listComponents>) {
    const [after = 0] = this.paging.after(call) ?? [];
    const { releaseId } = call.params;
    const { name: containing = null, pageSize } = call.query;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const release = await findRelease(tx, releaseId);
      const rows = await sbomStore.components(tx, releaseId, { containing, after: Number(after), limit: pageSize + 1 });
      const total = containing === null ? (release.sbom?.components ?? 0) : null;
      return this.paging.page(call, rows, (row) => [row.n], toComponent, total);
    });
  }

  diff(call: Call<typeof routes.diffSboms>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const read = async (releaseId: string) => {
        const { version, sbom } = await findRelease(tx, releaseId);
        if (sbom === null) throw new Refusal('not_found', `Release ${version} has no SBOM.`, { releaseId });
        const components = (await sbomStore.components(tx, releaseId, {})).map(toComponent);
        return { side: { releaseId, version }, components };
      };
      const from = await read(call.query.from);
      const to = await read(call.params.releaseId);
      return { from: from.side, to: to.side, ...diffComponents(from.components, to.components) };
    });
  }
}

/** The text that was sent. JSON travels as UTF-8 (RFC 8259 8.1); other bytes would come back as other ones. */
const textOf = ({ text, headers }: FastifyRequest): string => {
  if (text === undefined) throw new Refusal('malformed_json');
  const length = headers['content-length'];
  if (length !== undefined && Number(length) !== Buffer.byteLength(text))
    throw new Refusal('malformed_json', 'The document is not UTF-8.');
  return text;
};
