// The first shape of the station's database. A migration is never edited once released: the next change is the next number.
// Times are epoch milliseconds; columns named *_json hold one value of the type that their owner's file names.

export const first = {
  number: 1,
  sql: `
CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE site(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at_ms INTEGER NOT NULL) STRICT;
CREATE TABLE operator(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at_ms INTEGER NOT NULL) STRICT;

CREATE TABLE machine(
  id TEXT PRIMARY KEY,
  given_name TEXT,
  -- 1 while nothing but a MAC is known of it: such a record is folded into the machine that it turns out to be.
  provisional INTEGER NOT NULL,
  boot_mac TEXT,
  session_id TEXT,
  state TEXT NOT NULL,
  state_at_ms INTEGER NOT NULL,
  says TEXT NOT NULL,
  question_json TEXT,
  failure_json TEXT,
  osoid TEXT,
  image_name TEXT,
  policy TEXT,
  job_id TEXT,
  order_sequence INTEGER,
  failed_attempts INTEGER NOT NULL DEFAULT 0,
  outcome_json TEXT,
  boot_json TEXT NOT NULL DEFAULT '[]',
  first_seen_at_ms INTEGER NOT NULL,
  last_seen_at_ms INTEGER NOT NULL
) STRICT;

-- The large values of a machine, apart from the row that changes with every step of its journey.
CREATE TABLE reading(
  machine_id TEXT PRIMARY KEY REFERENCES machine(id) ON DELETE CASCADE,
  inventory_json TEXT,
  trace_json TEXT
) STRICT;

CREATE TABLE evidence(
  machine_id TEXT NOT NULL REFERENCES machine(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  seen_at_ms INTEGER NOT NULL,
  PRIMARY KEY (machine_id, kind, value)
) STRICT;
CREATE INDEX evidence_by_value ON evidence(kind, value);

-- What stands now; a person's value and the inventory's are kept side by side.
CREATE TABLE fact(
  machine_id TEXT NOT NULL REFERENCES machine(id) ON DELETE CASCADE,
  origin TEXT NOT NULL CHECK (origin IN ('inventory', 'person')),
  name TEXT NOT NULL,
  value_json TEXT NOT NULL,
  source TEXT NOT NULL,
  filler INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (machine_id, origin, name)
) STRICT;
-- Every change of a fact; value_json is null when it ceased to be known.
CREATE TABLE fact_history(
  id INTEGER PRIMARY KEY,
  machine_id TEXT NOT NULL REFERENCES machine(id) ON DELETE CASCADE,
  origin TEXT NOT NULL,
  name TEXT NOT NULL,
  value_json TEXT,
  source TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX fact_history_by_machine ON fact_history(machine_id, name);

CREATE TABLE event(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  site_id INTEGER NOT NULL REFERENCES site(id),
  operator_id INTEGER NOT NULL REFERENCES operator(id),
  machine_id TEXT,
  job_id TEXT,
  kind TEXT NOT NULL,
  level TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_machine ON event(machine_id, id);

CREATE TABLE consent(
  id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  site_id INTEGER NOT NULL REFERENCES site(id),
  operator_id INTEGER NOT NULL REFERENCES operator(id),
  machine_id TEXT NOT NULL REFERENCES machine(id),
  session_id TEXT NOT NULL,
  disk_serial TEXT,
  disk_wwn TEXT,
  disk_size_bytes INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  osoid TEXT NOT NULL,
  -- 'person': somebody read the question; 'armed': an auto policy at an armed site.
  given_by TEXT NOT NULL CHECK (given_by IN ('person', 'armed')),
  ended_at_ms INTEGER,
  end_reason TEXT
) STRICT;
CREATE INDEX consent_by_machine ON consent(machine_id, at_ms);

CREATE TABLE override(
  machine_id TEXT PRIMARY KEY REFERENCES machine(id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('deploy', 'hold')),
  osoid TEXT,
  disk_hint_json TEXT NOT NULL DEFAULT '{}',
  rewrite INTEGER NOT NULL DEFAULT 0,
  site_id INTEGER NOT NULL REFERENCES site(id),
  operator_id INTEGER NOT NULL REFERENCES operator(id),
  at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE policy(name TEXT PRIMARY KEY, policy_json TEXT NOT NULL, enabled INTEGER NOT NULL, added_at_ms INTEGER NOT NULL) STRICT;
-- A place under a policy's limit, taken at decision and given back on failure; one machine holds one place at a site.
CREATE TABLE reservation(
  site_id INTEGER NOT NULL REFERENCES site(id),
  machine_id TEXT NOT NULL REFERENCES machine(id) ON DELETE CASCADE,
  policy TEXT NOT NULL REFERENCES policy(name) ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (site_id, machine_id)
) STRICT;
CREATE INDEX reservation_by_policy ON reservation(policy, site_id);

CREATE TABLE job(
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  machine_id TEXT NOT NULL REFERENCES machine(id),
  site_id INTEGER NOT NULL REFERENCES site(id),
  operator_id INTEGER NOT NULL REFERENCES operator(id),
  consent_id TEXT NOT NULL REFERENCES consent(id),
  policy TEXT,
  osoid TEXT NOT NULL,
  manifest_sha256 TEXT NOT NULL,
  image_name TEXT NOT NULL,
  disk_serial TEXT,
  disk_wwn TEXT,
  disk_size_bytes INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  result_json TEXT,
  failure_json TEXT
) STRICT;
CREATE INDEX job_by_machine ON job(machine_id, created_at_ms);
CREATE TABLE job_step(
  job_id TEXT NOT NULL REFERENCES job(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  step TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  note TEXT NOT NULL,
  PRIMARY KEY (job_id, number)
) STRICT;

CREATE TABLE lease(client_key TEXT PRIMARY KEY, mac TEXT NOT NULL, address TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL, hostname TEXT, updated_at_ms INTEGER NOT NULL) STRICT;

CREATE TABLE boot_token(token_hash TEXT PRIMARY KEY, mac TEXT NOT NULL, issued_at_ms INTEGER NOT NULL, used_nonce TEXT, used_at_ms INTEGER) STRICT;
CREATE TABLE session(
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  boot_mac TEXT NOT NULL,
  machine_id TEXT REFERENCES machine(id) ON DELETE SET NULL,
  kit_id TEXT NOT NULL,
  protocol INTEGER NOT NULL,
  hello_nonce TEXT NOT NULL,
  counter INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER
) STRICT;
CREATE INDEX session_by_nonce ON session(hello_nonce);
CREATE INDEX session_by_machine ON session(machine_id);

-- How the next network boot of this MAC starts the disk instead of the agent, once.
CREATE TABLE local_boot(mac TEXT PRIMARY KEY, boot_json TEXT NOT NULL, until_ms INTEGER NOT NULL, taken_at_ms INTEGER) STRICT;

CREATE TABLE trusted_key(key_id TEXT PRIMARY KEY, public_key TEXT NOT NULL, name TEXT NOT NULL, added_at_ms INTEGER NOT NULL) STRICT;
`,
} as const;
