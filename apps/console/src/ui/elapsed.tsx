import { duration } from './format.js';
import { useNow } from './now.js';

interface ElapsedProps {
  readonly from: string;
  /** Absent while it still runs. */
  readonly to?: string | null;
}

/** How long something took, or has been taking until now. */
export function Elapsed({ from, to }: ElapsedProps) {
  const now = useNow();
  return <span className="num">{duration((to ? Date.parse(to) : now) - Date.parse(from))}</span>;
}
