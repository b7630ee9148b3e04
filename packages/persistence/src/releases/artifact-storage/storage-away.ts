/** The artifact store cannot be reached, is too slow or fails: a matter of time. */
export class StorageAway extends Error {
  readonly code = 'unavailable';

  constructor(cause: unknown) {
    super('The artifact store does not answer.', { cause });
    this.name = 'StorageAway';
  }
}
