/*
 * db - the SQLite file of the index, as few calls.
 *
 * Holds:      a call that fails is said on standard error and ends the
 *             process; a file that is damaged is removed first, since all of
 *             it can be made again from the journal.
 * Leaves out: what stands in it (store.h, runs.h).
 * Spec:       docs/decisions/0023-an-index-of-sorted-runs.md
 */
#ifndef EDGE_INDEX_DB_H
#define EDGE_INDEX_DB_H

#include "core/base/slice.h"

#include <sqlite3.h>

/* Exit status after the disk or the file said no. */
#define DB_EXIT_STATUS 70

struct db {
    sqlite3 *handle;
    char path[1100];
};

/* Open the file, which is made if missing. */
void db_open(struct db *db, const char *path);
void db_close(struct db *db);

/* Remove a file and those beside it. */
void db_remove(const char *path);

/* Run statements without values. */
void db_run(struct db *db, const char *sql);

/* Prepare a statement for as long as the file is open. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql);

/* Bind the value at a place from 1 on; what is bound must live until the
 * statement was run. */
void db_bind(sqlite3_stmt *s, int at, int64_t number);
void db_bind_bytes(sqlite3_stmt *s, int at, struct slice bytes);

/* Go on to the next row; false where there is none, and then the statement
 * can be bound anew. */
MUST_USE bool db_step(struct db *db, sqlite3_stmt *s);

/* Run a statement that has no rows, and be ready for its next values. */
void db_do(struct db *db, sqlite3_stmt *s);

/* Be done with a statement before its rows end. */
void db_reset(sqlite3_stmt *s);

/* See the columns of a row, from 0 on; bytes hold until the next step. */
int64_t db_number(sqlite3_stmt *s, int column);
struct slice db_bytes(sqlite3_stmt *s, int column);

/* Run a query of one number without values; `otherwise` for no row. */
int64_t db_ask(struct db *db, const char *sql, int64_t otherwise);

/* What stands in the file contradicts itself: remove it and end. */
_Noreturn void db_damaged(struct db *db, const char *what);

#endif
