import { join } from 'node:path';
import type { Database } from '@muster/persistence/database';
import type { Keks } from '@muster/pki/keys/kek';
import { openKeys, type SignerSettings } from '@muster/pki/keys/open-keys';
import type { Clock } from '@muster/runtime/clock/clock';
import type { Settings } from '@muster/runtime/config/settings';
import { CrlPublisher } from '../certificates/crl-publisher.js';
import { BundleMaker } from '../trust/bundle-maker.js';
import { Hierarchy } from '../trust/hierarchy.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { SigningKeys } from '../trust/signing-keys.js';
import { TrustFiles } from './trust-files.js';

/** Trust domain of every installation; devices read it from their own certificate. */
const DOMAIN = 'muster';

export interface IdentityParts {
  readonly door: IdentityDoor;
  readonly files: TrustFiles;
}

/** Everything that signs, from the settings of the process. Nothing is made yet: `files.refresh()` does that. */
export const openIdentity = (
  settings: Pick<Settings, 'data' | 'host' | 'port' | 'devicePort' | 'mqttPort' | 'mqttUrl'> & SignerSettings,
  parts: { database: Database; clock: Clock; kek: Buffer | Keks },
): IdentityParts => {
  const { database, clock, kek } = parts;
  const keys = openKeys(settings, { folder: join(settings.data, 'keys'), keks: kek });
  const hierarchy = new Hierarchy(database, keys, clock, { domain: DOMAIN, organization: 'Muster' });
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  const urls = {
    consoleUrl: `http://${host}:${settings.port}`,
    deviceUrl: `https://${host}:${settings.devicePort}`,
    mqttUrl: `mqtts://${host}:${settings.mqttPort}`,
  };
  const signingKeys = new SigningKeys(database, keys, clock);
  const bundles = new BundleMaker(database, hierarchy, signingKeys, clock);
  const door = new IdentityDoor(hierarchy, signingKeys, bundles, urls);
  const local = ['localhost', '127.0.0.1', '::1'];
  const apiHosts = unique([settings.host, ...local]);
  const brokerHosts = unique([...apiHosts, ...(settings.mqttUrl ? [new URL(settings.mqttUrl).hostname] : [])]);
  const folder = join(settings.data, 'tls');
  const crls = new CrlPublisher(database, door, clock, settings);
  return { door, files: new TrustFiles(door, crls, clock, { folder, apiHosts, brokerHosts }) };
};

const unique = (names: readonly string[]) => [...new Set(names)] as [string, ...string[]];
