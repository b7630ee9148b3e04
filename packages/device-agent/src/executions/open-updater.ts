import { verifyManifest } from '@muster/pki/signing/manifest';
import type { AgentOptions, AgentPorts } from '../agent-ports.js';
import type { IdentityStore } from '../identity/identity-store.js';
import { Document } from '../ports/document.js';
import { download } from './download.js';
import { noExecutions } from './execution-state.js';
import { probationTimes } from './probation.js';
import { Updater, type UpdaterPorts } from './updater.js';

const DOWNLOADS = 'download';

/** The updater of one device, with its state from disk. What earlier updates left half downloaded is cleared away. */
export async function openUpdater(
  ports: AgentPorts,
  { device, probation = probationTimes }: AgentOptions,
  agent: Pick<UpdaterPorts, 'report' | 'health' | 'sourcesUp'> & { store: IdentityStore },
): Promise<Updater> {
  const { files, clock, log, power, installer } = ports;
  const { store, ...rest } = agent;
  const state = await Document.open(files, 'executions/state.json', noExecutions);
  const current = state.value.update?.manifest.artifact.sha256;
  for (const name of await files.list(DOWNLOADS)) if (name !== current) await files.remove(`${DOWNLOADS}/${name}`);
  const all: UpdaterPorts = {
    clock,
    log,
    power,
    installer,
    state,
    verify: (jws) => verifyManifest(jws, store.identity.trust, store.identity.tenant),
    artifactAt: ({ artifact }) => `${DOWNLOADS}/${artifact.sha256}`,
    discard: (path) => files.remove(path),
    download: ({ manifest: { artifact }, artifactPath }, signal, progress) =>
      download(ports, {
        url: new URL(artifactPath, store.identity.apiUrl).href,
        path: `${DOWNLOADS}/${artifact.sha256}`,
        size: artifact.size,
        sha256: artifact.sha256,
        tls: () => store.identity,
        signal,
        progress,
      }),
    ...rest,
  };
  return new Updater(all, device.model, probation);
}
