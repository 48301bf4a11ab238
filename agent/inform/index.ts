// Entry for stage 1 of the boot stick: `node ask-station.js MAC ADDRESS` prints the station's words, or says why there are none.
import { askStation } from './ask-station.ts';

const [mac = '', address = ''] = process.argv.slice(2);
const answer = await askStation({ mac, address });
if (answer.ok) console.log(answer.value);
else {
  console.error(`${answer.failure.message} ${answer.failure.next}`);
  process.exitCode = 1;
}
