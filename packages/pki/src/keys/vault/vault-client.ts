import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { KeyFault, SignerAway } from '../key-store.js';

export interface VaultOptions {
  /** e.g. `https://vault.example.com:8200`. */
  readonly url: string;
  /** Given, or read from `tokenFile` (as Vault Agent keeps it) whenever Vault refuses the one in hand. */
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** Where the transit engine is mounted. */
  readonly mount: string;
  readonly namespace?: string | undefined;
  /** File of PEM certificates that Vault's own is checked against; the system's otherwise. */
  readonly caFile?: string | undefined;
  /** Milliseconds a try may take (5,000), tries (4), milliseconds before the second try (100, then doubled). */
  readonly patience?: number;
  readonly tries?: number;
  readonly pause?: number;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const MOST_BYTES = 1024 * 1024;

/** Vault's HTTP API, as far as the transit engine needs it. Every call of it may be made twice without harm. */
export class VaultClient {
  #token: Promise<string> | null = null;
  #sender: Promise<{ send: typeof httpRequest; agent: HttpAgent }> | null = null;

  constructor(private readonly options: VaultOptions) {}

  /**
   * `data` of the answer; null where there is nothing (404) or nothing was said (204).
   * @throws SignerAway when Vault is sealed, busy, unreachable, or takes none of our tokens.
   * @throws KeyFault when Vault refuses the request itself.
   */
  async call(method: 'GET' | 'POST', path: string, body?: object): Promise<Record<string, unknown> | null> {
    const { tries = 4, pause = 100 } = this.options;
    for (let round = 1; ; round++) {
      const answer = await this.#ask(method, path, body);
      const verdict = judge(answer);
      if (verdict === 'done') return readData((answer as Answer).body);
      if (verdict === 'nothing') return null;
      if (verdict === 'refused') throw new KeyFault(`Vault refuses ${method} ${path}: ${wordsOf(answer)}`);
      if (verdict === 'token') this.#token = null;
      if (round >= tries) throw new SignerAway(`Vault cannot be used: ${wordsOf(answer)}`);
      // Full jitter, so that many who wait for one Vault do not come back together.
      await delay(Math.random() * pause * 2 ** (round - 1));
    }
  }

  async #ask(method: string, path: string, body: object | undefined): Promise<Answer | Error> {
    try {
      const { url, mount, namespace, patience = 5_000 } = this.options;
      this.#token ??= this.#readToken();
      this.#sender ??= this.#openSender();
      const [token, { send, agent }] = await Promise.all([this.#token, this.#sender]);
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        'x-vault-token': token,
        'x-vault-request': 'true',
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      };
      const signal = AbortSignal.timeout(patience);
      const target = new URL(`/v1/${mount}/${path}`, url);
      return await new Promise<Answer>((resolve, reject) => {
        const call = send(target, { method, headers, agent, signal }, (answer) => {
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > MOST_BYTES) answer.destroy(new Error('the answer is too long'));
            chunks.push(chunk);
          });
          answer.once('error', reject);
          answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
        });
        call.once('error', reject);
        call.end(text);
      });
    } catch (fault) {
      this.#sender?.catch(() => {
        this.#sender = null;
      });
      this.#token?.catch(() => {
        this.#token = null;
      });
      return fault as Error;
    }
  }

  async #readToken(): Promise<string> {
    const { token, tokenFile } = this.options;
    return tokenFile === undefined ? (token ?? '') : (await readFile(tokenFile, 'utf8')).trim();
  }

  async #openSender(): Promise<{ send: typeof httpRequest; agent: HttpAgent }> {
    const pool = { keepAlive: true, maxSockets: 32 };
    if (new URL(this.options.url).protocol === 'http:') return { send: httpRequest, agent: new HttpAgent(pool) };
    const { caFile } = this.options;
    const ca = caFile === undefined ? {} : { ca: await readFile(caFile, 'utf8') };
    return { send: httpsRequest, agent: new HttpsAgent({ ...pool, ...ca, minVersion: 'TLSv1.2' }) };
  }
}

/** 412 is a replica that lags, 429 and 473 a standby, 472 and 5xx a Vault that is sealed, moving or in trouble. */
const judge = (answer: Answer | Error): 'done' | 'nothing' | 'refused' | 'token' | 'away' => {
  if (answer instanceof Error) return 'away';
  const { status } = answer;
  if (status === 200) return 'done';
  if (status === 204 || status === 404) return 'nothing';
  if (status === 401 || status === 403) return 'token';
  return status >= 500 || [408, 412, 429, 472, 473].includes(status) ? 'away' : 'refused';
};

/** Never the request, which bears the token. */
const wordsOf = (answer: Answer | Error): string => {
  if (answer instanceof Error) return `${(answer as NodeJS.ErrnoException).code ?? answer.name}: ${answer.message}`;
  const { errors } = readJson(answer.body) as { errors?: unknown };
  return `${answer.status} ${Array.isArray(errors) ? errors.join('; ').slice(0, 300) : ''}`.trim();
};

const readJson = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

const readData = (text: string): Record<string, unknown> => {
  const { data } = readJson(text);
  if (typeof data !== 'object' || data === null)
    throw new SignerAway('what answers at the address of Vault is not Vault');
  return data as Record<string, unknown>;
};
