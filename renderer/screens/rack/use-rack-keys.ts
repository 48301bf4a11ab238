// The rack by keyboard: n goes to the next machine that asks, a to what it asks. Arrows and Enter are the list's own.
import { useEffect } from 'react';
import { nextAsking } from '../../store/selectors.ts';
import { useSelection } from '../../store/selection.ts';
import { useStation } from '../../store/station-store.ts';
import { isTyping } from '../../shell/use-keys.ts';
import { focusConsent } from '../machine/focus-consent.ts';

/** Selects the next machine that asks; false when none does. */
export const reviewNext = (ids: readonly string[]): boolean => {
  const next = nextAsking(ids, useStation.getState().machines, useSelection.getState().machineId);
  if (next !== null) useSelection.setState({ machineId: next });
  return next !== null;
};

export const useRackKeys = (ids: readonly string[]): void => {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'n') reviewNext(ids);
      else if (event.key === 'a') focusConsent();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [ids]);
};
