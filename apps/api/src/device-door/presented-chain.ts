import type { TLSSocket } from 'node:tls';
import { presentedChain as chainOf } from '@muster/pki/client/fetch-pinned-root';
import type { FastifyRequest } from 'fastify';

/**
 * The certificates a client presented, DER, leaf first; empty when there was none. TLS proved possession of the leaf's key
 * and nothing else. Node completes what was sent with its own trust list, so certificates of ours may stand at the end.
 */
export const presentedChain = ({ raw }: FastifyRequest): Buffer[] =>
  chainOf((raw.socket as TLSSocket).getPeerX509Certificate?.()).map((certificate) => certificate.raw);
