/** Marks a SQLite file as Runyard's (`PRAGMA application_id`): "Ryrd". */
export const APPLICATION_ID = 0x52797264

/** The layout below and what its JSON holds (`PRAGMA user_version`): a file that says another number is not served. */
export const SCHEMA_VERSION = 2

/**
 * The runs lie in the order they are read in: clustered by scope, then time, then id, so that a page is one walk along
 * the primary key. `body` is the run as JSON, `facets` what filters look at, `due` when the run changes next. `born` is
 * there for runs that were put in by hand: facets, body and plan as they were then, for a clock that is set back.
 * `settled` has the instant that a provider's rows show, which only changes when one of them does.
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
    born TEXT,
    PRIMARY KEY (sandbox, provider, scope, created_at, id)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX runs_by_id ON runs (sandbox, provider, id);
  CREATE INDEX runs_due ON runs (sandbox, provider, due) WHERE due IS NOT NULL;

  CREATE TABLE settled (
    sandbox TEXT NOT NULL,
    provider TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (sandbox, provider)
  ) STRICT, WITHOUT ROWID;

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

/** Finds the few runs that came by hand among a million that did not. Files of before it are given it. */
export const LATER_SCHEMA = `
  CREATE INDEX IF NOT EXISTS runs_by_hand ON runs (sandbox, provider) WHERE born IS NOT NULL;
`

/**
 * Bytes. A run of a thousand bytes or more would have a page of its own beside the table's where pages are of the usual
 * 4,096: Nx1's take two thirds of the room in pages of this size.
 */
export const PAGE_SIZE = 8192

/**
 * What sandboxes were filled with, for the next one that is filled alike: a database of its own, in memory whatever the
 * other is, attached as `templates`.
 */
export const TEMPLATES_SCHEMA = `
  ATTACH ':memory:' AS templates;
  PRAGMA templates.auto_vacuum = INCREMENTAL;
  CREATE TABLE templates.runs (
    template INTEGER NOT NULL,
    provider TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    id TEXT NOT NULL,
    facets TEXT NOT NULL,
    body TEXT NOT NULL,
    plan TEXT NOT NULL,
    due INTEGER,
    PRIMARY KEY (template, provider, scope, created_at, id)
  ) STRICT, WITHOUT ROWID;
`
