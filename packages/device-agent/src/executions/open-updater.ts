import { verifyManifest } from '@muster/pki/signing/manifest';
import { verifyOffer } from '@muster/pki/signing/offer';
import type { AgentOptions, AgentPorts } from '../agent-ports.js';
import type { IdentityStore } from '../identity/identity-store.js';
import { issuerOfCertificate } from '../identity/issuer.js';
import { Document } from '../ports/document.js';
import { ArtifactShelf } from './artifact-shelf.js';
import type { OrderVerifier } from './believe-order.js';
import { noExecutions, worthKeeping } from './execution-state.js';
import { probationTimes } from './probation.js';
import { Updater, type UpdaterPorts } from './updater.js';

/** Where the state of updates lies below the state folder; `muster-agent why` reads it too. */
export const EXECUTIONS_PATH = 'executions/state.json';

type FromAgent = Pick<UpdaterPorts, 'report' | 'health' | 'sourcesUp' | 'conditions' | 'keepsArtifact'>;

/** The updater of one device, with its state from disk. What earlier updates left half downloaded is cleared away. */
export async function openUpdater(
  ports: AgentPorts,
  { device, probation = probationTimes, objection }: AgentOptions,
  agent: FromAgent & { store: IdentityStore; now: () => Date | null },
): Promise<Updater> {
  const { files, clock, log, power, installer, random } = ports;
  const { store, now, ...rest } = agent;
  const state = await Document.open(files, EXECUTIONS_PATH, noExecutions);
  // An agent before this one knew fewer fields.
  if (state.value.kept === undefined) await state.set({ ...noExecutions, ...state.value });
  const artifacts = new ArtifactShelf(ports, () => store.identity);
  await artifacts.tidy(worthKeeping(state.value));
  const all: UpdaterPorts = {
    clock,
    random,
    log,
    power,
    installer,
    state,
    artifacts,
    verify: verifierOf(store, now),
    objection: objection ?? (async () => null),
    ...rest,
  };
  return new Updater(all, device, probation);
}

const verifierOf = (store: IdentityStore, now: () => Date | null): OrderVerifier => ({
  manifest: (jws) => verifyManifest(jws, store.identity.trust, store.identity.tenant),
  offer: (jws, of) => {
    const { deviceId, tenant, certificate, trust } = store.identity;
    return verifyOffer(jws, trust, { deviceId, issuer: issuerOfCertificate(certificate, tenant), now: now(), ...of });
  },
});
