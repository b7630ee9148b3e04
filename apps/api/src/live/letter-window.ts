import type { Letter } from '@muster/persistence/outbox/outbox.store';

/**
 * The newest letters of all tenants in memory, in order, without gaps. Streams read from here, so that a thousand open
 * consoles cost one query per commit and not a thousand.
 */
export class LetterWindow {
  #letters: Letter[] = [];
  #head: number;
  #floor: number;

  /** Starts empty behind position `head`. */
  constructor(
    head: number,
    private readonly size: number,
  ) {
    this.#head = head;
    this.#floor = head;
  }

  /** Position of the newest letter known. */
  get head(): number {
    return this.#head;
  }

  /** Takes letters that follow the head. */
  add(letters: readonly Letter[]): void {
    this.#letters.push(...letters);
    this.#head = letters.at(-1)?.position ?? this.#head;
    const excess = this.#letters.length - this.size;
    if (excess <= 0) return;
    this.#floor = this.#letters[excess - 1]!.position;
    this.#letters = this.#letters.slice(excess);
  }

  /** Letters after `position`; null when some of them have left the window. */
  after(position: number): readonly Letter[] | null {
    if (position < this.#floor) return null;
    let low = 0;
    let high = this.#letters.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#letters[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return this.#letters.slice(low);
  }
}
