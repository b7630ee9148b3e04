import type { SigningJwk } from '@muster/pki/signing/compact';

/** Everything a device needs to prove who it is and to know whom to believe. Stored readable by its owner only. */
export interface Identity {
  deviceId: string;
  tenant: string;
  apiUrl: string;
  mqttUrl: string;
  /** PEM, PKCS #8. Made here, never sent anywhere. */
  key: string;
  /** PEM, leaf first, then its issuers. */
  certificate: string;
  root: string;
  heartbeatS: number;
  renew: { start: string; end: string };
  trust: SigningJwk[];
  trustBundle: number;
  /** Fingerprint of the certificate before this one: commands bound to it are still ours. */
  previousFingerprint: string | null;
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
