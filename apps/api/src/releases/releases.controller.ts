import * as routes from '@muster/contracts/releases/releases.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { ArtifactsService } from './artifacts.service.js';
import { ReleaseStepsService } from './release-steps.service.js';
import { ReleasesService } from './releases.service.js';

@Controller()
export class ReleasesController {
  constructor(
    private readonly artifacts: ArtifactsService,
    private readonly releases: ReleasesService,
    private readonly steps: ReleaseStepsService,
  ) {}

  @Endpoint(routes.createArtifact)
  createArtifact(call: Call<typeof routes.createArtifact>) {
    return this.artifacts.create(call);
  }

  @Endpoint(routes.getArtifact)
  getArtifact(call: Call<typeof routes.getArtifact>) {
    return this.artifacts.get(call);
  }

  @Endpoint(routes.putArtifactContent)
  putContent(call: Call<typeof routes.putArtifactContent>) {
    return this.artifacts.put(call);
  }

  @Endpoint(routes.listReleases)
  list(call: Call<typeof routes.listReleases>) {
    return this.releases.list(call);
  }

  @Endpoint(routes.createRelease)
  create(call: Call<typeof routes.createRelease>) {
    return this.releases.create(call);
  }

  @Endpoint(routes.getRelease)
  get(call: Call<typeof routes.getRelease>) {
    return this.releases.get(call);
  }

  @Endpoint(routes.getReleaseManifest)
  manifest(call: Call<typeof routes.getReleaseManifest>) {
    return this.steps.manifest(call);
  }

  @Endpoint(routes.updateRelease)
  update(call: Call<typeof routes.updateRelease>) {
    return this.releases.update(call);
  }

  @Endpoint(routes.signRelease)
  sign(call: Call<typeof routes.signRelease>) {
    return this.steps.sign(call);
  }

  @Endpoint(routes.publishRelease)
  publish(call: Call<typeof routes.publishRelease>) {
    return this.steps.publish(call);
  }

  @Endpoint(routes.revokeRelease)
  revoke(call: Call<typeof routes.revokeRelease>) {
    return this.steps.revoke(call);
  }
}
