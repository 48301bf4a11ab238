// Across the top of every screen while the site is armed: how long, how many, by whom, and the way out.
import { useEffect } from 'react';
import { Button } from '../kit/button.tsx';
import { ArmedIcon } from '../kit/icons.tsx';
import { useTicking } from '../store/clock.ts';
import { act, tell } from '../store/notices.ts';
import { useStation } from '../store/station-store.ts';
import { ARMING } from '../words/arming.ts';
import { elapsed } from '../words/numbers.ts';
import styles from './armed-banner.module.css';
import type { ArmedView } from '../../preload/contract/arming.ts';

const Banner = ({ armed }: { readonly armed: ArmedView }) => {
  const left = useTicking((nowMs) => ARMING.left(elapsed(armed.untilMs - nowMs)));
  return (
    <section className={styles['banner']} aria-label={ARMING.region}>
      <ArmedIcon size={18} aria-hidden="true" />
      <strong className={styles['state']}>{ARMING.state}</strong>
      <span className={styles['text']}>{ARMING.stateText}</span>
      <span className={styles['figure']}>{ARMING.used(armed.used, armed.machines)}</span>
      <span className={styles['figure']}>{left}</span>
      <span className={styles['by']}>{ARMING.by(armed.operator)}</span>
      <Button className={styles['disarm']} onClick={() => void act('arming.disarm', {})}>
        {ARMING.disarm}
      </Button>
    </section>
  );
};

/** The banner goes without a click when the time or the number is used up; the station's own words say so. */
const tellEnds = (): (() => void) =>
  useStation.subscribe(({ events }, before) => {
    if (events === before.events) return;
    const last = before.events.at(-1)?.id ?? 0;
    for (const event of events) if (event.id > last && event.kind === 'site.disarmed') tell(event.text);
  });

export const ArmedBanner = () => {
  const armed = useStation((state) => state.station?.armed ?? null);
  useEffect(tellEnds, []);
  return armed === null ? null : <Banner armed={armed} />;
};
