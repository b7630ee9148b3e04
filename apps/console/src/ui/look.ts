import type { ComponentType } from 'react';

/** How much a state asks of the reader. Colour follows tone, and tone alone: `plain` and `idle` have none. */
export type Tone = 'plain' | 'idle' | 'active' | 'good' | 'warn' | 'bad';

export interface Look {
  readonly tone: Tone;
  readonly icon: ComponentType<{ size?: number; stroke?: number; className?: string }>;
  /** Said instead of the state's own name, where that name is not what people say. */
  readonly word?: string;
}

export const look = (tone: Tone, icon: Look['icon'], word?: string): Look =>
  word ? { tone, icon, word } : { tone, icon };
