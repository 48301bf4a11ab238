// Every migration in order. Forward only: a station that meets a newer database refuses it (see ../open.ts).
import { first } from './0001-first.ts';

export type Migration = { readonly number: number; readonly sql: string };

export const MIGRATIONS: readonly Migration[] = [first];
