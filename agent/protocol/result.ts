// A value or a failure, without the schema that failures have at the edges: worker threads load this and stay small, which their
// garbage collection is the cheaper for.
/** `code` is stable, `message` says what happened, `next` what to do; failure.ts has the schema. */
export type Failure = { readonly code: string; readonly message: string; readonly next: string };

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export const success = <T>(value: T): Result<T> => ({ ok: true, value });

export const failed = (code: string, message: string, next: string): { readonly ok: false; readonly failure: Failure } => ({
  ok: false,
  failure: { code, message, next },
});
