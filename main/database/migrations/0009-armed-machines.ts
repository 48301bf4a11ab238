// The machines that an arming has used, by the id that each had then: no merge of records gives a place back.

export const armedMachines = {
  number: 9,
  sql: `
CREATE TABLE arming_machine(
  arming_id TEXT NOT NULL REFERENCES arming(id),
  machine_id TEXT NOT NULL,
  PRIMARY KEY (arming_id, machine_id)
) STRICT;
INSERT INTO arming_machine SELECT DISTINCT arming_id, machine_id FROM consent WHERE arming_id IS NOT NULL;
`,
} as const;
