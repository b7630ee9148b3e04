import * as routes from '@muster/contracts/telemetry/retention.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { ArchivesService } from './archives.service.js';
import { PurgesService } from './purges.service.js';
import { RetentionService } from './retention.service.js';

@Controller()
export class RetentionController {
  constructor(
    private readonly retention: RetentionService,
    private readonly archives: ArchivesService,
    private readonly purges: PurgesService,
  ) {}

  @Endpoint(routes.getRetention)
  getRetention(call: Call<typeof routes.getRetention>) {
    return this.retention.get(call);
  }

  @Endpoint(routes.setRetention)
  setRetention(call: Call<typeof routes.setRetention>) {
    return this.retention.set(call);
  }

  @Endpoint(routes.listStoredDays)
  listStoredDays(call: Call<typeof routes.listStoredDays>) {
    return this.retention.days(call);
  }

  @Endpoint(routes.listArchives)
  listArchives(call: Call<typeof routes.listArchives>) {
    return this.archives.list(call);
  }

  @Endpoint(routes.restoreArchive)
  restoreArchive(call: Call<typeof routes.restoreArchive>) {
    return this.archives.restore(call);
  }

  @Endpoint(routes.listPurges)
  listPurges(call: Call<typeof routes.listPurges>) {
    return this.purges.list(call);
  }

  @Endpoint(routes.createPurge)
  createPurge(call: Call<typeof routes.createPurge>) {
    return this.purges.create(call);
  }
}
