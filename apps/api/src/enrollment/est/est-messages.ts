import type { FastifyReply } from 'fastify';
import type { Pending } from '../credential.js';
import type { EstLabel } from './est-label.js';

const LINE = /.{1,64}/g;

/**
 * Sends DER as EST does: base64, in one line unless the label asks for lines (strongSwan reads one line only), always with
 * its length (older clients fail on chunks). The encoding header is for old clients; RFC 8951 drops it and new ones pass it over.
 */
export const sendMessage = (reply: FastifyReply, type: string, der: Buffer, { wrap }: EstLabel): FastifyReply => {
  const line = der.toString('base64');
  const body = wrap ? `${(line.match(LINE) ?? []).join('\r\n')}\r\n` : line;
  return reply.headers({ 'content-type': type, 'content-transfer-encoding': 'base64' }).send(body);
};

/** RFC 7030 4.2.3: the same request again after so many seconds. The words are for the person at the device. */
export const sendPending = (reply: FastifyReply, { words, retryAfterS }: Pending): FastifyReply =>
  reply
    .status(202)
    .headers({ 'content-type': 'text/plain; charset=utf-8', 'retry-after': String(retryAfterS) })
    .send(`Waiting for a person. The key is: ${words.join(' ')}\n`);
