import type { FastifyRequest } from 'fastify';
import { Refusal } from '../../http/refusal.js';

/** What the path of an EST request says beside the operation (RFC 7030 3.2.2). */
export interface EstLabel {
  readonly tenant: string | null;
  /** Base64 in lines of 64, for clients that cannot read one long line. */
  readonly wrap: boolean;
  /** Attributes of a request as a template (RFC 9908) and not as the list of RFC 7030. */
  readonly template: boolean;
}

const LABEL = /^([a-z0-9-]{1,32})((?:\.(?:wrap|template)){0,2})$/;

/**
 * The label is the tenant; `.wrap` and `.template` after it ask for other forms of the answers, because clients let their
 * users set a label but no query. Without a label the query says the same: `?wrap`, `?template`.
 * @throws Refusal not_found for what can be no label
 */
export const labelOf = (request: FastifyRequest): EstLabel => {
  const { label } = request.params as { label?: string };
  const query = request.query as Record<string, unknown>;
  const [, tenant = null, forms = ''] = label === undefined ? [] : (LABEL.exec(label) ?? []);
  if (label !== undefined && tenant === null) throw Refusal.notFound('label');
  const asks = (form: string) => forms.split('.').includes(form) || query[form] !== undefined;
  return { tenant, wrap: asks('wrap'), template: asks('template') };
};
