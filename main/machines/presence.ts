// Which agent sessions are alive: an agent polls for orders all the time, so silence means that it is gone.

/** A little over one long poll and one retry. */
export const SILENT_AFTER_MS = 45_000;

export type Presence = {
  /** True when the session was not known to be alive before. */
  contact(sessionId: string): boolean;
  leave(sessionId: string): void;
  isOnline(sessionId: string | null): boolean;
  /** Sessions that fell silent since the last sweep. */
  sweep(): readonly string[];
};

export const createPresence = (now: () => number): Presence => {
  const lastAtMs = new Map<string, number>();
  const isOnline = (sessionId: string | null): boolean => {
    const atMs = sessionId === null ? undefined : lastAtMs.get(sessionId);
    return atMs !== undefined && now() - atMs < SILENT_AFTER_MS;
  };
  return {
    contact: (sessionId) => {
      const isNew = !isOnline(sessionId);
      lastAtMs.set(sessionId, now());
      return isNew;
    },
    leave: (sessionId) => void lastAtMs.delete(sessionId),
    isOnline,
    sweep: () => {
      const silent = [...lastAtMs.keys()].filter((sessionId) => !isOnline(sessionId));
      for (const sessionId of silent) lastAtMs.delete(sessionId);
      return silent;
    },
  };
};
