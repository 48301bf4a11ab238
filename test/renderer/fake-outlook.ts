// What a deploy would put on a disk, as the fake station says it: judged, filled in and measured by the station's own code.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { whyBoundElsewhere } from '../../main/journey/bound-image.ts';
import { besideOf } from '../../main/journey/beside.ts';
import { wishOf } from '../../main/journey/deploy-options.ts';
import { growthIn, textsOf } from '../../main/journey/outlook.ts';
import type { OutlookWish } from '../../main/journey/outlook.ts';
import { factSource } from '../../main/settings/fill.ts';
import { renderSettings } from '../../main/settings/render.ts';
import type { Outlook } from '../../preload/contract/outlook.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import type { FakeState } from './fake-parts.ts';

/** The wish; where there is none, the image that the machine asks about, without any. */
export const fakeOutlook = (state: FakeState, machine: MachineView, given: OutlookWish | null): Result<Outlook> => {
  const asked = machine.question?.kind === 'erase' ? machine.question : null;
  const chosen = state.wishes.get(machine.id);
  const wish = given ?? (asked === null ? null : { ...chosen, osoid: asked.osoid, diskSerial: asked.disk.serial });
  const image = state.snapshot.images.find(({ osoid }) => osoid === wish?.osoid);
  if (wish === null || image === undefined) return failed('outlook.none', 'No image is decided for this machine now.', 'Choose one.');
  const extra = state.scene.extras.get(machine.id);
  const facts = extra?.facts ?? [];
  const checked = wishOf(wish, image, facts);
  if (!checked.ok) return checked;
  const { grow, settings } = checked.value;
  const rendered = settings === null ? null : renderSettings(settings, factSource(facts));
  if (rendered !== null && !rendered.ok) return { ok: false, failure: rendered.failure };
  const disks = extra?.disks ?? [];
  const disk = disks.find(({ serial }) => serial !== null && serial === wish.diskSerial) ?? (disks.length === 1 ? disks[0] : undefined);
  return success({
    osoid: image.osoid,
    imageName: image.name,
    beside: besideOf(checked.value, rendered?.value ?? null),
    ...growthIn(grow, image, disk?.sizeBytes ?? null, rendered !== null),
    settings:
      rendered === null
        ? null
        : {
            hostname: rendered.value.hostname,
            filled: true,
            texts: textsOf(rendered.value),
          },
    bound: whyBoundElsewhere(image, facts),
  });
};
