import type { SigningJwk } from '@muster/pki/signing/compact';

/** Whom a device believes: roots of TLS, keys of what is signed. A bundle changes all of it in one step. */
export interface Trust {
  /** PEM, one root after another. */
  root: string;
  trust: SigningJwk[];
  /** Number of the bundle this came with. */
  trustBundle: number;
  /** Whether a signed bundle said so: from then on nothing but a signed bundle may change it. */
  trustSigned?: boolean;
}

/** Everything a device needs to prove who it is and to know whom to believe. Stored readable by its owner only. */
export interface Identity extends Trust {
  deviceId: string;
  tenant: string;
  apiUrl: string;
  mqttUrl: string;
  /** PEM, PKCS #8. Made here, never sent anywhere. */
  key: string;
  /** PEM, leaf first, then its issuers. */
  certificate: string;
  heartbeatS: number;
  renew: { start: string; end: string };
  /** Fingerprint of the certificate before this one: commands bound to it are still ours. */
  previousFingerprint: string | null;
  /** The latest time a server told over verified TLS, RFC 3339. Absent from what older agents stored. */
  serverTime?: string;
}

/** What may be told about a device when it enrols. */
export interface DeviceDescription {
  model: string;
  serial: string;
  hardwareRevision?: string;
  name?: string;
  /** A simulated device says so when it enrols, to be told apart from real ones. */
  synthetic?: boolean;
}
