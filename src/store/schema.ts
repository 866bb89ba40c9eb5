/** Marks a SQLite file as Runyard's (`PRAGMA application_id`): "Ryrd". */
export const APPLICATION_ID = 0x52797264

/** The layout below (`PRAGMA user_version`): a file that says more than this is from a newer Runyard. */
export const SCHEMA_VERSION = 1

/**
 * The runs lie in the order they are read in: clustered by scope, then time, then id, so that a page is one walk along
 * the primary key. `body` is the run as JSON, `facets` what filters look at, `due` when the run changes next.
 */
export const SCHEMA = `
  CREATE TABLE sandboxes (
    id TEXT PRIMARY KEY,
    record TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE runs (
    sandbox TEXT NOT NULL,
    provider TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    id TEXT NOT NULL,
    facets TEXT NOT NULL,
    body TEXT NOT NULL,
    plan TEXT NOT NULL,
    due INTEGER,
    PRIMARY KEY (sandbox, provider, scope, created_at, id)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX runs_by_id ON runs (sandbox, provider, id);
  CREATE INDEX runs_due ON runs (sandbox, provider, due) WHERE due IS NOT NULL;

  CREATE TABLE states (
    sandbox TEXT NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    keep_until INTEGER NOT NULL,
    PRIMARY KEY (sandbox, provider, kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX states_kept ON states (keep_until);
`
