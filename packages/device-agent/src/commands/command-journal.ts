import type { Document } from '../ports/document.js';

/** What is known about one command. Written before the step it names happens. */
export interface JournalEntry {
  commandId: string;
  seq: number;
  act: string;
  args: Record<string, unknown>;
  /** The run in which it was started. */
  bootId: string;
  state: 'accepted' | 'running' | 'done';
  outcome?: Outcome;
}

export interface Outcome {
  state: 'succeeded' | 'failed' | 'rejected' | 'expired' | 'cancelled' | 'unknown';
  reasonCode?: string;
  reasonDetail?: string;
  result?: unknown;
}

export interface JournalState {
  /** Highest sequence number ever accepted. A lower or equal one is a replay. */
  lastSeq: number;
  entries: JournalEntry[];
}

export const emptyJournal: JournalState = { lastSeq: 0, entries: [] };

const KEPT = 50;

/** The durable record of intents and outcomes that makes execution happen at most once. */
export class CommandJournal {
  constructor(private readonly document: Document<JournalState>) {}

  get lastSeq(): number {
    return this.document.value.lastSeq;
  }

  find(commandId: string): JournalEntry | undefined {
    return this.document.value.entries.find((entry) => entry.commandId === commandId);
  }

  unfinished(): JournalEntry[] {
    return this.document.value.entries.filter((entry) => entry.state !== 'done');
  }

  /** Adds or replaces an entry and raises the sequence floor; durable when it resolves. */
  write(entry: JournalEntry): Promise<void> {
    const { lastSeq, entries } = this.document.value;
    const others = entries.filter((known) => known.commandId !== entry.commandId);
    const kept =
      others.length < KEPT
        ? others
        : others
            .filter((known) => known.state !== 'done')
            .concat(others.filter((known) => known.state === 'done').slice(1 - KEPT));
    return this.document.set({ lastSeq: Math.max(lastSeq, entry.seq), entries: [...kept, entry] });
  }
}
