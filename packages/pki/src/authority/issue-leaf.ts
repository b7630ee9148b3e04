import { createHash, type KeyObject } from 'node:crypto';
import { lifetimes, validity } from '../profiles/lifetimes.js';
import type { Authority } from './authority.js';
import {
  alternativeHost,
  alternativeUri,
  authorityInfoAccess,
  basicConstraints,
  certificatePolicy,
  crlDistributionPoint,
  extendedKeyUsage,
  keyUsage,
  ocspNoCheck,
  subjectAltName,
} from './extensions.js';
import { claimUri, deviceUri, distinguishedName, serviceUri } from './names.js';
import { type SignedCertificate, signCertificate } from './sign-certificate.js';

export interface IssuedLeaf extends SignedCertificate {
  /** SHA-256 of the certificate's DER, lower-case hex: what every CONNECT is authorised by. */
  readonly fingerprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const digitalSignatureOnly = [basicConstraints(false), keyUsage('digitalSignature')];
const [forClients, ofDevices] = [extendedKeyUsage('clientAuth'), certificatePolicy('device')];

const issued = async (
  issuer: Authority,
  life: number,
  now: Date,
  leaf: { commonName: string; publicKey: KeyObject; extensions: readonly Buffer[]; serial?: Buffer | undefined },
): Promise<IssuedLeaf> => {
  const span = validity(now, life, issuer.notAfter);
  const subject = distinguishedName({ commonName: leaf.commonName });
  const signed = await signCertificate({ ...leaf, subject, ...span }, issuer);
  return { ...signed, ...span, fingerprint: createHash('sha256').update(signed.der).digest('hex') };
};

/**
 * A device's certificate, built from our records alone: nothing of the request but its public key is copied.
 * `life` in milliseconds, cut at the issuer's end.
 */
export const issueDeviceLeaf = (
  issuer: Authority,
  device: {
    domain: string;
    tenant: string;
    deviceId: string;
    publicKey: KeyObject;
    crlUri: string;
    ocspUri?: string;
    issuerUri?: string;
    /** From `randomSerial`, when the address of the list depends on it. */
    serial?: Buffer;
  },
  options: { now: Date; life?: number },
): Promise<IssuedLeaf> => {
  if (!/^[a-z0-9-]{1,64}$/.test(device.deviceId)) return Promise.reject(new Error('not a device id'));
  return issued(issuer, options.life ?? lifetimes.deviceLeaf, options.now, {
    commonName: device.deviceId,
    publicKey: device.publicKey,
    serial: device.serial,
    extensions: [
      ...digitalSignatureOnly,
      forClients,
      subjectAltName(alternativeUri(deviceUri(device.domain, device.tenant, device.deviceId))),
      ofDevices,
      crlDistributionPoint(device.crlUri),
      ...(device.ocspUri && device.issuerUri ? [authorityInfoAccess(device.ocspUri, device.issuerUri)] : []),
    ],
  });
};

/** A server's certificate for `hosts` (DNS names or addresses; the first one becomes the common name). */
export const issueServerLeaf = (
  issuer: Authority,
  server: { hosts: readonly [string, ...string[]]; publicKey: KeyObject },
  options: { now: Date; life?: number },
): Promise<IssuedLeaf> =>
  issued(issuer, options.life ?? lifetimes.serverLeaf, options.now, {
    commonName: server.hosts[0].slice(0, 64),
    publicKey: server.publicKey,
    extensions: [
      ...digitalSignatureOnly,
      extendedKeyUsage('serverAuth'),
      subjectAltName(...server.hosts.map(alternativeHost)),
      certificatePolicy('server'),
    ],
  });

/** A client certificate of one of our own processes, e.g. the worker at an external broker. */
export const issueServiceLeaf = (
  issuer: Authority,
  service: { domain: string; name: string; publicKey: KeyObject },
  options: { now: Date; life?: number },
): Promise<IssuedLeaf> =>
  issued(issuer, options.life ?? lifetimes.serviceLeaf, options.now, {
    commonName: service.name,
    publicKey: service.publicKey,
    extensions: [
      ...digitalSignatureOnly,
      extendedKeyUsage('clientAuth'),
      subjectAltName(alternativeUri(serviceUri(service.domain, service.name))),
      certificatePolicy('service'),
    ],
  });

/** A claim certificate, shared by the devices of a batch: it proves the batch at enrolment and opens no other door. */
export const issueBootstrapLeaf = (
  issuer: Authority,
  batch: { domain: string; tenant: string; batchId: string; publicKey: KeyObject; crlUri: string },
  options: { now: Date; life?: number },
): Promise<IssuedLeaf> =>
  issued(issuer, options.life ?? lifetimes.claimLeaf, options.now, {
    commonName: batch.batchId,
    publicKey: batch.publicKey,
    extensions: [
      ...digitalSignatureOnly,
      extendedKeyUsage('clientAuth'),
      subjectAltName(alternativeUri(claimUri(batch.domain, batch.tenant, batch.batchId))),
      certificatePolicy('bootstrap'),
      crlDistributionPoint(batch.crlUri),
    ],
  });

/** A delegated OCSP responder of the issuer (RFC 6960 4.2.2.2). */
export const issueOcspLeaf = (
  issuer: Authority,
  responder: { name: string; publicKey: KeyObject },
  options: { now: Date; life?: number },
): Promise<IssuedLeaf> =>
  issued(issuer, options.life ?? lifetimes.ocspLeaf, options.now, {
    commonName: responder.name,
    publicKey: responder.publicKey,
    extensions: [...digitalSignatureOnly, extendedKeyUsage('ocspSigning'), ocspNoCheck()],
  });
