import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ArtifactStorage, type ByteRange, type StoredContent, wholeOf } from './artifact-storage.js';
import { ContentDamaged } from './content-damaged.js';
import { StorageAway } from './storage-away.js';

/** Every device that downloads holds one connection to the store, for as long as its own line takes. */
const MOST_CONNECTIONS = 2_000;
const CONNECT_MS = 5_000;
/** Without a byte: a slow device is not silent for that long, and its agent goes on where it was cut. */
const SILENCE_MS = 120_000;
/** Names of the answers that there is no such object, or less of it than was asked for. */
const absent: ReadonlySet<string> = new Set(['NoSuchKey', 'NotFound', 'InvalidRange']);

/** Artifacts as objects `<tenant>/<sha256>` of one bucket of an S3-compatible store. An empty store gets the bucket. */
export class S3Storage extends ArtifactStorage {
  readonly #client: S3Client;
  readonly #bucket: string;

  /** `s3://key:secret@host:port/bucket?tls=0&region=…` */
  constructor(url: string) {
    super();
    const { username, password, host, pathname, searchParams } = new URL(url);
    const scheme = searchParams.get('tls') === '0' ? 'http' : 'https';
    const agent = { keepAlive: true, maxSockets: MOST_CONNECTIONS };
    this.#bucket = pathname.slice(1);
    this.#client = new S3Client({
      endpoint: `${scheme}://${host}`,
      region: searchParams.get('region') ?? 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: decodeURIComponent(username), secretAccessKey: decodeURIComponent(password) },
      // The SDK's own checksums travel as aws-chunked trailers, which many S3-compatible stores refuse (501). Content is
      // known by its SHA-256 here: hashed before it is stored, and again by the device that fetched it.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        httpAgent: agent,
        httpsAgent: agent,
        connectionTimeout: CONNECT_MS,
        socketTimeout: SILENCE_MS,
      },
    });
  }

  async put(tenantId: string, sha256: string, path: string, size: number): Promise<void> {
    const send = () => {
      const Body = createReadStream(path);
      return this.#client.send(new PutObjectCommand({ ...this.#at(tenantId, sha256), Body, ContentLength: size }));
    };
    await unlessAway(
      send().catch(async (fault: Error) => {
        if (fault.name !== 'NoSuchBucket') throw fault;
        await this.#createBucket();
        return send();
      }),
    );
    await rm(path, { force: true });
  }

  async open(tenantId: string, content: StoredContent, range: ByteRange = wholeOf(content)): Promise<Readable> {
    const { sha256, size } = content;
    const Range = `bytes=${range.start}-${range.end}`;
    const answer = await unlessAway(
      this.#client.send(new GetObjectCommand({ ...this.#at(tenantId, sha256), Range })),
    ).catch((fault: Error) => {
      throw absent.has(fault.name) ? new ContentDamaged(sha256, `the store says ${fault.name}`, fault) : fault;
    });
    const body = answer.Body as Readable;
    // The answer to a range says how long the whole is (RFC 9110 14.4).
    const length = Number(answer.ContentRange?.split('/')[1]);
    if (length === size) return body;
    body.destroy();
    throw new ContentDamaged(sha256, `the object has ${length} of ${size} bytes`);
  }

  async remove(tenantId: string, sha256: string): Promise<void> {
    await unlessAway(this.#client.send(new DeleteObjectCommand(this.#at(tenantId, sha256))));
  }

  async #createBucket(): Promise<void> {
    try {
      await this.#client.send(new CreateBucketCommand({ Bucket: this.#bucket }));
    } catch (fault) {
      // Another replica was quicker.
      if ((fault as Error).name !== 'BucketAlreadyOwnedByYou') throw fault;
    }
  }

  #at(tenantId: string, sha256: string) {
    return { Bucket: this.#bucket, Key: `${tenantId}/${sha256}` };
  }
}

/** A store that cannot be reached, is too slow or fails is a matter of time; one that says no is a matter of settings. */
async function unlessAway<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (fault) {
    const { name, code, $fault } = fault as { name?: string; code?: string; $fault?: string };
    const away =
      $fault === 'server' ||
      name === 'TimeoutError' ||
      /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENOTFOUND|EAI_)/.test(code ?? '');
    if (!away) throw fault;
    throw new StorageAway(fault);
  }
}
