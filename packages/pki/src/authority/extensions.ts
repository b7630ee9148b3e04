import type { KeyObject } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { type CertificateClass, oids, policies } from '../der/oids.js';
import * as der from '../der/write.js';
import { keyIdentifier } from './public-key-info.js';
import { remember } from './remember.js';

const extension = (type: string, critical: boolean, value: Buffer): Buffer =>
  der.sequence(der.oid(type), ...(critical ? [der.boolean(true)] : []), der.octetString(value));

/** Bits of keyUsage (RFC 5280 4.2.1.3). */
export const keyUsageBits = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;

export const basicConstraints = (ca: { readonly pathLength?: number } | false): Buffer =>
  extension(
    oids.basicConstraints,
    true,
    ca === false
      ? der.sequence()
      : der.sequence(der.boolean(true), ...(ca.pathLength === undefined ? [] : [der.integer(ca.pathLength)])),
  );

export const keyUsage = (...usages: (keyof typeof keyUsageBits)[]): Buffer =>
  extension(oids.keyUsage, true, der.namedBits(usages.map((usage) => keyUsageBits[usage])));

export const extendedKeyUsage = (...purposes: ('serverAuth' | 'clientAuth' | 'ocspSigning')[]): Buffer =>
  extension(oids.extendedKeyUsage, false, der.sequence(...purposes.map((purpose) => der.oid(oids[purpose]))));

export const subjectKeyIdentifier = (key: KeyObject): Buffer =>
  extension(oids.subjectKeyIdentifier, false, der.octetString(keyIdentifier(key)));

export const authorityKeyIdentifier = (key: KeyObject): Buffer =>
  extension(oids.authorityKeyIdentifier, false, der.sequence(der.implicit(0, keyIdentifier(key))));

/** GeneralName choices of RFC 5280 4.2.1.6: DNS name is 2, URI is 6, IP address is 7. */
export const alternativeUri = (uri: string): Buffer => der.implicit(6, Buffer.from(uri, 'ascii'));

export const alternativeHost = (host: string): Buffer =>
  isIPv4(host) || isIPv6(host) ? der.implicit(7, ipBytes(host)) : der.implicit(2, Buffer.from(host, 'ascii'));

const ipBytes = (address: string): Buffer => {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
};

export const subjectAltName = (...names: Buffer[]): Buffer =>
  extension(oids.subjectAltName, false, der.sequence(...names));

export const certificatePolicy = (kind: CertificateClass): Buffer =>
  extension(oids.certificatePolicies, false, der.sequence(der.sequence(der.oid(policies[kind]))));

/** DistributionPointName with one URI, as CRLDP and IDP both carry it. */
export const distributionPointName = (uri: string): Buffer => der.explicit(0, der.explicit(0, alternativeUri(uri)));

export const crlDistributionPoint = remember((uri) =>
  extension(oids.crlDistributionPoints, false, der.sequence(der.sequence(distributionPointName(uri)))),
);

/** Where the issuer answers about the certificate (OCSP) and where its own certificate is (RFC 5280 4.2.2.1). */
export const authorityInfoAccess = (ocspUri: string, issuerUri: string): Buffer =>
  informationAccess(`${ocspUri} ${issuerUri}`);

const informationAccess = remember((uris) => {
  const [ocspUri, issuerUri] = uris.split(' ') as [string, string];
  return extension(
    oids.authorityInfoAccess,
    false,
    der.sequence(
      der.sequence(der.oid(oids.ocsp), alternativeUri(ocspUri)),
      der.sequence(der.oid(oids.caIssuers), alternativeUri(issuerUri)),
    ),
  );
});

/** A responder's own certificate is not asked about: it lives for days only (RFC 6960 4.2.2.2.1). */
export const ocspNoCheck = (): Buffer => extension(oids.ocspNoCheck, false, der.nothing());

export const crlNumber = (number: number): Buffer => extension(oids.crlNumber, false, der.integer(number));

/** onlyContainsUserCerts with the same URI the leaves carry: EMQX enforces a CRL only when it has this (RFC 5280 5.2.5). */
export const issuingDistributionPoint = (uri: string): Buffer =>
  extension(
    oids.issuingDistributionPoint,
    true,
    der.sequence(distributionPointName(uri), der.implicit(1, Buffer.from([0xff]))),
  );

export const crlReason = (code: number): Buffer => extension(oids.reasonCode, false, der.enumerated(code));
