/**
 * Every error that a user can meet has one of these codes. The doc comment of a code is its user documentation:
 * first what happened, then what to do. `docs/errors.md` is made from this file.
 */
export const errorCodes = {
  /**
   * An option (environment variable, `.env` line or flag) has a value that cannot be used, is missing, or is unknown.
   *
   * What to do: correct the option the message names; `cht-sync config` shows every option, its value and its origin.
   */
  CONFIG_INVALID: 'CONFIG_INVALID',
  /**
   * CouchDB could not be reached: its name does not resolve, nothing listens there, the connection was cut or hung, or
   * it answered with an error that may pass (429, 5xx). The sync tries again by itself, ever more slowly, up to a minute.
   * Or it could not be trusted: its certificate has expired, is of another name or of an authority that is not known.
   *
   * What to do: nothing if CouchDB is being restarted. Otherwise check COUCHDB_HOST, COUCHDB_PORT and COUCHDB_SECURE; of
   * a certificate the message says what is wrong with it, and which option helps.
   */
  COUCHDB_UNREACHABLE: 'COUCHDB_UNREACHABLE',
  /**
   * CouchDB refused the user name and password, or the user may not read this database.
   *
   * What to do: check COUCHDB_USER and COUCHDB_PASSWORD; the user must be an admin or a member of the database. The
   * sync tries again once a minute and goes on by itself when the credentials work.
   */
  COUCHDB_UNAUTHORIZED: 'COUCHDB_UNAUTHORIZED',
  /**
   * CouchDB has no database of this name.
   *
   * What to do: check COUCHDB_DBS for misspelling. Other databases go on; this one is tried again once a minute.
   */
  COUCHDB_DATABASE_MISSING: 'COUCHDB_DATABASE_MISSING',
  /**
   * CouchDB does not take the sequence of the checkpoint: the database was replaced by one whose sequences look otherwise,
   * or `couchdb_progress` was edited. The sync compares every id and revision, mends what differs and goes on.
   *
   * What to do: nothing.
   */
  COUCHDB_SEQUENCE_REFUSED: 'COUCHDB_SEQUENCE_REFUSED',
  /**
   * Something answered, but not with what CouchDB answers: a web page, a proxy's message, or JSON of another form.
   *
   * What to do: open the address of the message in a browser. COUCHDB_HOST and COUCHDB_PORT must lead to CouchDB (or
   * the CHT's reverse proxy) itself, and COUCHDB_SECURE must be "true" for https.
   */
  COUCHDB_ANSWER_INVALID: 'COUCHDB_ANSWER_INVALID',
  /**
   * PostgreSQL could not be reached, is starting up, shutting down or in recovery, or cut the connection. The sync tries
   * again by itself, ever more slowly, up to a minute. Or it could not be trusted, or asks for a certificate or encryption.
   *
   * What to do: nothing if PostgreSQL is being restarted. Otherwise check POSTGRES_HOST and POSTGRES_PORT; of encryption
   * the message says what is wrong, and which option helps.
   */
  POSTGRES_UNREACHABLE: 'POSTGRES_UNREACHABLE',
  /**
   * PostgreSQL refused the user name or password, or has no such database.
   *
   * What to do: check POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB. Tried again once a minute.
   */
  POSTGRES_UNAUTHORIZED: 'POSTGRES_UNAUTHORIZED',
  /**
   * PostgreSQL answers but cannot be written to: it is read-only (a standby, or `default_transaction_read_only`), the
   * role lacks a privilege, or the disk is full.
   *
   * What to do: see the message for which; point POSTGRES_HOST at the primary, make the grant that is named (`cht-sync grant`
   * prints all that a role needs), or free space. Nothing is lost: the checkpoint stands still until writing works.
   */
  POSTGRES_UNWRITABLE: 'POSTGRES_UNWRITABLE',
  /**
   * A table of ours is not as this version expects it, or was made by a newer version of CHT Sync, or is another program's.
   *
   * What to do: install the newer version; run `cht-sync migrate` where the message says so; or, where it names a table that
   * is not ours, choose another POSTGRES_SCHEMA or POSTGRES_TABLE.
   */
  POSTGRES_SCHEMA_UNKNOWN: 'POSTGRES_SCHEMA_UNKNOWN',
  /**
   * PostgreSQL refused a statement for a reason that has no code of its own.
   *
   * What to do: the message carries PostgreSQL's own words and SQLSTATE; look there and in PostgreSQL's log.
   */
  POSTGRES_STATEMENT_FAILED: 'POSTGRES_STATEMENT_FAILED',
  /**
   * Another process has moved this source's checkpoint: two instances wrote it at once. Neither has harmed the other;
   * this one steps back and waits as a standby.
   *
   * What to do: nothing; stop one of the two if that was not meant.
   */
  CHECKPOINT_MOVED: 'CHECKPOINT_MOVED',
  /**
   * The dbt package could not be fetched, installed or parsed. The models of the last good package go on.
   *
   * What to do: the message has dbt's own words. Check CHT_PIPELINE_BRANCH_URL, DBT_PACKAGE_TARBALL_URL or
   * DBT_LOCAL_PATH, and the package's files.
   */
  PACKAGE_BROKEN: 'PACKAGE_BROKEN',
  /**
   * A model failed. Models that do not depend on it go on; it is tried again with growing pauses. If it was changed, its table
   * goes on as before the change. dbt notices some
   * mistakes, such as a macro that does not exist, only when it runs the model: they are named so, too.
   *
   * What to do: the message has PostgreSQL's words; correct the model, or the data it names.
   */
  MODEL_FAILED: 'MODEL_FAILED',
  /**
   * A dbt test of the package fails, or the tests could not be run (DBT_TEST_INTERVAL). The models go on.
   *
   * What to do: the message has dbt's words; `cht-sync models` shows which tests fail and where their SQL is. Run that to
   * see the rows it finds.
   */
  TEST_FAILED: 'TEST_FAILED',
  /**
   * dbt's worker process died, hung or could not be started; it is started again.
   *
   * What to do: if it repeats, run `npm run setup` to renew dbt's private environment and look at memory limits.
   */
  DBT_WORKER_FAILED: 'DBT_WORKER_FAILED',
  /**
   * A part of the embedded demonstration (PostgreSQL, the CouchDB-protocol source or Superset) could not be started.
   *
   * What to do: the message says why: a port in use, a folder that may not be entered, a library that is missing.
   */
  EMBEDDED_FAILED: 'EMBEDDED_FAILED',
  /**
   * CHT Sync already runs in this folder.
   *
   * What to do: stop the other one (its process id is in the message), or use another EMBEDDED_DATA_DIR.
   */
  ALREADY_RUNNING: 'ALREADY_RUNNING',
  /**
   * There is nothing to make a package from: the table of documents is not there, or holds no report and no contact.
   *
   * What to do: let couch2pg sync first, and check that POSTGRES_SCHEMA and POSTGRES_TABLE are the same as for it.
   */
  SCAFFOLD_NO_DATA: 'SCAFFOLD_NO_DATA',
  /**
   * The folder for the package holds something else, may not be written to, or its `.cht-sync-scaffold.json` cannot be read.
   *
   * What to do: name an empty folder, or one that `cht-sync scaffold` has made; nothing was changed.
   */
  SCAFFOLD_FOLDER_REFUSED: 'SCAFFOLD_FOLDER_REFUSED',
  /**
   * Superset could not be reached: its name does not resolve, nothing listens there, it did not answer in time, or it cannot be
   * trusted.
   *
   * What to do: check that Superset runs and that SUPERSET_URL is right; open that address in a browser.
   */
  SUPERSET_UNREACHABLE: 'SUPERSET_UNREACHABLE',
  /**
   * Something answered at SUPERSET_URL, but not as Superset does: another web page, or a sign-on of its own before Superset.
   *
   * What to do: SUPERSET_URL must be the address of Superset itself, with https where it speaks https, and with the path
   * before Superset's own if there is one.
   */
  SUPERSET_ANSWER_INVALID: 'SUPERSET_ANSWER_INVALID',
  /**
   * Superset refused the user name and password.
   *
   * What to do: check SUPERSET_USER and SUPERSET_PASSWORD. It must be a user with a password in Superset itself; where people
   * sign on through LDAP or OAuth, make one for this.
   */
  SUPERSET_UNAUTHORIZED: 'SUPERSET_UNAUTHORIZED',
  /**
   * Superset knows the user but does not let it do what the message names.
   *
   * What to do: use a user with the role Admin. Only admins may import connections to databases.
   */
  SUPERSET_FORBIDDEN: 'SUPERSET_FORBIDDEN',
  /**
   * Superset is older than 4.1, which does not take the dashboards in the form they have.
   *
   * What to do: upgrade Superset.
   */
  SUPERSET_TOO_OLD: 'SUPERSET_TOO_OLD',
  /**
   * Superset cannot connect to PostgreSQL. It connects from where it runs: "localhost" is another machine there, above all in a
   * container. Nothing was installed.
   *
   * What to do: the message has Superset's own words. Set SUPERSET_DB_HOST and SUPERSET_DB_PORT to how Superset reaches
   * PostgreSQL, and SUPERSET_DB_USER and SUPERSET_DB_PASSWORD to a role that may sign in from there. If it misses a driver,
   * add `psycopg2-binary` to Superset's image.
   */
  SUPERSET_DATABASE_UNREACHABLE: 'SUPERSET_DATABASE_UNREACHABLE',
  /**
   * Superset refused what it was asked for a reason that has no code of its own. An import that is refused leaves
   * everything as it was.
   *
   * What to do: the message has Superset's own words, with the file they are about; its log says more.
   */
  SUPERSET_REFUSED: 'SUPERSET_REFUSED',
  /**
   * The files of dashboards in a folder are not right, or cannot be read or written.
   *
   * What to do: correct what the message names, or name another folder.
   */
  DASHBOARD_FILES_INVALID: 'DASHBOARD_FILES_INVALID',
  /**
   * Superset, which `npm start -- --superset` starts, could not be installed into the folder `.superset`.
   *
   * What to do: the lines above the message say why: no Python from 3.10 to 3.12, no network, a full disk.
   * `npm run setup -- --superset` tries it again.
   */
  SUPERSET_NOT_INSTALLED: 'SUPERSET_NOT_INSTALLED',
} as const;

/** The stable code of an error, as it stands in logs, status and metrics. */
export type ErrorCode = keyof typeof errorCodes;
