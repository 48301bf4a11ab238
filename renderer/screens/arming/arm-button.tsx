// Opens the question of arming; where the site is armed, ends it in one click. One button in one place, so that focus stays on it.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { act } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { ARMING } from '../../words/arming.ts';
import { ArmDialog } from './arm-dialog.tsx';

export const ArmButton = () => {
  const isArmed = useStation((state) => (state.station?.armed ?? null) !== null);
  const [asking, setAsking] = useState(false);
  const click = (): void => (isArmed ? void act('arming.disarm', {}) : setAsking(true));
  return (
    <>
      <Button onClick={click}>{isArmed ? ARMING.disarm : ARMING.open}</Button>
      {asking ? <ArmDialog onClose={() => setAsking(false)} /> : null}
    </>
  );
};

/** Whether arming would change anything: above the rack the button is only there where it would. */
export const useMayArm = (): boolean =>
  useStation(
    ({ station, policies }) =>
      (station?.armed ?? null) !== null || policies.some(({ policy, enabled }) => enabled && policy.consent === 'auto'),
  );
