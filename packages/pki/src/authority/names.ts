import { oids } from '../der/oids.js';
import { oid, sequence, setOf, utf8String } from '../der/write.js';

/** A name with literal values: nothing in them is parsed, so nothing in them can inject another attribute. */
export const distinguishedName = (parts: { readonly organization?: string; readonly commonName: string }): Buffer =>
  sequence(
    ...(parts.organization === undefined ? [] : [attribute(oids.organizationName, parts.organization)]),
    attribute(oids.commonName, parts.commonName),
  );

const attribute = (type: string, value: string): Buffer => setOf(sequence(oid(type), utf8String(value)));

/** Who a device is, in the form SPIFFE readers understand; bound to the tenant. */
export const deviceUri = (domain: string, tenant: string, deviceId: string): string =>
  `spiffe://${domain}/t/${tenant}/d/${deviceId}`;

/** Tenant and device of a device URI, or undefined when it is not one of this installation. */
export const parseDeviceUri = (domain: string, uri: string): { tenant: string; deviceId: string } | undefined => {
  const match = /^spiffe:\/\/([a-z0-9.-]+)\/t\/([a-z0-9-]{1,32})\/d\/([a-z0-9-]{1,64})$/.exec(uri);
  return match && match[1] === domain ? { tenant: match[2]!, deviceId: match[3]! } : undefined;
};

/** A claim certificate names its batch, never a device. */
export const claimUri = (domain: string, tenant: string, batchId: string): string =>
  `spiffe://${domain}/t/${tenant}/claim/${batchId}`;

export const parseClaimUri = (domain: string, uri: string): { tenant: string; batchId: string } | undefined => {
  const match = /^spiffe:\/\/([a-z0-9.-]+)\/t\/([a-z0-9-]{1,32})\/claim\/([0-9a-f-]{36})$/.exec(uri);
  return match && match[1] === domain ? { tenant: match[2]!, batchId: match[3]! } : undefined;
};

export const serviceUri = (domain: string, service: string): string => `spiffe://${domain}/service/${service}`;
