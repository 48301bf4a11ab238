// A lab station for one test file of `npm test`; when a test fails its consoles and log are printed.
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startLabStation } from './lab-station.ts';
import type { LabStation } from './lab-station.ts';

/** Registers the hooks; the station itself exists inside tests only. */
export const useLabStation = (prefix: string): (() => LabStation) => {
  let station: LabStation;
  beforeAll(async () => {
    station = await startLabStation(prefix);
  });
  beforeEach(({ onTestFailed }) => onTestFailed(() => console.log(station.evidence())));
  afterAll(() => station?.dispose());
  return () => station;
};
