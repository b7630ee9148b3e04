import type * as routes from '@muster/contracts/devices/devices.routes';
import { isTimezone } from '@muster/domain/campaigns/maintenance-windows';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { siteStore } from '@muster/persistence/devices/site.store';
import { Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';

/** Sites and their clocks: maintenance windows follow them. */
@Injectable()
export class SitesService {
  constructor(private readonly database: Database) {}

  list(call: Call<typeof routes.listSites>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => ({ items: await siteStore.list(tx) }));
  }

  /** Saying the same again changes nothing and is not recorded. */
  update(call: Call<typeof routes.updateSite>) {
    const { principal, body, params, requestId } = call;
    if (body.timezone !== undefined && !isTimezone(body.timezone))
      throw new Refusal('validation_failed', undefined, undefined, [
        { pointer: '/body/timezone', message: `${body.timezone} is no time zone of the IANA database` },
      ]);
    return this.database.tenant(principal.tenantId, async (tx) => {
      const before = await siteStore.lock(tx, params.name);
      if (before === null) throw Refusal.notFound('site', params.name);
      const after = {
        timezone: body.timezone ?? before.timezone,
        region: body.region === undefined ? before.region : body.region,
      };
      if (after.timezone === before.timezone && after.region === before.region) return before;
      await siteStore.change(tx, params.name, after);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'site.changed',
        resource: `site:${params.name}`,
        before: { timezone: before.timezone, region: before.region },
        after,
        requestId,
      });
      return { ...before, ...after };
    });
  }
}
