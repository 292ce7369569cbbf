/** Events of one person with never more than the gap between one and the next. */
export interface Session {
  readonly startMs: number;
  readonly endMs: number;
  readonly events: number;
}

/** Cuts the times of one person's events, in rising order, wherever more than `gapMs` passes. */
export function cutSessions(timesMs: readonly number[], gapMs: number): readonly Session[] {
  const sessions: Session[] = [];
  let open: Session | null = null;
  for (const atMs of timesMs) {
    if (open !== null && atMs - open.endMs <= gapMs) {
      open = { startMs: open.startMs, endMs: atMs, events: open.events + 1 };
      continue;
    }
    if (open !== null) sessions.push(open);
    open = { startMs: atMs, endMs: atMs, events: 1 };
  }
  return open === null ? sessions : [...sessions, open];
}
